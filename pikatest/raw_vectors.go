package pikatest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// The embedding models of the suites for the truth. The second has the name of the
// first; a model is its name and its dimensions.
var (
	modelOne   = pika.EmbeddingModel{ID: "one/1", Dimensions: VectorDimensions}
	modelShort = pika.EmbeddingModel{ID: "one/1", Dimensions: 2}
	modelTwo   = pika.EmbeddingModel{ID: "two/1", Dimensions: VectorDimensions}
)

// RawVectors is the conformance suite of pika.RawVectors, as a part of the truth.
func RawVectors(t *testing.T, config TruthConfig) {
	s := truthSuite{config}
	s.run(t, map[string]func(*testing.T, Truth){
		"empty":                   testRawEmpty,
		"read in order of ids":    testRawOrder,
		"replaced":                testRawReplaced,
		"same id in one batch":    testRawSameID,
		"values to the last bit":  testRawValues,
		"invalid rows":            testRawInvalid,
		"models side by side":     testRawModels,
		"isolation":               testRawIsolation,
		"unicode ids":             testRawUnicode,
		"pages":                   testRawPages,
		"limits":                  testRawLimits,
		"delete":                  testRawDelete,
		"drop a model":            testRawDrop,
		"unsettled":               testUnsettled,
		"unsettled, newest first": testUnsettledOrder,
		"settled and put again":   testSettledAgain,
		"owed again":              testUnsettledOwed,
		"settled by its own item": testSettledOwn,
		"fact deleted":            testRawFactDeleted,
		"message replaced":        testRawMessageReplaced,
		"concurrent":              testRawConcurrent,
	})
	t.Run("durability", func(t *testing.T) {
		t.Parallel()
		s.testRawDurability(t)
	})
}

func raw(id string, cosine float64) pika.Vector { return pika.Vector{ID: id, Values: axis(cosine)} }

func putRaw(t *testing.T, truth Truth, scope pika.Scope, corpus pika.Corpus, m pika.EmbeddingModel, rows ...pika.Vector) {
	t.Helper()
	if err := truth.PutRawVectors(t.Context(), scope, corpus, m, rows); err != nil {
		t.Fatalf("PutRawVectors of %d rows = %v", len(rows), err)
	}
}

// listRaw returns all of a user's vectors of a model.
func listRaw(t *testing.T, truth Truth, scope pika.Scope, corpus pika.Corpus, m pika.EmbeddingModel) []pika.Vector {
	t.Helper()
	rows, err := truth.ListRawVectors(t.Context(), scope, corpus, m, "", pika.MaxVectorBatch)
	if err != nil {
		t.Fatalf("ListRawVectors = %v", err)
	}
	return rows
}

func idsOf(rows []pika.Vector) []string {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids
}

func wantRaw(t *testing.T, truth Truth, scope pika.Scope, m pika.EmbeddingModel, ids ...string) {
	t.Helper()
	wantSame(t, fmt.Sprintf("%s's vectors of %v", scope.User, m), idsOf(listRaw(t, truth, scope, pika.CorpusFacts, m)), ids)
}

func testRawEmpty(t *testing.T, truth Truth) {
	ctx := t.Context()
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne)
	got, err := truth.RawVectors(ctx, alice, pika.CorpusFacts, modelOne, []string{"a", ""})
	if err != nil || len(got) != 0 {
		t.Errorf("RawVectors of missing ids = %v, %v", got, err)
	}
	wantRaw(t, truth, alice, modelOne)
	wantUnsettled(t, truth, alice, time.Now().Add(-time.Hour))
	for _, ids := range [][]string{nil, {"a", "a"}} {
		if err := truth.DeleteRawVectors(ctx, alice, pika.CorpusFacts, ids); err != nil {
			t.Errorf("DeleteRawVectors(%v) = %v", ids, err)
		}
	}
	if n, err := truth.DropRawVectors(ctx, modelOne, 1); n != 0 || err != nil {
		t.Errorf("DropRawVectors = %d, %v", n, err)
	}
}

