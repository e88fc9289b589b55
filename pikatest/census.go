package pikatest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pikamem/pika"
)

// Census is the conformance suite of pika.Census, as a part of the truth.
func Census(t *testing.T, config TruthConfig) {
	s := truthSuite{config}
	s.run(t, map[string]func(*testing.T, Truth){
		"empty":               testCensusEmpty,
		"facts":               testWantedFacts,
		"messages":            testWantedMessages,
		"links":               testWantedLinks,
		"vectors alone":       testWantedVectorAlone,
		"times":               testWantedTimes,
		"order":               testWantedOrder,
		"ranges":              testWantedRanges,
		"bounds between ids":  testWantedBounds,
		"pages":               testWantedPages,
		"limits":              testWantedLimits,
		"scopes by id":        testScopesByID,
		"scopes by id limits": testScopesByIDLimits,
	})
	t.Run("durability", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		truth := s.config.Open(t, dir)
		f := linked(alice, "j", 0, "likes phở", "phở")
		commit(t, truth, alice, "j", f)
		putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw(f.ID, 0.1))
		want := wantedRows(t, truth, pika.StoreVectors, pika.CorpusFacts, pika.RowRange{})
		if err := truth.Close(); err != nil {
			t.Fatal(err)
		}
		truth = s.config.Open(t, dir)
		wantSame(t, "vectors", wantedRows(t, truth, pika.StoreVectors, pika.CorpusFacts, pika.RowRange{}), want)
		wantRows(t, truth, pika.StoreGraph, pika.CorpusFacts, linkRow(alice, f))
		if err := truth.Close(); err != nil {
			t.Error(err)
		}
	})
}

// linked returns a fact with entities.
func linked(scope pika.Scope, job string, item int, statement string, entities ...string) pika.Fact {
	f := claim(scope, job, item, statement)
	f.Predicate = "likes"
	for _, name := range entities {
		f.Entities = append(f.Entities, pika.Entity{ID: pika.EntityID(scope, name), Name: name, Type: "other"})
	}
	return withKeys(f)
}

func linkRow(scope pika.Scope, f pika.Fact) pika.Row {
	return pika.Row{RowKey: pika.RowKey{ScopeID: scope.ID(), ID: f.ID}, Digest: pika.LinkDigest(pika.LinkOf(&f))}
}

// vectorRow returns the row of a fact or message; no cosine: the truth has no vector of it.
func vectorRow(scope pika.Scope, id string, cosine ...float64) pika.Row {
	row := pika.Row{RowKey: pika.RowKey{ScopeID: scope.ID(), ID: id}}
	if len(cosine) > 0 {
		row.Digest = pika.VectorDigest(axis(cosine[0]))
	}
	return row
}

// wantedRows reads a range, of MaxPageLimit rows if it says no limit, for the first model.
func wantedRows(t *testing.T, truth Truth, store pika.Store, corpus pika.Corpus, r pika.RowRange) []pika.Row {
	t.Helper()
	r.Limit = cmp.Or(r.Limit, pika.MaxPageLimit)
	rows, err := truth.WantedRows(t.Context(), store, corpus, modelOne, r)
	if err != nil {
		t.Fatalf("WantedRows(%s, %s, %+v) = %v", store, corpus, r, err)
	}
	return rows
}

// wantRows compares all that a projection should hold, whatever the times.
func wantRows(t *testing.T, truth Truth, store pika.Store, corpus pika.Corpus, want ...pika.Row) {
	t.Helper()
	slices.SortFunc(want, func(a, b pika.Row) int { return compareKeys(a.RowKey, b.RowKey) })
	got := wantedRows(t, truth, store, corpus, pika.RowRange{})
	if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(pika.Row{}, "At")); diff != "" {
		t.Errorf("WantedRows(%s, %s) (-want +got):\n%s", store, corpus, diff)
	}
}

// wantWanted compares the keys of the facts of a range, in the vector index and in the graph.
func wantWanted(t *testing.T, truth Truth, r pika.RowRange, want ...pika.RowKey) {
	t.Helper()
	for _, store := range []pika.Store{pika.StoreVectors, pika.StoreGraph} {
		var got []pika.RowKey
		for _, row := range wantedRows(t, truth, store, pika.CorpusFacts, r) {
			got = append(got, row.RowKey)
		}
		wantSame(t, fmt.Sprintf("WantedRows(%s, %+v)", store, r), got, want)
	}
}

