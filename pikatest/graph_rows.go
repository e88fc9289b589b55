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

// GraphRows is the conformance suite of pika.Rows for an implementation of pika.Graph:
// what Open of the configuration returns must be both. Its scopes are new with every
// run and rows of other scopes are passed over, so that the cases may share one
// database with each other and with anybody else.
func GraphRows(t *testing.T, config GraphConfig) {
	for name, test := range map[string]func(*graphRowsCase){
		"empty":              (*graphRowsCase).empty,
		"rows say what is":   (*graphRowsCase).contents,
		"order":              (*graphRowsCase).order,
		"ranges":             (*graphRowsCase).ranges,
		"bounds between ids": (*graphRowsCase).odd,
		"pages":              (*graphRowsCase).pages,
		"acknowledged":       (*graphRowsCase).acknowledged,
		"corpora":            (*graphRowsCase).corpora,
		"delete rows":        (*graphRowsCase).deletes,
		"unknown scopes":     (*graphRowsCase).unknownScopes,
		"limits":             (*graphRowsCase).limits,
		"cancelled":          (*graphRowsCase).cancelled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			graph, closeGraph := config.Open(t, t.TempDir())
			t.Cleanup(closeGraph)
			rows, ok := graph.(pika.Rows)
			if !ok {
				t.Fatalf("%T does not implement pika.Rows", graph)
			}
			c := &graphRowsCase{T: t, graph: graph, rows: rows}
			c.scopes = c.newScopes(3)
			test(c)
			c.sweep()
		})
	}
}

type graphRowsCase struct {
	*testing.T
	graph  pika.Graph
	rows   pika.Rows
	scopes []pika.Scope // in the order of their ids
	own    map[string]bool
}

// newScopes returns scopes that nobody else has, in the order of their ids.
func (c *graphRowsCase) newScopes(n int) []pika.Scope {
	if c.own == nil {
		c.own = map[string]bool{}
	}
	scopes := make([]pika.Scope, n)
	for i := range scopes {
		scopes[i] = pika.Scope{Tenant: pika.RandomID(nil), User: "rows"}
		c.own[scopes[i].ID()] = true
	}
	slices.SortFunc(scopes, func(a, b pika.Scope) int { return strings.Compare(a.ID(), b.ID()) })
	return scopes
}

func (c *graphRowsCase) link(scope pika.Scope, facts ...string) {
	c.Helper()
	links := make([]pika.Link, len(facts))
	for i, id := range facts {
		links[i] = link(id, "e")
	}
	if err := c.graph.LinkFacts(c.Context(), scope, links); err != nil {
		c.Fatalf("LinkFacts of %d links = %v", len(links), err)
	}
}

// page lists one page and checks its order and size.
func (c *graphRowsCase) page(r pika.RowRange) []pika.Row {
	c.Helper()
	rows, err := c.rows.ListRows(c.Context(), pika.CorpusFacts, r)
	if err != nil {
		c.Fatalf("ListRows(%+v) = %v", r, err)
	}
	if len(rows) > r.Limit || !slices.IsSortedFunc(rows, func(a, b pika.Row) int { return compareKeys(a.RowKey, b.RowKey) }) {
		c.Fatalf("ListRows(%+v) returned %d rows, or rows out of order", r, len(rows))
	}
	return rows
}

// list lists a whole range, page by page, and returns the case's own rows.
func (c *graphRowsCase) list(r pika.RowRange) []pika.Row {
	c.Helper()
	own := []pika.Row{}
	for r.Limit = cmp.Or(r.Limit, pika.MaxPageLimit); ; {
		page := c.page(r)
		for _, row := range page {
			if c.own[row.ScopeID] {
				own = append(own, row)
			}
		}
		if len(page) < r.Limit {
			return own
		}
		r.After = page[len(page)-1].RowKey
	}
}

func rowKeys(rows []pika.Row) []pika.RowKey {
	all := make([]pika.RowKey, len(rows))
	for i, row := range rows {
		all[i] = row.RowKey
	}
	return all
}

