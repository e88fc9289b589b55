package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/postgres"
)

var (
	alice   = pika.Scope{Tenant: "acme", User: "alice"}
	mallory = pika.Scope{Tenant: "evil", User: "alice"}
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// connect opens a plain connection, as a program would that is not Pika.
func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func claim(scope pika.Scope, job string, item int, statement string) pika.Fact {
	id := pika.FactID(scope, job, 0, item)
	return pika.Fact{
		ID: id, Text: statement, Subject: "user", Predicate: "likes", Category: "food", Language: "en", EffectiveAt: noon,
		ContentHash: id, SubjectKey: "user", Extractor: "rules", Sources: []pika.Source{{ConversationID: "c", MessageID: id}},
		Entities: []pika.Entity{{ID: pika.EntityID(scope, statement), Name: statement, Type: "other"}},
	}
}

func commit(t testing.TB, db *postgres.DB, scope pika.Scope, job string, texts ...string) []string {
	t.Helper()
	facts, ids := make([]pika.Fact, len(texts)), make([]string, len(texts))
	for i, s := range texts {
		facts[i] = claim(scope, job, i, s)
		ids[i] = facts[i].ID
	}
	if _, err := db.Commit(t.Context(), scope, pika.Commit{JobID: job, Facts: facts, At: noon}); err != nil {
		t.Fatal(err)
	}
	return ids
}

// fill writes something of a user into every table of users' data.
func fill(t testing.TB, db *postgres.DB, scope pika.Scope) {
	t.Helper()
	commit(t, db, scope, "j", "likes tea", "likes phở")
	model := pika.EmbeddingModel{ID: "m", Dimensions: 2}
	job := pika.Job{ID: "j", Scope: scope, Kind: pika.JobExtract, CreatedAt: noon}
	for _, err := range []error{
		db.PutMessages(t.Context(), scope, []pika.StoredMessage{{Key: "k", Content: "I like tea", ContentHash: "h", At: noon}}),
		db.Begin(t.Context(), job),
		db.PutRawVectors(t.Context(), scope, pika.CorpusFacts, model, []pika.Vector{{ID: "v", Values: []float32{1, 0}}}),
		db.KeepAnswer(t.Context(), scope, pika.KeptAnswer{Key: "k", Value: []byte("v"), Until: noon, Version: 2}),
		db.CreateAPIKey(t.Context(), pika.APIKey{ID: scope.ID(), Tenant: scope.Tenant, Role: pika.RoleRead, Hash: scope.ID(), CreatedAt: noon}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func count(t testing.TB, q interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}, table string,
) (n int) {
	t.Helper()
	if err := q.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatalf("count %s: %v", table, err)
	}
	return n
}

// TestEveryTableIsGuarded: a table that is added without a policy is found here.
func TestEveryTableIsGuarded(t *testing.T) {
	t.Parallel()
	conn := connect(t, database(t, t.TempDir()))
	rows, err := conn.Query(t.Context(), `SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AND
			EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
		FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')`)
	if err != nil {
		t.Fatal(err)
	}
	type table struct {
		Name    string
		Guarded bool
	}
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[table])
	if err != nil {
		t.Fatal(err)
	}
	unguarded := map[string]bool{"goose_db_version": true, "settings": true, "answer_ttls": true} // hold nothing of a user
	seen := map[string]bool{}
	for _, tt := range tables {
		if tt.Guarded == unguarded[tt.Name] {
			t.Errorf("%s: row-level security is %t", tt.Name, tt.Guarded)
		}
		seen[tt.Name] = true
	}
	for _, name := range postgres.Tables() {
		if !seen[name] || unguarded[name] {
			t.Errorf("there is no table %s, or it is not one of users' data", name)
		}
	}
	if len(tables) != len(postgres.Tables())+len(unguarded) {
		t.Errorf("there are %d tables; the tests know %d", len(tables), len(postgres.Tables())+len(unguarded))
	}
}

// TestForgottenTenant: a connection that names no tenant, or another one, sees nothing
// and writes nothing, whatever it asks.
func TestForgottenTenant(t *testing.T) {
	t.Parallel()
	url := database(t, t.TempDir())
	db := open(t, url)
	defer db.Close()
	fill(t, db, alice)
	for name, set := range map[string]string{
		"forgotten":       "",
		"another":         "SELECT set_config('pika.tenant', 'evil', true)",
		"set and unset":   "SELECT set_config('pika.tenant', '', true)",
		"the sign of all": "SELECT set_config('pika.tenant', '*', true)",
		"in its own name": "SELECT set_config('pika.tenant', 'evil', true), set_config('pika.all_tenants', 'true', true)",
	} {
		t.Run(name, func(t *testing.T) {
			conn := connect(t, url)
			for _, table := range postgres.Tables() {
				attempt(t, conn, set, table)
			}
		})
	}
	conn := connect(t, url)
	for _, table := range postgres.Tables() {
		transact(t, conn, "SELECT set_config('pika.tenant', 'acme', true)", func(tx pgx.Tx) {
			if n := count(t, tx, table); n == 0 {
				t.Errorf("the tenant itself sees nothing in %s: the test proves nothing", table)
			}
		})
	}
}

// transact runs f in a transaction that is undone at the end.
func transact(t testing.TB, conn *pgx.Conn, set string, f func(pgx.Tx)) {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	if _, err := tx.Exec(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	f(tx)
}

// attempt tries to see, change, take and plant rows of a table.
func attempt(t testing.TB, conn *pgx.Conn, set, table string) {
	t.Helper()
	transact(t, conn, set, func(tx pgx.Tx) {
		if n := count(t, tx, table); n != 0 {
			t.Errorf("%s: %d rows are seen", table, n)
		}
		for _, sql := range []string{"UPDATE " + table + " SET tenant = 'evil'", "DELETE FROM " + table} {
			tag, err := tx.Exec(t.Context(), sql)
			if err != nil || tag.RowsAffected() != 0 {
				t.Errorf("%s: %d rows, %v", sql, tag.RowsAffected(), err)
			}
		}
	})
	transact(t, conn, set, func(tx pgx.Tx) {
		_, err := tx.Exec(t.Context(), plant(t, conn, table))
		if err == nil || !strings.Contains(err.Error(), "row-level security") {
			t.Errorf("a row of acme is planted in %s: %v", table, err)
		}
	})
}

// plant returns a statement that inserts a row of the tenant acme.
func plant(t testing.TB, conn *pgx.Conn, table string) string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT attname, format_type(atttypid, NULL), attidentity <> '' FROM pg_attribute
		WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum`, table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names, values []string
	for rows.Next() {
		var column, kind string
		var identity bool
		if err := rows.Scan(&column, &kind, &identity); err != nil {
			t.Fatal(err)
		}
		if identity {
			continue
		}
		names = append(names, column)
		values = append(values, value(column, kind))
	}
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(names, ", "), strings.Join(values, ", "))
}

func value(column, kind string) string {
	switch {
	case column == "tenant":
		return "'acme'"
	case kind == "uuid":
		return "'00000000-0000-5000-8000-000000000000'"
	case kind == "boolean":
		return "false"
	case kind == "bytea" || kind == "text":
		return "''"
	}
	return "0"
}

// TestOtherTenantThroughTheStore: the same through the store's own methods, where the
// scope is right in form and another tenant's.
func TestOtherTenantThroughTheStore(t *testing.T) {
	t.Parallel()
	db := open(t, database(t, t.TempDir()))
	defer db.Close()
	id := commit(t, db, alice, "j", "likes tea")[0]
	for _, scope := range []pika.Scope{mallory, {Tenant: "*", User: "alice"}, {User: "alice"}, {}} {
		got, err := db.Get(t.Context(), scope, []string{id})
		if err != nil || len(got) != 0 {
			t.Errorf("%v gets %d facts, %v", scope, len(got), err)
		}
		if _, err := db.Find(t.Context(), scope.Tenant, id); pika.CodeOf(err) != pika.NotFound {
			t.Errorf("%v finds the fact: %v", scope, err)
		}
		if _, err := db.Delete(t.Context(), scope.Tenant, id, noon); pika.CodeOf(err) != pika.NotFound {
			t.Errorf("%v deletes the fact: %v", scope, err)
		}
	}
	if _, err := db.Commit(t.Context(), pika.Scope{User: "alice"}, pika.Commit{JobID: "j", At: noon}); pika.CodeOf(err) != pika.Invalid {
		t.Errorf("a commit without a tenant = %v", err)
	}
}

// TestHistoryStays: rows of history are neither changed nor removed, by any statement
// but the erasure of a deleted fact's text.
func TestHistoryStays(t *testing.T) {
	t.Parallel()
	url := database(t, t.TempDir())
	db := open(t, url)
	defer db.Close()
	id := commit(t, db, alice, "j", "likes tea")[0]
	conn := connect(t, url)
	for _, sql := range []string{
		"UPDATE history SET text = ''", "UPDATE history SET event = 'deleted'", "DELETE FROM history", "TRUNCATE history",
		"SELECT set_config('pika.erasing', 'on', true); DELETE FROM history",
		"SELECT set_config('pika.erasing', 'on', true); UPDATE history SET text = 'likes coffee'",
		"SELECT set_config('pika.erasing', 'on', true); UPDATE history SET text = '', conversation = NULL, message = NULL, at = 0",
	} {
		transact(t, conn, "SELECT set_config('pika.tenant', 'acme', true)", func(tx pgx.Tx) {
			_, err := tx.Conn().PgConn().Exec(t.Context(), sql).ReadAll()
			if err == nil || !strings.Contains(err.Error(), "never changed") {
				t.Errorf("%s = %v", sql, err)
			}
		})
	}
	if _, err := db.Delete(t.Context(), alice.Tenant, id, noon); err != nil {
		t.Fatal(err)
	}
	transact(t, conn, "SELECT set_config('pika.tenant', 'acme', true)", func(tx pgx.Tx) {
		var text string
		if err := tx.QueryRow(t.Context(), "SELECT string_agg(text, ',') FROM history").Scan(&text); err != nil || strings.Contains(text, "tea") {
			t.Errorf("the history of a deleted fact says %q, %v", text, err)
		}
		if n := count(t, tx, "history"); n != 2 {
			t.Errorf("the history of a deleted fact has %d events; want 2", n)
		}
	})
}

// TestDeletedTextIsNowhere looks for a deleted fact's words in every column of every row.
func TestDeletedTextIsNowhere(t *testing.T) {
	t.Parallel()
	url := database(t, t.TempDir())
	db := open(t, url)
	defer db.Close()
	secret := claim(alice, "j", 0, "the code is xylophone77")
	secret.Predicate, secret.Category, secret.Entities[0].Type = "has_xylophone77", "xylophone77", "xylophone77"
	if _, err := db.Commit(t.Context(), alice, pika.Commit{JobID: "j", Facts: []pika.Fact{secret, claim(alice, "j", 1, "likes tea")}, At: noon}); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, url)
	look := func() (found []string) {
		transact(t, conn, "SELECT set_config('pika.tenant', 'acme', true)", func(tx pgx.Tx) {
			for _, table := range postgres.Tables() {
				var n int
				if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM "+table+" r WHERE r::text LIKE '%xylophone77%'").Scan(&n); err != nil {
					t.Fatal(err)
				}
				if n > 0 {
					found = append(found, table)
				}
			}
		})
		return found
	}
	if len(look()) < 3 {
		t.Errorf("before it is deleted the word is only in %v: the test proves nothing", look())
	}
	if _, err := db.Delete(t.Context(), alice.Tenant, secret.ID, noon); err != nil {
		t.Fatal(err)
	}
	if found := look(); len(found) > 0 {
		t.Errorf("the word of a deleted fact is in %v", found)
	}
}