func testCensusEmpty(t *testing.T, truth Truth) {
	for _, store := range []pika.Store{pika.StoreVectors, pika.StoreGraph} {
		for _, corpus := range []pika.Corpus{pika.CorpusFacts, pika.CorpusMessages} {
			wantRows(t, truth, store, corpus)
		}
	}
	got, err := truth.ScopesByID(t.Context(), nil)
	if err != nil || len(got) != 0 {
		t.Errorf("ScopesByID of nothing = %v, %v", got, err)
	}
}

// testWantedFacts: superseded facts are wanted too, deleted ones are not, and each
// with the digest of its own vector of the model asked for.
func testWantedFacts(t *testing.T, truth Truth) {
	former, present := home(alice, "j1", "Huế", day(1)), home(alice, "j2", "Hà Nội", day(2))
	gone, bare := claim(alice, "j3", 0, "likes tea"), claim(bob, "j4", 0, "likes coffee")
	commit(t, truth, alice, "j1", former)
	commit(t, truth, alice, "j2", present)
	commit(t, truth, alice, "j3", gone)
	commit(t, truth, bob, "j4", bare)
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw(former.ID, 0.1), raw(present.ID, 0.2), raw(gone.ID, 0.3))
	putRaw(t, truth, alice, pika.CorpusFacts, modelTwo, raw(present.ID, 0.9))
	putRaw(t, truth, bob, pika.CorpusFacts, modelTwo, raw(bare.ID, 0.9))
	putRaw(t, truth, bob, pika.CorpusMessages, modelOne, raw(bare.ID, 0.9))
	if _, err := truth.Delete(t.Context(), alice.Tenant, gone.ID, day(21)); err != nil {
		t.Fatal(err)
	}
	wantRows(t, truth, pika.StoreVectors, pika.CorpusFacts,
		vectorRow(alice, former.ID, 0.1), vectorRow(alice, present.ID, 0.2), vectorRow(bob, bare.ID))
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw(former.ID, 0.4))
	putRaw(t, truth, bob, pika.CorpusFacts, modelOne, raw(bare.ID, 0.5))
	acknowledge(t, truth, bob, bare.ID)
	if err := truth.DeleteRawVectors(t.Context(), alice, pika.CorpusFacts, []string{present.ID}); err != nil {
		t.Fatal(err)
	}
	wantRows(t, truth, pika.StoreVectors, pika.CorpusFacts,
		vectorRow(alice, former.ID, 0.4), vectorRow(alice, present.ID), vectorRow(bob, bare.ID, 0.5))
	wantRows(t, truth, pika.StoreVectors, pika.CorpusMessages)
}

func testWantedMessages(t *testing.T, truth Truth) {
	kept, replaced, emptied, hash := said(alice, "m1", "likes tea"), said(alice, "m2", "one"), said(alice, "m3", "two"), said(alice, "m4", "three")
	hash.Content = ""
	other := said(mallory, "m1", "likes tea")
	put(t, truth, alice, kept, replaced, emptied, hash)
	put(t, truth, mallory, other)
	putRaw(t, truth, alice, pika.CorpusMessages, modelOne, raw(kept.Key, 0.1), raw(replaced.Key, 0.2), raw(emptied.Key, 0.3))
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw(kept.Key, 0.9))
	wantRows(t, truth, pika.StoreVectors, pika.CorpusMessages, vectorRow(alice, kept.Key, 0.1),
		vectorRow(alice, replaced.Key, 0.2), vectorRow(alice, emptied.Key, 0.3), vectorRow(mallory, other.Key))

	nothing := said(alice, "m3", "other")
	nothing.Content = ""
	put(t, truth, alice, said(alice, "m2", "another"), nothing)
	wantRows(t, truth, pika.StoreVectors, pika.CorpusMessages,
		vectorRow(alice, kept.Key, 0.1), vectorRow(alice, replaced.Key), vectorRow(mallory, other.Key))
	wantRows(t, truth, pika.StoreGraph, pika.CorpusMessages)
	wantRows(t, truth, pika.StoreVectors, pika.CorpusFacts)
}

