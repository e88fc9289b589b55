package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/sqlite"
)

var (
	linh = pika.Scope{Tenant: "acme", User: "linh"}
	minh = pika.Scope{Tenant: "acme", User: "minh"}
)

// unit returns a unit vector; equal numbers, equal vectors.
func unit(n int) []float32 {
	v := make([]float32, pikatest.VectorDimensions)
	v[n%len(v)] = 1
	return v
}

// oldFile makes a file of the first version of the schema with a vector, a link, a
// message and a model in it.
func oldFile(t *testing.T, path string) {
	t.Helper()
	if err := open(t, path, sqlite.Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	// What later versions added goes, so that opening the file adds it again.
	for _, statement := range []string{
		"DROP TABLE query_cache", "DROP TABLE popular_searches", "DROP TABLE answer_ttls",
		"DROP INDEX scopes_asked", "DROP INDEX scopes_tenant_asked", "ALTER TABLE scopes DROP COLUMN asked_at",
		"DROP TABLE changes", "DROP INDEX keyword_statistics_version", "ALTER TABLE keyword_statistics DROP COLUMN version",
		"DROP TABLE raw_vectors", "DROP TABLE api_keys", "DROP INDEX facts_in_order",
		"ALTER TABLE vectors DROP COLUMN written_at", "ALTER TABLE adjacency DROP COLUMN written_at", "ALTER TABLE messages DROP COLUMN stored_at",
		"DELETE FROM goose_db_version WHERE version_id > 1",
		"INSERT INTO scopes (key, id, tenant, user) VALUES (1, '" + linh.ID() + "', 'acme', 'linh')",
		"INSERT INTO vectors (scope, corpus, id, value) VALUES (1, 1, 'v', zeroblob(" + fmt.Sprint(4*pikatest.VectorDimensions-4) + ") || x'0000803f')",
		"INSERT INTO adjacency (scope, fact, entity, position, predicate) VALUES (1, 'f', 'e', 0, 'likes')",
		"INSERT INTO messages (scope, id, document, conversation, message, role, name, content, content_hash, at, metadata) VALUES (1, 'm', 1, 'c', 'm', 'user', '', 'tea', 'h', 5, '')",
		`INSERT INTO settings (name, value) VALUES ('embedding_model', '{"ID":"test/1","Dimensions":` + fmt.Sprint(pikatest.VectorDimensions) + `}')`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// TestOldFile: a file of the first version keeps all it has; its rows count as written
// long ago.
func TestOldFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pika.db")
	oldFile(t, path)
	db := open(t, path, sqlite.Options{})
	defer db.Close()
	model, err := db.ActiveModel(t.Context())
	if want := (pika.ActiveModel{EmbeddingModel: testModel}); err != nil || model != want {
		t.Errorf("ActiveModel = %+v, %v; want %+v", model, err, want)
	}
	v, err := db.Vectors(t.Context(), testModel, sqlite.VectorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	key := pika.RowKey{ScopeID: linh.ID(), ID: "v"}
	for name, c := range map[string]struct {
		list func() ([]pika.Row, error)
		want pika.Row
	}{
		"vectors": {
			func() ([]pika.Row, error) {
				return v.ListRows(t.Context(), pika.CorpusFacts, pika.RowRange{Limit: 9})
			},
			pika.Row{RowKey: key, Digest: pika.VectorDigest(unit(pikatest.VectorDimensions - 1)), At: time.Unix(0, 0).UTC()},
		},
		"links": {
			func() ([]pika.Row, error) {
				return db.Graph().ListRows(t.Context(), pika.CorpusFacts, pika.RowRange{Limit: 9})
			},
			pika.Row{RowKey: pika.RowKey{ScopeID: linh.ID(), ID: "f"}, Digest: pika.LinkDigest(pika.Link{Predicate: "likes", Entities: []string{"e"}}), At: time.Unix(0, 0).UTC()},
		},
		"wanted messages": {
			func() ([]pika.Row, error) {
				return db.WantedRows(t.Context(), pika.StoreVectors, pika.CorpusMessages, testModel, pika.RowRange{Limit: 9})
			},
			pika.Row{RowKey: pika.RowKey{ScopeID: linh.ID(), ID: "m"}, At: time.Unix(0, 0).UTC()},
		},
	} {
		got, err := c.list()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]pika.Row{c.want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestAdoptRawVectors changes the embedded index to another model: all its rows are
// the new model's afterwards, or none.
func TestAdoptRawVectors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, closeOld := openVectors(t, dir, testModel, sqlite.VectorOptions{})
	for _, scope := range []pika.Scope{linh, minh} {
		rows := []pika.Vector{{ID: "kept", Values: unit(1)}, {ID: "gone", Values: unit(2)}}
		if err := old.Upsert(t.Context(), scope, pika.CorpusFacts, rows); err != nil {
			t.Fatal(err)
		}
	}
	closeOld()
	other := pika.EmbeddingModel{ID: "other/1", Dimensions: 2}
	third := pika.EmbeddingModel{ID: "third/1", Dimensions: 2}
	from, to := pika.ActiveModel{EmbeddingModel: testModel}, pika.ActiveModel{EmbeddingModel: other, Embedder: "openai:other"}
	db := openVectorsDB(t, dir)
	put := func(scope pika.Scope, corpus pika.Corpus, m pika.EmbeddingModel, rows ...pika.Vector) {
		t.Helper()
		if err := db.PutRawVectors(t.Context(), scope, corpus, m, rows); err != nil {
			t.Fatal(err)
		}
	}
	put(linh, pika.CorpusFacts, other, pika.Vector{ID: "kept", Values: []float32{0, 1}}, pika.Vector{ID: "new", Values: []float32{1, 0}})
	put(minh, pika.CorpusMessages, other, pika.Vector{ID: "m", Values: []float32{0, 1}})
	put(linh, pika.CorpusFacts, third, pika.Vector{ID: "kept", Values: []float32{0, 1}})

	if got := pika.CodeOf(db.AdoptRawVectors(t.Context(), to, from)); got != pika.Conflict {
		t.Errorf("AdoptRawVectors from a model that is not active = %s; want conflict", got)
	}
	if got := pika.CodeOf(db.AdoptRawVectors(t.Context(), from, pika.ActiveModel{})); got != pika.Invalid {
		t.Errorf("AdoptRawVectors of no model = %s; want invalid", got)
	}
	if rows := rowsOf(t, db, testModel, pika.CorpusFacts); len(rows) != 4 {
		t.Errorf("%d rows after refusals; want all 4", len(rows))
	}
	if err := db.AdoptRawVectors(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	if active, err := db.ActiveModel(t.Context()); err != nil || active != to {
		t.Errorf("ActiveModel = %+v, %v; want %+v", active, err, to)
	}
	if got := rowsOf(t, db, other, pika.CorpusFacts); !slices.Equal(got, []string{"linh/kept", "linh/new"}) {
		t.Errorf("facts in the index: %q", got)
	}
	if got := rowsOf(t, db, other, pika.CorpusMessages); !slices.Equal(got, []string{"minh/m"}) {
		t.Errorf("messages in the index: %q", got)
	}
	for m, want := range map[pika.EmbeddingModel]int{other: 0, third: 1} {
		left, err := db.ListRawVectors(t.Context(), linh, pika.CorpusFacts, m, "", 10)
		if err != nil || len(left) != want {
			t.Errorf("%d raw vectors of %s are left, %v; want %d", len(left), m.ID, err, want)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	v, closeAll := openVectors(t, dir, other, sqlite.VectorOptions{})
	defer closeAll()
	hits, err := v.SearchVectors(t.Context(), linh, pika.CorpusFacts, []float32{0, 1}, 1)
	if err != nil || len(hits) != 1 || hits[0].ID != "kept" || hits[0].Score < 0.999 {
		t.Errorf("a search after it finds %v, %v", hits, err)
	}
}

// rowsOf returns user/id of the rows of the index.
func rowsOf(t *testing.T, db *sqlite.DB, m pika.EmbeddingModel, corpus pika.Corpus) []string {
	t.Helper()
	v, err := db.Vectors(t.Context(), m, sqlite.VectorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := v.ListRows(t.Context(), corpus, pika.RowRange{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range rows {
		scopes, err := db.ScopesByID(t.Context(), []string{r.ScopeID})
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, scopes[r.ScopeID].User+"/"+r.ID)
	}
	slices.Sort(names)
	return names
}

// TestDeletedRowsLeaveTheArenas: rows that the reconciler removes are found by no
// search afterwards, whether their user's vectors were in memory or not, and the other
// users' are untouched.
func TestDeletedRowsLeaveTheArenas(t *testing.T) {
	t.Parallel()
	v, closeAll := openVectors(t, t.TempDir(), testModel, sqlite.VectorOptions{})
	defer closeAll()
	search := func(scope pika.Scope) []string {
		t.Helper()
		hits, err := v.SearchVectors(t.Context(), scope, pika.CorpusFacts, unit(1), 10)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, h := range hits {
			ids = append(ids, h.ID)
		}
		return ids
	}
	loaded, unloaded := linh, minh
	for _, scope := range []pika.Scope{loaded, unloaded} {
		rows := []pika.Vector{{ID: "a", Values: unit(1)}, {ID: "b", Values: unit(2)}, {ID: "c", Values: unit(3)}}
		if err := v.Upsert(t.Context(), scope, pika.CorpusFacts, rows); err != nil {
			t.Fatal(err)
		}
	}
	search(loaded)
	keys := []pika.RowKey{{ScopeID: loaded.ID(), ID: "a"}, {ScopeID: unloaded.ID(), ID: "a"}, {ScopeID: loaded.ID(), ID: "c"}, {ScopeID: "unknown", ID: "b"}}
	if err := v.DeleteRows(t.Context(), pika.CorpusFacts, keys); err != nil {
		t.Fatal(err)
	}
	if got := search(loaded); !slices.Equal(got, []string{"b"}) {
		t.Errorf("found of the user in memory: %q", got)
	}
	if got := search(unloaded); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("found of the other: %q", got)
	}
}

// TestRangesSortNothing: walks over all users read rows in their order and no others.
func TestRangesSortNothing(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "pika.db"), sqlite.Options{})
	defer db.Close()
	for name, query := range sqlite.RangeQueries() {
		parameters := 4
		for strings.Contains(query, fmt.Sprint("?", parameters+1)) {
			parameters++
		}
		plan, err := db.Explain(t.Context(), query, make([]any, parameters)...)
		if err != nil || strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "SCAN w") || strings.Contains(plan, "AUTOMATIC") ||
			!strings.Contains(plan, "scopes USING") || !strings.Contains(plan, "(scope=?") {
			t.Errorf("%s runs as\n%s%v", name, plan, err)
		}
	}
	plan, err := db.Explain(t.Context(), sqlite.UnsettledQuery(), 1, 2, 3, 4, 5, 6)
	if err != nil || strings.Count(plan, "raw_vectors_settled (scope=? AND corpus=? AND settled_at") != 2 {
		t.Errorf("unsettled vectors are read as\n%s%v", plan, err)
	}
}
