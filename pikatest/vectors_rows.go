package pikatest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// VectorRows is the conformance suite of pika.Rows for an implementation of
// pika.Vectors: what Open of the configuration returns must be both.
func VectorRows(t *testing.T, config VectorsConfig) {
	for name, test := range map[string]func(*vectorRowsCase){
		"empty":              (*vectorRowsCase).empty,
		"rows say what is":   (*vectorRowsCase).contents,
		"order":              (*vectorRowsCase).order,
		"ranges":             (*vectorRowsCase).ranges,
		"bounds between ids": (*vectorRowsCase).odd,
		"pages":              (*vectorRowsCase).pages,
		"acknowledged":       (*vectorRowsCase).acknowledged,
		"corpora apart":      (*vectorRowsCase).corpora,
		"delete rows":        (*vectorRowsCase).deletes,
		"unknown scopes":     (*vectorRowsCase).unknownScopes,
		"limits":             (*vectorRowsCase).limits,
		"cancelled":          (*vectorRowsCase).cancelled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			index, closeIndex := config.Open(t, t.TempDir())
			t.Cleanup(closeIndex)
			rows, ok := index.(pika.Rows)
			if !ok {
				t.Fatalf("%T does not implement pika.Rows", index)
			}
			test(&vectorRowsCase{T: t, index: index, rows: rows})
		})
	}
}

type vectorRowsCase struct {
	*testing.T
	index pika.Vectors
	rows  pika.Rows
}

func (c *vectorRowsCase) upsert(scope pika.Scope, corpus pika.Corpus, ids ...string) {
	c.Helper()
	rows := make([]pika.Vector, len(ids))
	for i, id := range ids {
		rows[i] = pika.Vector{ID: id, Values: axis(0.5)}
	}
	if err := c.index.Upsert(c.Context(), scope, corpus, rows); err != nil {
		c.Fatalf("Upsert of %d rows = %v", len(rows), err)
	}
}

func (c *vectorRowsCase) list(corpus pika.Corpus, r pika.RowRange) []pika.Row {
	c.Helper()
	r.Limit = cmp.Or(r.Limit, pika.MaxPageLimit)
	rows, err := c.rows.ListRows(c.Context(), corpus, r)
	if err != nil {
		c.Fatalf("ListRows(%+v) = %v", r, err)
	}
	return rows
}

// wantKeys lists a range of facts and compares the keys.
func (c *vectorRowsCase) wantKeys(r pika.RowRange, want ...pika.RowKey) {
	c.Helper()
	got := []pika.RowKey{}
	for _, row := range c.list(pika.CorpusFacts, r) {
		got = append(got, row.RowKey)
	}
	if !slices.Equal(got, want) {
		c.Errorf("ListRows(%+v) = %q; want %q", r, got, want)
	}
}

func keys(scope pika.Scope, ids ...string) []pika.RowKey {
	all := make([]pika.RowKey, len(ids))
	for i, id := range ids {
		all[i] = pika.RowKey{ScopeID: scope.ID(), ID: id}
	}
	return all
}

// byScope returns the three scopes in the order of their ids.
func byScope() []pika.Scope {
	scopes := []pika.Scope{alice, bob, mallory}
	slices.SortFunc(scopes, func(a, b pika.Scope) int { return strings.Compare(a.ID(), b.ID()) })
	return scopes
}

func (c *vectorRowsCase) empty() {
	c.wantKeys(pika.RowRange{})
	if err := c.rows.DeleteRows(c.Context(), pika.CorpusFacts, nil); err != nil {
		c.Errorf("DeleteRows of nothing = %v", err)
	}
	if err := c.rows.DeleteRows(c.Context(), pika.CorpusFacts, keys(alice, "missing")); err != nil {
		c.Errorf("DeleteRows of a row that is not there = %v", err)
	}
}

