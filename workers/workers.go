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
	Upkeep  *activities.Upkeep  // nil: nothing compares truth and projections here
	Warming *activities.Warming // nil: nothing fills caches ahead here

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

// warmConcurrency is how many runs fill caches ahead at once: the schedule's, and one that
// somebody asked for.
const warmConcurrency = 2

// Workers runs jobs: one worker for workflows, stores and indexes, one for the
// language model, and one that fills caches ahead.
type Workers struct {
	all   []queueWorker
	fatal chan error
}

// queueWorker is the worker of one queue.
type queueWorker struct {
	queue string
	worker.Worker
}

// New returns workers that have not started. A process has one of them.
func New(o Options) *Workers {
	worker.SetStickyWorkflowCacheSize(maxCachedJobs)
	w := &Workers{fatal: make(chan error, 3)}
	w.addMain(o)
	model := w.stepsOnly(o, workflows.ModelQueue, cmp.Or(o.ModelConcurrency, 8))
	model.RegisterActivity(o.Model)
	if o.Warming != nil {
		warm := w.stepsOnly(o, workflows.WarmQueue, warmConcurrency)
		warm.RegisterActivity(o.Warming)
	}
	return w
}

// addMain adds the worker of workflows, stores and indexes.
func (w *Workers) addMain(o Options) {
	options := w.options(o)
	options.MaxConcurrentActivityExecutionSize = cmp.Or(o.Concurrency, 32)
	main := w.add(o, workflows.Queue, options)
	main.RegisterWorkflow(workflows.ExtractFacts)
	main.RegisterWorkflow(workflows.AddFacts)
	main.RegisterActivity(o.Truth)
	main.RegisterActivity(o.Indexes)
	if o.Upkeep != nil {
		main.RegisterWorkflow(workflows.Reconcile)
		main.RegisterActivity(o.Upkeep)
	}
	if o.Warming != nil {
		main.RegisterWorkflow(workflows.WarmCache)
		main.RegisterWorkflow(workflows.TuneTTL)
		main.RegisterActivity(o.Warming)
	}
}

// stepsOnly adds a worker that runs no workflows.
func (w *Workers) stepsOnly(o Options, queue string, concurrency int) worker.Worker {
	options := w.options(o)
	options.MaxConcurrentActivityExecutionSize = concurrency
	options.DisableWorkflowWorker = true
	return w.add(o, queue, options)
}

func (w *Workers) add(o Options, queue string, options worker.Options) worker.Worker {
	added := worker.New(o.Connection.Client, queue, options)
	w.all = append(w.all, queueWorker{queue, added})
	return added
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
	for i, one := range w.all {
		if err := one.Start(); err != nil {
			stop(w.all[:i])
			return fmt.Errorf("start the worker of queue %s: %w", one.queue, err)
		}
	}
	defer stop(w.all)
	select {
	case <-ctx.Done():
		return nil
	case err := <-w.fatal:
		return fmt.Errorf("run the workers: %w", err)
	}
}

func stop(workers []queueWorker) {
	var all sync.WaitGroup
	for _, one := range workers {
		all.Go(one.Stop)
	}
	all.Wait()
}
