// Package postgrestest makes databases for tests on a real PostgreSQL server.
//
// What may come in: making and dropping databases and users. What may not: anything a
// program that is not a test needs.
package postgrestest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pikamem/pika/store/postgres"
)

// user is who the databases belong to when the server is given by a superuser: Pika
// refuses to work as one.
const (
	user     = "pika_test"
	password = "pika_test"
)

// timeout bounds what is done for one test.
const timeout = 60 * time.Second

// Server makes databases on one server.
type Server struct {
	address string

	mu       sync.Mutex
	owned    *url.URL // the server by the user that the databases belong to
	template string   // a migrated database
	tests    int      // that use the template
	made     map[string]bool
}

// New returns the server at a URL whose user may create databases; if it is a superuser,
// the databases belong to a plain user that is made at need.
func New(address string) *Server { return &Server{address: address, made: map[string]bool{}} }

// Database returns the URL of the database that key names: new and migrated the first
// time, the same one when it is asked for again. It is dropped at the end of the test.
func (s *Server) Database(t testing.TB, key string) string {
	t.Helper()
	return s.database(t, key, true)
}

// Empty is Database without a schema.
func (s *Server) Empty(t testing.TB, key string) string {
	t.Helper()
	return s.database(t, key, false)
}

func (s *Server) database(t testing.TB, key string, migrated bool) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	sum := sha256.Sum256([]byte(key))
	name := fmt.Sprintf("pika_test_%d_%s", os.Getpid(), hex.EncodeToString(sum[:8]))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made[name] {
		return s.url(name)
	}
	if err := s.prepare(ctx); err != nil {
		t.Fatalf("prepare the server: %v", err)
	}
	t.Cleanup(func() { s.drop(t, name) })
	s.tests++
	template := "template0"
	if migrated {
		if err := s.makeTemplate(ctx); err != nil {
			t.Fatalf("make the template database: %v", err)
		}
		template = s.template
	}
	if err := s.execute(ctx, create(name, template)); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	s.made[name] = true
	return s.url(name)
}

func create(name, template string) string {
	return fmt.Sprintf(`CREATE DATABASE %s TEMPLATE %s ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`, name, template)
}

// drop removes a test's database, and after the last one the template.
func (s *Server) drop(t testing.TB, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.execute(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
		t.Errorf("drop a database: %v", err)
	}
	delete(s.made, name)
	if s.tests--; s.tests > 0 || s.template == "" {
		return
	}
	if err := s.execute(ctx, "DROP DATABASE IF EXISTS "+s.template+" WITH (FORCE)"); err != nil {
		t.Errorf("drop the template database: %v", err)
	}
	s.template = ""
}

// prepare finds out as whom the databases are made.
func (s *Server) prepare(ctx context.Context) error {
	if s.owned != nil {
		return nil
	}
	given, err := url.Parse(s.address)
	if err != nil {
		return fmt.Errorf("the server's address is no URL")
	}
	conn, err := pgx.Connect(ctx, s.address)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var super bool
	if err := conn.QueryRow(ctx, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user").Scan(&super); err != nil {
		return err
	}
	owned := *given
	if super {
		owned.User = url.UserPassword(user, password)
		if err := makeUser(ctx, conn); err != nil {
			return err
		}
	}
	s.owned = &owned
	return nil
}

// makeUser makes the plain user, unless it is there; several processes may try at once.
func makeUser(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, fmt.Sprintf(`DO $$ BEGIN
		PERFORM pg_advisory_xact_lock(hashtext('pika test user'));
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%[1]s') THEN
			CREATE ROLE %[1]s LOGIN PASSWORD '%[2]s' CREATEDB;
		END IF;
	END $$`, user, password))
	return err
}

func (s *Server) makeTemplate(ctx context.Context) error {
	if s.template != "" {
		return nil
	}
	name := fmt.Sprintf("pika_test_%d_template", os.Getpid())
	if err := s.execute(ctx, create(name, "template0")); err != nil {
		return err
	}
	s.template = name
	_, _, err := postgres.Migrate(ctx, s.url(name))
	return err
}

// execute runs a statement outside of any of the tests' databases.
func (s *Server) execute(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.owned.String())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

func (s *Server) url(name string) string {
	u := *s.owned
	u.Path = "/" + name
	return u.String()
}
