package projection

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/pikamem/pika"
)

// Reindexer builds the vectors of another model beside those in use, and then switches
// to them: copy, pass after pass, while writes go on; probe; switch; catch up.
//
// Nothing is lost between the last pass and the switch: a write that still went to the
// former index leaves a row that the truth wants and the new index lacks, which the
// passes after the switch find, and every run of a Reconciler after them. A run that
// was interrupted is run again: vectors that the truth keeps need no model. After the
// switch, a Reconciler does what is left.
type Reindexer struct {
	Projections *Projections // with the index in use; Raw is required
	Census      pika.Census
	To          pika.Index // Vectors must be a pika.Rows

	// Switch makes To the index in use: the active model and the alias together. It is
	// called once, when To holds everything and is found in.
	Switch func(ctx context.Context) error

	Log           *slog.Logger // Defaults to no log
	Buckets       int          // Defaults to 16
	RowsPerSecond int          // of facts, and as many messages, at most. 0: no limit
	Writers       int          // batches embedded and written at once, of facts, and as many of messages. Defaults to 4
	MinRecall     float64      // of To, before it is switched to. Defaults to LowRecall
	Users         int          // sampled for it, of each corpus. Defaults to 30

	// Settle is how long after the switch other processes may write to the former index:
	// longer than a write takes. Defaults to 1 min.
	Settle time.Duration

	// Progress is called from time to time, never twice at once. nil: nobody is told.
	Progress func(pass string, p ReconcileProgress)
}

// Bounds of a run.
const (
	// fewRows is how many rows a pass may have found when writes come as fast as they are
	// copied: the passes after the switch take them.
	fewRows = 1000
	// somePasses is how often copying is repeated for the last row before fewRows will do.
	somePasses = 5
	mostPasses = 20
	// showTime is how long an index is given to show what was written, before it is probed.
	showTime = 10 * time.Second
)

// Run copies, probes, switches and catches up. It returns the report so far with every
// error. An index that finds too little is a Conflict, and nothing was switched.
func (r *Reindexer) Run(ctx context.Context) (ReindexReport, error) {
	report := ReindexReport{From: r.Projections.Index().Model, To: r.To.Model}
	started := time.Now()
	err := r.run(ctx, &report)
	report.Seconds = time.Since(started).Seconds()
	return report, err
}

func (r *Reindexer) run(ctx context.Context, report *ReindexReport) error {
	switch {
	case r.Projections.Raw == nil:
		return pika.Errorf(pika.Unimplemented, "this store keeps no vectors apart from their index: build the data anew with the other model")
	case report.From.EmbeddingModel == r.To.Model.EmbeddingModel:
		return pika.Errorf(pika.Conflict, "the model %s is in use already: `pika reconcile` brings its index in step", r.To.Model.ID)
	}
	if err := r.copyAll(ctx, report); err != nil {
		return err
	}
	if err := r.probe(ctx, report); err != nil {
		return err
	}
	if err := r.Switch(ctx); err != nil {
		return fmt.Errorf("switch to the model %s: %w", r.To.Model.ID, err)
	}
	report.Switched = true
	return r.catchUp(ctx, report)
}

// copyAll copies until a pass finds nothing more to do.
func (r *Reindexer) copyAll(ctx context.Context, report *ReindexReport) error {
	for n := 1; n <= mostPasses; n++ {
		found, err := r.pass(ctx, report, fmt.Sprintf("copy %d", n))
		if err != nil {
			return err
		}
		if found == 0 || (n >= somePasses && found <= fewRows) {
			return nil
		}
	}
	return pika.Errorf(pika.Unavailable, "writes come faster than they are copied: raise the rate or the writers, or try again at a quieter time")
}

// catchUp copies what was written to the former index after the last pass, until no
// process can write to it any more.
func (r *Reindexer) catchUp(ctx context.Context, report *ReindexReport) error {
	if _, err := r.pass(ctx, report, "after the switch"); err != nil {
		return err
	}
	if err := sleep(ctx, cmp.Or(r.Settle, time.Minute)); err != nil {
		return err
	}
	_, err := r.pass(ctx, report, "once settled")
	return err
}

// pass makes the new index match the truth and returns how many rows it found missing
// or stale, and could write. Rows that are younger than the Reconciler's grace period
// and wanted by nobody stay: their jobs may be under way.
func (r *Reindexer) pass(ctx context.Context, report *ReindexReport, name string) (int, error) {
	beside := r.Projections.onto(r.To)
	beside.beside = true
	c := Reconciler{
		Projections: beside, Census: r.Census, Log: r.Log, Buckets: r.Buckets,
		RowsPerSecond: cmp.Or(r.RowsPerSecond, -1), Writers: r.Writers, eager: true, only: pika.StoreVectors,
	}
	var o ReconcileOptions
	if r.Progress != nil {
		o.Progress = func(p ReconcileProgress) { r.Progress(name, p) }
	}
	result, err := c.Run(ctx, o)
	report.Passes = append(report.Passes, ReindexPass{Name: name, ReconcileReport: result})
	if err != nil {
		return 0, fmt.Errorf("copy vectors: %w", err)
	}
	written := 0
	for _, l := range result.Lines {
		if l.Ended {
			return 0, pika.Errorf(pika.Unavailable, "the copy ended early (%s): run it again, what was embedded is kept", l.Problems[len(l.Problems)-1])
		}
		written += l.Repaired
	}
	return written, nil
}

// probe refuses a new index that finds too little.
func (r *Reindexer) probe(ctx context.Context, report *ReindexReport) error {
	if err := sleep(ctx, showTime+time.Second); err != nil {
		return err
	}
	p := Prober{
		Index: func() pika.Index { return r.To }, Census: r.Census, Raw: r.Projections.Raw,
		Users: cmp.Or(r.Users, 30), Settle: showTime, Now: r.Projections.Now,
	}
	var err error
	if report.Recall, err = p.Probe(ctx); err != nil {
		return fmt.Errorf("probe the new index: %w", err)
	}
	recall := report.Recall
	switch low := cmp.Or(r.MinRecall, LowRecall); {
	case recall.Queries == 0 && report.rows() > 0:
		return pika.Errorf(pika.Conflict, "the new index could not be probed, because of %d users with too many rows or too many in motion: nothing was switched; try again at a quieter time", recall.Skipped)
	case recall.Queries > 0 && recall.Mean < low:
		return pika.Errorf(pika.Conflict, "%s, below %.2f: nothing was switched; check the new index's configuration", recall, low)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return pika.ContextError(ctx.Err(), "Pika", "reindex")
	}
}

// DropModel removes from the truth the vectors of a model that is given up, and returns
// how many. The model in use is a Conflict. Drop the model's collections too.
func (p *Projections) DropModel(ctx context.Context, model pika.EmbeddingModel) (int, error) {
	if p.Raw == nil {
		return 0, nil
	}
	total := 0
	for {
		if p.Index().Model.EmbeddingModel == model {
			return total, pika.Errorf(pika.Conflict, "the model %s is in use: switch to another one first", model.ID)
		}
		var n int
		err := within(ctx, pageTimeout, func(ctx context.Context) (err error) {
			n, err = p.Raw.DropRawVectors(ctx, model, pika.MaxPageLimit)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("drop vectors of a model: %w", err)
		}
		if total += n; n == 0 {
			return total, nil
		}
	}
}
