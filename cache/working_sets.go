package cache

import (
	"cmp"
	"log/slog"

	"github.com/maypok86/otter/v2"

	"github.com/pikamem/pika"
)

// WorkingSetOptions are what WorkingSets need.
type WorkingSetOptions struct {
	Raw     pika.RawVectors // the truth's vectors
	Facts   pika.Facts      // the truth's
	Keyword pika.Keyword    // the truth's
	Changes pika.Changes    // the truth's

	VectorBytes int64        // of all users' vectors together. Defaults to 64 MiB
	FactBytes   int64        // of all users' facts together. Defaults to 64 MiB
	Log         *slog.Logger // Defaults to no log
	Metrics     *Metrics     // Defaults to counters that nobody reads
}

const defaultSetBytes = 64 << 20

// WorkingSets keep, of the users who are searched most in this process, the vectors, the
// facts and the postings of their words, and answer exactly in place of the vector index,
// the truth and the graph. They follow every change that the truth noted; what they do not
// have, or do not have in time, is asked of the stores.
type WorkingSets struct {
	o       WorkingSetOptions
	vectors *hotSets[vectorKey, vectorSet]
	facts   *hotSets[pika.Scope, factSet]
	states  *otter.Cache[pika.Scope, keywordState]
}

// NewWorkingSets returns no sets: they are loaded when users are searched.
func NewWorkingSets(o WorkingSetOptions) *WorkingSets {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	w := &WorkingSets{o: o, states: newKeywordStates()}
	w.vectors = &hotSets[vectorKey, vectorSet]{
		changes: o.Changes, log: o.Log, scope: func(k vectorKey) pika.Scope { return k.scope }, load: w.loadVectors, follow: w.followVectors,
	}
	w.vectors.start(cmp.Or(o.VectorBytes, defaultSetBytes), func(k vectorKey, s *vectorSet) int { return s.bytes(k.model.Dimensions) })
	w.facts = &hotSets[pika.Scope, factSet]{
		changes: o.Changes, log: o.Log, scope: func(s pika.Scope) pika.Scope { return s }, load: w.loadFacts, follow: w.followFacts,
	}
	w.facts.start(cmp.Or(o.FactBytes, defaultSetBytes), func(_ pika.Scope, s *factSet) int { return s.bytes })
	o.Metrics.sizes.add(WorkingSet, w.size)
	return w
}

// size is that of vectors and facts together.
func (w *WorkingSets) size() size {
	vectors, facts := sizeOfCache(w.vectors.sets), sizeOfCache(w.facts.sets)
	return size{vectors.entries + facts.entries, vectors.bytes + facts.bytes, vectors.evictions + facts.evictions}
}

// Close waits until no set is being loaded.
func (w *WorkingSets) Close() error {
	w.vectors.close()
	w.facts.close()
	return nil
}