// testWantedLinks: the graph is owed the facts that touch entities, as LinkOf says them.
func testWantedLinks(t *testing.T, truth Truth) {
	one := linked(alice, "j", 0, "likes phở", "phở")
	many := linked(alice, "j", 1, "likes cats", "linh", "mướp", "a", "Z", "猫")
	again := linked(alice, "j", 2, "likes her cat", "linh", "linh", "mướp")
	plain, gone := claim(alice, "j", 3, "sings"), linked(alice, "j", 4, "likes tea", "tea")
	other := linked(bob, "j", 0, "likes phở", "phở")
	former, present := home(bob, "k", "Huế", day(1)), home(bob, "l", "Hà Nội", day(2))
	former.Entities = []pika.Entity{{ID: pika.EntityID(bob, "huế"), Name: "Huế", Type: "place"}}
	present.Entities = []pika.Entity{{ID: pika.EntityID(bob, "hà nội"), Name: "Hà Nội", Type: "place"}}
	commit(t, truth, alice, "j", one, many, again, plain, gone)
	commit(t, truth, bob, "j", other)
	commit(t, truth, bob, "k", former)
	commit(t, truth, bob, "l", present)
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw(one.ID, 0.1), raw(plain.ID, 0.1))
	if _, err := truth.Delete(t.Context(), alice.Tenant, gone.ID, day(21)); err != nil {
		t.Fatal(err)
	}
	wantRows(t, truth, pika.StoreGraph, pika.CorpusFacts, linkRow(alice, one), linkRow(alice, many), linkRow(alice, again),
		linkRow(bob, other), linkRow(bob, former), linkRow(bob, present))
}

// testWantedVectorAlone: a vector whose fact is not there (yet) wants no row.
func testWantedVectorAlone(t *testing.T, truth Truth) {
	f, m := claim(alice, "j", 0, "likes tea"), said(alice, "m1", "likes tea")
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw(f.ID, 0.1))
	putRaw(t, truth, alice, pika.CorpusMessages, modelOne, raw(m.Key, 0.2))
	wantRows(t, truth, pika.StoreVectors, pika.CorpusFacts)
	wantRows(t, truth, pika.StoreVectors, pika.CorpusMessages)
	commit(t, truth, alice, "j", f)
	put(t, truth, alice, m)
	wantRows(t, truth, pika.StoreVectors, pika.CorpusFacts, vectorRow(alice, f.ID, 0.1))
	wantRows(t, truth, pika.StoreVectors, pika.CorpusMessages, vectorRow(alice, m.Key, 0.2))
}

// testWantedTimes: a row is as old as what was written last of what it follows from,
// so that what is still under way is not taken for drift.
func testWantedTimes(t *testing.T, truth Truth) {
	f := linked(alice, "j", 0, "likes phở", "phở")
	commit(t, truth, alice, "j", f)
	at := func(store pika.Store, corpus pika.Corpus) time.Time {
		t.Helper()
		rows := wantedRows(t, truth, store, corpus, pika.RowRange{})
		if len(rows) != 1 {
			t.Fatalf("%d rows; want 1", len(rows))
		}
		return rows[0].At
	}
	for _, store := range []pika.Store{pika.StoreVectors, pika.StoreGraph} {
		if got := at(store, pika.CorpusFacts); !got.Equal(day(20)) || got.Location() != time.UTC {
			t.Errorf("%s wants a fact since %v; want %v, when it was recorded", store, got, day(20))
		}
	}
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw(f.ID, 0.1))
	if got := at(pika.StoreVectors, pika.CorpusFacts); got.Before(before()) || got.After(after()) {
		t.Errorf("a vector that is written now is wanted since %v", got)
	}
	put(t, truth, alice, said(alice, "m1", "likes tea")) // said on day 3
	if got := at(pika.StoreVectors, pika.CorpusMessages); got.Before(before()) || got.After(after()) {
		t.Errorf("a message that is stored now is wanted since %v", got)
	}
}

// fill commits facts with given ids, each with an entity, and returns their keys.
func fill(t *testing.T, truth Truth, scope pika.Scope, ids ...string) []pika.RowKey {
	t.Helper()
	var facts []pika.Fact
	for i, id := range ids {
		f := linked(scope, "fill", i, "likes "+id, "thing")
		f.ID, f.ContentHash = id, id // NFC and NFD forms are equal statements; here both are wanted
		facts = append(facts, f)
	}
	commit(t, truth, scope, "fill", facts...)
	return keys(scope, ids...)
}

