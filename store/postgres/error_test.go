package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/store/postgres"
)

// changed returns a URL with something else in it.
func changed(t testing.TB, address string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal("the server's address is no URL")
	}
	change(u)
	return u.String()
}

func withOption(name, value string) func(*url.URL) {
	return func(u *url.URL) {
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
	}
}

// wantError reports an error of another code, without the words wanted, or that gives
// the password away.
func wantError(t testing.TB, what string, err error, code pika.Code, words string) {
	t.Helper()
	var e *pika.Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Message, words) {
		t.Errorf("%s = %v; want %s with %q", what, err, code, words)
	}
	if err != nil && strings.Contains(err.Error(), "secret") {
		t.Errorf("%s: the error holds the password", what)
	}
}

// TestUnusable: each reason for which Pika cannot work with a database is said with
// what to do about it, by Ping, by a call, and by Migrate if it cannot work either.
func TestUnusable(t *testing.T) {
	t.Parallel()
	good := database(t, t.TempDir())
	empty := server.Empty(t)
	newer, older := own(t), own(t)
	run(t, newer, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)")
	run(t, older, "DELETE FROM goose_db_version WHERE version_id > 0")
	fake := own(t)
	run(t, fake, "CREATE SCHEMA fake", "CREATE VIEW fake.pg_roles AS SELECT current_user::text AS rolname, true AS rolsuper, false AS rolbypassrls")
	old := own(t)
	run(t, old, "CREATE SCHEMA fake", `CREATE FUNCTION fake.current_setting(text) RETURNS text LANGUAGE sql AS $$
		SELECT CASE $1 WHEN 'server_version_num' THEN '140009' ELSE pg_catalog.current_setting($1) END $$`)
	latin := own(t)
	run(t, latin, "CREATE SCHEMA fake", `CREATE FUNCTION fake.current_setting(text) RETURNS text LANGUAGE sql AS $$
		SELECT CASE $1 WHEN 'server_encoding' THEN 'LATIN1' ELSE pg_catalog.current_setting($1) END $$`)
	shadow := withOption("search_path", "fake,pg_catalog,public")
	revoked := own(t)
	run(t, revoked, "REVOKE ALL ON facts, goose_db_version FROM CURRENT_USER")
	for name, c := range map[string]struct {
		url      string
		words    string
		migrates bool
	}{
		"wrong password":   {changed(t, good, func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "secret") }), "refuses the user or the password in PIKA_FACTS", false},
		"no such user":     {changed(t, good, func(u *url.URL) { u.User = url.UserPassword("nobody", "secret") }), "refuses the user or the password in PIKA_FACTS", false},
		"no such database": {changed(t, good, func(u *url.URL) { u.Path = "/none" }), `has no database "none": create it`, false},
		"no server":        {changed(t, good, func(u *url.URL) { u.Host = "127.0.0.1:1" }), "the database at 127.0.0.1:1 does not answer: check that it runs, and PIKA_FACTS", false},
		"no such host":     {changed(t, good, func(u *url.URL) { u.Host = "nowhere.invalid:5432" }), "does not answer", false},
		"no schema":        {empty, "run `pika migrate`", true},
		"older schema":     {older, "this program needs 5: run `pika migrate`", true},
		"newer schema":     {newer, "upgrade Pika", false},
		"superuser":        {changed(t, fake, shadow), "is a superuser or has BYPASSRLS", true},
		"old server":       {changed(t, old, shadow), "PostgreSQL 14; Pika needs 15", false},
		"other encoding":   {changed(t, latin, shadow), "ENCODING 'UTF8'", false},
		"no rights":        {revoked, "run `pika migrate` as the user of PIKA_FACTS", true},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t, c.url)
			defer db.Close()
			start := time.Now()
			wantError(t, "Ping", db.Ping(t.Context()), pika.Unavailable, c.words)
			_, err := db.Get(t.Context(), alice, []string{"x"})
			wantError(t, "Get", err, pika.Unavailable, c.words)
			_, err = db.Commit(t.Context(), alice, pika.Commit{JobID: "j", At: noon})
			wantError(t, "Commit", err, pika.Unavailable, c.words)
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("three refusals took %s", took)
			}
			if !c.migrates {
				_, _, err = postgres.Migrate(t.Context(), c.url)
				wantError(t, "Migrate", err, pika.Unavailable, c.words)
			}
		})
	}
}

