package projection_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities/activitiestest"
	"github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/projection"
)

// populated returns a world whose stores agree: users with facts, and messages of the
// first one.
func populated(t *testing.T, users, facts int) *activitiestest.World {
	t.Helper()
	w := activitiestest.New()
	past := time.Now().Add(-time.Hour)
	w.Now = func() time.Time { return past }
	for u := range users {
		scope := pika.Scope{Tenant: "t", User: fmt.Sprint("user", u)}
		r := activitiestest.Given(fmt.Sprint("job", u), activitiestest.Contents(facts, 20)...)
		r.Scope = scope
		given, _ := extract.GivenFacts(r)
		for i := range given {
			given[i].RecordedAt = past
			given[i].Entities = []pika.Entity{{ID: pika.DeriveID("entity", fmt.Sprint(i%3)), Name: "e"}}
		}
		w.Store(scope, given...)
	}
	c := activitiestest.Conversation("talk", activitiestest.Contents(5, 20)...)
	if err := w.Truth().Messages.PutMessages(t.Context(), c.Scope, extract.StoredMessages(c, true)); err != nil {
		t.Fatal(err)
	}
	for {
		seen, repaired, err := w.Projections().Repair(t.Context(), -time.Hour, 1000)
		if err != nil || seen != repaired {
			t.Fatalf("Repair() = %d, %d, %v", seen, repaired, err)
		}
		if seen == 0 {
			break
		}
	}
	w.Now = nil
	return w
}

func reconciler(w *activitiestest.World) *projection.Reconciler {
	return &projection.Reconciler{Projections: w.Projections(), Census: w.Census(), RowsPerSecond: -1}
}

func mustReconcile(t *testing.T, r *projection.Reconciler, o projection.ReconcileOptions) projection.ReconcileReport {
	t.Helper()
	report, err := r.Run(t.Context(), o)
	if err != nil {
		t.Fatalf("Run() = %v\n%s", err, report)
	}
	return report
}

