package main

import (
	"context"
	"crypto/sha256"
	"net"
	"net/http"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/gateway"
)

// newServer returns the server of the API, or for a worker that of its health.
func (a *App) newServer() (*http.Server, error) {
	draining := make(chan struct{})
	handler, err := a.newAPI(draining)
	if err != nil {
		return nil, err
	}
	if a.Config.Command == "worker" {
		handler = healthOnly(handler)
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 75 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	server.RegisterOnShutdown(func() { close(draining) })
	return server, nil
}

func (a *App) newAPI(draining <-chan struct{}) (http.Handler, error) {
	host, _, _ := net.SplitHostPort(a.Config.Addr)
	return gateway.New(gateway.Config{
		Engine: a.engine.jobs, Jobs: a.stores.truth, Facts: a.stores.truth, Searcher: a.answers, Forget: a.projected.Forget,
		CacheStats: a.answers.Stats, Warm: a.engine.jobs.WarmCache,
		Invalidate: func(ctx context.Context, scope pika.Scope) error {
			version, err := a.stores.truth.Version(ctx, scope)
			if err != nil || version == 0 { // of who has no memory there are no answers
				return err
			}
			return a.freshness.Note(ctx, scope, pika.Change{Everything: true})
		},
		DryRun: func(ctx context.Context, r pika.JobRequest) (pika.Job, error) {
			return extract.DryRun(ctx, a.extractor, r)
		},
		Keys: a.keys, Keyless: !a.Config.needsKeys(),
		MetricsOpen: a.Config.MetricsOpen || a.Config.Command == "worker", // a worker's address is no API
		Ready:       a.ready, BodyKey: a.bodyKey(), Draining: draining, Registry: a.Registry, Log: a.Log, Now: a.Now,
		DefaultDeadline: a.Config.SearchDeadline, MaxInFlight: a.Config.MaxInFlight, Hosts: []string{host},
		Extractor: a.extractor.Name(), Version: versionText(),
	})
}

// healthOnly leaves of the API what a worker answers: whether it works.
func healthOnly(api http.Handler) http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		mux.Handle(path, api)
	}
	return mux
}

// bodyKey derives the key of body hashes from the payload key, so that it survives
// a restart and needs no file of its own.
func (a *App) bodyKey() []byte {
	key := sha256.Sum256(append([]byte("pika body hashes\x00"), a.engine.key[:]...))
	return key[:]
}
