package activitiestest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/pikamem/pika"
)

// Vectors is an exact vector index of the world. Its calls are named Upsert,
// DeleteVectors, SearchVectors, ListVectors and DeleteVectorRows, after its own name.
type Vectors struct {
	// Hide says which rows a search does not show, as an index that lost them. nil: none.
	Hide func(id string) bool

	world *World
	name  string
	model pika.EmbeddingModel
	rows  map[vectorKey]vectorRow
}

type vectorKey struct {
	corpus pika.Corpus
	pika.RowKey
}

type vectorRow struct {
	values []float32
	at     time.Time
}

var (
	_ pika.Vectors = (*Vectors)(nil)
	_ pika.Rows    = (*Vectors)(nil)
)

// NewVectors returns one more vector index of the world, for vectors of a model. Its
// faults and calls bear its name: "new" has newUpsert.
func (w *World) NewVectors(name string, model pika.EmbeddingModel) *Vectors {
	return &Vectors{world: w, name: name, model: model, rows: map[vectorKey]vectorRow{}}
}

// IDs returns the ids of the rows of a corpus, sorted.
func (x *Vectors) IDs(corpus pika.Corpus) []string {
	x.world.mu.Lock()
	defer x.world.mu.Unlock()
	ids := []string{}
	for k := range x.rows {
		if k.corpus == corpus {
			ids = append(ids, k.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// Vector returns the vector of an id; nil if there is no such row.
func (x *Vectors) Vector(scope pika.Scope, corpus pika.Corpus, id string) []float32 {
	x.world.mu.Lock()
	defer x.world.mu.Unlock()
	return x.rows[keyOf(scope, corpus, id)].values
}

// Place puts a row into the index behind everyone's back, as written at a time.
func (x *Vectors) Place(corpus pika.Corpus, key pika.RowKey, values []float32, at time.Time) {
	x.world.mu.Lock()
	defer x.world.mu.Unlock()
	x.rows[vectorKey{corpus, key}] = vectorRow{values, at}
}

// Drop takes rows out of the index behind everyone's back.
func (x *Vectors) Drop(drop func(corpus pika.Corpus, key pika.RowKey) bool) {
	x.world.mu.Lock()
	defer x.world.mu.Unlock()
	for k := range x.rows {
		if drop(k.corpus, k.RowKey) {
			delete(x.rows, k)
		}
	}
}

func keyOf(scope pika.Scope, corpus pika.Corpus, id string) vectorKey {
	return vectorKey{corpus, pika.RowKey{ScopeID: scope.ID(), ID: id}}
}

// Upsert implements pika.Vectors.
func (x *Vectors) Upsert(ctx context.Context, scope pika.Scope, corpus pika.Corpus, rows []pika.Vector) error {
	rows, err := pika.CheckVectorRows(rows, x.model.Dimensions)
	if err != nil {
		return err
	}
	if err := x.world.enter(ctx, x.name+"Upsert"); err != nil {
		return err
	}
	defer x.world.mu.Unlock()
	for _, r := range rows {
		x.rows[keyOf(scope, corpus, r.ID)] = vectorRow{r.Values, x.world.now()}
	}
	return nil
}

// DeleteVectors implements pika.Vectors.
func (x *Vectors) DeleteVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, ids []string) error {
	if err := x.world.enter(ctx, x.name+"DeleteVectors"); err != nil {
		return err
	}
	defer x.world.mu.Unlock()
	for _, id := range ids {
		delete(x.rows, keyOf(scope, corpus, id))
	}
	return nil
}

// SearchVectors implements pika.Vectors.
func (x *Vectors) SearchVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query []float32, limit int) ([]pika.Scored, error) {
	if _, err := pika.CheckVectorSearch(corpus, query, x.model.Dimensions, limit); err != nil {
		return nil, err
	}
	if err := x.world.enter(ctx, x.name+"SearchVectors"); err != nil {
		return nil, err
	}
	defer x.world.mu.Unlock()
	var hits []pika.Scored
	id := scope.ID()
	for k, r := range x.rows {
		if k.corpus == corpus && k.ScopeID == id && (x.Hide == nil || !x.Hide(k.ID)) {
			hits = append(hits, pika.Scored{ID: k.ID, Score: dot(query, r.values)})
		}
	}
	slices.SortFunc(hits, func(a, b pika.Scored) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	return hits[:min(limit, len(hits))], nil
}

func dot(a, b []float32) float64 {
	var sum float64
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// ListRows implements pika.Rows.
func (x *Vectors) ListRows(ctx context.Context, corpus pika.Corpus, r pika.RowRange) ([]pika.Row, error) {
	if err := x.world.enter(ctx, x.name+"ListVectors"); err != nil {
		return nil, err
	}
	defer x.world.mu.Unlock()
	var rows []pika.Row
	for k, v := range x.rows {
		if k.corpus == corpus {
			rows = append(rows, pika.Row{RowKey: k.RowKey, Digest: pika.VectorDigest(v.values), At: v.at})
		}
	}
	return cut(rows, r), nil
}

// DeleteRows implements pika.Rows.
func (x *Vectors) DeleteRows(ctx context.Context, corpus pika.Corpus, keys []pika.RowKey) error {
	if err := x.world.enter(ctx, x.name+"DeleteVectorRows"); err != nil {
		return err
	}
	defer x.world.mu.Unlock()
	for _, k := range keys {
		delete(x.rows, vectorKey{corpus, k})
	}
	return nil
}

// cut returns the rows of a range in their order.
func cut(rows []pika.Row, r pika.RowRange) []pika.Row {
	rows = slices.DeleteFunc(rows, func(row pika.Row) bool {
		return row.ScopeID < r.FromScope || (r.ToScope != "" && row.ScopeID >= r.ToScope) || compareKeys(row.RowKey, r.After) <= 0
	})
	slices.SortFunc(rows, func(a, b pika.Row) int { return compareKeys(a.RowKey, b.RowKey) })
	return rows[:min(r.Limit, len(rows))]
}

func compareKeys(a, b pika.RowKey) int {
	return cmp.Or(cmp.Compare(a.ScopeID, b.ScopeID), cmp.Compare(a.ID, b.ID))
}
