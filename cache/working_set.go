package cache

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/viterin/vek/vek32"

	"github.com/pikamem/pika"
)

// WorkingSetOptions are what WorkingSets need.
type WorkingSetOptions struct {
	Raw     pika.RawVectors // the truth's vectors
	Changes pika.Changes    // the truth's

	Bytes   int64        // of all sets together. Defaults to 64 MiB
	Log     *slog.Logger // Defaults to no log
	Metrics *Metrics     // Defaults to counters that nobody reads
}

// Limits of a working set.
const (
	maxWorkingSet    = 4096             // rows; a user with more is left to the index
	hotSearches      = 2                // searches of a user until his set is loaded
	coolAfter        = 10 * time.Minute // without a search a set is given up, and what is known of a user forgotten
	loadTime         = 10 * time.Second
	concurrentLoads  = 2
	workingSetBytes  = 64 << 20
	rowOverhead      = 64 // bytes of a row beside its values
	emptySetOverhead = 256
)

// WorkingSets keep the vectors of the users who are searched most in this process, and
// answer for the vector index, exactly. They are read from the truth, and follow every
// change that it noted; what they do not have, or do not have in time, the index answers.
type WorkingSets struct {
	o       WorkingSetOptions
	sets    *otter.Cache[setKey, *workingSet]
	loading chan struct{}
	running sync.WaitGroup
}

// setKey names a set.
type setKey struct {
	scope  pika.Scope
	corpus pika.Corpus
	model  pika.EmbeddingModel
}

// NewWorkingSets returns no sets: they are loaded when users are searched.
func NewWorkingSets(o WorkingSetOptions) *WorkingSets {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	return &WorkingSets{o: o, loading: make(chan struct{}, concurrentLoads), sets: otter.Must(&otter.Options[setKey, *workingSet]{
		MaximumWeight:    uint64(cmp.Or(o.Bytes, workingSetBytes)),
		Weigher:          func(k setKey, s *workingSet) uint32 { return uint32(s.bytes(k.model.Dimensions)) },
		ExpiryCalculator: otter.ExpiryAccessing[setKey, *workingSet](coolAfter),
	})}
}

// Over returns index with the sets before its vectors.
func (w *WorkingSets) Over(index func() pika.Index) func() pika.Index {
	return func() pika.Index {
		x := index()
		x.Vectors = &setVectors{Vectors: x.Vectors, sets: w, model: x.Model.EmbeddingModel}
		return x
	}
}

// Close waits until no set is being loaded; a load has a deadline.
func (w *WorkingSets) Close() error {
	w.running.Wait()
	return nil
}

// setVectors is a pika.Vectors: searches are answered by a set, if there is one.
type setVectors struct {
	pika.Vectors
	sets  *WorkingSets
	model pika.EmbeddingModel
}

// SearchVectors implements pika.Vectors.
func (v *setVectors) SearchVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query []float32, limit int) ([]pika.Scored, error) {
	if limit >= 1 && limit <= pika.MaxVectorLimit && len(query) == v.model.Dimensions {
		if s := v.sets.current(ctx, setKey{scope, corpus, v.model}); s != nil {
			v.sets.o.Metrics.count(WorkingSet, 1, 0)
			return s.search(query, limit), nil
		}
		v.sets.o.Metrics.count(WorkingSet, 0, 1)
	}
	return v.Vectors.SearchVectors(ctx, scope, corpus, query, limit)
}

// AnswersLocally reports whether the next search would be answered by a set.
func (v *setVectors) AnswersLocally(ctx context.Context, scope pika.Scope, corpus pika.Corpus) bool {
	return v.sets.current(ctx, setKey{scope, corpus, v.model}) != nil
}

// workingSet is the vectors of one user in one corpus, as of a version of his memory. A
// set that is changed is a new one.
type workingSet struct {
	version  int64
	searches int // before it was loaded
	loaded   bool
	tooLarge bool
	ids      []string // sorted
	values   [][]float32
}

func (s *workingSet) bytes(dimensions int) int {
	return emptySetOverhead + len(s.ids)*(4*dimensions+rowOverhead)
}

// current returns the set as of now; nil: the index is to be asked.
func (w *WorkingSets) current(ctx context.Context, k setKey) *workingSet {
	s, ok := w.sets.GetIfPresent(k)
	switch {
	case !ok || !s.loaded && !s.tooLarge:
		w.warmUp(ctx, k)
		return nil
	case s.tooLarge:
		return nil
	}
	version, err := versionOf(ctx, w.o.Changes, k.scope)
	if err != nil {
		return nil
	}
	if version <= s.version { // it may have followed a later search
		return s
	}
	return w.follow(ctx, k, s, version)
}

