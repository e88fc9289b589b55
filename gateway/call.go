package gateway

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/pikamem/pika"
)

// call is one request on its way through the middleware to its handler.
type call struct {
	id        string // X-Request-ID
	route     string // the pattern that matched, "unmatched" if none did
	started   time.Time
	principal principal
	operation *operation
	leave     func() // gives back the place among the requests in flight; may be called twice
	recorder  *recorder
	w         http.ResponseWriter
	r         *http.Request
}

// principal is on whose behalf a request acts.
type principal struct {
	tenant string
	role   role
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// ctx ends with the request.
func (c *call) ctx() context.Context { return c.r.Context() }

// within bounds the rest of the request.
func (c *call) within(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.ctx(), d)
}

// written reports whether the answer has begun.
func (c *call) written() bool { return c.recorder.status != 0 }

// reply answers with JSON.
func (c *call) reply(status int, v any) error {
	writeJSON(c.w, status, mediaJSON, v)
	return nil
}

// tenant is whose data the request may touch.
func (c *call) tenant() string { return c.principal.tenant }

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write counts as status 200 when no header was written.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// gate admits a bounded number of holders.
type gate chan struct{}

// enter takes a place if one is free. leave may be called more than once.
func (g gate) enter() (leave func(), ok bool) {
	select {
	case g <- struct{}{}:
		return sync.OnceFunc(func() { <-g }), true
	default:
		return nil, false
	}
}

// server holds what all requests share.
type server struct {
	Config
	registry huma.Registry
	schemas  map[string]*huma.Schema // of request bodies, by operation id
	inFlight gate
	waiters  gate
	metrics  metrics
	document func() []byte // the OpenAPI document
}

// failNotFound is the answer for an id that this tenant does not have.
func failNotFound(what string) error { return pika.Errorf(pika.NotFound, "There is no such %s.", what) }