// wantKeys lists a range and compares the keys of the case's own rows.
func (c *graphRowsCase) wantKeys(r pika.RowRange, want ...pika.RowKey) {
	c.Helper()
	if got := rowKeys(c.list(r)); !slices.Equal(got, want) {
		c.Errorf("rows in %+v = %q; want %q", r, got, want)
	}
}

// of is the range of one scope.
func of(scope pika.Scope) pika.RowRange {
	return pika.RowRange{FromScope: scope.ID(), ToScope: scope.ID() + "0"}
}

func (c *graphRowsCase) delete(keys ...pika.RowKey) {
	c.Helper()
	if err := c.rows.DeleteRows(c.Context(), pika.CorpusFacts, keys); err != nil {
		c.Fatalf("DeleteRows of %d keys = %v", len(keys), err)
	}
}

// sweep leaves nothing behind in a database that outlives the test.
func (c *graphRowsCase) sweep() {
	for scope := range c.own {
		all := rowKeys(c.list(pika.RowRange{FromScope: scope, ToScope: scope + "0"}))
		for some := range slices.Chunk(all, pika.MaxPageLimit) {
			c.delete(some...)
		}
	}
	c.wantKeys(pika.RowRange{})
}

func (c *graphRowsCase) empty() {
	c.wantKeys(of(c.scopes[0]))
	c.delete()
	c.delete(keys(c.scopes[0], "missing")...)
	c.wantKeys(of(c.scopes[0]))
}

// contents: a row says which link it has and when it was written. The digest changes
// with the predicate, the entities and their order, and with nothing else.
func (c *graphRowsCase) contents() {
	for _, l := range []pika.Link{
		{FactID: "f", Predicate: "knows", Entities: []string{"a", "b"}},
		{FactID: "f", Predicate: "likes", Entities: []string{"a", "b"}},
		{FactID: "f", Predicate: "likes", Entities: []string{"b", "a"}},
		{FactID: "f", Predicate: "likes", Entities: []string{"b", "a", "b"}},
		{FactID: "f", Predicate: "likes", Entities: []string{"ab"}},
		{FactID: "f", Predicate: "", Entities: []string{"Mướp", "猫"}},
	} {
		from := time.Now().Add(-time.Minute)
		if err := c.graph.LinkFacts(c.Context(), c.scopes[0], []pika.Link{link("f", "x"), l}); err != nil {
			c.Fatal(err)
		}
		rows := c.list(of(c.scopes[0]))
		if len(rows) != 1 || rows[0].RowKey != keys(c.scopes[0], "f")[0] {
			c.Fatalf("rows = %v; want the one of f", rows)
		}
		if want := pika.LinkDigest(l); rows[0].Digest != want {
			c.Errorf("digest of %+v = %d; want %d, that of the link last written", l, rows[0].Digest, want)
		}
		if at := rows[0].At; at.Before(from) || at.After(time.Now().Add(time.Minute)) {
			c.Errorf("written at %v; want now", at)
		}
	}
}

