package gateway

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/prometheus/client_golang/prometheus"
)

// Config is what the gateway stands on. Engine, Jobs, Facts, Searcher, Forget and
// BodyKey are required.
type Config struct {
	Engine   pika.Engine
	Jobs     pika.Jobs
	Facts    pika.Facts
	Searcher pika.Searcher

	// Forget deletes one fact everywhere: truth, projections, caches. NotFound if the
	// tenant has none with this id.
	Forget func(ctx context.Context, tenant, factID string) error

	// CacheStats returns what the caches of this process did. nil: there are none.
	CacheStats func() cache.Stats

	// Invalidate makes every cache give up the answers of a user, also those that other
	// processes have. nil: there are no caches.
	Invalidate func(ctx context.Context, scope pika.Scope) error

	// Warm has the questions of a user answered ahead, or without a user those of the
	// tenant's active users, and returns the id of the workflow that does it. nil: POST
	// /v1/cache/warm answers 501.
	Warm func(ctx context.Context, scope pika.Scope) (workflowID string, err error)

	// DryRun extracts and stores nothing. The returned job holds Facts, Summary and
	// possibly Error. nil: ?dry_run=true answers 501.
	DryRun func(ctx context.Context, r pika.JobRequest) (pika.Job, error)

	// Ready returns the state of every dependency; it must not block longer than its
	// context. nil: always ready.
	Ready func(ctx context.Context) []Dependency

	// BodyKey is the HMAC key of body hashes, at least 16 bytes. Gateways that share
	// an engine need the same one, and it must survive a restart: a replay is
	// recognised by it.
	BodyKey []byte

	// Keys says who may call. nil: nobody needs a key, and every request acts for
	// pika.DefaultTenant with the role admin; then the handler must only be served on a
	// loopback address.
	Keys *KeyBook

	// Keyless lets requests without a key act as if Keys were nil. A key that is shown
	// must be valid all the same, and counts. Only for a loopback address.
	Keyless bool

	// MetricsOpen lets every caller read /metrics. Without it, and where keys are
	// needed, only this machine may: metrics are of all tenants.
	MetricsOpen bool

	// Draining is closed when the server is about to stop: requests that wait for a
	// job's end are answered at once with what is known. nil: never.
	Draining <-chan struct{}

	Registry        *prometheus.Registry // where metrics go and what /metrics shows; defaults to a new one
	Log             *slog.Logger         // defaults to no log
	Now             func() time.Time     // defaults to time.Now
	Random          io.Reader            // for ids; safe for concurrent use; defaults to crypto/rand
	DefaultDeadline time.Duration        // of a search that names none; defaults to 80 ms
	MaxInFlight     int                  // requests under /v1 at once, more answer 503; defaults to 256
	MaxWaiters      int                  // requests waiting for a job's end, more answer at once; defaults to 1024
	Hosts           []string             // host names, beside loopback ones, that a request may be addressed to
	Extractor       string               // openai:MODEL or rules: what a job that died before extracting would have used
	Version         string               // of the program; defaults to "dev"
}

const minBodyKey = 16

// complete checks a configuration and fills in its defaults.
func (c Config) complete() (Config, error) {
	switch {
	case c.Engine == nil:
		return c, errors.New("gateway: Config.Engine is missing")
	case c.Jobs == nil:
		return c, errors.New("gateway: Config.Jobs is missing")
	case c.Facts == nil:
		return c, errors.New("gateway: Config.Facts is missing")
	case c.Searcher == nil:
		return c, errors.New("gateway: Config.Searcher is missing")
	case c.Forget == nil:
		return c, errors.New("gateway: Config.Forget is missing")
	case len(c.BodyKey) < minBodyKey:
		return c, errors.New("gateway: Config.BodyKey is shorter than 16 bytes")
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.CacheStats == nil {
		c.CacheStats = func() cache.Stats { return cache.Stats{} }
	}
	if c.Invalidate == nil {
		c.Invalidate = func(context.Context, pika.Scope) error { return nil }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	c.DefaultDeadline = cmp.Or(c.DefaultDeadline, 80*time.Millisecond)
	c.MaxInFlight = cmp.Or(c.MaxInFlight, 256)
	c.MaxWaiters = cmp.Or(c.MaxWaiters, 1024)
	c.Version = cmp.Or(c.Version, "dev")
	c.Hosts = slices.Clone(c.Hosts)
	for i, host := range c.Hosts {
		c.Hosts[i] = hostName(host)
	}
	return c, nil
}

// Dependency is the state of one part that Pika stands on, as /readyz shows it.
type Dependency struct {
	Name     string           `json:"name"`
	Status   DependencyStatus `json:"status"`
	Reason   string           `json:"reason,omitempty"` // why it is not ok; no secrets, no text of users
	Required bool             `json:"required"`         // without it the main job cannot run; down means 503
}

// DependencyStatus is how a dependency is.
type DependencyStatus string

// The states of a dependency.
const (
	StatusOK       DependencyStatus = "ok"
	StatusDegraded DependencyStatus = "degraded" // it works with less
	StatusDown     DependencyStatus = "down"
)
