package projection_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/activities/activitiestest"
	"github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/projection"
)

var errDown = pika.Errorf(pika.Unavailable, "down")

// stored puts facts of the given texts into the truth and returns them.
func stored(t *testing.T, w *activitiestest.World, job string, texts ...string) []pika.Fact {
	t.Helper()
	r := activitiestest.Given(job, texts...)
	facts, _ := extract.GivenFacts(r)
	if _, err := w.Truth().Facts.Commit(t.Context(), r.Scope, pika.Commit{JobID: job, Facts: facts}); err != nil {
		t.Fatal(err)
	}
	return facts
}

func ids(facts []pika.Fact) []string {
	var ids []string
	for _, f := range facts {
		ids = append(ids, f.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestWritesAreBatchedAndRepeatable(t *testing.T) {
	t.Parallel()
	w := activitiestest.New()
	p := w.Projections()
	facts := stored(t, w, "j", activitiestest.Contents(150, 20)...)
	blank := append(projection.Passages(facts), projection.Passage{ID: "blank", Text: " \n"})
	for range 2 {
		if err := p.WriteFactVectors(t.Context(), activitiestest.Scope(), blank); err != nil {
			t.Fatal(err)
		}
		if err := p.WriteLinks(t.Context(), activitiestest.Scope(), append(extract.Links(facts), pika.Link{FactID: "lonely"})); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(ids(facts), w.Indexed(pika.CorpusFacts)); diff != "" {
		t.Errorf("vectors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(ids(facts), w.Linked()); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if got := w.Calls("Embed"); got != 3 {
		t.Errorf("%d calls of the embedder, want 3: the truth keeps what it made", got)
	}
}

func TestDiscardTriesEveryProjection(t *testing.T) {
	t.Parallel()
	w := activitiestest.New()
	p := w.Projections()
	facts := stored(t, w, "j", "a", "b")
	if err := p.WriteLinks(t.Context(), activitiestest.Scope(), extract.Links(facts)); err != nil {
		t.Fatal(err)
	}
	w.Fault = func(_ context.Context, method string) error {
		if method == "DeleteVectors" {
			return errDown
		}
		return nil
	}
	if err := p.Discard(t.Context(), activitiestest.Scope(), ids(facts)); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Discard() = %v, want Unavailable", err)
	}
	if got := w.Linked(); len(got) != 0 {
		t.Errorf("linked = %v, want none", got)
	}
}

func TestForget(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name              string
		down              string
		pending, repaired int
	}{
		{"everything answers", "", 0, 0},
		{"the vector index is down", "DeleteVectors", 1, 1},
		{"the graph is down", "UnlinkFacts", 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := activitiestest.New()
			p := w.Projections()
			facts := stored(t, w, "j", "a")
			if seen, repaired, err := p.Repair(t.Context(), -time.Hour, 10); seen != 2 || repaired != 2 || err != nil {
				t.Fatalf("Repair() = %d, %d, %v, want 2, 2, nil", seen, repaired, err)
			}
			w.Fault = func(_ context.Context, method string) error {
				if method == c.down {
					return errDown
				}
				return nil
			}
			if err := p.Forget(t.Context(), activitiestest.Scope().Tenant, facts[0].ID); err != nil {
				t.Fatal(err)
			}
			if got := w.Pending(pika.StoreVectors) + w.Pending(pika.StoreGraph); got != c.pending {
				t.Errorf("%d rows pending, want %d", got, c.pending)
			}
			w.Fault = nil
			if _, repaired, err := p.Repair(t.Context(), -time.Hour, 10); repaired != c.repaired || err != nil {
				t.Errorf("Repair() = %d, %v, want %d", repaired, err, c.repaired)
			}
			if left := append(w.Linked(), w.Indexed(pika.CorpusFacts)...); len(left) != 0 {
				t.Errorf("left in the projections: %v", left)
			}
		})
	}
}

func TestForgetWhatIsNotThere(t *testing.T) {
	t.Parallel()
	w := activitiestest.New()
	facts := stored(t, w, "j", "a")
	for _, tenant := range []string{"another", activitiestest.Scope().Tenant} {
		err := w.Projections().Forget(t.Context(), tenant, facts[0].ID)
		if want := tenant == activitiestest.Scope().Tenant; (err == nil) != want {
			t.Errorf("Forget() for %s = %v", tenant, err)
		}
	}
	if err := w.Projections().Forget(t.Context(), activitiestest.Scope().Tenant, facts[0].ID); pika.CodeOf(err) != pika.NotFound {
		t.Errorf("Forget() again = %v, want NotFound", err)
	}
}

func TestMessageThatChangesWhileEmbedded(t *testing.T) {
	t.Parallel()
	w := activitiestest.New()
	r := activitiestest.Conversation("j", "old")
	put := func(content string) string {
		m := extract.StoredMessages(r, true)[0]
		m.Content, m.ContentHash = content, content
		if err := w.Truth().Messages.PutMessages(t.Context(), r.Scope, []pika.StoredMessage{m}); err != nil {
			t.Error(err)
		}
		return m.Key
	}
	key := put("old")
	var once atomic.Bool
	w.Fault = func(_ context.Context, method string) error {
		if method == "Embed" && once.CompareAndSwap(false, true) {
			put("new")
		}
		return nil
	}
	if err := w.Projections().WriteMessageVectors(t.Context(), r.Scope, []string{key, "gone"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(activitiestest.Embedding("new"), w.Vector(r.Scope, pika.CorpusMessages, key)); diff != "" {
		t.Errorf("the vector is of the old content (-want +got):\n%s", diff)
	}
	put(" ")
	if err := w.Projections().WriteMessageVectors(t.Context(), r.Scope, []string{key}); err != nil {
		t.Fatal(err)
	}
	if got := w.Indexed(pika.CorpusMessages); len(got) != 0 {
		t.Errorf("indexed = %v after the content became blank, want none", got)
	}
}

func TestFactDeletedWhileRepaired(t *testing.T) {
	t.Parallel()
	w := activitiestest.New()
	facts := stored(t, w, "j", "a", "b")
	var once atomic.Bool
	w.Fault = func(ctx context.Context, method string) error {
		if method == "Upsert" && once.CompareAndSwap(false, true) {
			if _, err := w.Truth().Facts.Delete(ctx, activitiestest.Scope().Tenant, facts[0].ID, time.Now()); err != nil {
				t.Error(err)
			}
		}
		return nil
	}
	if _, _, err := w.Projections().Repair(t.Context(), -time.Hour, 10); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{facts[1].ID}, w.Indexed(pika.CorpusFacts)); diff != "" {
		t.Errorf("vectors (-want +got):\n%s", diff)
	}
}

func TestRepairGoesRoundWhatIsInvalid(t *testing.T) {
	t.Parallel()
	w := activitiestest.New()
	stored(t, w, "j", "fine", "poison", "also fine")
	down := map[string]error{}
	p := w.Projections()
	p.Index = pika.FixedIndex(refusing{p.Index().Embedder, "poison"}, w.Index())
	seen, repaired, err := p.Repair(t.Context(), -time.Hour, 10)
	if seen != 6 || repaired != 5 || pika.CodeOf(err) != pika.Invalid {
		t.Errorf("Repair() = %d, %d, %v, want 6 seen, 5 repaired, Invalid", seen, repaired, err)
	}
	if strings.Contains(fmt.Sprint(err), "poison") {
		t.Errorf("the error %q quotes a fact", err)
	}

	w.Fault = func(_ context.Context, method string) error { return down[method] }
	down["Embed"] = errDown
	stored(t, w, "k", "later")
	if _, repaired, err := p.Repair(t.Context(), -time.Hour, 10); repaired != 1 || pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Repair() with vectors down = %d, %v, want 1 repaired, Unavailable", repaired, err)
	}
}

// refusing is an embedder that calls one text invalid.
type refusing struct {
	pika.Embedder
	text string
}

func (r refusing) Embed(ctx context.Context, role pika.EmbedRole, texts []string) ([][]float32, error) {
	if slices.Contains(texts, r.text) {
		return nil, pika.Errorf(pika.Invalid, "a text cannot be embedded")
	}
	return r.Embedder.Embed(ctx, role, texts)
}

func TestRepairer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := activitiestest.New()
		stored(t, w, "j", activitiestest.Contents(7, 20)...)
		var log strings.Builder
		r := projection.Repairer{
			Projections: w.Projections(), Limit: 3,
			Log: slog.New(slog.NewTextHandler(&log, nil)),
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.Run(ctx) }()
		synctest.Wait()
		if got := w.Pending(pika.StoreVectors); got != 7 {
			t.Errorf("%d rows pending, want 7: they are too young", got)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := w.Pending(pika.StoreVectors) + w.Pending(pika.StoreGraph); got != 0 {
			t.Errorf("%d rows pending, want 0", got)
		}
		if !strings.Contains(log.String(), "rows=14") {
			t.Errorf("log = %q, want the count 14", log.String())
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run() = %v", err)
		}
	})
}

func TestFinishLeavesWhatWasDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	w := activitiestest.New()
	facts := stored(t, w, "j", "a", "b")
	if _, err := w.Truth().Facts.Delete(t.Context(), activitiestest.Scope().Tenant, facts[0].ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	in := activities.FinishInput{
		Job: activities.JobOf(activitiestest.Given("j"), "w"), Status: pika.Completed,
		InVectors: ids(facts), InGraph: ids(facts),
	}
	for range 2 {
		if _, err := w.Truth().Finish(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	if v, g := w.Pending(pika.StoreVectors), w.Pending(pika.StoreGraph); v != 1 || g != 1 {
		t.Errorf("pending = %d vectors, %d graph, want the deleted fact's 1 and 1", v, g)
	}
}
