package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/bench/servers"
	"github.com/pikamem/pika/projection"
	"github.com/pikamem/pika/store/milvus"
	"github.com/pikamem/pika/store/neo4j"
	"github.com/pikamem/pika/store/postgres"
	"github.com/pikamem/pika/store/sqlite"
)

// truthPorts are what a facts store is measured by.
type truthPorts interface {
	pika.Facts
	pika.Messages
	pika.Keyword
	pika.Outbox
	pika.Census
}

// vectorPorts and graphPorts are what projections are measured by.
type vectorPorts interface {
	pika.Vectors
	pika.Rows
}

type graphPorts interface {
	pika.Graph
	pika.Rows
}

// column is one set of stores behind the ports.
type column struct {
	name    string
	truth   truthPorts
	raw     pika.RawVectors // nil: the vector index keeps its rows in the truth
	vectors vectorPorts
	graph   graphPorts
	env     map[string]string // what makes a pika use these stores
	data    string            // data folder of that pika

	closers []func() error
}

// close gives the stores back; the last opened first. A second call does nothing.
func (c *column) close() error {
	if c == nil {
		return nil
	}
	var err error
	for ; len(c.closers) > 0; c.closers = c.closers[:len(c.closers)-1] {
		err = errors.Join(err, c.closers[len(c.closers)-1]())
	}
	return err
}

func (c *column) onClose(f func() error) { c.closers = append(c.closers, f) }

// openEmbedded opens what `pika dev` has by default. FULL is its default too: a commit
// is on the disk when it is acknowledged, as it is in the real stores.
func openEmbedded(ctx context.Context, dir string, model pika.EmbeddingModel) (*column, error) {
	c := &column{name: "embedded", data: filepath.Join(dir, "embedded")}
	if err := os.MkdirAll(c.data, 0o700); err != nil {
		return nil, err
	}
	db, err := sqlite.Open(ctx, filepath.Join(c.data, "pika.db"), sqlite.Options{})
	if err != nil {
		return nil, err
	}
	c.onClose(db.Close)
	vectors, err := db.Vectors(ctx, model, sqlite.VectorOptions{})
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	c.onClose(vectors.Close)
	c.truth, c.vectors, c.graph = db, vectors, db.Graph()
	return c, nil
}

// openReal makes the schemas on the servers and opens the stores.
func openReal(ctx context.Context, s *servers.Servers, model pika.EmbeddingModel) (*column, error) {
	c := &column{name: "real", data: filepath.Join(os.TempDir(), s.Name), env: s.Env}
	if err := c.openReal(ctx, s, model); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *column) openReal(ctx context.Context, s *servers.Servers, model pika.EmbeddingModel) error {
	c.onClose(func() error { return os.RemoveAll(c.data) })
	if _, _, err := postgres.Migrate(ctx, s.Env["PIKA_FACTS"]); err != nil {
		return err
	}
	db, err := postgres.Open(postgres.Config{URL: s.Env["PIKA_FACTS"]})
	if err != nil {
		return err
	}
	c.onClose(db.Close)
	config, err := milvus.ParseURL(s.Env["PIKA_VECTORS"])
	if err != nil {
		return err
	}
	vectors, err := milvus.Open(config)
	if err != nil {
		return err
	}
	c.onClose(vectors.Close)
	if err := vectors.Migrate(ctx, model); err != nil {
		return err
	}
	c.truth, c.raw, c.vectors = db, db, vectors.Index(model)
	return c.openGraph(ctx, s)
}

func (c *column) openGraph(ctx context.Context, s *servers.Servers) error {
	config, err := neo4j.ParseURL(s.Env["PIKA_GRAPH"])
	if err != nil {
		return err
	}
	graph, err := neo4j.Open(config)
	if err != nil {
		return err
	}
	c.onClose(graph.Close)
	c.graph = graph
	return errors.Join(graph.Migrate(ctx), graph.Warm(ctx))
}

// projections are the column's as pika wires them.
func (c *column) projections(model pika.EmbeddingModel, embedder pika.Embedder) *projection.Projections {
	index := pika.Index{Model: pika.ActiveModel{EmbeddingModel: model, Embedder: "local"}, Embedder: embedder, Vectors: c.vectors}
	return &projection.Projections{
		Facts: c.truth, Messages: c.truth, Outbox: c.truth, Raw: c.raw, Graph: c.graph, Index: func() pika.Index { return index },
	}
}