// testWantedOrder: by scope id, then by id, byte by byte, however they were written.
func testWantedOrder(t *testing.T, truth Truth) {
	ids := append([]string{"b", "B", "a/b", "aa", "mướp", "Mướp", "猫", "Z"}, awkward...)
	var want []pika.RowKey
	for _, scope := range []pika.Scope{mallory, alice, bob} {
		own := make([]string, len(ids))
		for i, id := range ids {
			own[i] = id + " of " + scope.ID()
		}
		want = append(want, fill(t, truth, scope, own...)...)
	}
	slices.SortFunc(want, compareKeys)
	wantWanted(t, truth, pika.RowRange{}, want...)
	for i := range want {
		wantWanted(t, truth, pika.RowRange{After: want[i], Limit: 2}, want[i+1:min(i+3, len(want))]...)
	}
}

// three fills alice, bob and mallory with two facts each and returns their scopes in
// the order of their ids, and the keys.
func three(t *testing.T, truth Truth) (scopes []pika.Scope, all []pika.RowKey) {
	t.Helper()
	scopes = byScope()
	for i, scope := range scopes {
		all = append(all, fill(t, truth, scope, fmt.Sprint("a", i), fmt.Sprint("b", i))...)
	}
	return scopes, all
}

func testWantedRanges(t *testing.T, truth Truth) {
	s, all := three(t, truth)
	for _, tt := range []struct {
		r    pika.RowRange
		want []pika.RowKey
	}{
		{pika.RowRange{}, all},
		{pika.RowRange{FromScope: s[1].ID()}, all[2:]},
		{pika.RowRange{ToScope: s[1].ID()}, all[:2]},
		{pika.RowRange{FromScope: s[1].ID(), ToScope: s[2].ID()}, all[2:4]},
		{pika.RowRange{FromScope: s[1].ID(), ToScope: s[1].ID()}, nil},
		{pika.RowRange{FromScope: s[2].ID(), ToScope: s[0].ID()}, nil},
		{pika.RowRange{After: all[0]}, all[1:]},
		{pika.RowRange{After: all[1], ToScope: s[2].ID()}, all[2:4]},
		{pika.RowRange{After: all[3], ToScope: s[1].ID()}, nil},
		{pika.RowRange{FromScope: s[1].ID(), After: all[0]}, all[2:]},
		{pika.RowRange{FromScope: s[1].ID(), After: all[2]}, all[3:]},
		{pika.RowRange{After: pika.RowKey{ScopeID: s[1].ID()}}, all[2:]},
		{pika.RowRange{After: pika.RowKey{ScopeID: s[1].ID(), ID: "~"}}, all[4:]},
		{pika.RowRange{After: all[5]}, nil},
		{pika.RowRange{Limit: 3}, all[:3]},
		{pika.RowRange{FromScope: s[1].ID(), Limit: 3}, all[2:5]},
		{pika.RowRange{After: all[0], Limit: 2}, all[1:3]},
	} {
		wantWanted(t, truth, tt.r, tt.want...)
	}
}

// testWantedBounds: bounds need not be ids of scopes: buckets are cut by prefixes.
func testWantedBounds(t *testing.T, truth Truth) {
	_, all := three(t, truth)
	middle := all[2].ScopeID
	bounds := []string{"", "0", "4", "8", "80", "c", "g", "~", "é", "4é", middle, middle + "0", middle + "-", middle[:35], middle[:8] + "é"}
	for i, from := range bounds {
		for _, to := range []string{"", bounds[(i+2)%len(bounds)], bounds[(i+7)%len(bounds)]} {
			var want []pika.RowKey
			for _, k := range all {
				if k.ScopeID >= from && (to == "" || k.ScopeID < to) {
					want = append(want, k)
				}
			}
			wantWanted(t, truth, pika.RowRange{FromScope: from, ToScope: to}, want...)
		}
		after := pika.RowKey{ScopeID: from, ID: "x"}
		first := slices.IndexFunc(all, func(k pika.RowKey) bool { return compareKeys(k, after) > 0 })
		if first < 0 {
			first = len(all)
		}
		wantWanted(t, truth, pika.RowRange{After: after}, all[first:]...)
	}
}

