package workers

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/workflows"
)

// Options are the dependencies and bounds of Workers.
type Options struct {
	Connection *Connection
	Log        *slog.Logger

	Truth   *activities.Truth
	Model   *activities.Model
	Indexes *activities.Indexes
	Upkeep  *activities.Upkeep // nil: nothing compares truth and projections here

	Concurrency      int           // steps at once beside the model's. Defaults to 32
	ModelConcurrency int           // chunks at the language model at once. Defaults to 8
	StopTimeout      time.Duration // for steps under way when stopping. Defaults to 10 s
}

// maxCachedJobs bounds the running jobs a process keeps in memory; others are
// replayed from their history when they go on.
const maxCachedJobs = 1000

// deadlockTimeout is how long a workflow may compute without waiting. The steps in
// it take milliseconds; a busy machine with large payloads needs more than the
// default of 1 s.
const deadlockTimeout = 5 * time.Second

// Workers runs jobs: one worker for workflows, stores and indexes, one for the
// language model.
type Workers struct {
	main, model worker.Worker
	fatal       chan error
}

// New returns workers that have not started. A process has one of them.
func New(o Options) *Workers {
	worker.SetStickyWorkflowCacheSize(maxCachedJobs)
	w := &Workers{fatal: make(chan error, 2)}

	main := w.options(o)
	main.MaxConcurrentActivityExecutionSize = cmp.Or(o.Concurrency, 32)
	w.main = worker.New(o.Connection.Client, workflows.Queue, main)
	w.main.RegisterWorkflow(workflows.ExtractFacts)
	w.main.RegisterWorkflow(workflows.AddFacts)
	w.main.RegisterActivity(o.Truth)
	w.main.RegisterActivity(o.Indexes)
	if o.Upkeep != nil {
		w.main.RegisterWorkflow(workflows.Reconcile)
		w.main.RegisterActivity(o.Upkeep)
	}

	model := w.options(o)
	model.MaxConcurrentActivityExecutionSize = cmp.Or(o.ModelConcurrency, 8)
	model.DisableWorkflowWorker = true
	w.model = worker.New(o.Connection.Client, workflows.ModelQueue, model)
	w.model.RegisterActivity(o.Model)
	return w
}

func (w *Workers) options(o Options) worker.Options {
	return worker.Options{
		Interceptors:                 []interceptor.WorkerInterceptor{NewErrorInterceptor(o.Log)},
		WorkerStopTimeout:            cmp.Or(o.StopTimeout, 10*time.Second),
		MaxHeartbeatThrottleInterval: activities.BeatEvery, // every beat is sent
		DeadlockDetectionTimeout:     deadlockTimeout,
		OnFatalError:                 func(err error) { w.fatal <- err },
	}
}

// Run works until ctx ends, then lets steps under way finish within StopTimeout and
// returns nil. It returns early with an error if a worker cannot go on. Steps that
// did not finish are tried again, here or elsewhere.
func (w *Workers) Run(ctx context.Context) error {
	if err := w.main.Start(); err != nil {
		return fmt.Errorf("start the worker of queue %s: %w", workflows.Queue, err)
	}
	if err := w.model.Start(); err != nil {
		w.main.Stop()
		return fmt.Errorf("start the worker of queue %s: %w", workflows.ModelQueue, err)
	}
	defer w.stop()
	select {
	case <-ctx.Done():
		return nil
	case err := <-w.fatal:
		return fmt.Errorf("run the workers: %w", err)
	}
}

func (w *Workers) stop() {
	var both sync.WaitGroup
	both.Go(w.main.Stop)
	both.Go(w.model.Stop)
	both.Wait()
}