// wantLines compares the counts of vectors of facts, of messages, and the graph.
func wantLines(t *testing.T, got projection.ReconcileReport, want ...projection.ReconcileLine) {
	t.Helper()
	for i, p := range []projection.ReconcileLine{
		{Store: pika.StoreVectors, Corpus: pika.CorpusFacts}, {Store: pika.StoreVectors, Corpus: pika.CorpusMessages}, {Store: pika.StoreGraph, Corpus: pika.CorpusFacts},
	} {
		want[i].Store, want[i].Corpus = p.Store, p.Corpus
	}
	if diff := cmp.Diff(want, got.Lines, cmpopts.IgnoreFields(projection.ReconcileLine{}, "Problems")); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

type line = projection.ReconcileLine

func TestReconcileInStep(t *testing.T) {
	t.Parallel()
	w := populated(t, 40, 60)
	writes := w.Calls("Upsert") + w.Calls("LinkFacts")
	report := mustReconcile(t, reconciler(w), projection.ReconcileOptions{})
	wantLines(t, report, line{Truth: 2400, Projection: 2400}, line{Truth: 5, Projection: 5}, line{Truth: 2400, Projection: 2400})
	if !report.InStep() || w.Calls("Upsert")+w.Calls("LinkFacts") != writes {
		t.Errorf("in step = %v, %d writes; want true, 0", report.InStep(), w.Calls("Upsert")+w.Calls("LinkFacts")-writes)
	}
}

func TestReconcileRepairs(t *testing.T) {
	t.Parallel()
	for _, buckets := range []int{1, 7, 100} {
		w := populated(t, 30, 50)
		old := time.Now().Add(-time.Hour)
		dropped, changed := 0, 0
		for _, id := range w.Indexed(pika.CorpusFacts) {
			switch {
			case id[0] == '3':
				dropped++
			case id[0] == '4':
				changed++
			}
		}
		w.Index().Drop(func(_ pika.Corpus, k pika.RowKey) bool { return k.ID[0] == '3' })
		for u := range 30 {
			scope := pika.Scope{Tenant: "t", User: fmt.Sprint("user", u)}
			for _, id := range w.Kept(pika.CorpusFacts, activitiestest.EmbeddingModel()) {
				if id[0] == '4' && w.Vector(scope, pika.CorpusFacts, id) != nil {
					w.Index().Place(pika.CorpusFacts, pika.RowKey{ScopeID: scope.ID(), ID: id}, []float32{0, 1}, old)
				}
			}
			w.Index().Place(pika.CorpusFacts, pika.RowKey{ScopeID: scope.ID(), ID: pika.DeriveID("gone")}, []float32{1, 0}, old)
		}
		w.Index().Place(pika.CorpusFacts, pika.RowKey{ScopeID: pika.DeriveID("nobody"), ID: pika.DeriveID("gone")}, []float32{1, 0}, old)
		messages := 0
		for _, id := range w.Indexed(pika.CorpusMessages) {
			if id[0]%2 == 0 {
				messages++
			}
		}
		w.Index().Drop(func(c pika.Corpus, k pika.RowKey) bool { return c == pika.CorpusMessages && k.ID[0]%2 == 0 })
		embedded := w.Calls("Embed")

		r := reconciler(w)
		r.Buckets = buckets
		report := mustReconcile(t, r, projection.ReconcileOptions{})
		if !report.InStep() || dropped == 0 || changed == 0 {
			t.Errorf("dropped %d, changed %d, not in step:\n%s", dropped, changed, report)
		}
		got := report.Lines[0]
		if got.Missing != dropped || got.Stale != changed || got.Extra != 31 || got.Repaired != dropped+changed || got.Deleted != 31 {
			t.Errorf("%d buckets: dropped %d, changed %d, extra 31:\n%s", buckets, dropped, changed, report)
		}
		if got := report.Lines[1]; got.Missing != messages || got.Repaired != messages {
			t.Errorf("%d messages dropped:\n%s", messages, report)
		}
		if got := w.Calls("Embed"); got != embedded {
			t.Errorf("%d calls of the embedder; want none: the truth keeps the vectors", got-embedded)
		}
		if diff := cmp.Diff(w.FactIDs(), w.Indexed(pika.CorpusFacts)); diff != "" {
			t.Errorf("facts and vectors differ:\n%s", diff)
		}
		again := mustReconcile(t, r, projection.ReconcileOptions{})
		wantLines(t, again, line{Truth: 1500, Projection: 1500}, line{Truth: 5, Projection: 5}, line{Truth: 1500, Projection: 1500})
	}
}

func TestReconcileTheGraph(t *testing.T) {
	t.Parallel()
	w := populated(t, 3, 40)
	p := w.Projections()
	scope := pika.Scope{Tenant: "t", User: "user0"}
	w.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	some := w.Linked()[:4]
	if err := p.Graph.UnlinkFacts(t.Context(), scope, w.Linked()); err != nil { // all of user0's
		t.Fatal(err)
	}
	links := []pika.Link{{FactID: pika.DeriveID("gone"), Entities: []string{"x"}}}
	if err := p.Graph.LinkFacts(t.Context(), scope, links); err != nil {
		t.Fatal(err)
	}
	if err := p.Graph.LinkFacts(t.Context(), pika.Scope{Tenant: "t", User: "nobody"}, links); err != nil {
		t.Fatal(err)
	}
	w.Now = nil
	report := mustReconcile(t, reconciler(w), projection.ReconcileOptions{})
	wantLines(t, report, line{Truth: 120, Projection: 120}, line{Truth: 5, Projection: 5},
		line{Truth: 120, Projection: 82, Missing: 40, Repaired: 40, Extra: 2, Deleted: 2})
	if diff := cmp.Diff(w.FactIDs(), w.Linked()); diff != "" || len(some) == 0 {
		t.Errorf("facts and links differ:\n%s", diff)
	}
}

// Without vectors in the truth, which may have come from before it kept them, rows are
// embedded again and kept.
func TestReconcileBuildsWhatTheTruthDoesNotKeep(t *testing.T) {
	t.Parallel()
	w := populated(t, 2, 30)
	if _, err := w.Raw().DropRawVectors(t.Context(), activitiestest.EmbeddingModel(), 1000); err != nil {
		t.Fatal(err)
	}
	report := mustReconcile(t, reconciler(w), projection.ReconcileOptions{})
	wantLines(t, report, line{Truth: 60, Projection: 60, Stale: 60, Repaired: 60}, line{Truth: 5, Projection: 5, Stale: 5, Repaired: 5}, line{Truth: 60, Projection: 60})
	if got := len(w.Kept(pika.CorpusFacts, activitiestest.EmbeddingModel())); got != 60 {
		t.Errorf("%d vectors kept, want 60", got)
	}
}

func TestReconcileLeavesYoungRows(t *testing.T) {
	t.Parallel()
	w := populated(t, 1, 5)
	stored(t, w, "young", "p", "q") // in the truth, not in the projections yet
	scope := activitiestest.Scope()
	w.Index().Place(pika.CorpusFacts, pika.RowKey{ScopeID: scope.ID(), ID: "candidate"}, []float32{1, 0}, time.Now())
	report := mustReconcile(t, reconciler(w), projection.ReconcileOptions{})
	if got := report.Lines[0]; got.Left != 1 || got.Missing != 2 {
		// The facts' RecordedAt is long ago in this world; the candidate is young.
		t.Errorf("vectors: %+v; want 1 left", got)
	}
	if !slices.Contains(w.Indexed(pika.CorpusFacts), "candidate") {
		t.Error("a candidate whose job is under way was deleted")
	}
	r := reconciler(w)
	r.Grace = -1
	if got := mustReconcile(t, r, projection.ReconcileOptions{}).Lines[0]; got.Deleted != 1 || got.Left != 0 {
		t.Errorf("without a grace period: %+v; want 1 deleted", got)
	}

	w = activitiestest.New()
	r = reconciler(w)
	facts := stored(t, w, "j", "a")
	w.Now = func() time.Time { return time.Now() }
	if err := w.Raw().PutRawVectors(t.Context(), scope, pika.CorpusFacts, activitiestest.EmbeddingModel(), []pika.Vector{{ID: facts[0].ID, Values: []float32{1, 0}}}); err != nil {
		t.Fatal(err)
	}
	if got := mustReconcile(t, r, projection.ReconcileOptions{}).Lines[0]; got.Left != 1 || got.Missing != 0 {
		t.Errorf("a young fact: %+v; want 1 left", got)
	}
	w.Index().Place(pika.CorpusFacts, pika.RowKey{ScopeID: scope.ID(), ID: facts[0].ID}, []float32{0, 1}, time.Now())
	if got := mustReconcile(t, r, projection.ReconcileOptions{}).Lines[0]; got.Left != 1 || got.Stale != 0 {
		t.Errorf("a young row of another content: %+v; want 1 left", got)
	}
}

func TestReconcileRefusesMassDeletion(t *testing.T) {
	t.Parallel()
	w := populated(t, 1, 100)
	scope := pika.Scope{Tenant: "t", User: "user0"}
	for i := range 21 {
		w.Index().Place(pika.CorpusFacts, pika.RowKey{ScopeID: scope.ID(), ID: fmt.Sprint("x", i)}, []float32{1, 0}, time.Now().Add(-time.Hour))
	}
	r := reconciler(w)
	report := mustReconcile(t, r, projection.ReconcileOptions{})
	if got := report.Lines[0]; got.Extra != 21 || got.Refused != 21 || got.Deleted != 0 || report.InStep() {
		t.Errorf("report: %+v; want 21 refused", got)
	}
	if !strings.Contains(report.String(), "--force") || len(w.Indexed(pika.CorpusFacts)) != 121 {
		t.Errorf("%d rows, report:\n%s", len(w.Indexed(pika.CorpusFacts)), report)
	}
	report = mustReconcile(t, r, projection.ReconcileOptions{Force: true})
	if got := report.Lines[0]; got.Deleted != 21 || got.Refused != 0 || !report.InStep() {
		t.Errorf("forced: %+v; want 21 deleted", got)
	}

	// Few, or a small share of many: deleted.
	for _, c := range []struct{ facts, extra int }{{5, 20}, {1000, 50}} {
		w := populated(t, 1, c.facts)
		for i := range c.extra {
			w.Index().Place(pika.CorpusFacts, pika.RowKey{ScopeID: scope.ID(), ID: fmt.Sprint("x", i)}, []float32{1, 0}, time.Now().Add(-time.Hour))
		}
		if got := mustReconcile(t, reconciler(w), projection.ReconcileOptions{}).Lines[0]; got.Deleted != c.extra {
			t.Errorf("%d extra of %d: %+v", c.extra, c.facts, got)
		}
	}
}

// What looks extra is asked about again before it is deleted.
func TestReconcileConfirmsBeforeDeleting(t *testing.T) {
	t.Parallel()
	w := populated(t, 1, 10)
	hidden := w.FactIDs()[3]
	r := reconciler(w)
	r.Census = forgetful{w.Census(), hidden}
	report := mustReconcile(t, r, projection.ReconcileOptions{})
	if got := report.Lines[0]; got.Extra != 1 || got.Deleted != 0 {
		t.Errorf("report: %+v; want 1 extra, none deleted", got)
	}
	if !slices.Contains(w.Indexed(pika.CorpusFacts), hidden) || !slices.Contains(w.Linked(), hidden) {
		t.Error("a row of a live fact was deleted")
	}
}

// forgetful does not list one fact.
type forgetful struct {
	pika.Census
	id string
}

func (f forgetful) WantedRows(ctx context.Context, store pika.Store, corpus pika.Corpus, model pika.EmbeddingModel, r pika.RowRange) ([]pika.Row, error) {
	rows, err := f.Census.WantedRows(ctx, store, corpus, model, r)
	return slices.DeleteFunc(rows, func(row pika.Row) bool { return row.ID == f.id }), err
}

// shortPages lists all rows, at most three at once, whatever it is asked for.
type shortPages struct{ pika.Census }

func (s shortPages) WantedRows(ctx context.Context, store pika.Store, corpus pika.Corpus, model pika.EmbeddingModel, r pika.RowRange) ([]pika.Row, error) {
	r.Limit = 3
	return s.Census.WantedRows(ctx, store, corpus, model, r)
}

// TestReconcileReadsShortPages: only an empty page is the end of a list.
func TestReconcileReadsShortPages(t *testing.T) {
	t.Parallel()
	w := populated(t, 5, 40)
	r := reconciler(w)
	r.Census = shortPages{w.Census()}
	report := mustReconcile(t, r, projection.ReconcileOptions{})
	if got := report.Lines[0]; got.Truth != 200 || got.Projection != 200 || !report.InStep() {
		t.Errorf("report of 200 rows in short pages:\n%s", report)
	}
}

func TestReconcileGoesOnWithoutAStore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		down []string
		ends []bool // of vectors of facts, of messages, of the graph
		all  bool
	}{
		{[]string{"ListVectors"}, []bool{true, true, false}, false},
		{[]string{"ListLinks"}, []bool{false, false, true}, false},
		{[]string{"Upsert"}, []bool{true, false, false}, false},
		{[]string{"LinkFacts"}, []bool{false, false, true}, false},
		{[]string{"WantedRows"}, []bool{true, true, true}, true},
		{[]string{"ListVectors", "ListLinks"}, []bool{true, true, true}, true},
	} {
		w := populated(t, 10, 20)
		w.Index().Drop(func(corpus pika.Corpus, k pika.RowKey) bool { return corpus == pika.CorpusFacts && k.ID[0] < '8' })
		all := w.Linked()
		for u := range 10 {
			if err := w.Projections().Graph.UnlinkFacts(t.Context(), pika.Scope{Tenant: "t", User: fmt.Sprint("user", u)}, all[:100]); err != nil {
				t.Fatal(err)
			}
		}
		rows := len(w.Indexed(pika.CorpusFacts)) + len(w.Linked())
		w.Fault = failing(errDown, c.down...)
		report, err := reconciler(w).Run(t.Context(), projection.ReconcileOptions{})
		if (err != nil) != c.all || (c.all && pika.CodeOf(err) != pika.Unavailable) {
			t.Errorf("%v down: Run() = %v", c.down, err)
		}
		for i, l := range report.Lines {
			if l.Ended != c.ends[i] || l.Deleted > 0 {
				t.Errorf("%v down: ended %v, want %v:\n%s", c.down, l.Ended, c.ends[i], report)
			}
		}
		if report.InStep() {
			t.Errorf("%v down, and in step", c.down)
		}
		if got := len(w.Indexed(pika.CorpusFacts)) + len(w.Linked()); got < rows {
			t.Errorf("%v down: %d rows, %d before", c.down, got, rows)
		}
		w.Fault = nil
		if report := mustReconcile(t, reconciler(w), projection.ReconcileOptions{}); !report.InStep() {
			t.Errorf("%v back:\n%s", c.down, report)
		}
		if diff := cmp.Diff(w.FactIDs(), w.Indexed(pika.CorpusFacts)); diff != "" {
			t.Errorf("%v back: facts and vectors differ:\n%s", c.down, diff)
		}
	}
}

