package projection

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/pikamem/pika"
)

// Reconciler compares the projections with the truth, all users, and repairs what is
// out of step: bucket by bucket of scope ids, and in a bucket all stores and corpora
// side by side. Its memory does not grow with the data.
//
// Rows that are missing or stale are written again by the code that writes them
// always, from the vectors that the truth keeps or else by embedding. Rows that the
// truth does not want are deleted, after the truth was asked about each once more. A
// store that does not answer ends its own part; the others go on.
type Reconciler struct {
	Projections *Projections // Index and Graph must hold a pika.Rows
	Census      pika.Census
	Log         *slog.Logger // Defaults to no log
	Metrics     *Metrics     // nil: none

	Buckets int // 1–65,536. Defaults to 16

	// Grace is how long a row is left alone after it was written, on either side: its
	// job may still be under way. Defaults to 5 min; negative: none.
	Grace time.Duration

	RowsPerSecond int // repaired in each store at most. Defaults to 500; negative: no limit
	Writers       int // batches of rows that are written at once, in each store. Defaults to 4

	// eager: rows that are missing or stale are repaired at any age. To write a row that
	// somebody else is writing is harmless.
	eager bool
	// only: the parts of one store. Empty: all.
	only pika.Store
}

// ReconcileOptions are the choices of one run.
type ReconcileOptions struct {
	// Force deletes rows that the truth does not want however many they are. Without
	// it, a bucket with more than 20 of them that make more than 5 % of its rows keeps
	// them all.
	Force bool

	// Resume continues a run that was interrupted, at its first bucket that was not done.
	// A state of another number of buckets begins anew.
	Resume ReconcileState

	// Progress is called from time to time, never twice at once; it must not block. nil:
	// nobody is told.
	Progress func(ReconcileProgress)
}

// ReconcileState is how far a run is: the buckets that are done, and the report of them.
type ReconcileState struct {
	Done    int             `json:"done"`
	Buckets int             `json:"buckets"`
	Report  ReconcileReport `json:"report"`
}

// ReconcileProgress is a state, and the rows seen and repaired so far, those of the
// bucket under way included.
type ReconcileProgress struct {
	ReconcileState
	Rows     int `json:"rows"`
	Repaired int `json:"repaired"`
}

// parts is every corpus of every store.
var parts = []struct {
	store  pika.Store
	corpus pika.Corpus
}{
	{pika.StoreVectors, pika.CorpusFacts},
	{pika.StoreVectors, pika.CorpusMessages},
	{pika.StoreGraph, pika.CorpusFacts},
}

// Run compares and repairs everything once. It returns an error, with the report so
// far, only if ctx ended or no store could be compared; what went wrong in one store
// is in its lines of the report.
func (r *Reconciler) Run(ctx context.Context, o ReconcileOptions) (ReconcileReport, error) {
	run := r.newRun(o)
	for run.state.Done < run.state.Buckets {
		if err := ctx.Err(); err != nil {
			return run.report(), pika.ContextError(err, "Pika", "reconcile")
		}
		run.bucket(ctx)
		if err := ctx.Err(); err != nil {
			return run.report(), pika.ContextError(err, "Pika", "reconcile")
		}
		if err := run.ended(); err != nil {
			return run.report(), fmt.Errorf("reconcile: %w", err)
		}
		run.state.Done++
		run.tell()
	}
	report := run.report()
	r.Metrics.reconciled(report, r.Projections.now())
	r.Metrics.observePending(ctx, r.Projections)
	r.log().Info("projections compared with the truth", "rows", report.Rows(), "drift", report.Drift(), "repaired", report.Repaired(),
		"in_step", report.InStep(), "seconds", report.Seconds)
	return report, nil
}

// reconcileRun is a run under way.
type reconcileRun struct {
	*Reconciler
	options ReconcileOptions
	index   pika.Index
	started time.Time
	before  float64 // seconds of the runs that this one resumes
	parts   []*part

	mu    sync.Mutex // of state's report, the parts' lines, and for Progress
	state ReconcileState
}

