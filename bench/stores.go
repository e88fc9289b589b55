package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/bench/servers"
)

// storesBench holds what the benchmarks of the stores share: the same facts and vectors
// in the embedded stores and in the real ones, both behind the same ports. Everything
// is measured on one of them and then on the other, turn by turn, so that both see the
// same machine.
type storesBench struct {
	quick    bool
	model    pika.EmbeddingModel
	embedded *column
	real     *column
	servers  *servers.Servers
	users    storesUsers
	later    map[pika.Scope][]string // facts that were linked after seeding, for the removal
	dir      string
}

// storesEntries are the benchmarks of the stores in the order they run in: the last one
// gives the embedded file to a pika of its own.
func storesEntries() []bench {
	return []bench{
		{"stores-commit", "50 facts into truth, vectors and graph side by side, among 100,000 facts of others; called at the ports", runStoresCommit},
		{"stores-keyword", "the keyword leg by the size of the user, 200 hits; called at the port", runStoresKeyword},
		{"stores-recall", "recall@10 of the vector index against the exact answer, within one user; called at the port", runStoresRecall},
		{"stores-reconcile", "truth and projections compared, and repaired where they differ; called as pika reconcile does", runStoresReconcile},
		{"stores-search", "searches in the API of two pikas in turns, without caches of answers", runStoresSearch},
	}
}

// open makes and seeds both columns, once.
func (s *storesBench) open(ctx context.Context) (err error) {
	if s.real != nil {
		return nil
	}
	if s.servers, err = servers.Connect(ctx); err != nil {
		return err
	}
	fmt.Printf("Servers on this machine: %s\n", s.servers.Versions)
	if s.dir, err = os.MkdirTemp("", "pika-bench-stores-"); err != nil {
		return err
	}
	embedder, err := openEmbedder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, embedder.Close()) }()
	s.model, s.users = embedder.Model(), newStoresUsers(s.quick, s.servers.Name)
	if s.embedded, err = openEmbedded(ctx, s.dir, s.model); err != nil {
		return err
	}
	if s.real, err = openReal(ctx, s.servers, s.model); err != nil {
		return err
	}
	return s.seed(ctx, embedder)
}

// close removes whatever was made, on the servers too, also after an interrupt.
func (s *storesBench) close(ctx context.Context) error {
	if s.servers == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
	defer cancel()
	fmt.Fprintln(os.Stderr, "  removing what was made on the servers")
	err := errors.Join(s.removeLinks(ctx), s.embedded.close(), s.real.close(), s.servers.Remove(ctx))
	return errors.Join(err, os.RemoveAll(s.dir))
}

// written remembers facts that are in the graph beside the seeded ones.
func (s *storesBench) written(scope pika.Scope, facts []pika.Fact) {
	if s.later == nil {
		s.later = map[pika.Scope][]string{}
	}
	for _, f := range facts {
		s.later[scope] = append(s.later[scope], f.ID)
	}
}

// removeLinks takes this run's facts out of the graph, which has no database of the
// run's own.
func (s *storesBench) removeLinks(ctx context.Context) error {
	if s.real == nil || s.real.graph == nil {
		return nil
	}
	for _, u := range s.users.all() {
		ids := s.later[u.scope]
		for i := 0; i < u.facts; i += perCommit {
			_, facts := u.candidates(i, min(i+perCommit, u.facts), time.Time{})
			for _, f := range facts {
				ids = append(ids, f.ID)
			}
		}
		for part := range slices.Chunk(ids, pika.MaxFactsPerCommit) {
			if err := s.real.graph.UnlinkFacts(ctx, u.scope, part); err != nil {
				return fmt.Errorf("remove the links of %s: %w", u.scope.User, err)
			}
		}
	}
	return nil
}

// columns are what is measured, in the order of the table.
func (s *storesBench) columns() []*column { return []*column{s.embedded, s.real} }

// inTurns calls do for each i on every column, the first one first or last in turns.
func (s *storesBench) inTurns(ctx context.Context, n int, do func(c *column, i int) error) error {
	for i := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		columns := s.columns()
		if i%2 == 1 {
			columns[0], columns[1] = columns[1], columns[0]
		}
		for _, c := range columns {
			if err := do(c, i); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	return nil
}