// order: by scope id, then by id, byte by byte, however and whenever they were written.
// U+FF21 sorts after U+1F600 where text is compared in UTF-16.
func (c *graphRowsCase) order() {
	ids := []string{" ", "a", "a/b", "aa", "ab", "b", "B", "Mướp", "mướp", "猫", "😀", "\uff21", "\ufffd", "%", "_", `"`, `\`, "'", "\n", "\x00", strings.Repeat("x", pika.MaxIDBytes)}
	var want []pika.RowKey
	for i := range ids {
		scope := c.scopes[(i*2)%3]
		c.link(scope, ids[i])
		want = append(want, keys(scope, ids[i])...)
	}
	c.link(c.scopes[1], ids...)
	want = append(want, keys(c.scopes[1], ids...)...)
	slices.SortFunc(want, compareKeys)
	want = slices.Compact(want)
	c.wantKeys(pika.RowRange{}, want...)
	for _, scope := range c.scopes {
		own := slices.DeleteFunc(slices.Clone(want), func(k pika.RowKey) bool { return k.ScopeID != scope.ID() })
		for i := range own {
			r := of(scope)
			r.After, r.Limit = own[i], 2
			if got, next := rowKeys(c.page(r)), own[i+1:min(i+3, len(own))]; !slices.Equal(got, next) {
				c.Errorf("after %q come %q; want %q", own[i], got, next)
			}
		}
	}
}

func (c *graphRowsCase) ranges() {
	s := c.scopes
	for _, scope := range s {
		c.link(scope, "b", "a")
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
		{pika.RowRange{After: pika.RowKey{ScopeID: s[1].ID()[:35], ID: "z"}, FromScope: s[0].ID()}, all[2:]},
		{pika.RowRange{After: all[5]}, nil},
		{of(s[1]), all[2:4]},
	} {
		c.wantKeys(tt.r, tt.want...)
	}
}

// odd: bounds need not be ids of scopes: buckets are cut by prefixes, such as 80.
func (c *graphRowsCase) odd() {
	var all []pika.RowKey
	for _, scope := range c.newScopes(12) {
		c.link(scope, "a")
		all = append(all, keys(scope, "a")...)
	}
	middle := all[6].ScopeID
	bounds := []string{"", "0", "4", "8", "80", "c", "g", "~", "é", "4é", middle, middle + "0", middle + "-", middle[:35], middle[:8] + "é", middle[:35] + "é"}
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
func (c *graphRowsCase) pages() {
	var want []pika.RowKey
	for batch := range 12 {
		scope := c.scopes[batch%3]
		ids := make([]string, 35)
		for i := range ids {
			ids[i] = fmt.Sprintf("%03d", (i*211+batch*7)%1000)
		}
		c.link(scope, ids...)
		want = append(want, keys(scope, ids...)...)
	}
	slices.SortFunc(want, compareKeys)
	want = slices.Compact(want)
	for _, limit := range []int{97, pika.MaxPageLimit} {
		r := pika.RowRange{FromScope: c.scopes[0].ID(), ToScope: c.scopes[2].ID() + "0", Limit: limit}
		if got := rowKeys(c.list(r)); !slices.Equal(got, want) {
			c.Errorf("in pages of %d, %d rows were seen; want each of %d once, in order", limit, len(got), len(want))
		}
	}
}

// acknowledged: what was acknowledged is seen at once.
func (c *graphRowsCase) acknowledged() {
	scope := c.scopes[0]
	var want []pika.RowKey
	for i := range 8 {
		id := fmt.Sprint(i)
		c.link(scope, id)
		want = append(want, keys(scope, id)...)
		c.wantKeys(of(scope), want...)
	}
	if err := c.graph.UnlinkFacts(c.Context(), scope, []string{"0"}); err != nil {
		c.Fatal(err)
	}
	c.wantKeys(of(scope), want[1:]...)
	c.delete(want[1])
	c.wantKeys(of(scope), want[2:]...)
}

// corpora: a graph knows facts only.
func (c *graphRowsCase) corpora() {
	c.link(c.scopes[0], "a")
	for _, corpus := range []pika.Corpus{pika.CorpusMessages, "pictures", ""} {
		_, err := c.rows.ListRows(c.Context(), corpus, pika.RowRange{Limit: 1})
		wantCode(c.T, fmt.Sprintf("ListRows of corpus %q", corpus), err, pika.Invalid)
		wantCode(c.T, fmt.Sprintf("DeleteRows of corpus %q", corpus), c.rows.DeleteRows(c.Context(), corpus, keys(c.scopes[0], "a")), pika.Invalid)
	}
	c.wantKeys(of(c.scopes[0]), keys(c.scopes[0], "a")...)
}

// deletes: exactly the keys named go, and no walk reaches them.
func (c *graphRowsCase) deletes() {
	ids := []string{"a", "b", `" or 1=1 --`, `\`, "Mướp"}
	one, other := c.scopes[0], c.scopes[1]
	for _, scope := range []pika.Scope{one, other} {
		for _, id := range ids {
			if err := c.graph.LinkFacts(c.Context(), scope, []pika.Link{link(id, "shared", "own "+id)}); err != nil {
				c.Fatal(err)
			}
		}
	}
	slices.Sort(ids)
	for i, id := range ids {
		for range 2 {
			c.delete(append(keys(one, id), keys(c.scopes[2], id)...)...)
		}
		want := append(keys(one, ids[i+1:]...), keys(other, ids...)...)
		c.wantKeys(pika.RowRange{}, want...)
		c.wantWalk(one, "shared", ids[i+1:]...)
		c.wantWalk(one, "own "+id)
		c.wantWalk(other, "own "+id, id)
	}
}

// wantWalk compares what a walk from one entity reaches at depth 1.
func (c *graphRowsCase) wantWalk(scope pika.Scope, seed string, want ...string) {
	c.Helper()
	hits, err := c.graph.Expand(c.Context(), scope, []string{seed}, 1, 100)
	if err != nil {
		c.Fatalf("Expand(%q) = %v", seed, err)
	}
	got := []string{}
	for _, h := range hits {
		got = append(got, h.FactID)
	}
	if !slices.Equal(got, want) {
		c.Errorf("from %q the walk reaches %q; want %q", seed, got, want)
	}
}

// unknownScopes: the scope of a row that nobody knows is only an id.
func (c *graphRowsCase) unknownScopes() {
	ghost, alive := c.scopes[0], c.scopes[1]
	c.link(ghost, "a", "b")
	c.link(alive, "a")
	others := []pika.RowKey{
		{},
		{ScopeID: "", ID: "a"},
		{ScopeID: ghost.ID(), ID: ""},
		{ScopeID: "no uuid", ID: "a"},
		{ScopeID: ghost.ID() + "0", ID: "a"},
		{ScopeID: ghost.ID()[:35], ID: ghost.ID()[35:] + "/a"},
		{ScopeID: ghost.ID(), ID: strings.Repeat("y", 4*pika.MaxIDBytes)},
		{ScopeID: pika.Scope{Tenant: pika.RandomID(nil)}.ID(), ID: "a"},
	}
	c.delete(append(others, keys(ghost, "a")...)...)
	c.wantKeys(of(ghost), keys(ghost, "b")...)
	c.wantKeys(of(alive), keys(alive, "a")...)
}

func (c *graphRowsCase) limits() {
	scope := c.scopes[0]
	ids := make([]string, pika.MaxPageLimit)
	for i := range ids {
		ids[i] = fmt.Sprintf("%04d", i)
	}
	c.link(scope, ids...)
	c.link(scope, "more")
	for _, limit := range []int{-1, 0, pika.MaxPageLimit + 1} {
		_, err := c.rows.ListRows(c.Context(), pika.CorpusFacts, pika.RowRange{Limit: limit})
		wantCode(c.T, fmt.Sprintf("ListRows with limit %d", limit), err, pika.Invalid)
	}
	all := keys(scope, append(ids, "more")...)
	for _, limit := range []int{1, pika.MaxPageLimit} {
		r := of(scope)
		r.Limit = limit
		if got := rowKeys(c.page(r)); !slices.Equal(got, all[:limit]) {
			c.Errorf("a page of %d holds %d rows; want the first %d", limit, len(got), limit)
		}
	}
	wantCode(c.T, "DeleteRows of one key too many", c.rows.DeleteRows(c.Context(), pika.CorpusFacts, all), pika.Invalid)
	c.wantKeys(of(scope), all...)
	c.delete(all[:pika.MaxPageLimit]...)
	c.wantKeys(of(scope), all[len(all)-1])
}

func (c *graphRowsCase) cancelled() {
	kept := keys(c.scopes[0], "kept")
	c.link(c.scopes[0], "kept")
	cancelled, cancel := context.WithCancel(c.Context())
	cancel()
	past, cancel := context.WithDeadline(c.Context(), time.Unix(1, 0))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, past} {
		_, err := c.rows.ListRows(ctx, pika.CorpusFacts, pika.RowRange{Limit: 1})
		for name, err := range map[string]error{
			"ListRows":   err,
			"DeleteRows": c.rows.DeleteRows(ctx, pika.CorpusFacts, kept),
		} {
			if !errors.Is(err, ctx.Err()) {
				c.Errorf("%s with an ended context = %v; want %v", name, err, ctx.Err())
			}
		}
	}
	c.wantKeys(of(c.scopes[0]), kept...)
}