func testRawOrder(t *testing.T, truth Truth) {
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw("c", 0.1), raw("a", 0.2), raw("b", 0.3))
	got, err := truth.RawVectors(t.Context(), alice, pika.CorpusFacts, modelOne, []string{"b", "none", "c", "b", "a", "c"})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "RawVectors", got, []pika.Vector{raw("b", 0.3), raw("c", 0.1), raw("a", 0.2)})
	wantSame(t, "ListRawVectors", listRaw(t, truth, alice, pika.CorpusFacts, modelOne), []pika.Vector{raw("a", 0.2), raw("b", 0.3), raw("c", 0.1)})
}

func testRawReplaced(t *testing.T, truth Truth) {
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw("a", 0.1), raw("b", 0.2))
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw("a", 0.3))
	wantSame(t, "vectors", listRaw(t, truth, alice, pika.CorpusFacts, modelOne), []pika.Vector{raw("a", 0.3), raw("b", 0.2)})
}

func testRawSameID(t *testing.T, truth Truth) {
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw("a", 0.1), raw("b", 0.2), raw("a", 0.3))
	wantSame(t, "vectors", listRaw(t, truth, alice, pika.CorpusFacts, modelOne), []pika.Vector{raw("a", 0.3), raw("b", 0.2)})
}

// testRawValues: what has unit length comes back as it was, bit by bit, so that its
// digest stays; what has not is scaled to it.
func testRawValues(t *testing.T, truth Truth) {
	tiny := axis(0.3)
	tiny[5], tiny[6] = 1e-38, -1e-30
	double := axis(0.3)
	for i := range double {
		double[i] *= 2
	}
	given := slices.Clone(tiny)
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, pika.Vector{ID: "double", Values: double}, pika.Vector{ID: "tiny", Values: tiny})
	if !slices.Equal(given, tiny) {
		t.Error("PutRawVectors changed the caller's values")
	}
	got := listRaw(t, truth, alice, pika.CorpusFacts, modelOne)
	if pika.VectorDigest(got[1].Values) != pika.VectorDigest(tiny) {
		t.Errorf("the values %v come back as %v", tiny, got[1].Values)
	}
	if _, err := pika.UnitVector(got[0].Values, VectorDimensions); err != nil || got[0].Values[0] > 0.31 {
		t.Errorf("a vector of length 2 is kept as %v", got[0].Values)
	}
}

func testRawInvalid(t *testing.T, truth Truth) {
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw("a", 0.1))
	for name, values := range map[string][]float32{
		"no values": nil, "too short": axis(1)[1:], "length 0": make([]float32, VectorDimensions),
	} {
		err := truth.PutRawVectors(t.Context(), alice, pika.CorpusFacts, modelOne, []pika.Vector{raw("a", 0.9), {ID: "bad", Values: values}})
		wantCode(t, "PutRawVectors with "+name, err, pika.Invalid)
	}
	wantSame(t, "vectors", listRaw(t, truth, alice, pika.CorpusFacts, modelOne), []pika.Vector{raw("a", 0.1)})
}

func testRawModels(t *testing.T, truth Truth) {
	short := pika.Vector{ID: "a", Values: []float32{0, 1}}
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw("a", 0.1))
	putRaw(t, truth, alice, pika.CorpusFacts, modelTwo, raw("a", 0.2), raw("b", 0.3))
	putRaw(t, truth, alice, pika.CorpusFacts, modelShort, short)
	check := func() {
		t.Helper()
		wantSame(t, "of the first model", listRaw(t, truth, alice, pika.CorpusFacts, modelOne), []pika.Vector{raw("a", 0.1)})
		wantSame(t, "of the second", listRaw(t, truth, alice, pika.CorpusFacts, modelTwo), []pika.Vector{raw("a", 0.2), raw("b", 0.3)})
		wantSame(t, "of the short one", listRaw(t, truth, alice, pika.CorpusFacts, modelShort), []pika.Vector{short})
	}
	check()
	putRaw(t, truth, alice, pika.CorpusFacts, modelTwo, raw("a", 0.2))
	check()
	got, err := truth.RawVectors(t.Context(), alice, pika.CorpusFacts, modelOne, []string{"b", "a"})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "of the first by id", got, []pika.Vector{raw("a", 0.1)})
	if err := truth.DeleteRawVectors(t.Context(), alice, pika.CorpusFacts, []string{"a"}); err != nil {
		t.Fatal(err)
	}
	wantRaw(t, truth, alice, modelOne)
	wantRaw(t, truth, alice, modelShort)
	wantRaw(t, truth, alice, modelTwo, "b")
}

