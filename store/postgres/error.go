package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pikamem/pika"
)

// name is what the store is called in sentences for callers.
const name = "the database"

func notBegun(ctx context.Context, what string) error { return pika.NotBegun(ctx, name, what) }

func errClosed(cause error) error {
	return pika.Wrap(pika.Unavailable, cause, "the database is closed")
}

// translate makes err an *pika.Error, unless it is one, with what was being done as
// the cause.
func (db *DB) translate(ctx context.Context, what string, err error) error {
	var known *pika.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case ctx.Err() != nil:
		return pika.ContextError(errors.Join(ctx.Err(), err), name, what)
	case db.closed.Load():
		return errClosed(err)
	}
	return db.explain(fmt.Errorf("%s: %w", what, err))
}

// explain says what the operator can do about an error that is not the context's.
func (db *DB) explain(cause error) error {
	state := sqlState(cause)
	if s, ok := db.sentence(state); ok {
		return pika.Wrap(pika.Unavailable, cause, "%s", s)
	}
	switch {
	case isFull(cause):
		return pika.Wrap(pika.Unavailable, cause, "%s", fullSentence)
	case state == "57014": // query_canceled: the context has not ended, so it was the timeout
		return pika.Wrap(pika.Timeout, cause, "the database took too long for one statement: try again, or look for what keeps it busy")
	case state == "55P03": // lock_not_available
		return overloaded(cause, "the memory of this user is being written to: try again")
	case state == "53300": // too_many_connections
		return overloaded(cause, "the database has no connection left: raise its max_connections or run fewer gateways and workers")
	case state == "" && (isBroken(cause) || isConnect(cause)):
		return db.silent(cause)
	}
	return pika.Wrap(pika.Internal, cause, "")
}

func overloaded(cause error, sentence string) error {
	e := pika.Wrap(pika.Overloaded, cause, "%s", sentence)
	e.RetryAfter = time.Second
	return e
}

// silent is the error for a server that does not answer.
func (db *DB) silent(cause error) error {
	return pika.Wrap(pika.Unavailable, cause, "the database at %s does not answer: check that it runs, and PIKA_FACTS", db.address)
}

const fullSentence = "the disk of the database is full: free some space there; nothing was stored"

// isFull reports a disk without space. A server that cannot even write what a new
// connection needs says so with an internal error (XX000) and the text of the system.
func isFull(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "53100" || (e.Code == "XX000" && strings.Contains(e.Message, "No space left on device")))
}

const readOnlySentence = "the database takes no writes: it is a standby or was set read-only; point PIKA_FACTS to the primary"

// sentence says what to do about failures that are the operator's to repair.
func (db *DB) sentence(state string) (string, bool) {
	switch state {
	case "28P01", "28000":
		return fmt.Sprintf("the database at %s refuses the user or the password in PIKA_FACTS: correct them, or add the user (see also pg_hba.conf)", db.address), true
	case "3D000":
		return fmt.Sprintf("the database server at %s has no database %q: create it, or correct PIKA_FACTS", db.address, db.database), true
	case "42P01", "3F000", "42883", "42703":
		return "the database has no schema of this version of Pika: run `pika migrate`", true
	case "42501":
		return "the database refuses this user the tables of Pika: run `pika migrate` as the user of PIKA_FACTS, or grant it their use", true
	case "53100":
		return fullSentence, true
	case "53200":
		return "the database has no memory left: look at what else runs there", true
	case "57P03":
		return fmt.Sprintf("the database at %s is starting up or shutting down: wait, then try again", db.address), true
	case "57P01", "57P02":
		return fmt.Sprintf("the database at %s was stopped: check that it runs", db.address), true
	case "25006":
		return readOnlySentence, true
	case "XX001", "XX002":
		return "the database is damaged: restore it from a backup", true
	}
	switch class := state[:min(2, len(state))]; class {
	case "08":
		return fmt.Sprintf("the connection to the database at %s failed: check that it runs, and PIKA_FACTS", db.address), true
	case "58":
		return "the disk under the database does not work: check its health and the server's log", true
	}
	return "", false
}

// sqlState returns the SQLSTATE of the server's error in err's chain, or "".
func sqlState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// isBroken reports a connection that ended without a word of the server.
func isBroken(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

func isConnect(err error) bool {
	var e *pgconn.ConnectError
	return errors.As(err, &e)
}
