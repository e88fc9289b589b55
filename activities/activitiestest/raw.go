package activitiestest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/pikamem/pika"
)

type (
	raw    struct{ *World }
	census struct{ *World }
	models struct{ *World }
)

var (
	_ pika.RawVectors = raw{}
	_ pika.Census     = census{}
	_ pika.Models     = models{}
)

type rawKey struct {
	model pika.EmbeddingModel
	vectorKey
}

type rawVector struct {
	values  []float32
	at      time.Time
	settled time.Time // zero: it is not
}

func (w raw) PutRawVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, model pika.EmbeddingModel, rows []pika.Vector) error {
	rows, err := pika.CheckVectorRows(rows, model.Dimensions)
	if err != nil {
		return err
	}
	if err := w.enter(ctx, "PutRawVectors"); err != nil {
		return err
	}
	defer w.mu.Unlock()
	w.scopes[scope.ID()] = scope
	w.made[model] = true
	for _, r := range rows {
		w.raw[rawKey{model, keyOf(scope, corpus, r.ID)}] = rawVector{values: r.Values, at: w.now()}
	}
	return nil
}

func (w raw) RawVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, model pika.EmbeddingModel, ids []string) ([]pika.Vector, error) {
	if err := w.enter(ctx, "RawVectors"); err != nil {
		return nil, err
	}
	defer w.mu.Unlock()
	var rows []pika.Vector
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			continue
		}
		if v, ok := w.raw[rawKey{model, keyOf(scope, corpus, id)}]; ok {
			rows = append(rows, pika.Vector{ID: id, Values: v.values})
		}
	}
	return rows, nil
}

// of returns a user's vectors that pass keep, lowest ids first. The world is locked.
func (w raw) of(scope pika.Scope, corpus pika.Corpus, model pika.EmbeddingModel, keep func(id string, v rawVector) bool) []pika.Vector {
	var rows []pika.Vector
	id := scope.ID()
	for k, v := range w.raw {
		if k.model == model && k.corpus == corpus && k.ScopeID == id && keep(k.ID, v) {
			rows = append(rows, pika.Vector{ID: k.ID, Values: v.values})
		}
	}
	slices.SortFunc(rows, func(a, b pika.Vector) int { return strings.Compare(a.ID, b.ID) })
	return rows
}

func (w raw) ListRawVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, model pika.EmbeddingModel, after string, limit int) ([]pika.Vector, error) {
	if err := w.enter(ctx, "ListRawVectors"); err != nil {
		return nil, err
	}
	defer w.mu.Unlock()
	rows := w.of(scope, corpus, model, func(id string, _ rawVector) bool { return id > after })
	return rows[:min(limit, len(rows))], nil
}

func (w raw) UnsettledVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, model pika.EmbeddingModel, since time.Time, limit int) ([]pika.Vector, error) {
	if err := w.enter(ctx, "UnsettledVectors"); err != nil {
		return nil, err
	}
	defer w.mu.Unlock()
	rows := w.of(scope, corpus, model, func(_ string, v rawVector) bool { return v.settled.IsZero() || !v.settled.Before(since) })
	slices.SortStableFunc(rows, func(a, b pika.Vector) int {
		return w.raw[rawKey{model, keyOf(scope, corpus, b.ID)}].at.Compare(w.raw[rawKey{model, keyOf(scope, corpus, a.ID)}].at)
	})
	return rows[:min(limit, len(rows))], nil
}

func (w raw) DeleteRawVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, ids []string) error {
	if err := w.enter(ctx, "DeleteRawVectors"); err != nil {
		return err
	}
	defer w.mu.Unlock()
	for _, id := range ids {
		for model := range w.made {
			delete(w.raw, rawKey{model, keyOf(scope, corpus, id)})
		}
	}
	return nil
}

func (w raw) DropRawVectors(ctx context.Context, model pika.EmbeddingModel, limit int) (int, error) {
	if err := w.enter(ctx, "DropRawVectors"); err != nil {
		return 0, err
	}
	defer w.mu.Unlock()
	dropped := 0
	for k := range w.raw {
		if k.model == model && dropped < limit {
			delete(w.raw, k)
			dropped++
		}
	}
	return dropped, nil
}