// A list that breaks off says nothing about the rows behind the break.
func TestReconcileDoesNotTakeABrokenListForItsEnd(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"WantedRows", "ListVectors"} {
		w := populated(t, 1, 2500)
		var pages atomic.Int32
		w.Fault = func(_ context.Context, m string) error {
			if m == method && pages.Add(1) > 2 {
				return errDown
			}
			return nil
		}
		r := reconciler(w)
		r.Buckets = 1
		r.Grace = -1
		report, _ := r.Run(t.Context(), projection.ReconcileOptions{Force: true})
		for _, l := range report.Lines {
			if l.Missing+l.Extra > 0 {
				t.Errorf("%s broke off:\n%s", method, report)
			}
		}
		if got := len(w.Indexed(pika.CorpusFacts)); got != 2500 {
			t.Errorf("%s broke off: %d rows left of 2500", method, got)
		}
	}
}

func TestReconcileGoesRoundWhatIsInvalid(t *testing.T) {
	t.Parallel()
	w := populated(t, 1, 10)
	w.Index().Drop(func(pika.Corpus, pika.RowKey) bool { return true })
	if _, err := w.Raw().DropRawVectors(t.Context(), activitiestest.EmbeddingModel(), 1000); err != nil {
		t.Fatal(err)
	}
	r := reconciler(w)
	r.Projections.Index = pika.FixedIndex(refusing{w.Embedder(activitiestest.EmbeddingModel()), w.Texts()[4]}, w.Index())
	report := mustReconcile(t, r, projection.ReconcileOptions{})
	if got := report.Lines[0]; got.Missing != 10 || got.Repaired != 9 || got.Failed != 1 || report.InStep() {
		t.Errorf("report: %+v; want 9 repaired, 1 failed", got)
	}
}

func TestReconcileIsPaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := populated(t, 10, 100)
		w.Index().Drop(func(corpus pika.Corpus, _ pika.RowKey) bool { return corpus == pika.CorpusFacts })
		r := reconciler(w)
		r.RowsPerSecond, r.Grace = 50, -1
		started := time.Now()
		report := mustReconcile(t, r, projection.ReconcileOptions{})
		if took := time.Since(started); took < 18*time.Second || took > 21*time.Second || report.Seconds != took.Seconds() {
			t.Errorf("1000 rows at 50 in a second took %v (%v s); want about 20 s", took, report.Seconds)
		}
	})
}

func TestReconcileResumes(t *testing.T) {
	t.Parallel()
	w := populated(t, 50, 20)
	w.Index().Drop(func(_ pika.Corpus, k pika.RowKey) bool { return k.ID[0] == '3' })
	missing := 1000 - len(w.Indexed(pika.CorpusFacts))
	ctx, cancel := context.WithCancel(t.Context())
	var state projection.ReconcileState
	r := reconciler(w)
	_, err := r.Run(ctx, projection.ReconcileOptions{Progress: func(p projection.ReconcileProgress) {
		if p.Done > state.Done {
			state = p.ReconcileState
		}
		if state.Done == 6 {
			cancel()
		}
	}})
	if pika.CodeOf(err) != pika.Unavailable || state.Done != 6 || state.Buckets != 16 {
		t.Fatalf("Run() = %v at %d of %d", err, state.Done, state.Buckets)
	}
	encoded, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	var again projection.ReconcileState
	if err := json.Unmarshal(encoded, &again); err != nil {
		t.Fatal(err)
	}
	calls := w.Calls("WantedRows")
	var last projection.ReconcileProgress
	report := mustReconcile(t, r, projection.ReconcileOptions{Resume: again, Progress: func(p projection.ReconcileProgress) { last = p }})
	if got := report.Lines[0]; got.Truth != 1000 || got.Missing != missing || got.Repaired != missing {
		t.Errorf("resumed: %+v; want 1000 rows, %d missing and repaired", got, missing)
	}
	// Three lists of a bucket, and the empty page after the rows: messages are in one bucket.
	if got := w.Calls("WantedRows") - calls; got != 3*10+2*10+1 {
		t.Errorf("%d pages read after resuming at bucket 6 of 16, want 51", got)
	}
	if last.Done != 16 || last.Rows != report.Rows() || last.Repaired != report.Repaired() {
		t.Errorf("last progress = %+v", last)
	}
	if got := mustReconcile(t, r, projection.ReconcileOptions{Resume: projection.ReconcileState{Done: 3, Buckets: 7}}).Lines[0]; got.Truth != 1000 {
		t.Errorf("a state of other buckets was resumed: %+v", got)
	}
}

