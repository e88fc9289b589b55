package milvus_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/milvus"
)

// injections are texts that would change an expression they are pasted into.
var injections = []string{
	`" or pk != "`, `"] or pk not in ["`, `' or scope != '`, `\`, `\"`, `\\" or pk != \"`, "\"\n or pk != \"", `a" and scope == "b`,
	`") or (pk != "`, `\u0022 or pk != \u0022`, `%`, `_`, `\x22`, `\042`, "\x00", "a\x00b", "\r\n", "\t", "\u2028", "\u0085", "\x7f", "\ufeff",
	"\U0010ffff", "\ufffd", "é", "e\u0301", "猫", "😀", `//`, `/* */`, `--`, `#`, `{x}`, `$meta`, `true`, `1`, ` `, `\N{DASH}`, `"""`, "``", `\q`,
}

// TestQuote: the literal is plain ASCII, ends only at its end, and means its text.
func TestQuote(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		checkQuote(t, randomText(random, 12))
	}
	for _, s := range injections {
		checkQuote(t, s)
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range injections {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if utf8.ValidString(s) {
			checkQuote(t, s)
		}
	})
}

func checkQuote(t *testing.T, s string) {
	t.Helper()
	quoted := milvus.Quote(s)
	inside := quoted[1 : len(quoted)-1]
	if strings.ContainsAny(inside, "\"'\n\r") || strings.ContainsFunc(quoted, func(r rune) bool { return r < ' ' || r > '~' }) {
		t.Fatalf("Quote(%q) = %s; want one line of printable ASCII without quotes inside", s, quoted)
	}
	if back, err := strconv.Unquote(quoted); err != nil || back != s {
		t.Fatalf("Quote(%q) = %s, which means %q, %v", s, quoted, back, err)
	}
}

// randomText returns valid UTF-8 in which what matters to lexers is frequent.
func randomText(random *rand.Rand, most int) string {
	var b strings.Builder
	for range random.IntN(most + 1) {
		switch random.IntN(4) {
		case 0:
			b.WriteByte("\"'\\\n\r\t\x00 %_[](),=!<>uUx0"[random.IntN(23)])
		case 1:
			b.WriteByte(byte(random.IntN(128)))
		case 2:
			b.WriteRune([]rune("éđ猫\u2028\U0001f600\ufffe")[random.IntN(6)])
		default:
			if r := rune(random.IntN(utf8.MaxRune + 1)); utf8.ValidRune(r) {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// TestHostileIDs: on the real server, any id and any name of a user selects exactly its
// own row, in searches, lists and deletes.
func TestHostileIDs(t *testing.T) {
	t.Parallel()
	config := realServer(t)
	store := open(t, config)
	migrate(t, store, model("hostile"))
	index := store.Index(model("hostile"))
	ids := slices.Clone(injections)
	for random := rand.New(rand.NewPCG(7, 8)); len(ids) < 400; {
		if id := randomText(random, 40); len(id) <= pika.MaxIDBytes && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	rows := make([]pika.Vector, len(ids))
	for i, id := range ids {
		rows[i] = pika.Vector{ID: id, Values: unit(1, 0)}
	}
	must(t, index.Upsert(t.Context(), alice, pika.CorpusFacts, rows))
	for _, id := range injections {
		must(t, index.Upsert(t.Context(), pika.Scope{Tenant: "acme", User: id}, pika.CorpusFacts, rows[:1]))
	}
	wantListed(t, index, ids)
	for i, id := range ids {
		if i%8 == 0 {
			hits, err := index.ListRows(t.Context(), pika.CorpusFacts, pika.RowRange{
				FromScope: alice.ID(), After: pika.RowKey{ScopeID: alice.ID(), ID: id}, Limit: 1,
			})
			must(t, err)
			if i+1 < len(ids) && (len(hits) != 1 || hits[0].ID != ids[i+1]) {
				t.Errorf("after %q comes %v; want %q", id, hits, ids[i+1])
			}
		}
	}
	for i := 0; i < len(ids); i += 40 {
		batch := ids[i:min(i+40, len(ids))]
		must(t, index.DeleteVectors(t.Context(), pika.Scope{Tenant: "acme", User: "somebody else"}, pika.CorpusFacts, batch))
		must(t, index.DeleteVectors(t.Context(), alice, pika.CorpusFacts, batch))
		wantListed(t, index, ids[i+len(batch):])
	}
	for _, user := range injections {
		scope := pika.Scope{Tenant: "acme", User: user}
		hits, err := index.SearchVectors(t.Context(), scope, pika.CorpusFacts, unit(1, 0), 10)
		must(t, err)
		if len(hits) != 1 {
			t.Errorf("the user %q has %d rows; want 1", user, len(hits))
		}
	}
}

// wantListed compares alice's ids with those listed.
func wantListed(t *testing.T, index *milvus.Index, want []string) {
	t.Helper()
	rows, err := index.ListRows(t.Context(), pika.CorpusFacts, pika.RowRange{FromScope: alice.ID(), ToScope: alice.ID() + "0", Limit: pika.MaxPageLimit})
	must(t, err)
	got := make([]string, len(rows))
	for i, r := range rows {
		got[i] = r.ID
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d ids are listed; want %d; the first difference is %s", len(got), len(want), firstDifference(got, want))
	}
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("%q, not %q", got[i], want[i])
		}
	}
	return "at the end"
}

// TestIDsRefused: what cannot be stored is Invalid before anything is.
func TestIDsRefused(t *testing.T) {
	t.Parallel()
	server, _, index := ready(t, nil)
	before := len(server.Requests("Upsert"))
	for _, id := range []string{"\xff", "a\xc3", strings.Repeat("x", pika.MaxIDBytes+1)} {
		for what, call := range map[string]func(context.Context) error{
			"Upsert": func(ctx context.Context) error {
				return index.Upsert(ctx, alice, pika.CorpusFacts, []pika.Vector{{ID: "fine", Values: unit(1, 0)}, {ID: id, Values: unit(1, 0)}})
			},
			"DeleteVectors": func(ctx context.Context) error {
				return index.DeleteVectors(ctx, alice, pika.CorpusFacts, []string{"fine", id})
			},
		} {
			if err := call(t.Context()); pika.CodeOf(err) != pika.Invalid {
				t.Errorf("%s of %q = %v; want invalid", what, id, err)
			}
		}
	}
	_, err := index.ListRows(t.Context(), pika.CorpusFacts, pika.RowRange{After: pika.RowKey{ScopeID: alice.ID(), ID: "\xff"}, Limit: 1})
	if pika.CodeOf(err) != pika.Invalid {
		t.Errorf("ListRows after what is not UTF-8 = %v; want invalid", err)
	}
	if n := len(server.Requests("Upsert")); n != before {
		t.Errorf("%d upserts were sent; want none", n-before)
	}
}
