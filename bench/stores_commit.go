package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/projection"
)

// writeTimes are what one write took: as a whole, and each of the three beside the others.
type writeTimes struct{ whole, truth, vectors, graph, acknowledge time.Duration }

// write does what workflows do with a chunk, by the same code: truth, vectors and graph
// side by side. The vectors were made beforehand.
func (s *storesBench) write(ctx context.Context, c *column, scope pika.Scope, job string, facts []pika.Fact, rows []pika.Vector, at time.Time) (writeTimes, error) {
	var t writeTimes
	var truthErr, vectorsErr, graphErr error
	var all sync.WaitGroup
	p := c.projections(s.model, newGiven(s.model, facts, rows))
	start := time.Now()
	all.Go(func() {
		truthErr = commitAll(ctx, c, scope, job, facts, at)
		t.truth = time.Since(start)
	})
	all.Go(func() {
		vectorsErr = p.WriteFactVectors(ctx, scope, projection.Passages(facts))
		t.vectors = time.Since(start)
	})
	all.Go(func() {
		graphErr = p.WriteLinks(ctx, scope, extract.Links(facts))
		t.graph = time.Since(start)
	})
	all.Wait()
	t.whole = time.Since(start)
	return t, errors.Join(truthErr, vectorsErr, graphErr)
}

// given is an embedder that has the vectors of its texts already.
type given struct {
	model   pika.EmbeddingModel
	vectors map[string][]float32
}

func newGiven(model pika.EmbeddingModel, facts []pika.Fact, rows []pika.Vector) given {
	g := given{model, make(map[string][]float32, 2*len(facts))}
	for i, p := range projection.Passages(facts) {
		g.vectors[p.Text], g.vectors[p.Statement] = rows[i].Values, rows[i].Values
	}
	return g
}

// Model implements pika.Embedder.
func (g given) Model() pika.EmbeddingModel { return g.model }

// Embed implements pika.Embedder.
func (g given) Embed(_ context.Context, _ pika.EmbedRole, texts []string) ([][]float32, error) {
	values := make([][]float32, len(texts))
	for i, text := range texts {
		if values[i] = g.vectors[text]; values[i] == nil {
			return nil, errors.New("a text has no vector made beforehand")
		}
	}
	return values, nil
}

// commitAll commits facts that are new, every one.
func commitAll(ctx context.Context, c *column, scope pika.Scope, job string, facts []pika.Fact, at time.Time) error {
	outcomes, err := c.truth.Commit(ctx, scope, pika.Commit{JobID: job, Facts: facts, At: at})
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		if o.Outcome != pika.Stored {
			return fmt.Errorf("a fact is %s, not stored: %s", o.Outcome, o.Reason)
		}
	}
	return nil
}

// runStoresCommit writes 50 facts at a time for users who have 100 already.
func runStoresCommit(ctx context.Context, b *bed) error {
	const size = 50
	s := b.stores
	n := b.scale(200)
	times := map[string][]writeTimes{}
	const warmUp = 3
	err := s.inTurns(ctx, n+warmUp, func(c *column, i int) error {
		u := s.users.commit[i%len(s.users.commit)]
		u.first = s.users.facts() + i*size // texts that nobody has
		job, facts := u.candidates(0, size, time.Now().UTC())
		job = pika.DeriveID("bench", job, fmt.Sprint(i))
		for k := range facts {
			facts[k].ID = pika.FactID(u.scope, job, 0, k)
		}
		rows := randomVectors(facts, u.first, s.model.Dimensions)
		t, err := s.write(ctx, c, u.scope, job, facts, rows, time.Now().UTC())
		if err != nil {
			return err
		}
		start := time.Now()
		if err := c.truth.Acknowledge(ctx, owed(u.scope, facts)); err != nil {
			return err
		}
		if t.acknowledge = time.Since(start); i >= warmUp {
			times[c.name] = append(times[c.name], t)
		}
		if c == s.real {
			s.written(u.scope, facts)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, part := range []struct {
		name   string
		of     func(writeTimes) time.Duration
		target float64
	}{
		{fmt.Sprintf("commit of %d facts, all three stores (%d commits)", size, n), func(t writeTimes) time.Duration { return t.whole }, 400},
		{"  the truth", func(t writeTimes) time.Duration { return t.truth }, 0},
		{"  the vectors: kept raw in the truth (the embedded index is the truth), then indexed", func(t writeTimes) time.Duration { return t.vectors }, 0},
		{"  the graph", func(t writeTimes) time.Duration { return t.graph }, 0},
		{"  afterwards, the outbox acknowledged", func(t writeTimes) time.Duration { return t.acknowledge }, 0},
	} {
		b.pairTimes(part.name, pick(times["embedded"], part.of), pick(times["real"], part.of), 0, part.target)
	}
	return nil
}

func pick(times []writeTimes, of func(writeTimes) time.Duration) []time.Duration {
	var picked []time.Duration
	for _, t := range times {
		picked = append(picked, of(t))
	}
	return picked
}