// settle notes that the vectors of an acknowledged item are in the index. The world is
// locked.
func (w *World) settle(item pika.OutboxItem) {
	if item.Store != pika.StoreVectors {
		return
	}
	settled := keyOf(item.Scope, item.Corpus, item.ID)
	for model := range w.made {
		if v, ok := w.raw[rawKey{model, settled}]; ok && v.settled.IsZero() {
			v.settled = w.now()
			w.raw[rawKey{model, settled}] = v
		}
	}
}

func (w census) WantedRows(ctx context.Context, store pika.Store, corpus pika.Corpus, model pika.EmbeddingModel, r pika.RowRange) ([]pika.Row, error) {
	if err := w.enter(ctx, "WantedRows"); err != nil {
		return nil, err
	}
	defer w.mu.Unlock()
	var rows []pika.Row
	add := func(k string, id string, at time.Time, digest int64) {
		scopeID, _, _ := strings.Cut(k, "/")
		rows = append(rows, pika.Row{RowKey: pika.RowKey{ScopeID: scopeID, ID: id}, Digest: digest, At: at})
	}
	switch {
	case store == pika.StoreGraph && corpus == pika.CorpusFacts:
		for k, f := range w.facts {
			if len(f.Entities) > 0 {
				add(k, f.ID, f.RecordedAt, pika.LinkDigest(pika.LinkOf(&f)))
			}
		}
	case store == pika.StoreVectors && corpus == pika.CorpusFacts:
		for k, f := range w.facts {
			add(k, f.ID, f.RecordedAt, 0)
		}
	case store == pika.StoreVectors:
		for k, m := range w.messages {
			if strings.TrimSpace(m.Content) != "" {
				add(k, m.Key, m.At, 0)
			}
		}
	}
	if store == pika.StoreVectors {
		for i, row := range rows {
			if v, ok := w.raw[rawKey{model, vectorKey{corpus, row.RowKey}}]; ok {
				rows[i].Digest = pika.VectorDigest(v.values)
				rows[i].At = row.At
				if v.at.After(row.At) {
					rows[i].At = v.at
				}
			}
		}
	}
	return cut(rows, r), nil
}

func (w census) ScopesByID(ctx context.Context, ids []string) (map[string]pika.Scope, error) {
	if err := w.enter(ctx, "ScopesByID"); err != nil {
		return nil, err
	}
	defer w.mu.Unlock()
	found := map[string]pika.Scope{}
	for _, id := range ids {
		if scope, ok := w.scopes[id]; ok {
			found[id] = scope
		}
	}
	return found, nil
}

func (w models) ActiveModel(ctx context.Context) (pika.ActiveModel, error) {
	if err := w.enter(ctx, "ActiveModel"); err != nil {
		return pika.ActiveModel{}, err
	}
	defer w.mu.Unlock()
	if w.active == nil {
		return pika.ActiveModel{}, pika.Errorf(pika.NotFound, "no model was ever claimed")
	}
	return *w.active, nil
}

func (w models) ClaimModel(ctx context.Context, m pika.ActiveModel) (pika.ActiveModel, error) {
	if err := w.enter(ctx, "ClaimModel"); err != nil {
		return pika.ActiveModel{}, err
	}
	defer w.mu.Unlock()
	if m.ID == "" || m.Dimensions < 1 {
		return pika.ActiveModel{}, pika.InvalidField("model", "needs an id and dimensions")
	}
	w.active = cmp.Or(w.active, &m)
	return *w.active, nil
}

func (w models) SwitchModel(ctx context.Context, from, to pika.ActiveModel) error {
	if err := w.enter(ctx, "SwitchModel"); err != nil {
		return err
	}
	defer w.mu.Unlock()
	if w.active == nil || w.active.EmbeddingModel != from.EmbeddingModel {
		return pika.Errorf(pika.Conflict, "another model is active")
	}
	w.active = &to
	return nil
}
