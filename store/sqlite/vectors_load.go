package sqlite

import (
	"context"
	"errors"
	"time"

	"github.com/pikamem/pika"
)

const (
	// maxLoads is how many arenas are read from the file at once, so that loads
	// leave connections for others.
	maxLoads = 2
	// maxQueuedLoads is how many loads may run and wait before more are refused.
	maxQueuedLoads = 256
	// loadDeadline bounds reading one arena from the file.
	loadDeadline = time.Minute
	// refreshDeadline bounds reading a few rows again after a write.
	refreshDeadline = 10 * time.Second
)

// load is one reading of an arena from the file; err is set when done is closed.
type load struct {
	done chan struct{}
	err  error
}

// search scans the arena, loading it if need be.
func (v *Vectors) search(ctx context.Context, k arenaKey, query []float32, limit int) ([]pika.Scored, error) {
	a := v.arenas.acquire(k)
	defer v.arenas.release(a)
	for {
		if a.tooBig.Load() {
			hits, size, err := v.stream(ctx, k, query, limit)
			if err == nil && size <= v.arenas.budget*3/4 { // far enough below not to return at once
				a.becameSmall()
			}
			return hits, err
		}
		if hits, loaded, err := a.nearest(ctx, query, limit); loaded {
			return hits, err
		}
		if err := v.load(ctx, a); err != nil {
			return nil, err
		}
	}
}

func (a *arena) nearest(ctx context.Context, query []float32, limit int) (hits []pika.Scored, loaded bool, err error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.rows == nil {
		return nil, false, nil
	}
	hits, err = a.rows.nearest(ctx, query, limit)
	return hits, true, err
}

// becameBig remembers that the arena does not fit. The caller holds a.mu.
func (a *arena) becameBig() {
	a.tooBig.Store(true)
	a.size.Store(arenaOverhead)
}

func (a *arena) becameSmall() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tooBig.Load() {
		a.tooBig.Store(false)
		a.size.Store(0)
	}
}

// load waits until the arena is loaded, by a load that runs already or by one that
// it starts. The load goes on if ctx ends: the next search will want it.
func (v *Vectors) load(ctx context.Context, a *arena) error {
	l, err := v.startLoad(ctx, a)
	if err != nil || l == nil {
		return err
	}
	select {
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return contextError(ctx.Err(), "load vectors")
	}
}

// startLoad returns the load that runs, a new one if there is none, or nil if the
// arena is loaded.
func (v *Vectors) startLoad(ctx context.Context, a *arena) (*load, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.rows != nil || a.loading != nil {
		return a.loading, nil
	}
	select {
	case v.arenas.queue <- struct{}{}:
	default:
		e := pika.Errorf(pika.Overloaded, "too many searches wait for vectors to be read: try again later")
		e.RetryAfter = retryAfter
		return nil, e
	}
	l := &load{done: make(chan struct{})}
	a.loading, a.dirty = l, map[string]struct{}{}
	v.arenas.acquire(a.key) // keeps a in its place until the load has ended
	v.arenas.loads.Go(func() { v.runLoad(context.WithoutCancel(ctx), a, l) })
	return l, nil
}

func (v *Vectors) runLoad(ctx context.Context, a *arena, l *load) {
	defer func() { <-v.arenas.queue }()
	defer v.arenas.release(a)
	defer close(l.done)
	v.arenas.slots <- struct{}{}
	defer func() { <-v.arenas.slots }()
	ctx, cancel := context.WithTimeout(ctx, loadDeadline)
	defer cancel()
	rows, err := v.readArena(ctx, a)
	l.err = v.install(ctx, a, rows, err)
}

// errTooBig ends the reading of an arena that does not fit the budget.
var errTooBig = errors.New("the arena is larger than the budget")

// readArena reads all rows of the arena's key from the file.
func (v *Vectors) readArena(ctx context.Context, a *arena) (*rowSet, error) {
	rows := newRowSet(v.model.Dimensions)
	err := v.eachRow(ctx, a.key, "load vectors", func(id string, blob []byte) error {
		if rows.len()%blockRows == 0 {
			a.size.Store(rows.size())
			v.arenas.grown(a)
			if rows.size() > v.arenas.budget {
				return errTooBig
			}
		}
		return decode(rows.place(id), blob)
	})
	rows.trim()
	if err == nil && rows.size() > v.arenas.budget {
		err = errTooBig
	}
	return rows, err
}

// install makes loaded rows visible, after reading again what was written meanwhile.
func (v *Vectors) install(ctx context.Context, a *arena, rows *rowSet, err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	dirty := a.dirty
	a.loading, a.dirty = nil, nil
	if errors.Is(err, errTooBig) {
		a.becameBig()
		return nil
	}
	if err == nil {
		err = v.refresh(ctx, a.key, rows, dirty)
	}
	if err != nil {
		a.size.Store(0)
		return err
	}
	a.rows = rows
	a.size.Store(rows.size())
	return nil
}

// refresh makes rows agree with the file for the given ids.
func (v *Vectors) refresh(ctx context.Context, k arenaKey, rows *rowSet, ids map[string]struct{}) error {
	if len(ids) == 0 {
		return nil
	}
	list := make([]string, 0, len(ids))
	for id := range ids {
		list = append(list, id)
	}
	return v.fetch(ctx, k, list, func(id string, blob []byte) error {
		if blob == nil {
			rows.delete(id)
			return nil
		}
		return decode(rows.place(id), blob)
	})
}
