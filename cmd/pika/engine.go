package main

import (
	"context"
	"fmt"
	"time"

	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/devserver"
	"github.com/pikamem/pika/workers"
	"github.com/pikamem/pika/workflows"
)

// engineParts are what stands behind pika.Engine.
type engineParts struct {
	server     *devserver.Server // nil: TEMPORAL_ADDRESS names another
	address    string
	connection *workers.Connection
	jobs       *workers.Engine
	key        workers.Key
}

// stopSteps bounds how long steps under way may go on after SIGTERM; what does not
// finish is tried again at the next start.
const stopSteps = 5 * time.Second

// asksPerChunk is how often the extractor asks for one chunk at most, each time with
// PIKA_LLM_TIMEOUT.
const asksPerChunk = 3

// openEngine reaches the Temporal cluster, or starts the local server first.
func (a *App) openEngine(ctx context.Context) error {
	if err := a.openKey(); err != nil {
		return err
	}
	a.engine.address = a.Config.TemporalAddress
	if a.engine.address == "" {
		if err := a.startTemporal(ctx); err != nil {
			return err
		}
	}
	connection, err := workers.Dial(ctx, workers.DialOptions{
		Address: a.engine.address, Namespace: a.Config.TemporalNS, Key: a.engine.key, Log: a.engineLog(), Tracer: a.tracer,
	})
	if err != nil {
		return fmt.Errorf("TEMPORAL_ADDRESS=%s: %w", a.engine.address, err)
	}
	a.engine.connection = connection
	a.onClose("the engine's connection", func() error { connection.Close(); return nil })
	a.engine.jobs = workers.NewEngine(ctx, workers.EngineOptions{
		Connection: connection, Log: a.Log, ModelAttempt: asksPerChunk*a.Config.LLMTimeout + 5*time.Second,
	})
	return nil
}

func (a *App) openKey() (err error) {
	if len(a.Config.PayloadKey) > 0 {
		a.engine.key = workers.Key(a.Config.PayloadKey)
		return nil
	}
	a.engine.key, err = workers.LoadOrCreateKey(a.path("payload.key"))
	return err
}

func (a *App) startTemporal(ctx context.Context) error {
	server, err := devserver.Start(ctx, devserver.Options{
		Binary: a.Config.TemporalBinary, DataDir: a.path("temporal"), UIPort: a.Config.TemporalUIPort,
		Namespace: a.Config.TemporalNS, Log: a.Log, SearchAttributes: workflows.SearchAttributes(),
	})
	if err != nil {
		return err
	}
	a.engine.server, a.engine.address = server, server.Address()
	a.onClose("the Temporal server", func() error { server.Stop(); return nil })
	return nil
}

// newWorkers returns the workers of every queue.
func (a *App) newWorkers() *workers.Workers {
	return workers.New(workers.Options{
		Connection: a.engine.connection, Log: a.Log,
		Truth:   &activities.Truth{Facts: a.stores.truth, Messages: a.stores.truth, Jobs: a.stores.truth, Outbox: a.stores.truth, Freshness: a.freshness, KeepMessages: a.Config.KeepMessages, Now: a.Now},
		Model:   &activities.Model{Extractor: a.extractor},
		Indexes: &activities.Indexes{Projections: a.projected},
		Upkeep:  &activities.Upkeep{Reconciler: a.reconciler},
		Warming: &activities.Warming{Warmer: newWarmer(a.Config, a.stores.truth, a.answers, a.load, a.Log), Tuner: a.newTuner()},

		Concurrency: a.Config.JobConcurrency, ModelConcurrency: a.Config.LLMConcurrency, StopTimeout: stopSteps,
	})
}
