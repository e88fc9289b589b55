package projection_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities/activitiestest"
	"github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/projection"
)

var newModel = pika.EmbeddingModel{ID: "hash-3", Dimensions: 3}

// twoModels is a world with a second index, and the projections in use.
type twoModels struct {
	*activitiestest.World
	to    *activitiestest.Vectors
	p     *projection.Projections
	mu    sync.Mutex
	inUse pika.Index
}

func newTwoModels(t *testing.T, users, facts int) *twoModels {
	t.Helper()
	m := &twoModels{World: populated(t, users, facts)}
	m.to = m.NewVectors("new", newModel)
	m.p = m.Projections()
	m.inUse = m.p.Index()
	m.p.Index = func() pika.Index {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.inUse
	}
	return m
}

func (m *twoModels) reindexer() *projection.Reindexer {
	to := pika.FixedIndex(m.Embedder(newModel), m.to)()
	return &projection.Reindexer{
		Projections: m.p, Census: m.Census(), To: to,
		Switch: func(context.Context) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.inUse = to
			return nil
		},
	}
}

// wantWhole compares the new index with the truth.
func (m *twoModels) wantWhole(t *testing.T) {
	t.Helper()
	if diff := cmp.Diff(m.FactIDs(), m.to.IDs(pika.CorpusFacts)); diff != "" {
		t.Errorf("facts and new index differ:\n%s", diff)
	}
	if diff := cmp.Diff(m.FactIDs(), m.Kept(pika.CorpusFacts, newModel)); diff != "" {
		t.Errorf("facts and kept vectors differ:\n%s", diff)
	}
}

func TestReindex(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newTwoModels(t, 10, 60)
		var passes []string
		r := m.reindexer()
		r.Progress = func(pass string, p projection.ReconcileProgress) {
			if p.Done == p.Buckets {
				passes = append(passes, pass)
			}
		}
		report, err := r.Run(t.Context())
		if err != nil {
			t.Fatalf("%v\n%s", err, report)
		}
		m.wantWhole(t)
		if got := m.p.Index().Model.EmbeddingModel; got != newModel || !report.Switched || report.Recall.Mean != 1 || report.Recall.Queries == 0 {
			t.Errorf("in use: %v; report:\n%s", got, report)
		}
		if want := []string{"copy 1", "copy 2", "after the switch", "once settled"}; !cmp.Equal(want, passes) {
			t.Errorf("passes %v; want %v", passes, want)
		}
		if got := len(m.to.IDs(pika.CorpusMessages)); got != 5 {
			t.Errorf("%d messages in the new index; want 5", got)
		}
		if n := len(m.Kept(pika.CorpusFacts, activitiestest.EmbeddingModel())); n != 600 {
			t.Errorf("%d vectors of the former model; want 600: it may be gone back to", n)
		}
		settled, err := m.Raw().UnsettledVectors(t.Context(), pika.Scope{Tenant: "t", User: "user0"}, pika.CorpusFacts, newModel, time.Now(), 1000)
		if err != nil || len(settled) != 0 {
			t.Errorf("%d vectors are unsettled, %v; want 0: the index has them", len(settled), err)
		}
		t.Logf("\n%s", report)

		if _, err := m.p.DropModel(t.Context(), newModel); pika.CodeOf(err) != pika.Conflict {
			t.Errorf("DropModel() of the model in use = %v; want Conflict", err)
		}
		if n, err := m.p.DropModel(t.Context(), activitiestest.EmbeddingModel()); n != 605 || err != nil {
			t.Errorf("DropModel() = %d, %v; want 605", n, err)
		}
		if _, err := m.reindexer().Run(t.Context()); pika.CodeOf(err) != pika.Conflict {
			t.Errorf("again, to the model in use: %v; want Conflict", err)
		}
	})
}

