package main

import (
	"context"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/projection"
	"github.com/pikamem/pika/search"
	"github.com/pikamem/pika/store/memory"
	"github.com/pikamem/pika/store/sqlite"
)

// openStores opens the database file and the cache.
func (a *App) openStores(ctx context.Context) error {
	db, err := sqlite.Open(ctx, a.Config.factsPath(), sqlite.Options{Relaxed: a.Config.Synchronous == "NORMAL", Now: a.Now})
	if err != nil {
		return err
	}
	a.db = db
	a.onClose("the database", db.Close)
	return nil
}

// The budget PIKA_MEMORY is shared out between the copies of vectors that searches
// scan and the cache of embeddings and answers.
const vectorShare = 0.75

// wire puts the indexes, the projections and the search on the opened parts.
func (a *App) wire(ctx context.Context) error {
	arenas := int64(float64(a.Config.Memory) * vectorShare)
	vectors, err := a.db.Vectors(ctx, a.embedder.Model(), sqlite.VectorOptions{MemoryBytes: arenas})
	if err != nil {
		return err
	}
	a.onClose("the vector index", vectors.Close)
	a.vectors, a.graph = vectors, a.db.Graph()
	index := pika.FixedIndex(a.embedder, a.vectors)
	a.projected = &projection.Projections{
		Facts: a.db, Messages: a.db, Outbox: a.db, Graph: a.graph, Index: index, Now: a.Now,
	}
	a.searcher = search.New(search.Config{
		Facts: a.db, Messages: a.db, Keyword: a.db, Index: index,
		Now: a.Now, Log: a.Log, Registerer: a.Registry,
	})
	a.onClose("the search", func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		return a.searcher.Close(ctx)
	})
	return nil
}

// newCache returns the in-process cache with its share of the memory.
func newCache(c Config, now func() time.Time) *memory.Cache {
	return memory.New(memory.Options{MaxBytes: c.Memory - int64(float64(c.Memory)*vectorShare), Now: now})
}
