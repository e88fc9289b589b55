package cache

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
	"github.com/pikamem/pika/truth"
)

// Before returns what a search needs with the sets before what they know: facts, the words in
// them, and which entities they touch.
func (w *WorkingSets) Before(c search.Config) search.Config {
	c.Facts, c.Keyword = &setFacts{c.Facts, w}, &setKeyword{c.Keyword, w}
	if c.Graph != nil {
		c.Graph = &setGraph{c.Graph, w}
	}
	return c
}

// setFacts answers reads by ids from a set, if there is one.
type setFacts struct {
	pika.Facts
	sets *WorkingSets
}

// Get implements pika.Facts.
func (f *setFacts) Get(ctx context.Context, scope pika.Scope, ids []string) ([]pika.Fact, error) {
	if len(ids) <= pika.MaxPageLimit {
		if s := f.sets.facts.use(ctx, scope); s != nil {
			f.sets.o.Metrics.count(WorkingSet, 1, 0)
			return s.get(ids), nil
		}
		f.sets.o.Metrics.count(WorkingSet, 0, 1)
	}
	return f.Facts.Get(ctx, scope, ids)
}

// KnowsFacts reports whether the next search would be answered by a set.
func (f *setFacts) KnowsFacts(ctx context.Context, scope pika.Scope) bool {
	return f.sets.facts.current(ctx, scope) != nil
}

// setKeyword answers for the words of facts from a set, if there is one.
type setKeyword struct {
	pika.Keyword
	sets *WorkingSets
}

// SearchKeyword implements pika.Keyword.
func (k *setKeyword) SearchKeyword(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query pika.KeywordQuery, limit int) ([]pika.Scored, error) {
	if _, err := truth.CheckSearch(corpus, query, limit); err == nil && corpus == pika.CorpusFacts {
		if s := k.sets.facts.current(ctx, scope); s != nil {
			return s.search(query, limit), nil
		}
	}
	return k.Keyword.SearchKeyword(ctx, scope, corpus, query, limit)
}

// Vocabulary implements pika.Keyword. It is of now, whatever version the context knows: it may
// be kept for a state that was read after that.
func (k *setKeyword) Vocabulary(ctx context.Context, scope pika.Scope, corpus pika.Corpus, limit int) ([]pika.TermDocuments, error) {
	if corpus == pika.CorpusFacts && limit <= pika.MaxVocabulary {
		if s := k.sets.facts.current(withoutVersion(ctx), scope); s != nil && len(s.postings) <= limit {
			return s.vocabulary(), nil
		}
	}
	return k.Keyword.Vocabulary(ctx, scope, corpus, limit)
}

// keywordState is what the truth said of a user's texts at a version of his memory.
type keywordState struct {
	version int64
	state   pika.KeywordState
}

// Bounds of the states that are remembered. What makes the terms of texts anew notes no
// change, so none is remembered for long.
const (
	maxStates = 10_000
	stateLife = time.Minute
)

func newKeywordStates() *otter.Cache[pika.Scope, keywordState] {
	return otter.Must(&otter.Options[pika.Scope, keywordState]{
		MaximumSize: maxStates, ExpiryCalculator: otter.ExpiryWriting[pika.Scope, keywordState](stateLife),
	})
}

// KeywordState implements pika.Keyword: it is asked of the truth once for each version of a
// memory. The version is read first.
func (k *setKeyword) KeywordState(ctx context.Context, scope pika.Scope) (pika.KeywordState, error) {
	version, err := versionOf(ctx, k.sets.o.Changes, scope)
	if err != nil {
		return k.Keyword.KeywordState(ctx, scope)
	}
	if known, ok := k.sets.states.GetIfPresent(scope); ok && known.version == version {
		return known.state, nil
	}
	state, err := k.Keyword.KeywordState(ctx, scope)
	if err == nil {
		k.sets.states.Set(scope, keywordState{version, state})
	}
	return state, err
}

// setGraph answers what touches an entity from a set, if there is one.
type setGraph struct {
	pika.Graph
	sets *WorkingSets
}

// Expand implements pika.Graph. A walk to depth 2 is the graph's.
func (g *setGraph) Expand(ctx context.Context, scope pika.Scope, seeds []string, depth, limit int) ([]pika.GraphHit, error) {
	if depth == 1 && len(seeds) >= 1 && len(seeds) <= pika.MaxGraphSeeds && limit >= 1 && limit <= pika.MaxGraphHits {
		if s := g.sets.facts.current(ctx, scope); s != nil {
			return s.touching(seeds, limit), nil
		}
	}
	return g.Graph.Expand(ctx, scope, seeds, depth, limit)
}