// run runs statements on a database.
func run(t testing.TB, url string, statements ...string) {
	t.Helper()
	conn := connect(t, url)
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestServerFailures lets the server fail, in the midst of a commit, in ways that need
// a broken machine: a trigger raises the same error.
func TestServerFailures(t *testing.T) {
	t.Parallel()
	url := own(t)
	for state, want := range map[string]struct {
		code  pika.Code
		words string
	}{
		"53100": {pika.Unavailable, "the disk of the database is full"},
		"53200": {pika.Unavailable, "no memory left"},
		"53300": {pika.Overloaded, "max_connections"},
		"57P03": {pika.Unavailable, "starting up or shutting down"},
		"25006": {pika.Unavailable, "takes no writes"},
		"58030": {pika.Unavailable, "the disk under the database does not work"},
		"XX001": {pika.Unavailable, "is damaged: restore it from a backup"},
		"42P01": {pika.Unavailable, "run `pika migrate`"},
		"08006": {pika.Unavailable, "the connection to the database at"},
		"22012": {pika.Internal, ""},
		"40001": {pika.Internal, ""}, // every attempt fails alike
	} {
		run(t, url, `CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			RAISE EXCEPTION 'no' USING ERRCODE = '`+state+`'; END $$`, "DROP TRIGGER IF EXISTS fail ON facts",
			"CREATE TRIGGER fail BEFORE INSERT ON facts EXECUTE FUNCTION fail()")
		db := open(t, url)
		_, err := db.Commit(t.Context(), alice, pika.Commit{JobID: "j", Facts: []pika.Fact{claim(alice, "j", 0, "likes tea")}, At: noon})
		wantError(t, state, err, want.code, want.words)
		if got, err := db.SearchKeyword(t.Context(), alice, pika.CorpusFacts, keyword.Query("tea"), 1); err != nil || len(got) != 0 {
			t.Errorf("after %s: %v, %v; want nothing stored", state, got, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReadOnly: what an operator, or a managed service with a full disk, has made
// read-only is told apart from what is broken, and is still read.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	address := database(t, t.TempDir())
	db := open(t, changed(t, address, withOption("default_transaction_read_only", "on")))
	defer db.Close()
	wantError(t, "Ping", db.Ping(t.Context()), pika.Unavailable, "takes no writes")
	_, err := db.Commit(t.Context(), alice, pika.Commit{JobID: "j", At: noon})
	wantError(t, "Commit", err, pika.Unavailable, "takes no writes")
	if _, err := db.Get(t.Context(), alice, []string{"x"}); err != nil {
		t.Errorf("Get = %v", err)
	}
}

// lockTable holds a table against everyone until unlock is called, or the test ends.
func lockTable(t testing.TB, url, table string) (unlock func()) {
	t.Helper()
	conn := connect(t, url)
	tx, err := conn.Begin(t.Context())
	if err == nil {
		_, err = tx.Exec(t.Context(), "LOCK TABLE "+table+" IN ACCESS EXCLUSIVE MODE")
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = tx.Rollback(context.Background()) }
}

// TestTimeouts: whatever a call waits for on the server, it has an end, and the error
// says which. The first call of its kind on a connection prepares its statements, and
// even that may wait.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	const short, long = 60 * time.Millisecond, time.Minute
	url := database(t, t.TempDir())
	for name, c := range map[string]struct {
		config postgres.Config
		cold   bool          // the statements are not prepared yet
		until  time.Duration // the caller's deadline
		code   pika.Code
		words  string
	}{
		"lock":             {config: postgres.Config{LockTimeout: short, SearchTimeout: long, StatementTimeout: long}, code: pika.Overloaded, words: "try again"},
		"lock, cold":       {config: postgres.Config{LockTimeout: short, SearchTimeout: long, StatementTimeout: long}, cold: true, code: pika.Overloaded, words: "try again"},
		"statement":        {config: postgres.Config{LockTimeout: long, SearchTimeout: long, StatementTimeout: short}, code: pika.Timeout, words: "too long"},
		"statement, cold":  {config: postgres.Config{LockTimeout: long, SearchTimeout: long, StatementTimeout: short}, cold: true, code: pika.Timeout, words: "too long"},
		"search":           {config: postgres.Config{LockTimeout: long, SearchTimeout: short, StatementTimeout: long}, code: pika.Timeout, words: "too long"},
		"call":             {config: postgres.Config{LockTimeout: long, SearchTimeout: long, StatementTimeout: long, CallTimeout: short}, code: pika.Timeout},
		"caller":           {config: postgres.Config{LockTimeout: long, SearchTimeout: long, StatementTimeout: long}, until: short, code: pika.Timeout},
		"caller, cold":     {config: postgres.Config{LockTimeout: long, SearchTimeout: long, StatementTimeout: long}, cold: true, until: short, code: pika.Timeout},
		"caller of search": {config: postgres.Config{LockTimeout: long, SearchTimeout: time.Millisecond, StatementTimeout: long}, until: 20 * short, code: pika.Timeout},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.URL, c.config.MaxConns, c.config.MinIdleConns = url, 1, -1
			db, err := postgres.Open(c.config)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			warm := func() error { return db.Ping(t.Context()) }
			if !c.cold {
				warm = func() error { _, err := db.Get(t.Context(), alice, []string{"x"}); return err }
			}
			for deadline := time.Now().Add(20 * time.Second); warm() != nil && time.Now().Before(deadline); {
			}
			defer lockTable(t, url, "facts")()
			ctx := t.Context()
			if c.until > 0 {
				var cancel func()
				ctx, cancel = context.WithTimeout(ctx, c.until)
				defer cancel()
			}
			start := time.Now()
			_, err = db.Get(ctx, alice, []string{"x"})
			wantError(t, "Get", err, c.code, c.words)
			if took := time.Since(start); took > 20*time.Second || took < c.until/2 {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestCancelled: a caller who goes away gets his answer at once and costs no connection.
func TestCancelled(t *testing.T) {
	t.Parallel()
	url := database(t, t.TempDir())
	db := open(t, url)
	defer db.Close()
	if err := db.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	lockTable(t, url, "jobs")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		waitForLock(t, url)
		cancel()
	}()
	if _, err := db.GetJob(ctx, "acme", "x"); !errors.Is(err, context.Canceled) || pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("GetJob cancelled in the midst = %v", err)
	}
	if got, err := db.Get(t.Context(), alice, []string{"x"}); err != nil || len(got) != 0 {
		t.Errorf("the next call = %v, %v", got, err)
	}
}

// TestGivingUpCostsNoConnection: a call that is given up, as a search's are at their
// deadline, leaves the connections as they are: making new ones would slow down the calls
// after it, which are given up in their turn.
func TestGivingUpCostsNoConnection(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(postgres.Config{URL: database(t, t.TempDir()), MaxConns: 4, MinIdleConns: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	nothing := func() {}
	if err := db.ReadTwice(t.Context(), nothing); err != nil {
		t.Fatal(err)
	}
	for name, giveUp := range map[string]func(context.Context) (context.Context, context.CancelFunc, func()){
		"cancelled": func(ctx context.Context) (context.Context, context.CancelFunc, func()) {
			ctx, cancel := context.WithCancel(ctx)
			return ctx, cancel, cancel
		},
		"at its deadline": func(ctx context.Context) (context.Context, context.CancelFunc, func()) {
			ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			return ctx, cancel, func() { <-ctx.Done() }
		},
	} {
		ctx, cancel, between := giveUp(t.Context())
		if err := db.ReadTwice(ctx, between); err == nil {
			t.Errorf("%s: there is no error", name)
		}
		cancel()
		if err := db.ReadTwice(t.Context(), nothing); err != nil {
			t.Errorf("after one that was given up %s: %v", name, err)
		}
		if n := db.Connected(); n != 1 {
			t.Errorf("%s: the pool connected %d times; want 1", name, n)
		}
	}
}

// waitForLock waits until a statement on the database waits for a lock.
func waitForLock(t testing.TB, url string) {
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close(context.Background())
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		var waiting bool
		err := conn.QueryRow(context.Background(),
			"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')").Scan(&waiting)
		if err != nil || waiting {
			return
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for field, c := range map[string]postgres.Config{
		"url":               {},
		"max_conns":         {MaxConns: -1},
		"min_idle_conns":    {MaxConns: 2, MinIdleConns: 3},
		"statement_timeout": {StatementTimeout: -time.Second},
		"call_timeout":      {CallTimeout: time.Microsecond},
	} {
		if field != "url" {
			c.URL = "postgres://pika:secret@127.0.0.1/pika"
		}
		_, err := postgres.Open(c)
		wantError(t, "Open", err, pika.Invalid, field)
	}
	for _, address := range []string{"://", "postgres://pika:secret@host:port/x", "postgres://pika:sec%ret@host/x", "mysql://x:secret@y/z"} {
		_, err := postgres.Open(postgres.Config{URL: address})
		wantError(t, "Open", err, pika.Invalid, "url")
		_, _, err = postgres.Migrate(t.Context(), address)
		wantError(t, "Migrate", err, pika.Invalid, "url")
	}
}

// TestBusyPool: when all connections are taken the caller is told to come back.
func TestBusyPool(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(postgres.Config{URL: database(t, t.TempDir()), MaxConns: 1, MinIdleConns: -1, ConnectTimeout: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, release, err := db.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	_, err = db.Get(t.Context(), alice, []string{"x"})
	wantError(t, "Get", err, pika.Overloaded, fmt.Sprintf("all %d connections", 1))
}
