package main_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/bench/process"
)

// give puts facts of a user through, without a language model, and waits for the end.
func give(t *testing.T, s *process.Server, user string, texts []string) {
	t.Helper()
	facts := make([]map[string]any, len(texts))
	for i, text := range texts {
		facts[i] = map[string]any{"text": text}
	}
	var a process.Accepted
	if err := s.Call(t.Context(), http.MethodPost, "/v1/facts", map[string]any{"user_id": user, "facts": facts}, &a); err != nil {
		t.Fatal(err)
	}
	status, err := s.Await(t.Context(), a.JobID)
	if err != nil {
		t.Fatal(err)
	}
	if got := status.Results.Counts["stored"]; got != len(texts) {
		t.Fatalf("%d of %d facts are stored: %v", got, len(texts), status.Results.Counts)
	}
}

// hobbies returns texts that differ in meaning as well as in words.
func hobbies(n int) []string {
	what := []string{"sailing", "chess", "pottery", "violin", "astronomy", "baking bread", "bird watching", "karate", "chemistry", "gardening"}
	where := []string{"Huế", "Paris", "Nairobi", "Lima", "Osaka", "Cairo", "Oslo"}
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("practised %s in %s, lesson %d", what[i%len(what)], where[i/len(what)%len(where)], i)
	}
	return texts
}

// TestReconcile: drift of every kind, made by hand in both projections, is found and
// repaired, and said in a table; many rows that the truth knows nothing of are not
// deleted unasked.
func TestReconcile(t *testing.T) {
	w := newWorld(t)
	p := startCommand(t, "dev", w.env, &output{})
	awaitWell(t, p)
	for _, user := range []string{"an", "binh"} {
		give(t, p, user, hobbies(40))
	}
	s := w.open(t)
	s.aged(t)
	if st := s.state(t); !st.none() || st.facts != 80 {
		t.Fatalf("before any drift: %s", st)
	}
	t.Logf("without drift:\n%s", w.run(t, "reconcile"))

	s.spoil(t, "an")
	s.aged(t)
	before := s.state(t)
	if before.vectors != (drift{80, 79, 3, 2, 2}) || before.graph != (drift{80, 79, 3, 2, 2}) {
		t.Fatalf("the drift is not what was made: %s", before)
	}
	out := w.run(t, "reconcile")
	t.Logf("%s\n%s", before, out)
	if !hasWords(out, "missing", "stale", "extra", "vectors", "graph") {
		t.Errorf("the table does not name each kind of drift and each projection:\n%s", out)
	}
	if after := s.state(t); !after.none() || after.facts != 80 {
		t.Errorf("after reconcile: %s", after)
	}

	s.addExtra(t, pika.Scope{Tenant: "default", User: "binh"}, 60)
	s.aged(t)
	out, err := runPika(t, w.env, "reconcile")
	t.Logf("with 60 extra rows beside 80: %v\n%s", err, out)
	if err == nil || !hasWords(out, "--"+forceFlag) {
		t.Errorf("reconcile does not refuse to delete many rows, or not say how to force it: %v\n%s", err, out)
	}
	if st := s.state(t); st.vectors.extra != 60 || st.graph.extra != 60 {
		t.Errorf("after the refusal: %s", st)
	}
	t.Logf("forced:\n%s", w.run(t, "reconcile", "--"+forceFlag))
	if after := s.state(t); !after.none() || after.facts != 80 {
		t.Errorf("after the forced reconcile: %s", after)
	}
}

// forceFlag lets `pika reconcile` delete many rows.
const forceFlag = "force"

// spoil makes 3 missing rows, 2 stale and 2 extra ones of a user in each projection.
func (s *stores) spoil(t *testing.T, user string) {
	t.Helper()
	scope := pika.Scope{Tenant: "default", User: user}
	ids := s.idsOf(t, scope)
	if err := s.vectors.DeleteVectors(t.Context(), scope, pika.CorpusFacts, ids[:3]); err != nil {
		t.Fatal(err)
	}
	if err := s.graph.UnlinkFacts(t.Context(), scope, ids[:3]); err != nil {
		t.Fatal(err)
	}
	s.spoilVectors(t, scope, ids[3:5])
	var links []pika.Link
	for _, id := range ids[3:5] {
		links = append(links, pika.Link{FactID: id, Predicate: "wrong", Entities: []string{pika.EntityID(scope, "nobody")}})
	}
	if err := s.graph.LinkFacts(t.Context(), scope, links); err != nil {
		t.Fatal(err)
	}
	s.addExtra(t, scope, 2)
}

// spoilVectors puts wrong vectors under ids.
func (s *stores) spoilVectors(t *testing.T, scope pika.Scope, ids []string) {
	t.Helper()
	rows := make([]pika.Vector, len(ids))
	for i, id := range ids {
		rows[i] = pika.Vector{ID: id, Values: oneHot(s.model.Dimensions, i)}
	}
	if err := s.vectors.Upsert(t.Context(), scope, pika.CorpusFacts, rows); err != nil {
		t.Fatal(err)
	}
}

// addExtra puts rows into both projections that the truth knows nothing of.
func (s *stores) addExtra(t *testing.T, scope pika.Scope, n int) {
	t.Helper()
	var rows []pika.Vector
	var links []pika.Link
	for i := range n {
		id := pika.DeriveID("extra", scope.ID(), strconv.Itoa(i))
		rows = append(rows, pika.Vector{ID: id, Values: oneHot(s.model.Dimensions, i)})
		links = append(links, pika.Link{FactID: id, Predicate: "extra", Entities: []string{pika.EntityID(scope, "nobody")}})
	}
	if err := s.vectors.Upsert(t.Context(), scope, pika.CorpusFacts, rows); err != nil {
		t.Fatal(err)
	}
	if err := s.graph.LinkFacts(t.Context(), scope, links); err != nil {
		t.Fatal(err)
	}
}

// idsOf returns the ids of a user's facts in the truth.
func (s *stores) idsOf(t *testing.T, scope pika.Scope) []string {
	t.Helper()
	var ids []string
	for _, key := range keys(s.wanted(t, pika.StoreVectors, pika.CorpusFacts)) {
		if key.ScopeID == scope.ID() {
			ids = append(ids, key.ID)
		}
	}
	return ids
}

func oneHot(dimensions, i int) []float32 {
	values := make([]float32, dimensions)
	values[i%dimensions] = 1
	return values
}