func (r *Reconciler) newRun(o ReconcileOptions) *reconcileRun {
	run := &reconcileRun{Reconciler: r, options: o, index: r.Projections.Index(), started: time.Now(), state: o.Resume}
	buckets := min(max(cmp.Or(r.Buckets, 16), 1), 1<<16)
	if run.state.Buckets != buckets || run.state.Done < 0 || run.state.Done > buckets {
		run.state = ReconcileState{Buckets: buckets}
	}
	run.before = run.state.Report.Seconds
	lines := run.state.Report.Lines
	run.state.Report.Lines = nil
	for _, p := range parts {
		if r.only != "" && r.only != p.store {
			continue
		}
		line := ReconcileLine{Store: p.store, Corpus: p.corpus}
		if i := slices.IndexFunc(lines, func(l ReconcileLine) bool { return l.Store == p.store && l.Corpus == p.corpus }); i >= 0 {
			line = lines[i]
			line.Ended = false // it is tried again
		}
		part := run.newPart(p.store, p.corpus)
		if part.err != nil {
			line.Ended = true
			line.problem("%s", sentence(part.err))
		}
		run.parts = append(run.parts, part)
		run.state.Report.Lines = append(run.state.Report.Lines, line)
	}
	return run
}

// bucket compares the next bucket in all stores at once.
func (run *reconcileRun) bucket(ctx context.Context) {
	var side sync.WaitGroup
	for _, p := range run.parts {
		if p.err == nil {
			side.Go(func() { p.reconcile(ctx, bucketRange(run.state.Done, run.state.Buckets)) })
		}
	}
	side.Wait()
	if ctx.Err() != nil {
		return // the bucket is done again by whoever resumes
	}
	run.mu.Lock()
	defer run.mu.Unlock()
	for i, p := range run.parts {
		run.state.Report.Lines[i].add(p.line)
		p.line = ReconcileLine{}
	}
}

// ended returns an error if no part goes on.
func (run *reconcileRun) ended() error {
	var first error
	for _, p := range run.parts {
		if p.err == nil {
			return nil
		}
		first = cmp.Or(first, p.err)
	}
	return first
}

func (run *reconcileRun) report() ReconcileReport {
	run.mu.Lock()
	defer run.mu.Unlock()
	report := ReconcileReport{Lines: slices.Clone(run.state.Report.Lines), Seconds: run.before + time.Since(run.started).Seconds()}
	for i := range report.Lines {
		report.Lines[i].Problems = slices.Clone(report.Lines[i].Problems)
	}
	return report
}

// tell reports the progress.
func (run *reconcileRun) tell() {
	if run.options.Progress == nil {
		return
	}
	p := ReconcileProgress{ReconcileState: run.state}
	p.Report = run.report()
	run.mu.Lock()
	defer run.mu.Unlock()
	p.Rows, p.Repaired = p.Report.Rows(), p.Report.Repaired()
	for _, part := range run.parts {
		p.Rows += part.line.Truth + part.line.Projection
		p.Repaired += part.line.Repaired + part.line.Deleted
	}
	run.options.Progress(p)
}

// bucketRange returns the scope ids of a bucket; the buckets leave no gap and do not
// overlap. Ids begin with hexadecimal digits that are spread evenly.
func bucketRange(bucket, of int) pika.RowRange {
	var r pika.RowRange
	if bucket > 0 {
		r.FromScope = fmt.Sprintf("%04x", bucket*(1<<16)/of)
	}
	if bucket < of-1 {
		r.ToScope = fmt.Sprintf("%04x", (bucket+1)*(1<<16)/of)
	}
	return r
}

func (r *Reconciler) grace() time.Duration {
	return max(cmp.Or(r.Grace, 5*time.Minute), 0)
}

func (r *Reconciler) log() *slog.Logger {
	if r.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return r.Log
}