// Writes that go on meanwhile, also by writers that hold the former index after the
// switch, are in the new one at the end.
func TestReindexLosesNoWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newTwoModels(t, 3, 20)
		r := m.reindexer()
		former := m.Projections() // of a process that does not know of the switch yet
		n := 0
		write := func(p *projection.Projections) {
			n++
			facts := stored(t, m.World, fmt.Sprint("w", n), fmt.Sprint("written meanwhile ", n))
			if err := p.WriteFactVectors(t.Context(), activitiestest.Scope(), projection.Passages(facts)); err != nil {
				t.Error(err)
			}
			settle(t, m.World)
		}
		r.Progress = func(pass string, _ projection.ReconcileProgress) {
			if pass != "once settled" && n < 60 {
				write(former)
			}
		}
		to := r.Switch
		r.Switch = func(ctx context.Context) error {
			write(former) // after the last pass
			err := to(ctx)
			write(former) // by a writer that took the former index before the switch
			write(m.p)
			return err
		}
		report, err := r.Run(t.Context())
		if err != nil {
			t.Fatalf("%v\n%s", err, report)
		}
		m.wantWhole(t)
		if n < 30 {
			t.Errorf("%d writes went on; want more", n)
		}
	})
}

// A message that changed after it was copied is not found by its former content.
func TestReindexFollowsChangedMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newTwoModels(t, 1, 5)
		talk := activitiestest.Conversation("talk", activitiestest.Contents(5, 20)...)
		changed := extract.StoredMessages(talk, true)[2]
		changed.Content, changed.ContentHash = "something else", "h"
		former := m.Projections()
		r := m.reindexer()
		to := r.Switch
		r.Switch = func(ctx context.Context) error {
			if err := m.Truth().Messages.PutMessages(ctx, talk.Scope, []pika.StoredMessage{changed}); err != nil {
				return err
			}
			if err := former.WriteMessageVectors(ctx, talk.Scope, []string{changed.Key}); err != nil {
				return err
			}
			settle(t, m.World)
			return to(ctx)
		}
		if report, err := r.Run(t.Context()); err != nil {
			t.Fatalf("%v\n%s", err, report)
		}
		want := append(activitiestest.Embedding(changed.SearchText()), 0)
		if diff := cmp.Diff(want, m.to.Vector(talk.Scope, pika.CorpusMessages, changed.Key)); diff != "" {
			t.Errorf("the new index has a former content (-want +got):\n%s", diff)
		}
	})
}

func TestReindexRefusesAnIndexThatFindsTooLittle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newTwoModels(t, 5, 50)
		m.to.Hide = func(id string) bool { return id[0] < '4' }
		report, err := m.reindexer().Run(t.Context())
		if pika.CodeOf(err) != pika.Conflict || report.Switched || report.Recall.Mean > 0.9 {
			t.Errorf("Run() = %v\n%s", err, report)
		}
		if got := m.p.Index().Model.EmbeddingModel; got == newModel {
			t.Error("it was switched to")
		}
		if !strings.Contains(report.String(), "not switched") {
			t.Errorf("report:\n%s", report)
		}
	})
}

func TestReindexResumes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newTwoModels(t, 6, 50)
		calls, down := 0, true
		var mu sync.Mutex
		m.Fault = func(_ context.Context, method string) error {
			mu.Lock()
			defer mu.Unlock()
			if method == "newUpsert" {
				calls++
				if down && calls > 3 {
					return errDown
				}
			}
			return nil
		}
		before := m.Calls("Embed")
		report, err := m.reindexer().Run(t.Context())
		if pika.CodeOf(err) != pika.Unavailable || report.Switched {
			t.Fatalf("Run() = %v", err)
		}
		first := m.Calls("Embed") - before
		mu.Lock()
		down = false
		mu.Unlock()
		if report, err = m.reindexer().Run(t.Context()); err != nil {
			t.Fatalf("%v\n%s", err, report)
		}
		m.wantWhole(t)
		if got := m.Calls("Embed") - before; first == 0 || got > 6+1 { // one for each user's facts, one for the messages
			t.Errorf("%d calls of the embedder, %d of them in the first run; want at most 7 altogether", got, first)
		}
	})
}

func TestReindexRefusals(t *testing.T) {
	t.Parallel()
	m := newTwoModels(t, 1, 1)
	r := m.reindexer()
	raw := r.Projections.Raw
	r.Projections.Raw = nil
	if _, err := r.Run(t.Context()); pika.CodeOf(err) != pika.Unimplemented {
		t.Errorf("without vectors in the truth: %v; want Unimplemented", err)
	}
	r.Projections.Raw = raw
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Run(ctx); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("cancelled: %v", err)
	}
}
