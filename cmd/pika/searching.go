package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/search"
)

// searching is a search on the stores, and the caches before it.
type searching struct {
	engine  *search.Engine
	sets    *cache.WorkingSets
	answers *cache.Searcher
}

// searchOptions are what a search needs beside stores and configuration. The last five may
// be missing.
type searchOptions struct {
	index     func() pika.Index // the active model's
	freshness *cache.Freshness
	ttls      *cache.TTLs

	reranker pika.Reranker
	now      func() time.Time
	log      *slog.Logger
	registry prometheus.Registerer
	counts   *cache.Metrics
}

func (s *stores) search(c Config, o searchOptions) *searching {
	sets := cache.NewWorkingSets(cache.WorkingSetOptions{
		Raw: s.truth, Facts: s.truth, Keyword: s.truth, Changes: s.truth,
		VectorBytes: arenaBytes(c), FactBytes: c.factBytes(), Log: o.log, Metrics: o.counts,
	})
	index := o.index
	if s.milvus != nil { // the embedded index is in this process anyway
		index = sets.Over(index)
	}
	engine := search.New(sets.Before(search.Config{
		Facts: s.truth, Messages: s.truth, Keyword: s.truth, Raw: s.raw(), Index: index,
		Graph: s.graph(), Reranker: o.reranker, Now: o.now, Log: o.log, Registerer: o.registry,
	}))
	return &searching{engine, sets, cache.NewSearcher(engine, cache.SearcherOptions{
		Cache: s.cache, Freshness: o.freshness, Changes: s.truth, Index: o.index, Vectors: s.factVectors(o.index),
		Kept: s.truth, TTL: c.CacheTTL, TTLs: o.ttls, LocalBytes: c.answerBytes(), ExactOnly: !c.SemanticCache,
		Now: o.now, Log: o.log, Metrics: o.counts,
	})}
}

// close writes what is still to be written, and waits until nothing runs.
func (s *searching) close(ctx context.Context) error {
	return errors.Join(s.answers.Close(), s.engine.Close(ctx), s.sets.Close())
}

// factVectors returns what reads vectors of facts from where the truth about them is.
func (s *stores) factVectors(index func() pika.Index) func(context.Context, pika.Scope, pika.EmbeddingModel, []string) ([]pika.Vector, error) {
	return func(ctx context.Context, scope pika.Scope, model pika.EmbeddingModel, ids []string) ([]pika.Vector, error) {
		if raw := s.raw(); raw != nil {
			return raw.RawVectors(ctx, scope, pika.CorpusFacts, model, ids)
		}
		if file, ok := index().Vectors.(*embeddedIndex); ok && file.Model() == model {
			return file.VectorsOf(ctx, scope, pika.CorpusFacts, ids)
		}
		return nil, nil
	}
}
