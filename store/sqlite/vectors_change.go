package sqlite

import (
	"context"

	"github.com/pikamem/pika"
)

// edit is what one write does to an arena.
type edit struct {
	set  []pika.Vector
	drop []string
}

// change writes to the file and then makes the arena agree with it. When it returns,
// every search that begins sees the change. what names the operation for the log.
func (v *Vectors) change(ctx context.Context, k arenaKey, e edit, what string, write func(tx querier) error) error {
	return v.changeAll(ctx, map[arenaKey]edit{k: e}, what, write)
}

// changeAll is change for one write that touches several arenas.
func (v *Vectors) changeAll(ctx context.Context, edits map[arenaKey]edit, what string, write func(tx querier) error) error {
	held := make(map[*arena]edit, len(edits))
	for k, e := range edits {
		a := v.arenas.acquire(k)
		defer v.arenas.release(a)
		a.beginWrite()
		held[a] = e
	}
	err := v.db.write(ctx, what, write)
	for a, e := range held {
		v.endWrite(ctx, a, e, err == nil)
	}
	return err
}

func (a *arena) beginWrite() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.writers++
	if a.writers > 1 {
		a.overlap = true
	}
}

// endWrite applies a write that was committed; one that was not changed nothing.
func (v *Vectors) endWrite(ctx context.Context, a *arena, e edit, committed bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	overlapped := a.overlap
	a.writers--
	if a.writers == 0 {
		a.overlap = false
	}
	if !committed {
		return
	}
	if a.loading != nil {
		e.mark(a.dirty)
		return
	}
	if a.rows != nil {
		v.apply(ctx, a, e, overlapped)
	}
}

// apply puts an edit into the rows of a loaded arena. Rows that cannot be made to
// agree with the file are given up: the next search loads them.
func (v *Vectors) apply(ctx context.Context, a *arena, e edit, overlapped bool) {
	if !overlapped {
		e.applyTo(a.rows)
		a.size.Store(a.rows.size())
		return
	}
	ids := make(map[string]struct{}, len(e.set)+len(e.drop))
	e.mark(ids)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshDeadline)
	defer cancel()
	if err := v.refresh(ctx, a.key, a.rows, ids); err != nil {
		a.rows = nil
		a.size.Store(0)
		return
	}
	a.size.Store(a.rows.size())
}

func (e edit) mark(ids map[string]struct{}) {
	for _, r := range e.set {
		ids[r.ID] = struct{}{}
	}
	for _, id := range e.drop {
		ids[id] = struct{}{}
	}
}

func (e edit) applyTo(rows *rowSet) {
	for _, r := range e.set {
		copy(rows.place(r.ID), r.Values)
	}
	for _, id := range e.drop {
		rows.delete(id)
	}
}