// place is one user's vectors of one corpus.
type place struct {
	scope  pika.Scope
	corpus pika.Corpus
}

// places are where a row of one must not be seen from another.
func places() []place {
	return []place{{alice, pika.CorpusFacts}, {alice, pika.CorpusMessages}, {bob, pika.CorpusFacts}, {mallory, pika.CorpusFacts}}
}

func testRawIsolation(t *testing.T, truth Truth) {
	for i, p := range places() {
		putRaw(t, truth, p.scope, p.corpus, modelOne, raw("same", float64(i)/10), raw(fmt.Sprint("own", i), 0.9))
	}
	check := func(deleted int) {
		t.Helper()
		for i, p := range places() {
			want := []pika.Vector{raw(fmt.Sprint("own", i), 0.9), raw("same", float64(i)/10)}
			if i == deleted {
				want = want[:1]
			}
			wantSame(t, fmt.Sprint(p), listRaw(t, truth, p.scope, p.corpus, modelOne), want)
			got, err := truth.RawVectors(t.Context(), p.scope, p.corpus, modelOne, []string{"own0", "own1", "own2", "own3"})
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, fmt.Sprint("by id in ", p), got, want[:1])
		}
	}
	check(-1)
	if err := truth.DeleteRawVectors(t.Context(), bob, pika.CorpusFacts, []string{"same", "own0"}); err != nil {
		t.Fatal(err)
	}
	check(2)
	for name, err := range map[string]error{
		"PutRawVectors":    truth.PutRawVectors(t.Context(), alice, "pictures", modelOne, []pika.Vector{raw("a", 1)}),
		"DeleteRawVectors": truth.DeleteRawVectors(t.Context(), alice, "pictures", []string{"a"}),
		"ListRawVectors": func() error {
			_, err := truth.ListRawVectors(t.Context(), alice, "pictures", modelOne, "", 1)
			return err
		}(),
	} {
		wantCode(t, name+" of an unknown corpus", err, pika.Invalid)
	}
}

func testRawUnicode(t *testing.T, truth Truth) {
	ids := append([]string{"a", "B", "b", "Mướp", "mướp", "猫", " ", strings.Repeat("x", pika.MaxIDBytes)}, awkward...)
	for i, id := range ids {
		putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw(id, float64(i)/100))
	}
	sorted := slices.Sorted(slices.Values(ids))
	wantRaw(t, truth, alice, modelOne, sorted...)
	for i, id := range ids {
		got, err := truth.RawVectors(t.Context(), alice, pika.CorpusFacts, modelOne, []string{id})
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, "vector of "+id, got, []pika.Vector{raw(id, float64(i)/100)})
	}
	for i, id := range sorted {
		if err := truth.DeleteRawVectors(t.Context(), alice, pika.CorpusFacts, []string{id}); err != nil {
			t.Fatal(err)
		}
		wantRaw(t, truth, alice, modelOne, sorted[i+1:]...)
	}
}

func testRawPages(t *testing.T, truth Truth) {
	var want []string
	for i := range 100 {
		id := fmt.Sprintf("%03d", i*37%100)
		want = append(want, id)
		putRaw(t, truth, bob, pika.CorpusFacts, modelOne, raw(id+"x", 0.5))
		putRaw(t, truth, alice, pika.CorpusFacts, modelTwo, raw(id+"y", 0.5))
		putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw(id, 0.5))
	}
	slices.Sort(want)
	for _, limit := range []int{1, 7, 100, pika.MaxVectorBatch} {
		var got []string
		for after := ""; ; after = got[len(got)-1] {
			page, err := truth.ListRawVectors(t.Context(), alice, pika.CorpusFacts, modelOne, after, limit)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 || len(got) > len(want) {
				break
			}
			got = append(got, idsOf(page)...)
		}
		wantSame(t, fmt.Sprintf("ids in pages of %d", limit), got, want)
	}
}