// warmUp counts a search, and has the set loaded once there were enough.
func (w *WorkingSets) warmUp(ctx context.Context, k setKey) {
	hot := false
	w.sets.Compute(k, func(old *workingSet, found bool) (*workingSet, otter.ComputeOp) {
		if found && (old.loaded || old.tooLarge) {
			return old, otter.CancelOp
		}
		s := &workingSet{searches: 1}
		if found {
			s.searches += old.searches
		}
		if hot = s.searches >= hotSearches; hot {
			s.searches = 0 // counted anew if it cannot be loaded now
		}
		return s, otter.WriteOp
	})
	if !hot {
		return
	}
	select {
	case w.loading <- struct{}{}:
		w.running.Go(func() {
			defer func() { <-w.loading }()
			w.load(context.WithoutCancel(ctx), k)
		})
	default: // others are loaded first
	}
}

// load reads a set from the truth. The version is read before the vectors: a change
// meanwhile is followed again, which does no harm.
func (w *WorkingSets) load(ctx context.Context, k setKey) {
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	version, err := w.o.Changes.Version(ctx, k.scope)
	if err != nil {
		return
	}
	s := &workingSet{version: version, loaded: true}
	for after := ""; ; {
		rows, err := w.o.Raw.ListRawVectors(ctx, k.scope, k.corpus, k.model, after, pika.MaxVectorBatch)
		if err != nil {
			w.o.Log.Debug("a working set is not loaded", "code", string(pika.CodeOf(err)), "error", err)
			return
		}
		for _, r := range rows {
			s.ids, s.values = append(s.ids, r.ID), append(s.values, r.Values)
		}
		if len(s.ids) > maxWorkingSet {
			w.sets.Set(k, &workingSet{tooLarge: true})
			return
		}
		if len(rows) < pika.MaxVectorBatch {
			break
		}
		after = rows[len(rows)-1].ID
	}
	w.sets.Set(k, s)
}

// follow returns the set as of a later version; nil: it is loaded anew.
func (w *WorkingSets) follow(ctx context.Context, k setKey, s *workingSet, version int64) *workingSet {
	changes, whole, err := w.o.Changes.ChangesSince(ctx, k.scope, s.version)
	if err != nil {
		return nil
	}
	ids, ok := changedIn(k.corpus, changes)
	if !whole || !ok || len(ids) > pika.MaxVectorBatch {
		w.sets.Set(k, &workingSet{searches: hotSearches - 1})
		w.warmUp(ctx, k)
		return nil
	}
	next := &workingSet{version: version, loaded: true, ids: s.ids, values: s.values}
	for _, c := range changes {
		next.version = max(next.version, c.Version)
	}
	if len(ids) > 0 {
		rows, err := w.o.Raw.RawVectors(ctx, k.scope, k.corpus, k.model, ids)
		if err != nil {
			return nil
		}
		next.replace(ids, rows)
	}
	if len(next.ids) > maxWorkingSet {
		next = &workingSet{tooLarge: true}
	}
	w.sets.Set(k, next)
	if next.tooLarge {
		return nil
	}
	return next
}

// changedIn returns the ids in a corpus whose vectors changes may have touched; !ok: any.
func changedIn(corpus pika.Corpus, changes []pika.Change) (ids []string, ok bool) {
	for _, c := range changes {
		if c.Everything {
			return nil, false
		}
		if corpus == pika.CorpusMessages {
			ids = append(ids, c.Messages...)
		} else {
			ids = append(append(ids, c.Added...), c.Touched...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), true
}

// replace puts rows in the place of what the set has under ids.
func (s *workingSet) replace(ids []string, rows []pika.Vector) {
	given := make(map[string][]float32, len(rows))
	for _, r := range rows {
		given[r.ID] = r.Values
	}
	old := *s
	s.ids, s.values = nil, nil
	i := 0
	for _, id := range ids {
		for ; i < len(old.ids) && old.ids[i] < id; i++ {
			s.ids, s.values = append(s.ids, old.ids[i]), append(s.values, old.values[i])
		}
		if i < len(old.ids) && old.ids[i] == id {
			i++
		}
		if v := given[id]; v != nil {
			s.ids, s.values = append(s.ids, id), append(s.values, v)
		}
	}
	s.ids, s.values = append(s.ids, old.ids[i:]...), append(s.values, old.values[i:]...)
}

// search compares all rows with a unit vector.
func (s *workingSet) search(query []float32, limit int) []pika.Scored {
	hits := make([]pika.Scored, len(s.ids))
	for i, v := range s.values {
		hits[i] = pika.Scored{ID: s.ids[i], Score: float64(vek32.Dot(query, v))}
	}
	slices.SortFunc(hits, func(a, b pika.Scored) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID)) })
	return hits[:min(limit, len(hits))]
}

// versionKey is where a context holds the version of a memory that was read for it.
type versionKey struct{}

type readVersion struct {
	scope   pika.Scope
	version int64
}

// withVersion lets what is called with the context know a version that was just read.
func withVersion(ctx context.Context, scope pika.Scope, version int64) context.Context {
	return context.WithValue(ctx, versionKey{}, readVersion{scope, version})
}

func versionOf(ctx context.Context, changes pika.Changes, scope pika.Scope) (int64, error) {
	if read, ok := ctx.Value(versionKey{}).(readVersion); ok && read.scope == scope {
		return read.version, nil
	}
	return changes.Version(ctx, scope)
}
