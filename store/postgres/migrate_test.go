package postgres_test

import (
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/postgres"
)

func TestMigrate(t *testing.T) {
	t.Parallel()
	url := emptyDatabase(t)
	from, to, err := postgres.Migrate(t.Context(), url)
	if err != nil || from != 0 || to < 1 {
		t.Fatalf("Migrate of an empty database = %d, %d, %v", from, to, err)
	}
	db := open(t, url)
	defer db.Close()
	if err := db.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	ids := commit(t, db, alice, "j", "likes tea")
	again, same, err := postgres.Migrate(t.Context(), url)
	if err != nil || again != to || same != to {
		t.Errorf("Migrate of a migrated database = %d, %d, %v; want nothing to do at %d", again, same, err, to)
	}
	if got, err := db.Get(t.Context(), alice, ids); err != nil || len(got) != 1 {
		t.Errorf("after it %d facts are there, %v", len(got), err)
	}
}

// TestMigrateAtOnce: several processes that start together do not fall over each other.
func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	url := emptyDatabase(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if _, _, err := postgres.Migrate(t.Context(), url); err != nil {
				t.Errorf("Migrate = %v", err)
			}
		})
	}
	group.Wait()
	db := open(t, url)
	defer db.Close()
	if err := db.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestSchemaOfSearchPath: a database that is shared with others may keep Pika's tables
// in a schema of their own.
func TestSchemaOfSearchPath(t *testing.T) {
	t.Parallel()
	url := emptyDatabase(t)
	run(t, url, "CREATE SCHEMA memory")
	url = changed(t, url, withOption("search_path", "memory"))
	if _, _, err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	db := open(t, url)
	defer db.Close()
	id := commit(t, db, alice, "j", "likes tea")[0]
	if _, err := db.Delete(t.Context(), alice.Tenant, id, noon); err != nil {
		t.Error(err)
	}
	conn := connect(t, url)
	var outside int
	err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_class WHERE relkind = 'r'
		AND relnamespace NOT IN ('memory'::regnamespace, 'pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)`).Scan(&outside)
	if err != nil || outside != 0 {
		t.Errorf("%d tables are outside of the schema, %v", outside, err)
	}
}

// TestMigrateUnderLoad: a schema that changes under a running program costs its calls
// nothing: what was prepared before is prepared again.
func TestMigrateUnderLoad(t *testing.T) {
	t.Parallel()
	url := own(t)
	db, err := postgres.Open(postgres.Config{URL: url, MaxConns: 1, MinIdleConns: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ids := commit(t, db, alice, "j", "likes tea")
	for range 3 {
		if _, err := db.Get(t.Context(), alice, ids); err != nil {
			t.Fatal(err)
		}
		run(t, url, "ALTER TABLE facts ALTER COLUMN object TYPE varchar", "ALTER TABLE facts ALTER COLUMN object TYPE text", "ALTER TABLE facts ADD COLUMN IF NOT EXISTS extra text",
			"ALTER TABLE facts ALTER COLUMN object TYPE varchar")
		if got, err := db.Get(t.Context(), alice, ids); err != nil || len(got) != 1 {
			t.Errorf("Get after the schema changed = %v, %v", got, err)
		}
		run(t, url, "ALTER TABLE facts ALTER COLUMN object TYPE text")
	}
}

func emptyDatabase(t testing.TB) string {
	t.Helper()
	pikatest.Server(t, urlVariable)
	return server.Empty(t)
}

// TestSchemaIsComparedByBytes: a column that is ordered or searched by another
// collation than "C" orders pages otherwise than the other stores do.
func TestSchemaIsComparedByBytes(t *testing.T) {
	t.Parallel()
	conn := connect(t, database(t, t.TempDir()))
	rows, err := conn.Query(t.Context(), `SELECT c.relname || '.' || a.attname
		FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid CROSS JOIN LATERAL unnest(i.indkey::int[]) AS k (n)
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.n
		WHERE c.relnamespace = 'public'::regnamespace AND a.attcollation <> 0 AND a.attcollation <> (SELECT oid FROM pg_collation WHERE collname = 'C')`)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(wrong) > 0 {
		t.Errorf("indexed columns that are not COLLATE \"C\": %v, %v", wrong, err)
	}
}

// TestBytes: what PostgreSQL takes no text of comes back as it was, is told apart, and
// keeps its place in lists.
func TestBytes(t *testing.T) {
	t.Parallel()
	db := open(t, database(t, t.TempDir()))
	defer db.Close()
	for i, s := range []string{"a\x00b", "\x00", "\x01", "a\x01\x01b", "\x01\x03ff", "Đà\x00Nẵng"} {
		f := claim(alice, s, 0, "likes "+s)
		f.ID, f.Subject, f.Object, f.Category, f.Predicate = s, s, s, s, s
		f.Sources = []pika.Source{{ConversationID: s, MessageID: s}}
		f.Metadata = pika.Metadata{s: s}
		if _, err := db.Commit(t.Context(), alice, pika.Commit{JobID: s, Facts: []pika.Fact{f}, At: noon}); err != nil {
			t.Fatalf("Commit(%q) = %v", s, err)
		}
		got, err := db.Find(t.Context(), alice.Tenant, s)
		if err != nil || got.Text != f.Text || got.Object != s || got.Sources[0] != f.Sources[0] || got.Metadata[s] != s || got.Entities[0] != f.Entities[0] {
			t.Errorf("%q comes back as %+v, %v", s, got, err)
		}
		page, err := db.List(t.Context(), alice, pika.ListFacts{Category: s, ConversationID: s, Predicate: s}, pika.PageRequest{Limit: 9})
		if err != nil || len(page.Items) != 1 {
			t.Errorf("List by %q = %d facts, %v", s, len(page.Items), err)
		}
		history, err := db.History(t.Context(), alice.Tenant, s)
		if err != nil || len(history) != 1 || history[0].Text != f.Text || *history[0].Source != f.Sources[0] {
			t.Errorf("the history of %q = %+v, %v", s, history, err)
		}
		scope := pika.Scope{Tenant: s, User: s}
		m := pika.StoredMessage{Key: s, ConversationID: s, Content: s, ContentHash: s, Name: s, At: noon}
		if err := db.PutMessages(t.Context(), scope, []pika.StoredMessage{m}); err != nil {
			t.Fatalf("PutMessages(%q) = %v", s, err)
		}
		messages, err := db.GetMessages(t.Context(), scope, []string{s})
		if err != nil || len(messages) != 1 || messages[0].Content != s || messages[0].Name != s {
			t.Errorf("the message %q comes back as %+v, %v", s, messages, err)
		}
		items, err := db.PendingItems(t.Context(), noon.AddDate(90, 0, 0), 100)
		if err != nil || len(items) != 3*(i+1) || items[len(items)-1].Scope != scope {
			t.Errorf("owed after %q: %+v, %v", s, items, err)
		}
	}
	invalid := pika.Scope{Tenant: "a\xff", User: "\xc3\x28"}
	commit(t, db, invalid, "j\xff", "not \xf0\x9f UTF-8")
	page, err := db.List(t.Context(), invalid, pika.ListFacts{}, pika.PageRequest{Limit: 9})
	if err != nil || len(page.Items) != 1 || page.Items[0].Text != "not \xf0\x9f UTF-8" {
		t.Errorf("a text that is not UTF-8 comes back as %+v, %v", page, err)
	}
}
