package sqlite

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/pikamem/pika"
)

func errClosed() *pika.Error { return pika.Errorf(pika.Unavailable, "the database is closed") }

// name is what the store is called in sentences for callers.
const name = "the database"

func contextError(err error, what string) error { return pika.ContextError(err, name, what) }

// notBegun reports a context that ended before the operation touched anything.
func notBegun(ctx context.Context, what string) error { return pika.NotBegun(ctx, name, what) }

// translate makes err an *pika.Error, unless it is one, with what was being done as
// the cause.
func translate(ctx context.Context, what string, err error) error {
	var known *pika.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return contextError(err, what)
	}
	cause := fmt.Errorf("%s: %w", what, err)
	switch code := resultCode(err); code {
	case sqlite3.SQLITE_INTERRUPT:
		if ctx.Err() != nil {
			return contextError(ctx.Err(), what)
		}
		return pika.Wrap(pika.Unavailable, cause, "the request was interrupted")
	case 0:
		return pika.Wrap(pika.Internal, cause, "")
	default:
		if sentence, ok := sentences[code]; ok {
			return pika.Wrap(pika.Unavailable, cause, "%s", sentence)
		}
	}
	return pika.Wrap(pika.Internal, cause, "")
}

// sentences say what the operator can do about failures that are not defects.
var sentences = map[int]string{
	sqlite3.SQLITE_FULL:     "the disk is full: free some space where the database file is; nothing was stored",
	sqlite3.SQLITE_READONLY: "the database file cannot be written: make the file and its folder writable",
	sqlite3.SQLITE_CANTOPEN: "the database file cannot be opened: check that its folder exists and is writable",
	sqlite3.SQLITE_IOERR:    "the disk under the database file does not work: check its health and the system log",
	sqlite3.SQLITE_CORRUPT:  "the database file is damaged: restore it from a backup",
	sqlite3.SQLITE_NOTADB:   "the file is not a database: choose another path or move the file away",
	sqlite3.SQLITE_BUSY:     "another process holds the database file: stop it and try again",
	sqlite3.SQLITE_NOMEM:    "there is no memory left for the database",
}

// resultCode returns the primary SQLite result code in err's chain, or 0.
func resultCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}
