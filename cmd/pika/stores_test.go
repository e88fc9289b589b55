package main_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/deploy/local/localtest"
	"github.com/pikamem/pika/store/milvus"
	"github.com/pikamem/pika/store/neo4j"
	"github.com/pikamem/pika/store/postgres"
)

// stores are a test's own connections to the three stores that must agree, so that it
// sees, and can spoil, what they hold without asking pika.
type stores struct {
	truth   *postgres.DB
	vectors *milvus.Index
	graph   *neo4j.Graph
	model   pika.EmbeddingModel
}

// open connects to the stores; the model is the data's, so pika must have run once.
func (w *world) open(t *testing.T) *stores {
	t.Helper()
	truth, err := postgres.Open(postgres.Config{URL: w.URL(localtest.Postgres), SearchTimeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { truth.Close() })
	active, err := truth.ActiveModel(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	config, err := milvus.ParseURL(w.URL(localtest.Milvus))
	if err != nil {
		t.Fatal(err)
	}
	config.WriteTimeout = 30 * time.Second
	store, err := milvus.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	graphConfig, err := neo4j.ParseURL(w.URL(localtest.Neo4j))
	if err != nil {
		t.Fatal(err)
	}
	graphConfig.WriteTimeout = 30 * time.Second
	graph, err := neo4j.Open(graphConfig)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { graph.Close() })
	return &stores{truth: truth, vectors: store.Index(active.EmbeddingModel), graph: graph, model: active.EmbeddingModel}
}

// holdings are the rows of a store by key.
type holdings map[pika.RowKey]pika.Row

// everything reads page after page.
func everything(t *testing.T, list func(ctx context.Context, r pika.RowRange) ([]pika.Row, error)) holdings {
	t.Helper()
	all := holdings{}
	r := pika.RowRange{Limit: pika.MaxPageLimit}
	for {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		rows, err := list(ctx, r)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			all[row.RowKey] = row
			r.After = row.RowKey
		}
		if len(rows) < r.Limit {
			return all
		}
	}
}

// wanted returns what the truth says that a projection must hold.
func (s *stores) wanted(t *testing.T, store pika.Store, corpus pika.Corpus) holdings {
	t.Helper()
	return everything(t, func(ctx context.Context, r pika.RowRange) ([]pika.Row, error) {
		return s.truth.WantedRows(ctx, store, corpus, s.model, r)
	})
}

// held returns what a projection holds.
func held(t *testing.T, rows pika.Rows, corpus pika.Corpus) holdings {
	t.Helper()
	return everything(t, func(ctx context.Context, r pika.RowRange) ([]pika.Row, error) {
		return rows.ListRows(ctx, corpus, r)
	})
}

// drift is how a projection differs from what the truth wants.
type drift struct{ wanted, held, missing, stale, extra int }

func compare(wanted, held holdings) drift {
	d := drift{wanted: len(wanted), held: len(held)}
	for key, row := range wanted {
		switch have, ok := held[key]; {
		case !ok:
			d.missing++
		case row.Digest != 0 && have.Digest != row.Digest:
			d.stale++
		}
	}
	for key := range held {
		if _, ok := wanted[key]; !ok {
			d.extra++
		}
	}
	return d
}

func (d drift) none() bool { return d.missing+d.stale+d.extra == 0 && d.wanted == d.held }

func (d drift) String() string {
	return fmt.Sprintf("holds %d of %d (missing %d, stale %d, extra %d)", d.held, d.wanted, d.missing, d.stale, d.extra)
}

// state is how the three stores stand to each other.
type state struct {
	facts                    int // live in the truth
	vectors, messages, graph drift
}

func (s *stores) state(t *testing.T) state {
	t.Helper()
	facts := s.wanted(t, pika.StoreVectors, pika.CorpusFacts)
	return state{
		facts:    len(facts),
		vectors:  compare(facts, held(t, s.vectors, pika.CorpusFacts)),
		messages: compare(s.wanted(t, pika.StoreVectors, pika.CorpusMessages), held(t, s.vectors, pika.CorpusMessages)),
		graph:    compare(s.wanted(t, pika.StoreGraph, pika.CorpusFacts), held(t, s.graph, pika.CorpusFacts)),
	}
}

func (s state) none() bool { return s.vectors.none() && s.messages.none() && s.graph.none() }

// sum is the drift of everything together.
func (s state) sum() drift {
	var sum drift
	for _, d := range []drift{s.vectors, s.messages, s.graph} {
		sum.wanted += d.wanted
		sum.held += d.held
		sum.missing += d.missing
		sum.stale += d.stale
		sum.extra += d.extra
	}
	return sum
}

func (s state) String() string {
	return fmt.Sprintf("%d facts in the truth; Milvus %s; messages: Milvus %s; Neo4j %s", s.facts, s.vectors, s.messages, s.graph)
}

// sameFacts fails unless the truth, Milvus and Neo4j hold exactly the same ids of facts.
func (s *stores) sameFacts(t *testing.T) {
	t.Helper()
	truth := keys(s.wanted(t, pika.StoreVectors, pika.CorpusFacts))
	for name, other := range map[string]holdings{
		"Milvus": held(t, s.vectors, pika.CorpusFacts), "Neo4j": held(t, s.graph, pika.CorpusFacts),
	} {
		if got := keys(other); !slices.Equal(truth, got) {
			t.Errorf("the truth holds %d facts and %s %d, and not the same ones", len(truth), name, len(got))
		}
	}
	if st := s.state(t); !st.none() {
		t.Errorf("the stores differ: %s", st)
	}
}

func keys(h holdings) []pika.RowKey {
	return slices.SortedFunc(maps.Keys(h), func(a, b pika.RowKey) int {
		return strings.Compare(a.ScopeID+a.ID, b.ScopeID+b.ID)
	})
}

// aged waits until everything the stores hold is older than the reconciler's grace.
func (s *stores) aged(t *testing.T) {
	t.Helper()
	eventually(t, 3*grace, "the youngest row is older than the grace period", func() (bool, string) {
		youngest := time.Time{}
		for _, h := range []holdings{
			s.wanted(t, pika.StoreVectors, pika.CorpusFacts), s.wanted(t, pika.StoreVectors, pika.CorpusMessages),
			held(t, s.vectors, pika.CorpusFacts), held(t, s.vectors, pika.CorpusMessages), held(t, s.graph, pika.CorpusFacts),
		} {
			for _, row := range h {
				if row.At.After(youngest) {
					youngest = row.At
				}
			}
		}
		return time.Since(youngest) > grace+time.Second, "the youngest is of " + youngest.String()
	})
}
