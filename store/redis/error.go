package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/pikamem/pika"
)

// name is what the store is called in sentences for callers.
const name = "the cache"

func notBegun(ctx context.Context, what string) error { return pika.NotBegun(ctx, name, what) }

func errClosed() *pika.Error { return pika.Errorf(pika.Unavailable, "the cache is closed") }

var errOpen = errors.New("left out: the server did not answer lately")

// Sentences for the operator.
const (
	cannotConnect = "cannot connect to Redis: check that it runs and that the address in PIKA_CACHE is right"
	doesNotAnswer = "Redis does not answer: check that it runs and that the address in PIKA_CACHE is right; Pika asks again by itself"
	noTLS         = "Redis does not speak TLS as configured: check PIKA_CACHE (redis or rediss) and the server's certificate"
	wrongPassword = "Redis refuses the user or password: correct PIKA_CACHE"
	noRights      = "the user in PIKA_CACHE may not do this in Redis: give it the rights to the keys, channels and commands of Pika"
	isFull        = "Redis is full: set maxmemory-policy to allkeys-lfu, or raise maxmemory; nothing was stored"
	readOnly      = "Redis is read-only, being a replica: name its primary in PIKA_CACHE"
	cannotPersist = "Redis takes no writes because it cannot save to its disk: make room or turn saving off (save \"\")"
	isLoading     = "Redis is loading its data: it answers by itself when it is done"
	clusterDown   = "the Redis cluster is down or incomplete: bring its nodes back, or repair it (redis-cli --cluster check)"
	isCluster     = "Redis is a cluster: name it as redis+cluster:// in PIKA_CACHE"
	noCluster     = "Redis is no cluster: name it as redis:// in PIKA_CACHE"
	noDatabase    = "Redis has no database of the number in PIKA_CACHE: correct it, or raise databases"
	allConnected  = "Redis takes no more connections: raise maxclients, or lower pool_size in PIKA_CACHE"
	tooOld        = "Redis does not know a command of Pika: use Redis 7 or later"
	allBusy       = "all connections to Redis are in use: raise pool_size in PIKA_CACHE"
)

// phrases are what answers of the server begin with or hold, and what they mean.
var phrases = []struct{ phrase, sentence string }{
	{"OOM ", isFull},
	{"command not allowed when used memory", isFull},
	{"NOAUTH", wrongPassword},
	{"WRONGPASS", wrongPassword},
	{"invalid username-password", wrongPassword},
	{"NOPERM", noRights},
	{"READONLY", readOnly},
	{"MISCONF", cannotPersist},
	{"LOADING", isLoading},
	{"MASTERDOWN", isLoading},
	{"CLUSTERDOWN", clusterDown},
	{"TRYAGAIN", clusterDown},
	{"MOVED", isCluster},
	{"ASK ", isCluster},
	{"SELECT is not allowed in cluster", isCluster},
	{"cluster support disabled", noCluster},
	{"DB index is out of range", noDatabase},
	{"max number of clients", allConnected},
	{"unknown command", tooOld},
	{"syntax error", tooOld},
}

// answered reports whether err is an answer of the server, if only a refusal.
func answered(err error) bool {
	var refusal redis.Error
	return errors.As(err, &refusal) && !errors.Is(err, redis.ErrClosed)
}

// translate makes err an *pika.Error with what was being done as the cause. ctx is the
// caller's, limited the one the call had.
func translate(ctx, limited context.Context, what string, err error) error {
	var known *pika.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case ctx.Err() != nil:
		return pika.ContextError(errors.Join(ctx.Err(), err), name, what)
	}
	cause := fmt.Errorf("%s: %w", what, err)
	if sentence, ok := sentenceOf(err); ok {
		return pika.Wrap(pika.Unavailable, cause, "%s", sentence)
	}
	var network net.Error
	switch {
	case errors.Is(err, redis.ErrClosed):
		return errClosed()
	case limited.Err() != nil, errors.As(err, &network) && network.Timeout() && !dialing(err):
		return pika.ContextError(errors.Join(context.DeadlineExceeded, err), name, what)
	case answered(err):
		return pika.Wrap(pika.Internal, cause, "")
	}
	return pika.Wrap(pika.Unavailable, cause, "%s", cannotConnect)
}

func sentenceOf(err error) (string, bool) {
	if errors.Is(err, redis.ErrPoolTimeout) || errors.Is(err, redis.ErrPoolExhausted) {
		return allBusy, true
	}
	text := err.Error()
	if strings.Contains(text, "tls:") || strings.Contains(text, "x509:") {
		return noTLS, true
	}
	for _, p := range phrases {
		if strings.Contains(text, p.phrase) {
			return p.sentence, true
		}
	}
	return "", false
}

// dialing reports whether err is about making a connection.
func dialing(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
