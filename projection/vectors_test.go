package projection_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities/activitiestest"
	"github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/projection"
)

// failing makes methods of the world return an error.
func failing(err error, methods ...string) func(context.Context, string) error {
	return func(_ context.Context, method string) error {
		for _, m := range methods {
			if m == method {
				return err
			}
		}
		return nil
	}
}

func unsettled(t *testing.T, w *activitiestest.World) []string {
	t.Helper()
	rows, err := w.Raw().UnsettledVectors(t.Context(), activitiestest.Scope(), pika.CorpusFacts, activitiestest.EmbeddingModel(), time.Now(), 100)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestTheTruthHasVectorsWhileTheIndexIsDown(t *testing.T) {
	t.Parallel()
	w := activitiestest.New()
	w.Fault = failing(errDown, "Upsert")
	facts := stored(t, w, "j", "a", "b")
	p := w.Projections()
	for range 3 {
		if err := p.WriteFactVectors(t.Context(), activitiestest.Scope(), projection.Passages(facts)); pika.CodeOf(err) != pika.Unavailable {
			t.Fatalf("WriteFactVectors() = %v, want Unavailable", err)
		}
	}
	if diff := cmp.Diff(ids(facts), w.Kept(pika.CorpusFacts, activitiestest.EmbeddingModel())); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if got := w.Calls("Embed"); got != 1 {
		t.Errorf("%d calls of the embedder, want 1: a retry uses what was kept", got)
	}
	if got := unsettled(t, w); len(got) != 2 {
		t.Errorf("unsettled = %v, want both", got)
	}
	w.Fault = failing(errDown, "Embed")
	if _, repaired, err := p.Repair(t.Context(), -time.Hour, 10); repaired != 4 || err != nil {
		t.Fatalf("Repair() = %d, %v, want 4 without the embedder", repaired, err)
	}
	if diff := cmp.Diff(ids(facts), w.Indexed(pika.CorpusFacts)); diff != "" {
		t.Errorf("indexed (-want +got):\n%s", diff)
	}
}

func TestTheTruthDownIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"RawVectors", "PutRawVectors"} {
		w := activitiestest.New()
		facts := stored(t, w, "j", "a")
		p := w.Projections()
		w.Fault = failing(errDown, method)
		if err := p.WriteFactVectors(t.Context(), activitiestest.Scope(), projection.Passages(facts)); pika.CodeOf(err) != pika.Unavailable {
			t.Errorf("%s down: %v, want Unavailable", method, err)
		}
		if got := w.Indexed(pika.CorpusFacts); len(got) != 0 {
			t.Errorf("%s down: indexed = %v before the truth has it", method, got)
		}
		w.Fault = nil
		if err := p.WriteFactVectors(t.Context(), activitiestest.Scope(), projection.Passages(facts)); err != nil {
			t.Errorf("%s back: %v", method, err)
		}
	}
}

func TestDiscardAndForgetRemoveRawVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, down string }{
		{"everything answers", ""}, {"the index is down", "DeleteVectors"}, {"the graph is down", "UnlinkFacts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := activitiestest.New()
			p := w.Projections()
			facts := stored(t, w, "j", "a", "b", "c", "d")
			if err := p.WriteFactVectors(t.Context(), activitiestest.Scope(), projection.Passages(facts)); err != nil {
				t.Fatal(err)
			}
			if c.down != "" {
				w.Fault = failing(errDown, c.down)
			}
			if err := p.Discard(t.Context(), activitiestest.Scope(), []string{facts[0].ID}); (err == nil) != (c.down == "") {
				t.Errorf("Discard() = %v", err)
			}
			if err := p.Forget(t.Context(), activitiestest.Scope().Tenant, facts[1].ID); err != nil {
				t.Error(err)
			}
			if err := p.DiscardRaw(t.Context(), activitiestest.Scope(), []string{facts[2].ID}); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff([]string{facts[3].ID}, w.Kept(pika.CorpusFacts, activitiestest.EmbeddingModel())); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		})
	}
}

// What another model made of a message's former content must not be taken for a vector
// of the present one.
func TestAChangedMessageLosesTheVectorsOfOtherModels(t *testing.T) {
	t.Parallel()
	w := activitiestest.New()
	r := activitiestest.Conversation("j", "old")
	m := extract.StoredMessages(r, true)[0]
	another := pika.EmbeddingModel{ID: "another", Dimensions: 3}
	if err := w.Truth().Messages.PutMessages(t.Context(), r.Scope, []pika.StoredMessage{m}); err != nil {
		t.Fatal(err)
	}
	if err := w.Raw().PutRawVectors(t.Context(), r.Scope, pika.CorpusMessages, another, []pika.Vector{{ID: m.Key, Values: []float32{1, 0, 0}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Projections().WriteMessageVectors(t.Context(), r.Scope, []string{m.Key}); err != nil {
		t.Fatal(err)
	}
	if got := w.Kept(pika.CorpusMessages, another); len(got) != 0 {
		t.Errorf("the other model's vectors of %v are kept", got)
	}
	if diff := cmp.Diff([]string{m.Key}, w.Kept(pika.CorpusMessages, activitiestest.EmbeddingModel())); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

func TestWithoutRawVectorsTheIndexIsTheTruth(t *testing.T) {
	t.Parallel()
	w := activitiestest.New()
	p := w.Projections()
	p.Raw = nil
	facts := stored(t, w, "j", "a")
	if err := p.WriteFactVectors(t.Context(), activitiestest.Scope(), projection.Passages(facts)); err != nil {
		t.Fatal(err)
	}
	if err := p.DiscardRaw(t.Context(), activitiestest.Scope(), ids(facts)); err != nil {
		t.Error(err)
	}
	if len(w.Indexed(pika.CorpusFacts)) != 1 || len(w.Kept(pika.CorpusFacts, activitiestest.EmbeddingModel())) != 0 {
		t.Error("want the vector in the index and nowhere else")
	}
}