func TestReconcileMetricsAndReport(t *testing.T) {
	t.Parallel()
	w := populated(t, 2, 10)
	w.Index().Drop(func(corpus pika.Corpus, _ pika.RowKey) bool { return corpus == pika.CorpusFacts })
	stored(t, w, "pending", "x")
	registry := prometheus.NewRegistry()
	r := reconciler(w)
	r.Metrics = projection.NewMetrics(registry)
	report := mustReconcile(t, r, projection.ReconcileOptions{})
	want := `
# HELP pika_reconcile_rows_total Rows that reconciling found out of step (missing, stale, extra), what became of them (repaired, deleted, failed), and what it left (left, refused).
# TYPE pika_reconcile_rows_total counter
`
	for _, l := range report.Lines {
		for kind, n := range map[string]int{
			"deleted": l.Deleted, "extra": l.Extra, "failed": l.Failed, "left": l.Left, "missing": l.Missing, "refused": l.Refused, "repaired": l.Repaired, "stale": l.Stale,
		} {
			want += fmt.Sprintf("pika_reconcile_rows_total{corpus=%q,kind=%q,store=%q} %d\n", l.Corpus, kind, l.Store, n)
		}
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "pika_reconcile_rows_total"); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("metric names: %v, %v", problems, err)
	}
	if n, err := testutil.GatherAndCount(registry, "pika_projection_oldest_pending_age_seconds", "pika_reconcile_last_run_timestamp_seconds"); err != nil || n != 2 {
		t.Errorf("%d series, %v", n, err)
	}
	table := report.String()
	if !strings.Contains(table, "missing") || strings.Count(table, "\n") != 5 {
		t.Errorf("table:\n%s", table)
	}
	t.Logf("\n%s", table)
	if encoded, err := json.Marshal(report); err != nil || !strings.Contains(string(encoded), `"missing":21`) {
		t.Errorf("as JSON: %s, %v", encoded, err)
	}
}

