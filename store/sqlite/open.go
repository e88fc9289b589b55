package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/pressly/goose/v3"

	"github.com/pikamem/pika"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks a file as Pika's: "pika" in ASCII (PRAGMA application_id).
const applicationID = 0x70696b61

// busyTimeout is how long SQLite itself waits for a lock, in milliseconds. Within one
// process nothing should hold one; a backup tool may.
const busyTimeout = 5000

// Open opens the database file at path, or makes a new one in an existing folder,
// brings its schema and its keyword index up to date and takes the file's lock. Errors are Unavailable
// with a sentence that says what to do: the file is in use by another process, made
// by a newer version, of another program, damaged, or not writable.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	o = o.withDefaults()
	lock, err := acquireLock(path)
	if err != nil {
		return nil, err
	}
	db, err := open(ctx, path, o)
	if err != nil {
		return nil, errors.Join(openError(ctx, path, err), lock.release())
	}
	db.lock = lock
	return db, nil
}

func open(ctx context.Context, path string, o Options) (*DB, error) {
	if err := refuseForeign(path); err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite", source(path, writerPragmas(o)...)+"&_txlock=immediate&_journal_mode=WAL")
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	if err := migrate(ctx, pool, path); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	writer, err := newWriter(ctx, pool, o)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	if err := rebuildPostings(ctx, writer); err != nil {
		return nil, errors.Join(err, writer.close())
	}
	readers, err := sql.Open("sqlite", source(path, readerPragmas()...))
	if err != nil {
		return nil, errors.Join(err, writer.close())
	}
	// Two more than the snapshots hold for good, for reads that go to the pool itself.
	readers.SetMaxOpenConns(o.Readers + 2)
	return &DB{readers: readers, snapshots: newSnapshots(readers, o.Readers), writer: writer, now: o.Now}, nil
}

func writerPragmas(o Options) []string {
	synchronous := "FULL"
	if o.Relaxed {
		synchronous = "NORMAL"
	}
	return []string{
		"busy_timeout(" + strconv.Itoa(busyTimeout) + ")",
		"page_size(8192)", // a vector fits on a page; must precede the WAL, which the driver's own option sets last
		"synchronous(" + synchronous + ")",
		"journal_size_limit(67108864)", // a burst of writes must not leave a huge log behind
		"cache_size(-16384)",           // 16 MiB
		"temp_store(MEMORY)",           // no user text in temporary files
		"secure_delete(ON)",            // a deleted fact's bytes are overwritten, not only unlinked
	}
}

func readerPragmas() []string {
	return []string{
		"busy_timeout(" + strconv.Itoa(busyTimeout) + ")",
		"query_only(ON)",
		"cache_size(-8192)", // 8 MiB each
		"temp_store(MEMORY)",
	}
}

// source returns the driver's name for the file. The path is escaped: a question
// mark or a percent sign in a folder's name is not an option.
func source(path string, pragmas ...string) string {
	q := url.Values{"_pragma": pragmas}
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?" + q.Encode()
}

// refuseForeign looks at a file before SQLite does: SQLite takes an empty file for a
// new database, and reports others only at the first read.
func refuseForeign(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return folderError(path, err)
	case !info.Mode().IsRegular():
		return pika.Errorf(pika.Unavailable, "%s is not a regular file: choose another path for the database", path)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return pika.Wrap(pika.Unavailable, err, "%s cannot be written: make the file and its folder writable for this user", path)
	}
	return file.Close()
}

// folderError says why a file could not be made in the database's folder.
func folderError(path string, err error) error {
	folder := filepath.Dir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return pika.Wrap(pika.Unavailable, err, "the folder %s does not exist: create it, or choose another data folder (--data)", folder)
	}
	return pika.Wrap(pika.Unavailable, err, "the folder %s cannot be written: make it writable for this user, or choose another data folder (--data)", folder)
}

// openError names the file in what translate says without it.
func openError(ctx context.Context, path string, err error) error {
	err = translate(ctx, "open the database", err)
	var e *pika.Error
	if errors.As(err, &e) && e.Code == pika.Unavailable && e.Err != nil && resultCode(e.Err) != 0 {
		return pika.Wrap(e.Code, e.Err, "%s: %s", path, e.Message)
	}
	return err
}

// migrate brings the schema up to date, unless the file belongs to another program
// or to a newer version.
func migrate(ctx context.Context, pool *sql.DB, path string) error {
	if err := checkApplication(ctx, pool, path); err != nil {
		return err
	}
	scripts, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, pool, scripts)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	have, want, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema version: %w", err)
	}
	if have > want {
		return pika.Errorf(pika.Unavailable,
			"%s was written by a newer version of Pika (schema %d, this program knows %d): upgrade Pika, or choose another data folder (--data)", path, have, want)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema from version %d to %d: %w", have, want, err)
	}
	return nil
}

// checkApplication marks a new file as Pika's and refuses one that is another's.
func checkApplication(ctx context.Context, pool *sql.DB, path string) error {
	var id, tables int
	if err := pool.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if id == applicationID {
		return nil
	}
	if err := pool.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	if id != 0 || tables > 0 {
		return pika.Errorf(pika.Unavailable, "%s is the database of another program: choose another path, or move the file away", path)
	}
	_, err := pool.ExecContext(ctx, "PRAGMA application_id = "+strconv.Itoa(applicationID))
	return err
}
