package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/postgres"
)

// migrateTime bounds bringing one store's schema up to date.
const migrateTime = 10 * time.Minute

// migration is one store's schema on its way to what this program knows.
type migration struct {
	store string
	run   func(ctx context.Context) (string, error) // what was done
}

// runMigrate brings the schemas of the real stores up to date. It may run twice and
// beside running gateways and workers.
func runMigrate(ctx context.Context, args []string, out io.Writer) (err error) {
	config, err := LoadConfig("migrate", args, os.Getenv, nil)
	if err != nil {
		return err
	}
	s, err := openStores(ctx, config, time.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return migrateAll(ctx, s.migrations(config), out)
}

// migrateAll goes on after a failure, so that one run shows everything that is wrong.
func migrateAll(ctx context.Context, all []migration, out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STORE\tRESULT")
	failed := 0
	for _, m := range all {
		ctx, cancel := context.WithTimeout(ctx, migrateTime)
		result, err := m.run(ctx)
		cancel()
		if err != nil {
			failed++
			result = "FAILED: " + message(err)
		}
		fmt.Fprintf(table, "%s\t%s\n", m.store, result)
	}
	table.Flush()
	if failed > 0 {
		return fmt.Errorf("%d of %d schemas are not up to date: mend what the table says and run `pika migrate` again", failed, len(all))
	}
	return nil
}

func (s *stores) migrations(c Config) []migration {
	return []migration{
		{"facts", func(ctx context.Context) (string, error) { return s.migrateFacts(ctx, c) }},
		{"vectors", func(ctx context.Context) (string, error) { return s.migrateVectors(ctx, c) }},
		{"graph", s.migrateGraph},
	}
}

const ownFile = "embedded: brought up to date whenever it is opened"

func (s *stores) migrateFacts(ctx context.Context, c Config) (string, error) {
	if c.onSQLite() {
		return ownFile, nil
	}
	from, to, err := postgres.Migrate(ctx, c.Facts)
	switch {
	case err != nil:
		return "", err
	case from == to:
		return fmt.Sprintf("schema %d, up to date", to), nil
	}
	return fmt.Sprintf("schema %d, was %d", to, from), nil
}

// migrateVectors makes the collections of the data's model, or of the configured one
// if no vector was ever written.
func (s *stores) migrateVectors(ctx context.Context, c Config) (string, error) {
	if s.milvus == nil {
		return ownFile, nil
	}
	active, err := s.truth.ActiveModel(ctx)
	if pika.CodeOf(err) == pika.NotFound {
		active, err = s.claimConfigured(ctx, c)
	}
	if err != nil {
		return "", err
	}
	if err := s.milvus.Migrate(ctx, active.EmbeddingModel); err != nil {
		return "", err
	}
	return fmt.Sprintf("collections of the model %s are there and loaded", active.ID), nil
}

func (s *stores) claimConfigured(ctx context.Context, c Config) (pika.ActiveModel, error) {
	embedder, closeEmbedder, err := openEmbedder(ctx, c, c.Embedder, time.Now)
	if err != nil {
		return pika.ActiveModel{}, err
	}
	model := embedder.Model()
	if err := closeEmbedder(); err != nil {
		return pika.ActiveModel{}, err
	}
	return s.truth.ClaimModel(ctx, pika.ActiveModel{EmbeddingModel: model, Embedder: c.Embedder})
}

func (s *stores) migrateGraph(ctx context.Context) (string, error) {
	if s.neo4j == nil {
		return ownFile, nil
	}
	if err := s.neo4j.Migrate(ctx); err != nil {
		return "", err
	}
	return "constraints and indexes are there", nil
}
