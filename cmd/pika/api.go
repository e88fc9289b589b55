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

// newAPI returns the server of the API.
func (a *App) newAPI() (*http.Server, error) {
	host, _, _ := net.SplitHostPort(a.Config.Addr)
	draining := make(chan struct{})
	handler, err := gateway.New(gateway.Config{
		Engine: a.engine.jobs, Jobs: a.db, Facts: a.db, Searcher: a.searcher, Forget: a.projected.Forget,
		DryRun: func(ctx context.Context, r pika.JobRequest) (pika.Job, error) {
			return extract.DryRun(ctx, a.extractor, r)
		},
		Ready: a.ready, BodyKey: a.bodyKey(), Draining: draining, Registry: a.Registry, Log: a.Log, Now: a.Now,
		DefaultDeadline: a.Config.SearchDeadline, MaxInFlight: a.Config.MaxInFlight, Hosts: []string{host},
		Extractor: a.extractor.Name(), Version: versionText(),
	})
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 75 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	server.RegisterOnShutdown(func() { close(draining) })
	return server, nil
}

// bodyKey derives the key of body hashes from the payload key, so that it survives
// a restart and needs no file of its own.
func (a *App) bodyKey() []byte {
	key := sha256.Sum256(append([]byte("pika body hashes\x00"), a.engine.key[:]...))
	return key[:]
}

// ready reports every dependency for /readyz.
func (a *App) ready(ctx context.Context) []gateway.Dependency {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	dependencies := []gateway.Dependency{
		dependency("facts", a.db.Ping(ctx), "the database does not answer"),
		dependency("engine", a.engine.connection.Healthy(ctx), "the Temporal server does not answer"),
		{Name: "vectors", Status: gateway.StatusOK},
		{Name: "graph", Status: gateway.StatusOK},
		{Name: "cache", Status: gateway.StatusOK},
		{Name: "embedder", Status: gateway.StatusOK},
		{Name: "llm", Status: gateway.StatusOK},
	}
	if a.extractor.Name() == "rules" {
		dependencies[len(dependencies)-1] = gateway.Dependency{
			Name: "llm", Status: gateway.StatusDegraded,
			Reason: "no language model is configured, so the rules extractor works in its place; set OPENAI_API_KEY or OPENAI_BASE_URL",
		}
	}
	return dependencies
}

// dependency is a required part that is down if it answered with an error.
func dependency(name string, err error, reason string) gateway.Dependency {
	if err != nil {
		return gateway.Dependency{Name: name, Status: gateway.StatusDown, Reason: reason, Required: true}
	}
	return gateway.Dependency{Name: name, Status: gateway.StatusOK, Required: true}
}
