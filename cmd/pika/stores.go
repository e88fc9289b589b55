package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/memory"
	"github.com/pikamem/pika/store/milvus"
	"github.com/pikamem/pika/store/neo4j"
	"github.com/pikamem/pika/store/redis"
	"github.com/pikamem/pika/store/sqlite"
)

// stores are the opened stores of a configuration. Real servers need not answer yet.
type stores struct {
	truth  truthStore
	file   *sqlite.DB    // what the embedded parts are kept in; nil: none is embedded
	milvus *milvus.Store // nil: the vector index is embedded
	neo4j  *neo4j.Graph  // nil: the graph is embedded
	redis  *redis.Cache  // nil: the cache is this process's own
	cache  pika.Cache

	closers []closer
}

// openStores opens the stores that a configuration names. The caller closes them.
func openStores(ctx context.Context, c Config, now func() time.Time) (*stores, error) {
	s := &stores{}
	for _, open := range []func(context.Context, Config) error{s.openTruth, s.openFile, s.openMilvus, s.openNeo4j} {
		if err := open(ctx, c); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	if err := s.openCache(c, now); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *stores) openTruth(ctx context.Context, c Config) (err error) {
	if s.truth, err = openTruth(ctx, c); err != nil {
		return err
	}
	s.file, _ = s.truth.(*sqlite.DB)
	s.onClose("the facts store", s.truth)
	return nil
}

// openFile opens the file of embedded indexes where the facts are elsewhere.
func (s *stores) openFile(ctx context.Context, c Config) (err error) {
	if s.file != nil || (c.Vectors != embedded && c.Graph != embedded) {
		return nil
	}
	if s.file, err = openFile(ctx, c); err != nil {
		return err
	}
	s.onClose("the embedded indexes", s.file)
	return nil
}

func (s *stores) openMilvus(_ context.Context, c Config) error {
	if c.Vectors == embedded {
		return nil
	}
	config, err := milvus.ParseURL(c.Vectors)
	if err != nil {
		return wrongValue("PIKA_VECTORS", err)
	}
	if s.milvus, err = milvus.Open(config); err != nil {
		return wrongValue("PIKA_VECTORS", err)
	}
	s.onClose("Milvus", s.milvus)
	return nil
}

func (s *stores) openNeo4j(_ context.Context, c Config) error {
	if c.Graph == embedded {
		return nil
	}
	config, err := neo4j.ParseURL(c.Graph)
	if err != nil {
		return wrongValue("PIKA_GRAPH", err)
	}
	if s.neo4j, err = neo4j.Open(config); err != nil {
		return wrongValue("PIKA_GRAPH", err)
	}
	s.onClose("Neo4j", s.neo4j)
	return nil
}

// The budget PIKA_MEMORY is shared out between the copies of vectors that searches scan (the
// embedded index's, or the working sets before Milvus), the facts of the working sets, the
// answers of this process (L1), and the cache of embeddings and answers, where that is in this
// process too.
const (
	vectorShare = 0.50
	factShare   = 0.15
	answerShare = 0.15
)

// embeddingBytes is for vectors of questions before a cache that is elsewhere; one in this
// process needs nothing before it.
func (c Config) embeddingBytes() int64 {
	if c.Cache == inMemory {
		return 0
	}
	return c.Memory - arenaBytes(c) - c.factBytes() - c.answerBytes()
}

func (c Config) answerBytes() int64 { return int64(float64(c.Memory) * answerShare) }

func (c Config) factBytes() int64 { return int64(float64(c.Memory) * factShare) }

func arenaBytes(c Config) int64 { return int64(float64(c.Memory) * vectorShare) }

func (s *stores) openCache(c Config, now func() time.Time) error {
	if c.Cache == inMemory {
		cache := memory.New(memory.Options{MaxBytes: c.Memory - arenaBytes(c) - c.factBytes() - c.answerBytes(), Now: now})
		s.cache = cache
		s.onClose("the cache", cache)
		return nil
	}
	config, err := redis.ParseURL(c.Cache)
	if err != nil {
		return wrongValue("PIKA_CACHE", err)
	}
	if s.redis, err = redis.Open(config); err != nil {
		return wrongValue("PIKA_CACHE", err)
	}
	s.cache = s.redis
	s.onClose("Redis", s.redis)
	return nil
}

func (s *stores) onClose(name string, c io.Closer) {
	s.closers = append(s.closers, closer{name, c.Close})
}

// Close gives every store back, the last opened first.
func (s *stores) Close() error {
	closers := s.closers
	s.closers = nil
	return closeAll(closers)
}

// entityGraph is the graph as the write path and the reconciler see it.
type entityGraph interface {
	pika.Graph
	pika.Rows
}

func (s *stores) graph() entityGraph {
	if s.neo4j != nil {
		return s.neo4j
	}
	return s.file.Graph()
}

// raw returns where vectors are kept beside the index. In the all-embedded wiring the
// index's own file is the truth, and nothing is kept twice.
func (s *stores) raw() pika.RawVectors {
	if s.milvus == nil && s.truth == truthStore(s.file) {
		return nil
	}
	return s.truth
}

func (s *stores) pingGraph(ctx context.Context) error {
	if s.neo4j == nil {
		return s.file.Ping(ctx)
	}
	return s.neo4j.Ping(ctx)
}

func (s *stores) pingCache(ctx context.Context) error {
	if s.redis == nil {
		return nil
	}
	return s.redis.Ping(ctx)
}

// vectors returns the index of a model's vectors. The embedded one knows the model of
// its file alone.
func (s *stores) vectors(ctx context.Context, c Config) func(pika.EmbeddingModel) (vectorIndex, error) {
	if s.milvus != nil {
		return func(m pika.EmbeddingModel) (vectorIndex, error) { return s.milvus.Index(m), nil }
	}
	var mine *embeddedIndex
	return func(m pika.EmbeddingModel) (vectorIndex, error) {
		if mine != nil && mine.Model() == m {
			return mine, nil
		}
		v, err := s.file.Vectors(ctx, m, sqlite.VectorOptions{MemoryBytes: arenaBytes(c)})
		if err != nil {
			return nil, err
		}
		mine = &embeddedIndex{Vectors: v, file: s.file}
		s.onClose("the vector index", v)
		return mine, nil
	}
}

// vectorIndex is a vector index as searches, the reconciler and /readyz see it.
type vectorIndex interface {
	pika.Vectors
	pika.Rows
	pinger
}

// embeddedIndex answers as long as its file does.
type embeddedIndex struct {
	*sqlite.Vectors
	file *sqlite.DB
}

// Ping implements pinger.
func (e *embeddedIndex) Ping(ctx context.Context) error { return e.file.Ping(ctx) }