func testRawLimits(t *testing.T, truth Truth) {
	ctx := t.Context()
	rows := make([]pika.Vector, pika.MaxVectorBatch+1)
	for i := range rows {
		rows[i] = raw(fmt.Sprintf("%04d", i), 0.5)
	}
	ids := idsOf(rows)
	wantCode(t, "PutRawVectors of one row too many", truth.PutRawVectors(ctx, alice, pika.CorpusFacts, modelOne, rows), pika.Invalid)
	wantRaw(t, truth, alice, modelOne)
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, rows[:pika.MaxVectorBatch]...)
	_, err := truth.RawVectors(ctx, alice, pika.CorpusFacts, modelOne, ids)
	wantCode(t, "RawVectors of one id too many", err, pika.Invalid)
	got, err := truth.RawVectors(ctx, alice, pika.CorpusFacts, modelOne, ids[:pika.MaxVectorBatch])
	if err != nil || len(got) != pika.MaxVectorBatch {
		t.Errorf("RawVectors of %d ids = %d vectors, %v", pika.MaxVectorBatch, len(got), err)
	}
	for _, limit := range []int{-1, 0, pika.MaxVectorBatch + 1} {
		_, err := truth.ListRawVectors(ctx, alice, pika.CorpusFacts, modelOne, "", limit)
		wantCode(t, fmt.Sprint("ListRawVectors with limit ", limit), err, pika.Invalid)
		_, err = truth.UnsettledVectors(ctx, alice, pika.CorpusFacts, modelOne, day(1), limit)
		wantCode(t, fmt.Sprint("UnsettledVectors with limit ", limit), err, pika.Invalid)
	}
	for _, limit := range []int{-1, 0, pika.MaxPageLimit + 1} {
		_, err := truth.DropRawVectors(ctx, modelOne, limit)
		wantCode(t, fmt.Sprint("DropRawVectors with limit ", limit), err, pika.Invalid)
	}
	for _, limit := range []int{1, pika.MaxVectorBatch} {
		got, err := truth.UnsettledVectors(ctx, alice, pika.CorpusFacts, modelOne, day(1), limit)
		if err != nil || len(got) != limit {
			t.Errorf("UnsettledVectors with limit %d = %d vectors, %v", limit, len(got), err)
		}
	}
	wantCode(t, "DeleteRawVectors of one id too many", truth.DeleteRawVectors(ctx, alice, pika.CorpusFacts, ids), pika.Invalid)
	if err := truth.DeleteRawVectors(ctx, alice, pika.CorpusFacts, ids[:pika.MaxVectorBatch]); err != nil {
		t.Error(err)
	}
	wantRaw(t, truth, alice, modelOne)
}

func testRawDelete(t *testing.T, truth Truth) {
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw("a", 0.1), raw("b", 0.2), raw("c", 0.3))
	for range 2 {
		if err := truth.DeleteRawVectors(t.Context(), alice, pika.CorpusFacts, []string{"b", "missing", "b"}); err != nil {
			t.Fatal(err)
		}
		wantRaw(t, truth, alice, modelOne, "a", "c")
	}
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw("b", 0.9))
	wantRaw(t, truth, alice, modelOne, "a", "b", "c")
}

// testRawDrop: a model that is given up goes in steps, of every user, and no other does.
func testRawDrop(t *testing.T, truth Truth) {
	for _, p := range places() {
		putRaw(t, truth, p.scope, p.corpus, modelOne, raw("a", 0.1), raw("b", 0.2), raw("c", 0.3))
		putRaw(t, truth, p.scope, p.corpus, modelTwo, raw("a", 0.1))
		putRaw(t, truth, p.scope, p.corpus, modelShort, pika.Vector{ID: "a", Values: []float32{0, 1}})
	}
	for _, want := range []int{5, 5, 2, 0, 0} {
		n, err := truth.DropRawVectors(t.Context(), modelOne, 5)
		if err != nil || n != want {
			t.Errorf("DropRawVectors = %d, %v; want %d", n, err, want)
		}
	}
	for _, p := range places() {
		wantSame(t, "what is dropped", len(listRaw(t, truth, p.scope, p.corpus, modelOne)), 0)
		wantSame(t, "what is not", len(listRaw(t, truth, p.scope, p.corpus, modelTwo)), 1)
		wantSame(t, "what has the same name", len(listRaw(t, truth, p.scope, p.corpus, modelShort)), 1)
	}
}

