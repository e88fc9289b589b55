package projection

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pikamem/pika"
)

// part is one corpus in one store, under reconciliation. One goroutine compares; the
// writers of its repairs run beside it and touch line under the run's lock.
type part struct {
	*reconcileRun
	store  pika.Store
	corpus pika.Corpus
	rows   pika.Rows
	pace   *pace

	line   ReconcileLine // of the bucket under way
	err    error         // why the part does not go on
	todo   []pika.RowKey // missing and stale rows, not yet handed to a writer
	extras []pika.RowKey
	slots  chan struct{}
	writes sync.WaitGroup
}

func (run *reconcileRun) newPart(store pika.Store, corpus pika.Corpus) *part {
	p := &part{
		reconcileRun: run, store: store, corpus: corpus,
		pace:  &pace{perSecond: orDefault(run.RowsPerSecond, 500)},
		slots: make(chan struct{}, max(orDefault(run.Writers, 4), 1)),
	}
	var held any = run.index.Vectors
	if store == pika.StoreGraph {
		held = run.Projections.Graph
	}
	var ok bool
	if p.rows, ok = held.(pika.Rows); !ok {
		p.err = pika.Errorf(pika.Unimplemented, "the store cannot list its rows")
	}
	return p
}

func orDefault(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// reconcile compares a bucket and repairs what is out of step.
func (p *part) reconcile(ctx context.Context, r pika.RowRange) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p.todo, p.extras = nil, nil
	err := p.compare(ctx, cancel, r)
	p.writes.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause // a writer's error, or the caller's leaving, is why the rest failed
	}
	if err == nil {
		err = p.deleteExtras(ctx)
	}
	if err != nil {
		p.end(err)
	}
}

// end notes that the part does not go on.
func (p *part) end(err error) {
	p.err = err
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line.Ended = true
	p.line.problem("ended early: %s", sentence(err))
	p.log().Warn("a store is not reconciled", "store", p.store, "corpus", p.corpus, "code", pika.CodeOf(err), "error", err)
}

// sentence returns what an operator may read of an error.
func sentence(err error) string {
	var e *pika.Error
	if errors.As(err, &e) && e.Message != "" {
		return e.Message
	}
	return string(pika.CodeOf(err))
}

// compare walks down both sides in the order of keys. A side that cannot be read
// further ends the walk: its rows are neither missing nor extra.
func (p *part) compare(ctx context.Context, cancel context.CancelCauseFunc, r pika.RowRange) error {
	lists, stop := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Add(2)
	defer ended.Wait()
	defer stop()
	truth := list(lists, r, func(ctx context.Context, r pika.RowRange) ([]pika.Row, error) {
		return p.Census.WantedRows(ctx, p.store, p.corpus, p.index.Model.EmbeddingModel, r)
	}, ended.Done)
	held := list(lists, r, func(ctx context.Context, r pika.RowRange) ([]pika.Row, error) {
		return p.rows.ListRows(ctx, p.corpus, r)
	}, ended.Done)

	want, wanted := truth.next()
	have, had := held.next()
	for (wanted || had) && truth.err == nil && held.err == nil && ctx.Err() == nil {
		order := -1 // only the truth has it
		switch {
		case !wanted:
			order = 1
		case had:
			order = compareKeys(want.RowKey, have.RowKey)
		}
		p.judge(order, want, have)
		if len(p.todo) == pageSize || (p.options.Force && len(p.extras) == pageSize) {
			if err := p.flush(ctx, cancel); err != nil {
				return err
			}
		}
		if order <= 0 {
			want, wanted = truth.next()
		}
		if order >= 0 {
			have, had = held.next()
		}
	}
	if err := errors.Join(truth.err, held.err, ctx.Err()); err != nil {
		return err
	}
	return p.flush(ctx, cancel)
}

// maxExtras bounds the rows that a bucket remembers to delete; beyond it they are too
// many to be deleted without Force.
const maxExtras = 50_000

// judge counts a pair of rows, or a row without a counterpart, and remembers what is
// to be done.
func (p *part) judge(order int, want, have pika.Row) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := &p.line
	if order <= 0 {
		l.Truth++
	}
	if order >= 0 {
		l.Projection++
	}
	switch {
	case order < 0 && !p.eager && p.young(want.At):
		l.Left++
	case order < 0:
		l.Missing++
		p.todo = append(p.todo, want.RowKey)
	case order > 0 && p.young(have.At):
		l.Left++
	case order > 0:
		l.Extra++
		if len(p.extras) <= maxExtras {
			p.extras = append(p.extras, have.RowKey)
		}
	case !p.stale(want, have):
	case !p.eager && (p.young(want.At) || p.young(have.At)):
		l.Left++
	default:
		l.Stale++
		p.todo = append(p.todo, want.RowKey)
	}
}

// stale reports whether a row is of another content, or of one that the truth could
// not build it from again.
func (p *part) stale(want, have pika.Row) bool {
	if want.Digest == 0 {
		return p.store == pika.StoreVectors && p.Projections.Raw != nil
	}
	return have.Digest != 0 && want.Digest != have.Digest
}

func (p *part) young(at time.Time) bool {
	return p.Projections.now().Sub(at) < p.grace()
}