func TestRepairerDoesNotWaitForAStoreThatHangs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		hangs string
		left  pika.Store
	}{{"Upsert", pika.StoreVectors}, {"Embed", pika.StoreVectors}, {"LinkFacts", pika.StoreGraph}} {
		synctest.Test(t, func(t *testing.T) {
			w := activitiestest.New()
			stored(t, w, "j", activitiestest.Contents(200, 20)...)
			w.Fault = func(ctx context.Context, method string) error {
				if method == c.hangs {
					<-ctx.Done()
					return pika.ContextError(ctx.Err(), "the store", method)
				}
				return nil
			}
			done := make(chan error)
			go func() {
				_, _, err := w.Projections().Repair(t.Context(), -time.Hour, 1000)
				done <- err
			}()
			synctest.Wait() // nothing has waited yet: the clock stands still
			other := pika.StoreGraph
			if c.left == pika.StoreGraph {
				other = pika.StoreVectors
			}
			if got := w.Pending(other); got != 0 {
				t.Errorf("%s hangs: %d rows pending in the other store", c.hangs, got)
			}
			if err := <-done; pika.CodeOf(err) != pika.Timeout || w.Pending(c.left) == 0 {
				t.Errorf("%s hangs: Repair() = %v, %d pending", c.hangs, err, w.Pending(c.left))
			}
		})
	}
}
