// Package postgrestest makes databases for tests on a real PostgreSQL server.
//
// What may come in: making and dropping databases and users. What may not: anything a
// program that is not a test needs.
package postgrestest

import (
	"context"
	"errors"
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

// Server makes databases on one server. Making and dropping one costs it a checkpoint,
// so databases are emptied and lent again.
type Server struct {
	address string

	mu    sync.Mutex
	owned *url.URL          // the server by the user that the databases belong to
	made  []string          // databases to drop at the end
	free  []string          // those of them that are migrated, empty, and no test's
	lent  map[string]string // by key
}

// New returns the server at a URL whose user may create databases; if it is a superuser,
// the databases belong to a plain user that is made at need. Close it after the tests.
func New(address string) *Server { return &Server{address: address, lent: map[string]string{}} }

// Database returns the URL of the database that key names: migrated and empty the first
// time, the same one when it is asked for again in the same test. The test must leave
// its schema and settings as they are, and no connection behind.
func (s *Server) Database(t testing.TB, key string) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if name, ok := s.lent[key]; ok {
		return s.url(name)
	}
	name := s.take(t)
	s.lent[key] = name
	t.Cleanup(func() { s.giveBack(t, key, name) })
	return s.url(name)
}

// Own returns the URL of a migrated database that nothing else ever uses.
func (s *Server) Own(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url(s.make(t, true))
}

// Empty returns the URL of a database without a schema that nothing else ever uses.
func (s *Server) Empty(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url(s.make(t, false))
}

// Close drops all databases.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, name := range s.made {
		errs = append(errs, s.drop(ctx, name))
	}
	s.made, s.free = nil, nil
	return errors.Join(errs...)
}

// drop removes a database. The server ends its own upkeep of it by itself; only for
// connections that a test left open are they ended by force, which fails while the upkeep,
// another user's, runs.
func (s *Server) drop(ctx context.Context, name string) error {
	err := s.execute(ctx, "DROP DATABASE IF EXISTS "+name)
	if err != nil {
		err = s.execute(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	}
	return err
}

func (s *Server) take(t testing.TB) string {
	t.Helper()
	if n := len(s.free); n > 0 {
		name := s.free[n-1]
		s.free = s.free[:n-1]
		return name
	}
	return s.make(t, true)
}

func (s *Server) make(t testing.TB, migrated bool) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := s.prepare(ctx); err != nil {
		t.Fatalf("prepare the server: %v", err)
	}
	name := fmt.Sprintf("pika_test_%d_%d", os.Getpid(), len(s.made))
	if err := s.execute(ctx, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	s.made = append(s.made, name)
	if !migrated {
		return name
	}
	if _, _, err := postgres.Migrate(ctx, s.url(name)); err != nil {
		t.Fatalf("migrate a database: %v", err)
	}
	return name
}

// giveBack empties a database and keeps it for another test, unless that fails.
func (s *Server) giveBack(t testing.TB, key, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	err := s.empty(ctx, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.lent, key)
	if err != nil {
		t.Errorf("empty the test's database: %v", err)
		return
	}
	s.free = append(s.free, name)
}

// emptySQL deletes all rows of all tables but the one that says which migrations ran.
const emptySQL = `DO $$ DECLARE name text; BEGIN
	PERFORM set_config('pika.all_tenants', 'on', true);
	ALTER TABLE history DISABLE TRIGGER USER;
	FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'goose_db_version' LOOP
		EXECUTE format('DELETE FROM %I', name);
	END LOOP;
	ALTER TABLE history ENABLE TRIGGER USER;
END $$`

func (s *Server) empty(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, s.url(name))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, emptySQL)
	return err
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
