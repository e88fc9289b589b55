package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/pikamem/pika"
)

//go:embed migrations/*.sql
var migrations embed.FS

// latestVersion returns the version of the newest embedded migration.
var latestVersion = sync.OnceValues(func() (int64, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("read the migrations: %w", errors.Join(err, fs.ErrNotExist))
	}
	number, _, _ := strings.Cut(strings.TrimPrefix(names[len(names)-1], "migrations/"), "_") // Glob sorts
	return strconv.ParseInt(number, 10, 64)
})

// migrateTimeout bounds Migrate, the wait for another one included.
const migrateTimeout = 10 * time.Minute

// Migrate brings the schema of the database at url and then its keyword index up to date,
// and returns the versions of the schema before and after. Of several at once one works
// and the others wait for it. A schema newer than this program is refused, and so is a
// server or an encoding Pika cannot use. One that ended early goes on where it stopped
// when it is called again; the index may be searched and written to meanwhile.
//
// The user needs the right to create tables. The user that Pika works as must be the
// same one, or be granted the use of the tables.
func Migrate(ctx context.Context, url string) (from, to int64, err error) {
	c, err := parseURL(url)
	if err != nil {
		return 0, 0, err
	}
	setConn(c.ConnConfig, "pika migrate", 3*time.Second)
	db := &DB{address: address(c.ConnConfig), database: c.ConnConfig.Database} // for the sentences of its errors
	if err := notBegun(ctx, "migrate the database"); err != nil {
		return 0, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	pool := stdlib.OpenDB(*c.ConnConfig)
	from, to, err = migrate(ctx, pool)
	return from, to, db.translate(ctx, "migrate the database", errors.Join(err, pool.Close()))
}

func migrate(ctx context.Context, pool *sql.DB) (from, to int64, err error) {
	if err := checkTarget(ctx, pool); err != nil {
		return 0, 0, err
	}
	provider, err := newProvider(pool)
	if err != nil {
		return 0, 0, err
	}
	from, to, err = provider.GetVersions(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("read the schema version: %w", err)
	}
	if from > to {
		return from, from, compareVersions(from, to)
	}
	if _, err := provider.Up(ctx); err != nil {
		return from, from, fmt.Errorf("bring the schema from version %d to %d: %w", from, to, err)
	}
	return from, to, onConn(ctx, pool, func(conn *pgx.Conn) error { return rebuildPostings(ctx, conn) })
}

func newProvider(pool *sql.DB) (*goose.Provider, error) {
	scripts, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, uint64(migrateTimeout/time.Second)))
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, pool, scripts, goose.WithSessionLocker(locker))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return provider, nil
}

// checkTarget refuses a server that the schema is not for.
func checkTarget(ctx context.Context, pool *sql.DB) error {
	return onConn(ctx, pool, func(conn *pgx.Conn) error { return checkServer(ctx, conn) })
}

// onConn runs f on a connection of the pool.
func onConn(ctx context.Context, pool *sql.DB, f func(*pgx.Conn) error) error {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return pika.Errorf(pika.Internal, "the driver is %T", driver)
		}
		return f(c.Conn())
	})
}
