package neo4j

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"

	"github.com/pikamem/pika"
)

// name is what the store is called in sentences for callers.
const name = "the graph"

func notBegun(ctx context.Context, what string) error { return pika.NotBegun(ctx, name, what) }

func errClosed() *pika.Error { return pika.Errorf(pika.Unavailable, "the graph is closed") }

// Sentences for the operator.
const (
	cannotConnect  = "cannot connect to Neo4j: check that it runs and that the address in PIKA_GRAPH is right"
	noTLS          = "Neo4j does not speak TLS as configured: check the scheme in PIKA_GRAPH (+s, +ssc or neither) and the server's certificate"
	wrongPassword  = "Neo4j refuses the user or password: correct PIKA_GRAPH; Pika tries to log in every 5 s, as more wrong tries would lock the user out"
	lockedOut      = "Neo4j takes no log-in after several wrong passwords: check the password in PIKA_GRAPH, and wait some seconds"
	forbidden      = "the user of PIKA_GRAPH may not do this in Neo4j: give it the rights to read, write and set up the schema"
	noDatabase     = "Neo4j has no database of the name in PIKA_GRAPH: create it or correct the name"
	notAvailable   = "the database of Neo4j is not available: it is starting, stopped or failed; if it stays so, see Neo4j's log"
	readOnly       = "the database of Neo4j is read-only: make it writable, or name the leader of the cluster in PIKA_GRAPH"
	diskFull       = "the disk of Neo4j is full: make room; nothing was stored"
	outOfMemory    = "Neo4j is out of memory: give it more (server.memory.heap.max_size, dbms.memory.transaction.total.max)"
	schemaMissing  = "Neo4j has no schema of Pika: run `pika migrate`"
	schemaOlder    = "the schema of Pika in Neo4j is older than this program: run `pika migrate`"
	schemaNewer    = "the schema of Pika in Neo4j is newer than this program: upgrade Pika"
	serverTooOld   = "Neo4j does not know a query of Pika: use Neo4j 5.23 or later"
	busy           = "other writers hold what is to be written in Neo4j: try again"
	brokenDatabase = "Neo4j reports a failure of its own: see Neo4j's log"
)

// sentences are what the server's codes mean.
var sentences = map[string]string{
	"Neo.ClientError.Security.Unauthorized":                  wrongPassword,
	"Neo.ClientError.Security.AuthenticationRateLimit":       lockedOut,
	"Neo.ClientError.Security.CredentialsExpired":            "the password of Neo4j must be changed before it is used: do so, then correct PIKA_GRAPH",
	"Neo.ClientError.Security.Forbidden":                     forbidden,
	"Neo.ClientError.Database.DatabaseNotFound":              noDatabase,
	"Neo.ClientError.General.ForbiddenOnReadOnlyDatabase":    readOnly,
	"Neo.ClientError.General.WriteOnReadOnlyAccessDatabase":  readOnly,
	"Neo.ClientError.Cluster.NotALeader":                     readOnly,
	"Neo.ClientError.Schema.IndexNotFound":                   schemaMissing,
	"Neo.ClientError.Statement.SyntaxError":                  serverTooOld,
	"Neo.TransientError.General.DatabaseUnavailable":         notAvailable,
	"Neo.TransientError.Database.DatabaseUnavailable":        notAvailable,
	"Neo.TransientError.General.OutOfMemoryError":            outOfMemory,
	"Neo.TransientError.General.MemoryPoolOutOfMemoryError":  outOfMemory,
	"Neo.TransientError.General.TransactionOutOfMemoryError": outOfMemory,
}

// timeouts are the codes of transactions that the server gave up in time.
var timeouts = []string{
	"Neo.ClientError.Transaction.TransactionTimedOut",
	"Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration",
}

// codeOf returns the server's code; "" if the server did not answer.
func codeOf(err error) string {
	var refused *neo4j.Neo4jError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}

// refusedLogin reports whether the server did not take the credentials.
func refusedLogin(err error) bool {
	switch codeOf(err) {
	case "Neo.ClientError.Security.Unauthorized", "Neo.ClientError.Security.AuthenticationRateLimit", "Neo.ClientError.Security.CredentialsExpired":
		return true
	}
	return false
}

// translate makes err an *pika.Error with what was being done as the cause. ctx is the
// caller's, limited the one the call had: the driver's own errors do not show that a
// context has ended.
func translate(ctx, limited context.Context, what string, err error) error {
	var known *pika.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case ctx.Err() != nil:
		return pika.ContextError(errors.Join(ctx.Err(), err), name, what)
	case limited.Err() != nil:
		return pika.ContextError(errors.Join(limited.Err(), err), name, what)
	}
	cause := fmt.Errorf("%s: %w", what, err)
	var refused *neo4j.Neo4jError
	var connectivity *neo4j.ConnectivityError
	switch {
	case errors.As(err, &refused):
		return translateCode(refused, cause)
	case errors.As(err, &connectivity):
		return pika.Wrap(pika.Unavailable, cause, "%s", connectivitySentence(err.Error()))
	case neo4j.IsRetryable(err):
		return pika.Wrap(pika.Unavailable, cause, "%s", cannotConnect)
	}
	return pika.Wrap(pika.Internal, cause, "")
}

func connectivitySentence(text string) string {
	if strings.Contains(text, "tls:") || strings.Contains(text, "x509:") {
		return noTLS
	}
	return cannotConnect
}

func translateCode(refused *neo4j.Neo4jError, cause error) error {
	if sentence, ok := sentences[refused.Code]; ok {
		return pika.Wrap(pika.Unavailable, cause, "%s", sentence)
	}
	switch {
	case slices.Contains(timeouts, refused.Code):
		return pika.Wrap(pika.Timeout, cause, "the deadline passed before %s answered", name)
	case strings.Contains(refused.Msg, "No space left") || strings.Contains(refused.Msg, "disk space"):
		return pika.Wrap(pika.Unavailable, cause, "%s", diskFull)
	case strings.HasPrefix(refused.Code, "Neo.TransientError."):
		return pika.Wrap(pika.Unavailable, cause, "%s", busy)
	case strings.HasPrefix(refused.Code, "Neo.DatabaseError."):
		return pika.Wrap(pika.Unavailable, cause, "%s", brokenDatabase)
	}
	return pika.Wrap(pika.Internal, cause, "")
}