// contents: a row says which vector it has and when it was written; a replaced one
// says so of the new vector.
func (c *vectorRowsCase) contents() {
	for _, cosine := range []float64{0.5, 0.25} {
		from := time.Now().Add(-time.Minute)
		if err := c.index.Upsert(c.Context(), alice, pika.CorpusFacts, []pika.Vector{{ID: "a", Values: axis(cosine)}}); err != nil {
			c.Fatal(err)
		}
		rows := c.list(pika.CorpusFacts, pika.RowRange{})
		if len(rows) != 1 || rows[0].RowKey != keys(alice, "a")[0] {
			c.Fatalf("rows = %v; want the one of a", rows)
		}
		if want := pika.VectorDigest(axis(cosine)); rows[0].Digest != want {
			c.Errorf("digest = %d; want %d, that of the vector last written", rows[0].Digest, want)
		}
		if at := rows[0].At; at.Before(from) || at.After(time.Now().Add(time.Minute)) {
			c.Errorf("written at %v; want now", at)
		}
	}
}

// order: by scope id, then by id, byte by byte, however and whenever they were written.
func (c *vectorRowsCase) order() {
	ids := []string{"", " ", "a", "a/b", "aa", "ab", "b", "B", "Mướp", "mướp", "猫", "😀", "%", "_", `"`, `\`, "'", "\n", strings.Repeat("x", pika.MaxIDBytes)}
	var want []pika.RowKey
	for i := range ids {
		scope := byScope()[(i*2)%3]
		c.upsert(scope, pika.CorpusFacts, ids[i])
		want = append(want, keys(scope, ids[i])...)
	}
	c.upsert(bob, pika.CorpusFacts, ids...)
	want = append(want, keys(bob, ids...)...)
	slices.SortFunc(want, compareKeys)
	want = slices.Compact(want)
	c.wantKeys(pika.RowRange{}, want...)
	for i := range want {
		c.wantKeys(pika.RowRange{After: want[i], Limit: 2}, want[i+1:min(i+3, len(want))]...)
	}
}

func compareKeys(a, b pika.RowKey) int {
	return cmp.Or(strings.Compare(a.ScopeID, b.ScopeID), strings.Compare(a.ID, b.ID))
}

func (c *vectorRowsCase) ranges() {
	s := byScope()
	for _, scope := range s {
		c.upsert(scope, pika.CorpusFacts, "b", "a")
	}
	all := slices.Concat(keys(s[0], "a", "b"), keys(s[1], "a", "b"), keys(s[2], "a", "b"))
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
		{pika.RowRange{FromScope: s[1].ID(), After: all[0]}, all[2:]},
		{pika.RowRange{FromScope: s[1].ID(), After: all[2]}, all[3:]},
		{pika.RowRange{After: pika.RowKey{ScopeID: s[1].ID()}}, all[2:]},
		{pika.RowRange{After: all[5]}, nil},
		{pika.RowRange{Limit: 3}, all[:3]},
		{pika.RowRange{FromScope: s[1].ID(), Limit: 3}, all[2:5]},
	} {
		c.wantKeys(tt.r, tt.want...)
	}
}

// odd: bounds need not be ids of scopes: buckets are cut by prefixes, such as 80.
func (c *vectorRowsCase) odd() {
	var all []pika.RowKey
	for i := range 12 {
		scope := pika.Scope{Tenant: "acme", User: fmt.Sprint("user", i)}
		c.upsert(scope, pika.CorpusFacts, "a")
		all = append(all, keys(scope, "a")...)
	}
	slices.SortFunc(all, compareKeys)
	middle := all[6].ScopeID
	bounds := []string{"", "0", "4", "8", "80", "c", "g", "~", "é", "4é", middle, middle + "0", middle + "-", middle[:35], middle[:8] + "é"}
	for i, from := range bounds {
		for _, to := range []string{"", bounds[(i+2)%len(bounds)], bounds[(i+7)%len(bounds)]} {
			var want []pika.RowKey
			for _, k := range all {
				if k.ScopeID >= from && (to == "" || k.ScopeID < to) {
					want = append(want, k)
				}
			}
			c.wantKeys(pika.RowRange{FromScope: from, ToScope: to}, want...)
		}
		after := pika.RowKey{ScopeID: from, ID: "x"}
		first := slices.IndexFunc(all, func(k pika.RowKey) bool { return compareKeys(k, after) > 0 })
		if first < 0 {
			first = len(all)
		}
		c.wantKeys(pika.RowRange{After: after}, all[first:]...)
	}
}

// pages: every row is seen once, also where rows are written in many small batches.
func (c *vectorRowsCase) pages() {
	var want []pika.RowKey
	for batch := range 20 {
		scope := byScope()[batch%3]
		ids := make([]string, 35)
		for i := range ids {
			ids[i] = fmt.Sprintf("%03d", (i*211+batch*7)%1000)
		}
		c.upsert(scope, pika.CorpusFacts, ids...)
		want = append(want, keys(scope, ids...)...)
	}
	slices.SortFunc(want, compareKeys)
	want = slices.Compact(want)
	for _, limit := range []int{97, pika.MaxPageLimit} {
		var got []pika.RowKey
		for r := (pika.RowRange{Limit: limit}); ; {
			page := c.list(pika.CorpusFacts, r)
			for _, row := range page {
				got = append(got, row.RowKey)
			}
			if len(page) < limit {
				break
			}
			r.After = page[limit-1].RowKey
		}
		if !slices.Equal(got, want) {
			c.Errorf("in pages of %d, %d rows were seen; want each of %d once, in order", limit, len(got), len(want))
		}
	}
}

// acknowledged: no settling is allowed here.
func (c *vectorRowsCase) acknowledged() {
	var want []pika.RowKey
	for i := range 8 {
		id := fmt.Sprint(i)
		c.upsert(alice, pika.CorpusFacts, id)
		want = append(want, keys(alice, id)...)
		c.wantKeys(pika.RowRange{}, want...)
	}
	if err := c.index.DeleteVectors(c.Context(), alice, pika.CorpusFacts, []string{"0"}); err != nil {
		c.Fatal(err)
	}
	c.wantKeys(pika.RowRange{}, want[1:]...)
	if err := c.rows.DeleteRows(c.Context(), pika.CorpusFacts, want[1:2]); err != nil {
		c.Fatal(err)
	}
	c.wantKeys(pika.RowRange{}, want[2:]...)
}

func (c *vectorRowsCase) corpora() {
	c.upsert(alice, pika.CorpusFacts, "same", "fact")
	c.upsert(alice, pika.CorpusMessages, "same", "message")
	if err := c.rows.DeleteRows(c.Context(), pika.CorpusMessages, keys(alice, "same", "fact")); err != nil {
		c.Fatal(err)
	}
	c.wantKeys(pika.RowRange{}, keys(alice, "fact", "same")...)
	if rows := c.list(pika.CorpusMessages, pika.RowRange{}); len(rows) != 1 || rows[0].ID != "message" {
		c.Errorf("messages = %v; want the one that is left", rows)
	}
	_, err := c.rows.ListRows(c.Context(), "pictures", pika.RowRange{Limit: 1})
	wantCode(c.T, "ListRows of an unknown corpus", err, pika.Invalid)
	wantCode(c.T, "DeleteRows of an unknown corpus", c.rows.DeleteRows(c.Context(), "pictures", keys(alice, "a")), pika.Invalid)
}

// deletes: exactly the keys named go, and a search no longer finds them.
func (c *vectorRowsCase) deletes() {
	ids := []string{"a", "b", `" or pk != "`, `\`, "Mướp"}
	c.upsert(alice, pika.CorpusFacts, ids...)
	c.upsert(bob, pika.CorpusFacts, ids...)
	slices.Sort(ids)
	for i, id := range ids {
		for range 2 {
			if err := c.rows.DeleteRows(c.Context(), pika.CorpusFacts, append(keys(alice, id), keys(mallory, id)...)); err != nil {
				c.Fatal(err)
			}
		}
		want := append(keys(alice, ids[i+1:]...), keys(bob, ids...)...)
		slices.SortFunc(want, compareKeys)
		c.wantKeys(pika.RowRange{}, want...)
	}
}

// unknownScopes: the scope of a row that nobody knows is only an id.
func (c *vectorRowsCase) unknownScopes() {
	ghost := pika.Scope{Tenant: "gone", User: "nobody"}
	c.upsert(ghost, pika.CorpusFacts, "a", "b")
	c.upsert(alice, pika.CorpusFacts, "a")
	others := []pika.RowKey{
		{},
		{ID: "a"},
		{ScopeID: "x", ID: "a"},
		{ScopeID: ghost.ID() + "/a"},
		{ScopeID: ghost.ID() + "0", ID: "a"},
		{ScopeID: ghost.ID()[:35], ID: ghost.ID()[35:] + "/a"},
		{ScopeID: ghost.ID(), ID: strings.Repeat("y", 4*pika.MaxIDBytes)},
	}
	if err := c.rows.DeleteRows(c.Context(), pika.CorpusFacts, append(others, keys(ghost, "a")...)); err != nil {
		c.Fatalf("DeleteRows = %v", err)
	}
	want := append(keys(ghost, "b"), keys(alice, "a")...)
	slices.SortFunc(want, compareKeys)
	c.wantKeys(pika.RowRange{}, want...)
}

func (c *vectorRowsCase) limits() {
	ids := make([]string, pika.MaxPageLimit)
	for i := range ids {
		ids[i] = fmt.Sprintf("%04d", i)
	}
	c.upsert(alice, pika.CorpusFacts, ids...)
	c.upsert(alice, pika.CorpusFacts, "more")
	for _, limit := range []int{-1, 0, pika.MaxPageLimit + 1} {
		_, err := c.rows.ListRows(c.Context(), pika.CorpusFacts, pika.RowRange{Limit: limit})
		wantCode(c.T, fmt.Sprintf("ListRows with limit %d", limit), err, pika.Invalid)
	}
	c.wantKeys(pika.RowRange{Limit: 1}, keys(alice, ids[0])...)
	c.wantKeys(pika.RowRange{Limit: pika.MaxPageLimit}, keys(alice, ids...)...)
	all := keys(alice, append(ids, "more")...)
	wantCode(c.T, "DeleteRows of one key too many", c.rows.DeleteRows(c.Context(), pika.CorpusFacts, all), pika.Invalid)
	c.wantKeys(pika.RowRange{After: all[len(all)-2]}, all[len(all)-1])
	if err := c.rows.DeleteRows(c.Context(), pika.CorpusFacts, all[:pika.MaxPageLimit]); err != nil {
		c.Fatal(err)
	}
	c.wantKeys(pika.RowRange{}, all[len(all)-1])
}

func (c *vectorRowsCase) cancelled() {
	c.upsert(alice, pika.CorpusFacts, "kept")
	cancelled, cancel := context.WithCancel(c.Context())
	cancel()
	past, cancel := context.WithDeadline(c.Context(), time.Unix(1, 0))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, past} {
		_, err := c.rows.ListRows(ctx, pika.CorpusFacts, pika.RowRange{Limit: 1})
		for name, err := range map[string]error{
			"ListRows":   err,
			"DeleteRows": c.rows.DeleteRows(ctx, pika.CorpusFacts, keys(alice, "kept")),
		} {
			if !errors.Is(err, ctx.Err()) {
				c.Errorf("%s with an ended context = %v; want %v", name, err, ctx.Err())
			}
		}
	}
	c.wantKeys(pika.RowRange{}, keys(alice, "kept")...)
}