func testRawFactDeleted(t *testing.T, truth Truth) {
	gone, kept := claim(alice, "j", 0, "likes tea"), claim(alice, "j", 1, "likes coffee")
	commit(t, truth, alice, "j", gone, kept)
	for _, m := range []pika.EmbeddingModel{modelOne, modelTwo} {
		putRaw(t, truth, alice, pika.CorpusFacts, m, raw(gone.ID, 0.1), raw(kept.ID, 0.2))
		putRaw(t, truth, bob, pika.CorpusFacts, m, raw(gone.ID, 0.3))
	}
	putRaw(t, truth, alice, pika.CorpusMessages, modelOne, raw(gone.ID, 0.4))
	if _, err := truth.Delete(t.Context(), alice.Tenant, gone.ID, day(21)); err != nil {
		t.Fatal(err)
	}
	for _, m := range []pika.EmbeddingModel{modelOne, modelTwo} {
		wantRaw(t, truth, alice, m, kept.ID)
		wantRaw(t, truth, bob, m, gone.ID)
	}
	wantSame(t, "of a message with the same id", len(listRaw(t, truth, alice, pika.CorpusMessages, modelOne)), 1)
}

// testRawMessageReplaced: the vector of what a message said before says nothing of what
// it says now; a message that is put again as it is keeps its own.
func testRawMessageReplaced(t *testing.T, truth Truth) {
	changed, same := said(alice, "m1", "likes tea"), said(alice, "m2", "likes phở")
	put(t, truth, alice, changed, same)
	putRaw(t, truth, alice, pika.CorpusMessages, modelOne, raw(changed.Key, 0.1), raw(same.Key, 0.2))
	putRaw(t, truth, alice, pika.CorpusMessages, modelTwo, raw(changed.Key, 0.1))
	put(t, truth, alice, said(alice, "m1", "likes coffee"), same)
	wantSame(t, "of the first model", idsOf(listRaw(t, truth, alice, pika.CorpusMessages, modelOne)), []string{same.Key})
	wantSame(t, "of the second", idsOf(listRaw(t, truth, alice, pika.CorpusMessages, modelTwo)), []string{})
}

// testRawConcurrent: writers of the same ids in different orders do not block each
// other for ever, and each id ends with one of their vectors.
func testRawConcurrent(t *testing.T, truth Truth) {
	const writers, rows = 8, 20
	together(writers, func(i int) {
		batch := make([]pika.Vector, rows)
		for j := range batch {
			batch[j] = raw(fmt.Sprintf("%02d", (j*7+i*3)%rows), float64(i)/10)
		}
		if err := truth.PutRawVectors(t.Context(), alice, pika.CorpusFacts, modelOne, batch); err != nil {
			t.Errorf("PutRawVectors = %v", err)
		}
	})
	got := listRaw(t, truth, alice, pika.CorpusFacts, modelOne)
	if len(got) != rows {
		t.Fatalf("%d vectors; want %d", len(got), rows)
	}
	for _, v := range got {
		if !isOneOf(v, writers) {
			t.Errorf("the vector of %s is none that was written", v.ID)
		}
	}
}

func isOneOf(v pika.Vector, writers int) bool {
	for i := range writers {
		if slices.Equal(v.Values, axis(float64(i)/10)) {
			return true
		}
	}
	return false
}

func (s truthSuite) testRawDurability(t *testing.T) {
	dir := t.TempDir()
	truth := s.config.Open(t, dir)
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw("a", 0.1), raw("b", 0.2))
	acknowledge(t, truth, alice, "a")
	if err := truth.Close(); err != nil {
		t.Fatal(err)
	}
	truth = s.config.Open(t, dir)
	wantSame(t, "after opening again", listRaw(t, truth, alice, pika.CorpusFacts, modelOne), []pika.Vector{raw("a", 0.1), raw("b", 0.2)})
	wantUnsettled(t, truth, alice, time.Now().Add(time.Hour), "b")
	if err := truth.Close(); err != nil {
		t.Error(err)
	}
}
