package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/projection"
)

// startTime bounds what the start asks of stores that may not answer; what it does
// not learn then, the process learns later.
const startTime = 2 * time.Second

// wire puts the indexes, the projections and the search on the opened parts.
func (a *App) wire(ctx context.Context) error {
	if err := a.openIndex(ctx); err != nil {
		return err
	}
	a.freshness = cache.NewFreshness(a.stores.truth, a.stores.cache, a.Log)
	a.projected = &projection.Projections{
		Facts: a.stores.truth, Messages: a.stores.truth, Outbox: a.stores.truth, Raw: a.stores.raw(),
		Graph: a.stores.graph(), Index: a.index.Index, Freshness: a.freshness, Now: a.Now,
	}
	counts := projection.NewMetrics(a.Registry)
	a.reconciler = &projection.Reconciler{
		Projections: a.projected, Census: a.stores.truth, Log: a.Log, Metrics: counts,
		Grace: a.Config.ReconcileGrace, RowsPerSecond: a.Config.ReconcileRate,
	}
	if a.stores.milvus != nil {
		a.prober = &projection.Prober{
			Index: a.index.Index, Census: a.stores.truth, Raw: a.stores.truth, Log: a.Log, Metrics: counts,
			Every: a.Config.ProbeEvery, Now: a.Now,
		}
	}
	a.ttls = cache.NewTTLs(cache.TTLOptions{Store: a.stores.truth, Longest: a.Config.CacheTTL, Now: a.Now, Log: a.Log})
	made := a.stores.search(a.Config, searchOptions{
		index: a.index.Index, freshness: a.freshness, ttls: a.ttls, reranker: a.reranker,
		now: a.Now, log: a.Log, registry: a.Registry, counts: a.counts,
	})
	a.searcher, a.answers = made.engine, made.answers
	a.onClose("the search", func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTime)
		defer cancel()
		return made.close(ctx)
	})
	return nil
}

// openIndex agrees with the truth about the embedding model. Another model than the
// data's stops the start; a truth that does not answer is asked again later.
func (a *App) openIndex(ctx context.Context) error {
	a.index = &activeIndex{
		models: a.stores.truth, open: a.openEmbedder, index: a.stores.vectors(ctx, a.Config), log: a.Log,
		mine: pika.ActiveModel{EmbeddingModel: a.embedder.Model(), Embedder: a.Config.Embedder}, own: a.embedder,
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	err := a.index.claim(ctx)
	switch {
	case pika.CodeOf(err) == pika.Conflict:
		return err
	case err != nil:
		a.Log.Warn("the facts store does not answer yet", "reason", message(err))
	}
	return a.index.use(a.index.mine, a.index.own)
}

// checkKeys refuses to open the API to other machines while there is no key: anyone
// who reaches it could read every memory.
func (a *App) checkKeys(ctx context.Context) error {
	if a.Config.Command != "dev" || a.Config.loopback() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	keys, err := a.stores.truth.ListAPIKeys(ctx, "")
	if err != nil {
		return fmt.Errorf("read the API keys: %w", err)
	}
	for _, k := range keys {
		if k.RevokedAt == nil {
			return nil
		}
	}
	return errors.New("PIKA_ADDR (or --addr): " + a.Config.Addr + " is not a loopback address, and without API keys anyone who reaches it could read every memory: make one with `pika keys create`, or use 127.0.0.1")
}
