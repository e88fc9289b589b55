package main

import (
	"context"
	"sync"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/gateway"
	"golang.org/x/sync/errgroup"
)

// probeTime bounds asking every dependency, all side by side.
const probeTime = 1500 * time.Millisecond

// check is how one dependency is asked. Its error says what is wrong and what to do.
type check struct {
	name     string
	required bool // the main job cannot run without it
	ask      func(ctx context.Context) error
	degraded func(ctx context.Context) string // why it works worse than it should; empty: it does not
}

// checks lists every dependency. Accepting needs the engine alone; without the truth
// conversations wait and searches answer 503, which a restart would not change, so a
// truth on another machine does not make this process unready.
func (a *App) checks() []check {
	return []check{
		{name: "facts", required: a.Config.onSQLite(), ask: a.stores.truth.Ping},
		{name: "engine", required: true, ask: a.engine.connection.Healthy},
		{name: "worker", degraded: a.workerProblem},
		{name: "vectors", ask: a.index.ping, degraded: a.recallProblem},
		{name: "graph", ask: a.stores.pingGraph},
		{name: "cache", ask: a.stores.pingCache},
		{name: "embedder", ask: a.index.problem},
		{name: "llm", degraded: a.llmProblem},
	}
}

// ready reports every dependency for /readyz.
func (a *App) ready(ctx context.Context) []gateway.Dependency {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	checks := a.checks()
	answers := make([]gateway.Dependency, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() { answers[i] = c.state(ctx) })
	}
	all.Wait()
	return answers
}

func (c check) state(ctx context.Context) gateway.Dependency {
	d := gateway.Dependency{Name: c.name, Status: gateway.StatusOK, Required: c.required}
	if c.ask != nil {
		if err := c.ask(ctx); err != nil {
			d.Status, d.Reason = gateway.StatusDown, message(err)
			return d
		}
	}
	if c.degraded != nil {
		if reason := c.degraded(ctx); reason != "" {
			d.Status, d.Reason = gateway.StatusDegraded, reason
		}
	}
	return d
}

func (a *App) llmProblem(context.Context) string {
	if a.watched != nil {
		if failure := a.watched.failure.Load(); failure != nil {
			return "its last call failed, and jobs wait until one succeeds: " + *failure
		}
		return ""
	}
	return "no language model is configured, so the rules extractor works in its place; set OPENAI_API_KEY or OPENAI_BASE_URL"
}

// workerProblem says why accepted jobs wait.
func (a *App) workerProblem(ctx context.Context) string {
	switch worked, err := a.engine.connection.Worked(ctx); {
	case err != nil:
		return "whether a worker takes jobs is not known: " + message(err)
	case !worked:
		return "no worker takes jobs: start pika worker"
	}
	return ""
}

// recallProblem says why the vector index finds less than it should.
func (a *App) recallProblem(context.Context) string {
	if a.prober == nil {
		return ""
	}
	return a.prober.Degraded()
}

// watchEvery is how often the dependencies are asked for the log.
const watchEvery = 5 * time.Second

// watch says in the log when a dependency stops or begins to answer, and warms it up
// when it does.
func (a *App) watch(ctx context.Context) error {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	known := map[string]gateway.Dependency{}
	for {
		for _, d := range a.ready(ctx) {
			if ctx.Err() != nil {
				return nil
			}
			a.noteChange(ctx, known[d.Name], d)
			known[d.Name] = d
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (a *App) noteChange(ctx context.Context, before, now gateway.Dependency) {
	first := before.Name == ""
	switch {
	case before.Status == now.Status && before.Reason == now.Reason:
	case now.Status == gateway.StatusOK && before.Status == gateway.StatusDown:
		a.Log.Info("a dependency works again", "name", now.Name)
	case now.Status == gateway.StatusDown:
		a.Log.Warn("a dependency does not work", "name", now.Name, "reason", now.Reason)
	}
	if now.Status == gateway.StatusOK && before.Status != gateway.StatusOK && !first { // warmUp made the first calls
		a.warm(ctx, now.Name)
	}
}

// warmTime bounds the first calls of a part, which are slower than a search may be.
const warmTime = 10 * time.Second

// warmUpTime bounds the warm-up at the start: a part that is away delays it by no more.
const warmUpTime = 10 * time.Second

// warmUp makes the first calls before anyone is told that Pika is ready.
func (a *App) warmUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, warmUpTime)
	defer cancel()
	for _, name := range []string{"graph", "facts"} { // a search asks the graph
		a.warm(ctx, name)
	}
}

// warm makes the first calls of a part that begins to answer, so that no caller's
// search has to: connections, plans, and the queries of the graph.
func (a *App) warm(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(ctx, warmTime)
	defer cancel()
	var err error
	switch name {
	case "graph":
		err = a.warmGraph(ctx)
	case "facts", "vectors":
		err = a.warmSearch(ctx)
	}
	if err != nil && ctx.Err() == nil {
		a.Log.Debug("a part is not warmed up", "name", name, "reason", message(err))
	}
}

// How searches are warmed up: one prepares one connection of each kind, and a few at
// once those that callers at the same time will need.
const (
	warmSearches = 4
	warmRounds   = 3
)

// warmSearch searches the memory of nobody.
func (a *App) warmSearch(ctx context.Context) error {
	for range warmRounds {
		var round errgroup.Group
		for range warmSearches {
			round.Go(func() error {
				_, err := a.searcher.Search(ctx, pika.Scope{Tenant: "pika", User: "nobody"}, pika.Query{
					Text: "Does Nobody warm up?", Limit: 1, Messages: 1, Mode: pika.ModeHybrid, Deadline: pika.MaxDeadlineMS * time.Millisecond,
				})
				return err
			})
		}
		if err := round.Wait(); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) warmGraph(ctx context.Context) error {
	if a.stores.neo4j == nil {
		return nil
	}
	return a.stores.neo4j.Warm(ctx)
}
