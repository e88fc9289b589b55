package projection_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities/activitiestest"
	"github.com/pikamem/pika/projection"
)

// random returns a deterministic source.
func random(seed uint64) func() uint64 { return rand.New(rand.NewPCG(seed, 7)).Uint64 }

func prober(w *activitiestest.World, vectors pika.Vectors) *projection.Prober {
	return &projection.Prober{
		Index:  pika.FixedIndex(w.Embedder(activitiestest.EmbeddingModel()), vectors),
		Census: w.Census(), Raw: w.Raw(), Random: random(1),
	}
}

func mustProbe(t *testing.T, p *projection.Prober) projection.Recall {
	t.Helper()
	recall, err := p.Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return recall
}

func TestProbeOfAnExactIndex(t *testing.T) {
	t.Parallel()
	w := populated(t, 20, 100)
	p := prober(w, w.Index())
	registry := prometheus.NewRegistry()
	p.Metrics = projection.NewMetrics(registry)
	if _, ok := p.State(); ok || p.Degraded() != "" {
		t.Error("a recall before the first probe")
	}
	recall := mustProbe(t, p)
	if recall.Mean != 1 || recall.Worst != 1 || recall.Users < 5 || recall.Queries != 3*recall.Users || recall.Low() {
		t.Errorf("recall = %+v; want 1 of some users", recall)
	}
	if got, ok := p.State(); !ok || got != recall || p.Degraded() != "" {
		t.Errorf("State() = %+v, %v, %q", got, ok, p.Degraded())
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP pika_vector_recall Share of the exact ten nearest vectors that the index finds, of sampled users, when it was last probed.
# TYPE pika_vector_recall gauge
pika_vector_recall 1
`), "pika_vector_recall"); err != nil {
		t.Error(err)
	}
}

func TestProbeCatchesABrokenIndex(t *testing.T) {
	t.Parallel()
	w := populated(t, 20, 100)
	for name, c := range map[string]struct {
		change func(hits []pika.Scored, all []pika.Scored) []pika.Scored
		most   float64
		least  float64
	}{
		"drops one row in ten": {func(hits, all []pika.Scored) []pika.Scored {
			return slices.DeleteFunc(all, func(h pika.Scored) bool { return h.ID[0] == '3' || h.ID[1] == '7' })
		}, 0.94, 0.75},
		"answers with the farthest": {func(_, all []pika.Scored) []pika.Scored { slices.Reverse(all); return all }, 0.2, 0},
		"answers nothing":           {func(_, _ []pika.Scored) []pika.Scored { return nil }, 0, 0},
		"answers less":              {func(hits, _ []pika.Scored) []pika.Scored { return hits[:min(5, len(hits))] }, 0.6, 0.5},
		"repeats a row": {func(hits, _ []pika.Scored) []pika.Scored {
			for i := range hits {
				hits[i] = hits[0]
			}
			return hits
		}, 0.2, 0.1},
		"invents rows and scores": {func(hits, _ []pika.Scored) []pika.Scored {
			for i := range hits {
				hits[i] = pika.Scored{ID: fmt.Sprint("x", i), Score: 1}
			}
			return hits
		}, 0, 0},
	} {
		p := prober(w, broken{w.Index(), c.change})
		recall := mustProbe(t, p)
		if recall.Mean > c.most || recall.Mean < c.least || !recall.Low() {
			t.Errorf("%s: %+v; want %v–%v", name, recall, c.least, c.most)
		}
		if why := p.Degraded(); !strings.Contains(why, "recall@10") || !strings.Contains(why, "pika reconcile") {
			t.Errorf("%s: Degraded() = %q", name, why)
		}
	}
}

// broken changes the answers of an index.
type broken struct {
	pika.Vectors
	change func(hits, all []pika.Scored) []pika.Scored
}

func (b broken) SearchVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query []float32, limit int) ([]pika.Scored, error) {
	all, err := b.Vectors.SearchVectors(ctx, scope, corpus, query, pika.MaxVectorLimit)
	hits := b.change(slices.Clone(all[:min(limit, len(all))]), all)
	return hits[:min(limit, len(hits))], err
}

// One user's worth of rows lost, whoever it is, shows in the worst question.
func TestProbeShowsTheWorst(t *testing.T) {
	t.Parallel()
	w := populated(t, 4, 30)
	lost := pika.Scope{Tenant: "t", User: "user2"}.ID()
	w.Index().Drop(func(_ pika.Corpus, k pika.RowKey) bool { return k.ScopeID == lost })
	p := prober(w, w.Index())
	p.Users = 200
	if recall := mustProbe(t, p); recall.Users != 5 || recall.Worst != 0 || math.Abs(recall.Mean-0.8) > 1e-9 {
		t.Errorf("recall = %+v; want 0.8 over the 4 users' facts and one's messages", recall)
	}
}

// Of equal vectors an index may return any.
func TestProbeCountsTiesFairly(t *testing.T) {
	t.Parallel()
	w := activitiestest.New()
	w.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	facts := stored(t, w, "j", activitiestest.Contents(60, 20)...)
	scope := activitiestest.Scope()
	var rows []pika.Vector
	for i, f := range facts {
		v := []float32{1, 0}
		if i%2 == 0 {
			v = []float32{0, 1}
		}
		rows = append(rows, pika.Vector{ID: f.ID, Values: v})
	}
	if err := w.Raw().PutRawVectors(t.Context(), scope, pika.CorpusFacts, activitiestest.EmbeddingModel(), rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Index().Upsert(t.Context(), scope, pika.CorpusFacts, rows); err != nil {
		t.Fatal(err)
	}
	settle(t, w)
	w.Now = nil
	backwards := broken{w.Index(), func(_, all []pika.Scored) []pika.Scored {
		slices.SortFunc(all, func(a, b pika.Scored) int {
			return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.ID, a.ID))
		})
		return all
	}}
	if recall := mustProbe(t, prober(w, backwards)); recall.Mean != 1 || recall.Queries != 3 {
		t.Errorf("recall = %+v; want 1", recall)
	}
}

// settle acknowledges everything.
func settle(t *testing.T, w *activitiestest.World) {
	t.Helper()
	box := w.Truth().Outbox
	items, err := box.PendingItems(t.Context(), time.Now().Add(time.Hour), 1000)
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Acknowledge(t.Context(), items); err != nil {
		t.Fatal(err)
	}
}

func TestProbeLeavesOutWhatIsUnsettled(t *testing.T) {
	t.Parallel()
	w := populated(t, 1, 50)
	scope := pika.Scope{Tenant: "t", User: "user0"}
	var rows []pika.Vector
	for i := range 30 { // in the truth only, and among the nearest of everything
		rows = append(rows, pika.Vector{ID: pika.DeriveID("u", fmt.Sprint(i)), Values: activitiestest.Embedding(fmt.Sprint(i))})
	}
	if err := w.Raw().PutRawVectors(t.Context(), scope, pika.CorpusFacts, activitiestest.EmbeddingModel(), rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Index().Upsert(t.Context(), scope, pika.CorpusFacts, rows[:15]); err != nil { // some are shown
		t.Fatal(err)
	}
	p := prober(w, w.Index())
	p.Queries = 20
	if recall := mustProbe(t, p); recall.Mean != 1 {
		t.Errorf("recall = %+v; want 1", recall)
	}
	p.MaxRows = 49
	if recall := mustProbe(t, p); recall.Skipped != 1 || recall.Users != 1 {
		t.Errorf("with at most 49 rows: %+v; want the messages only", recall)
	}
}

func TestProbeWithoutData(t *testing.T) {
	t.Parallel()
	w := activitiestest.New()
	p := prober(w, w.Index())
	if recall := mustProbe(t, p); recall.Queries != 0 || recall.Low() || p.Degraded() != "" {
		t.Errorf("recall = %+v, %q", recall, p.Degraded())
	}
}

func TestProberRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := populated(t, 3, 20)
		var down, hidden atomic.Bool
		w.Index().Hide = func(string) bool { return hidden.Load() }
		w.Fault = func(_ context.Context, method string) error {
			if down.Load() && method == "SearchVectors" {
				return errDown
			}
			return nil
		}
		p := prober(w, w.Index())
		p.Every = time.Minute
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- p.Run(ctx) }()
		synctest.Wait()
		first, ok := p.State()
		if !ok || first.Mean != 1 {
			t.Errorf("at start: %+v, %v", first, ok)
		}
		down.Store(true)
		time.Sleep(90 * time.Second)
		synctest.Wait()
		if again, _ := p.State(); again != first {
			t.Errorf("a probe that failed changed the state to %+v", again)
		}
		down.Store(false)
		hidden.Store(true)
		time.Sleep(time.Minute)
		synctest.Wait()
		if again, _ := p.State(); again.Mean != 0 || p.Degraded() == "" {
			t.Errorf("the index lost everything: %+v", again)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run() = %v", err)
		}
	})
}
