package workflows_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/testsuite"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/activities/activitiestest"
	"github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/projection"
	"github.com/pikamem/pika/workflows"
)

// upkeep returns the steps that keep a world in step, without a grace period.
func upkeep(w *activitiestest.World) *activities.Upkeep {
	return &activities.Upkeep{Reconciler: &projection.Reconciler{
		Projections: w.Projections(), Census: w.Census(), RowsPerSecond: -1, Grace: -1,
	}}
}

// drifted returns a world with facts in the truth and in no projection.
func drifted(t *testing.T) *activitiestest.World {
	t.Helper()
	w := activitiestest.New()
	facts, _ := extract.GivenFacts(activitiestest.Given("j", activitiestest.Contents(30, 20)...))
	w.Store(activitiestest.Scope(), facts...)
	return w
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.world = drifted(t)
	r.env.RegisterActivity(upkeep(r.world))
	var attempts atomic.Int32
	r.world.Fault = func(_ context.Context, method string) error {
		if method == "WantedRows" && attempts.Add(1) <= 3 { // all three parts
			return pika.Errorf(pika.Unavailable, "down")
		}
		return nil
	}
	r.env.ExecuteWorkflow(workflows.Reconcile, activities.ReconcileInput{})
	var report projection.ReconcileReport
	if err := r.env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	if err := r.env.GetWorkflowResult(&report); err != nil {
		t.Fatal(err)
	}
	if got := report.Lines[0]; got.Missing != 30 || got.Repaired != 30 || !report.InStep() {
		t.Errorf("report:\n%s", report)
	}
	if diff := cmp.Diff(r.world.FactIDs(), r.world.Indexed(pika.CorpusFacts)); diff != "" {
		t.Errorf("facts and vectors differ:\n%s", diff)
	}
}

func TestReconcileGivesUp(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.env.RegisterActivity(upkeep(r.world))
	r.world.Fault = failing(pika.Errorf(pika.Unavailable, "down"), "WantedRows")
	began := r.env.Now()
	r.env.ExecuteWorkflow(workflows.Reconcile, activities.ReconcileInput{})
	if err := r.env.GetWorkflowError(); err == nil || r.world.Calls("WantedRows") != 3*6 {
		t.Errorf("error %v after %d pages; want one after 6 attempts of 3 parts", err, r.world.Calls("WantedRows"))
	}
	if took := r.env.Now().Sub(began); took > 10*time.Minute {
		t.Errorf("took %v", took)
	}
}

// An attempt goes on at the bucket that the one before it reached.
func TestReconcileActivityResumes(t *testing.T) {
	t.Parallel()
	w := drifted(t)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	u := upkeep(w)
	env.RegisterActivity(u)
	line := projection.ReconcileLine{Store: pika.StoreVectors, Corpus: pika.CorpusFacts, Truth: 1000, Projection: 1000}
	env.SetHeartbeatDetails(projection.ReconcileState{Done: 15, Buckets: 16, Report: projection.ReconcileReport{Lines: []projection.ReconcileLine{line}}})
	value, err := env.ExecuteActivity(u.Reconcile, activities.ReconcileInput{})
	if err != nil {
		t.Fatal(err)
	}
	var report projection.ReconcileReport
	if err := value.Get(&report); err != nil {
		t.Fatal(err)
	}
	if got := report.Lines[0].Truth; got < 1000 || w.Calls("WantedRows") != 3 {
		t.Errorf("%d rows, %d pages; want the rows of before counted, and one bucket of 3 parts read", got, w.Calls("WantedRows"))
	}
}

// linked finds one candidate per message, each with an entity.
func linked(chunk pika.Chunk) (pika.Extraction, error) {
	found, err := activitiestest.Everything(chunk)
	for i := range found.Candidates {
		found.Candidates[i].Entities = []pika.Entity{{Name: "cat", Type: "animal"}}
	}
	return found, err
}

// While the index is down past its budget, the truth has the vectors of what was
// stored, of nothing else, and the rows are pending.
func TestVectorsAreKeptWhileTheIndexIsDown(t *testing.T) {
	t.Parallel()
	for _, methods := range [][]string{{"Upsert"}, {"Upsert", "LinkFacts"}, {"Upsert", "DeleteVectors", "LinkFacts", "UnlinkFacts"}} {
		r := newRun(t)
		r.world.Fault = failing(pika.Errorf(pika.Unavailable, "down"), methods...)
		r.world.Find = linked
		result, err := r.extract(t, activitiestest.Conversation(jobID, "I have a cat", "I live in Huế", "I have a cat"))
		if err != nil || result.Stored != 2 || result.Duplicates != 1 {
			t.Fatalf("%v down: %+v, %v", methods, result, err)
		}
		r.job(t, pika.Completed)
		if diff := cmp.Diff(r.world.FactIDs(), r.world.Kept(pika.CorpusFacts, activitiestest.EmbeddingModel())); diff != "" {
			t.Errorf("%v down: facts and kept vectors differ:\n%s", methods, diff)
		}
		if got := r.world.Pending(pika.StoreVectors); got != 2+3 {
			t.Errorf("%v down: %d rows pending; want 2 facts and 3 messages", methods, got)
		}
		if got := r.world.Calls("LinkFacts"); got == 0 {
			t.Error("nothing was linked")
		}
		if got := r.world.Calls("Embed"); got > 8+2 { // the messages' may have changed: they are embedded at every attempt
			t.Errorf("%v down: %d calls of the embedder", methods, got)
		}
		r.world.Fault = nil
		report, err := upkeep(r.world).Reconcile(t.Context(), activities.ReconcileInput{})
		if err != nil || !report.InStep() {
			t.Errorf("%v back: %v\n%s", methods, err, report)
		}
		if diff := cmp.Diff(r.world.FactIDs(), r.world.Indexed(pika.CorpusFacts)); diff != "" {
			t.Errorf("%v back: facts and vectors differ:\n%s", methods, diff)
		}
	}
}
