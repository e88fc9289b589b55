package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/postgres"
	"github.com/pikamem/pika/store/sqlite"
)

// truthStore is the facts store with all it keeps: SQLite or Postgres.
type truthStore interface {
	pika.Facts
	pika.Messages
	pika.Keyword
	pika.Outbox
	pika.Changes
	pika.Jobs
	pika.RawVectors
	pika.Models
	pika.Census
	pika.APIKeys
	pika.QueryCache
	pika.AnswerTTLs
	pinger
	io.Closer
}

var (
	_ truthStore = (*sqlite.DB)(nil)
	_ truthStore = (*postgres.DB)(nil)
)

// pinger says what is wrong with a store in a sentence for the operator.
type pinger interface {
	Ping(ctx context.Context) error
}

// onSQLite reports whether the truth is a file.
func (c Config) onSQLite() bool { return strings.HasPrefix(c.Facts, sqliteFile) }

// openTruth opens the facts store of a configuration; a database need not answer yet.
// The caller closes it.
func openTruth(ctx context.Context, c Config) (truthStore, error) {
	if c.onSQLite() {
		return openFile(ctx, c)
	}
	db, err := postgres.Open(postgres.Config{URL: c.Facts})
	if err != nil {
		return nil, wrongValue("PIKA_FACTS", err)
	}
	return db, nil
}

// openFile opens the SQLite file.
func openFile(ctx context.Context, c Config) (*sqlite.DB, error) {
	if err := makeDataFolder(c); err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, c.factsPath(), sqlite.Options{Relaxed: c.Synchronous == "NORMAL"})
}

func makeDataFolder(c Config) error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("the data folder PIKA_DATA=%s cannot be made (%w): make its parent writable, or choose another folder", c.Data, err)
	}
	return nil
}

// wrongValue names the variable that a store refused.
func wrongValue(name string, err error) error { return fmt.Errorf("%s: %s", name, message(err)) }
