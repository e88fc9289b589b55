package milvus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/milvus-io/milvus-proto/go-api/v2/commonpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/pikamem/pika"
)

// name is what the store is called in sentences for callers.
const name = "the vector index"

// retryAfter is when a server that refuses for want of capacity may be asked again.
const retryAfter = time.Second

func contextError(err error, what string) error { return pika.ContextError(err, name, what) }

func notBegun(ctx context.Context, what string) error { return pika.NotBegun(ctx, name, what) }

func errClosed() *pika.Error { return pika.Errorf(pika.Unavailable, "the vector index is closed") }

// translate makes err an *pika.Error, unless it is one, with what was being done as
// the cause.
func translate(ctx context.Context, what string, err error) error {
	var known *pika.Error
	var refused *statusError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case ctx.Err() != nil:
		return contextError(ctx.Err(), what)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return contextError(err, what)
	case errors.As(err, &refused):
		return refused.translate(fmt.Errorf("%s: %w", what, err))
	}
	return translateTransport(what, err)
}

// translateTransport is for requests that got no answer.
func translateTransport(what string, err error) error {
	cause := fmt.Errorf("%s: %w", what, err)
	switch s, _ := status.FromError(err); s.Code() {
	case codes.DeadlineExceeded:
		return contextError(errors.Join(context.DeadlineExceeded, err), what)
	case codes.Canceled:
		return contextError(errors.Join(context.Canceled, err), what)
	case codes.Unavailable:
		return pika.Wrap(pika.Unavailable, cause, "%s", transportSentence(s.Message()))
	case codes.Unauthenticated, codes.PermissionDenied:
		return pika.Wrap(pika.Unavailable, cause, "%s", refusedLogin)
	case codes.ResourceExhausted:
		e := pika.Wrap(pika.RateLimited, cause, "Milvus takes no more requests at the moment: try again later")
		e.RetryAfter = retryAfter
		return e
	case codes.Unimplemented:
		return pika.Wrap(pika.Unavailable, cause, "the server at the address of Milvus does not know this request: use Milvus 2.3 or later")
	case codes.Unknown:
		if sentence, ok := sentenceOf(s.Message()); ok {
			return pika.Wrap(pika.Unavailable, cause, "%s", sentence)
		}
	}
	return pika.Wrap(pika.Internal, cause, "")
}

// Sentences for the operator.
const (
	refusedLogin  = "Milvus refuses the user, password or API key: check the credentials in PIKA_VECTORS"
	cannotConnect = "cannot connect to Milvus: check that it runs and that the address in PIKA_VECTORS is right"
	notLoaded     = "Milvus has not loaded the collection: after a start it takes up to a minute; if it stays so, run `pika migrate`"
	notThere      = "Milvus has no collection for the embedding model: run `pika migrate`"
	noDatabase    = "Milvus has no database of the configured name: create it or correct PIKA_VECTORS"
	isFull        = "Milvus is full (memory or disk quota): give it more, or delete data; nothing was stored"
	notReady      = "Milvus is starting or recovering: it answers again by itself"
	notOneOurs    = "Milvus does not know this kind of index: configure another one, or a server that is built for it"
)

func transportSentence(message string) string {
	if strings.Contains(message, "authentication handshake") || strings.Contains(message, "tls:") {
		return "Milvus does not speak TLS as configured: check tls in PIKA_VECTORS and the server's certificate"
	}
	return cannotConnect
}

// translate finds the sentence for a refusal. Servers of 2.3 give codes only for some
// and wrap the others' text, so that both are looked at.
func (e *statusError) translate(cause error) error {
	if e.rateLimited() {
		limited := pika.Wrap(pika.RateLimited, cause, "Milvus takes no more requests at the moment: try again later")
		limited.RetryAfter = retryAfter
		return limited
	}
	if e.full() {
		return pika.Wrap(pika.Unavailable, cause, "%s", isFull)
	}
	if sentence, ok := statusSentences[e.code]; ok {
		return pika.Wrap(pika.Unavailable, cause, "%s", sentence)
	}
	if sentence, ok := sentenceOf(e.reason); ok {
		return pika.Wrap(pika.Unavailable, cause, "%s", sentence)
	}
	return pika.Wrap(pika.Unavailable, cause, "Milvus refuses the request: see the log for its reason")
}

func (e *statusError) rateLimited() bool {
	return e.code == 8 || e.code == 4 || e.legacy == commonpb.ErrorCode_RateLimit || strings.Contains(strings.ToLower(e.reason), "rate limit")
}

func (e *statusError) full() bool {
	switch e.legacy {
	case commonpb.ErrorCode_MemoryQuotaExhausted, commonpb.ErrorCode_DiskQuotaExhausted, commonpb.ErrorCode_ForceDeny:
		return true
	}
	return e.code == 3 || e.code == 7 || e.code == 9 || strings.Contains(e.reason, "quota exceeded") || strings.Contains(e.reason, "quota exhausted")
}

// statusSentences are what the codes of servers mean for the operator.
var statusSentences = map[int32]string{
	1: notReady, 2: notReady,
	100: notThere, 101: notLoaded, 103: notLoaded, 201: notLoaded, 202: notLoaded,
	401: notLoaded, 500: notLoaded, 501: notLoaded, 503: notLoaded, 601: notLoaded, 602: notLoaded, 901: notLoaded, 902: notLoaded, 903: notLoaded,
	700: notThere, 800: noDatabase, 1400: refusedLogin, 1401: refusedLogin,
}

// phrases are what servers of 2.3 say where they give no code.
var phrases = []struct{ phrase, sentence string }{
	{"auth check failure", refusedLogin},
	{"not authenticated", refusedLogin},
	{"permission deny", refusedLogin},
	{"privilege", refusedLogin},
	{"database not found", noDatabase},
	{"database not exist", noDatabase},
	{"invalid index type", notOneOurs},
	{"collection not loaded", notLoaded},
	{"not fully loaded", notLoaded},
	{"has not been loaded", notLoaded},
	{"collection not found", notThere},
	{"can't find collection", notThere},
	{"collection does not exist", notThere},
	{"index not found", notThere},
	{"not ready", notReady},
	{"not available", notLoaded},
	{"not healthy", notReady},
	{"no available", notLoaded},
	{"taskcondition context done", notLoaded},
	{"node offline", notLoaded},
	{"channel", notLoaded},
}

func sentenceOf(reason string) (string, bool) {
	reason = strings.ToLower(reason)
	for _, p := range phrases {
		if strings.Contains(reason, p.phrase) {
			return p.sentence, true
		}
	}
	return "", false
}