// testWantedPages: over many users, some of them with nothing to hold, every row is
// seen once.
func testWantedPages(t *testing.T, truth Truth) {
	var want []pika.RowKey
	for u := range 24 {
		scope := pika.Scope{Tenant: fmt.Sprint("t", u%3), User: fmt.Sprint("u", u)}
		if u%5 == 4 {
			put(t, truth, scope, said(scope, "m1", "only a message"))
			continue
		}
		ids := make([]string, 1+u*3%11)
		for i := range ids {
			ids[i] = fmt.Sprintf("%02d-%02d", (i*7)%11, u)
		}
		want = append(want, fill(t, truth, scope, ids...)...)
	}
	slices.SortFunc(want, compareKeys)
	for _, limit := range []int{1, 7, len(want), pika.MaxPageLimit} {
		var got []pika.RowKey
		for r := (pika.RowRange{Limit: limit}); ; {
			page := wantedRows(t, truth, pika.StoreVectors, pika.CorpusFacts, r)
			for _, row := range page {
				got = append(got, row.RowKey)
			}
			if len(page) < limit || len(got) > len(want) {
				break
			}
			r.After = page[limit-1].RowKey
		}
		wantSame(t, fmt.Sprintf("keys in pages of %d", limit), got, want)
	}
}

func testWantedLimits(t *testing.T, truth Truth) {
	ids := make([]string, pika.MaxPageLimit)
	for i := range ids {
		ids[i] = fmt.Sprintf("%04d", i)
	}
	all := fill(t, truth, alice, ids...)
	wantWanted(t, truth, pika.RowRange{Limit: pika.MaxPageLimit}, all...)
	wantWanted(t, truth, pika.RowRange{Limit: 1}, all[0])
	wanted := func(store pika.Store, corpus pika.Corpus, limit int) error {
		_, err := truth.WantedRows(t.Context(), store, corpus, modelOne, pika.RowRange{Limit: limit})
		return err
	}
	for _, limit := range []int{-1, 0, pika.MaxPageLimit + 1} {
		wantCode(t, fmt.Sprint("WantedRows with limit ", limit), wanted(pika.StoreVectors, pika.CorpusFacts, limit), pika.Invalid)
		wantCode(t, fmt.Sprint("of the graph with limit ", limit), wanted(pika.StoreGraph, pika.CorpusMessages, limit), pika.Invalid)
	}
	wantCode(t, "WantedRows of the truth itself", wanted(pika.StoreFacts, pika.CorpusFacts, 1), pika.Invalid)
	wantCode(t, "WantedRows of an unknown store", wanted("pictures", pika.CorpusFacts, 1), pika.Invalid)
	wantCode(t, "WantedRows of an unknown corpus", wanted(pika.StoreVectors, "pictures", 1), pika.Invalid)
}

// testScopesByID: a user is known from the first thing that was written of them.
func testScopesByID(t *testing.T, truth Truth) {
	awkwardScope := pika.Scope{Tenant: awkward[0], User: awkward[6]}
	commit(t, truth, alice, "j", claim(alice, "j", 0, "likes tea"))
	put(t, truth, mallory, said(mallory, "m1", "likes tea"))
	putRaw(t, truth, awkwardScope, pika.CorpusFacts, modelOne, raw("a", 0.1))
	got, err := truth.ScopesByID(t.Context(), []string{
		alice.ID(), bob.ID(), mallory.ID(), "", "no id", alice.ID(), alice.ID()[:35], awkwardScope.ID(), "'; DROP TABLE scopes; --",
	})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "ScopesByID", got, map[string]pika.Scope{alice.ID(): alice, mallory.ID(): mallory, awkwardScope.ID(): awkwardScope})
}

func testScopesByIDLimits(t *testing.T, truth Truth) {
	commit(t, truth, alice, "j", claim(alice, "j", 0, "likes tea"))
	ids := make([]string, pika.MaxPageLimit)
	for i := range ids {
		ids[i] = pika.Scope{Tenant: "acme", User: fmt.Sprint(i)}.ID()
	}
	ids[len(ids)-1] = alice.ID()
	got, err := truth.ScopesByID(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "ScopesByID of many", got, map[string]pika.Scope{alice.ID(): alice})
	_, err = truth.ScopesByID(t.Context(), append(ids, bob.ID()))
	wantCode(t, "ScopesByID of one id too many", err, pika.Invalid)
}
