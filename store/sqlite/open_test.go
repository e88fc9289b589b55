package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/sqlite"
)

// wantRefused checks that a path is refused with a sentence that names it and holds word.
func wantRefused(t *testing.T, path, word string) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err == nil {
		_ = db.Close()
		t.Fatal("Open succeeds")
	}
	var e *pika.Error
	if !errors.As(err, &e) || e.Code != pika.Unavailable {
		t.Fatalf("Open = %v; want code unavailable", err)
	}
	if !strings.Contains(e.Message, filepath.Dir(path)) || !strings.Contains(e.Message, word) {
		t.Errorf("Open says %q; want it to name %s and say %q", e.Message, path, word)
	}
	_, err = sqlite.Open(t.Context(), path, sqlite.Options{})
	if again := pika.CodeOf(err); again != pika.Unavailable || strings.Contains(err.Error(), "in use") != strings.Contains(e.Message, "in use") {
		t.Errorf("a second Open = %v; want the same refusal, no lock left behind", err)
	}
}

// edit runs SQL on a database file behind the store's back.
func edit(t testing.TB, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestOpenInUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pika.db")
	db := open(t, path, sqlite.Options{})
	wantRefused(t, path, "in use by another process")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path, sqlite.Options{}).Close(); err != nil {
		t.Errorf("Open and Close after the first process ended = %v", err)
	}
}

func TestOpenNewerVersion(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pika.db")
	if err := open(t, path, sqlite.Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	edit(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wantRefused(t, path, "newer version of Pika")
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("a refused file was changed, %v", err)
	}
}

func TestOpenOtherFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign.db")
	edit(t, foreign, "CREATE TABLE facts (x)")
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, foreign, "another program")
	wantRefused(t, text, "not a database")
	if got, err := os.ReadFile(text); err != nil || !strings.HasPrefix(string(got), "this is not") {
		t.Errorf("the file was changed: %.20q, %v", got, err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, filepath.Join(dir, "folder.db"), "not a regular file")
	wantRefused(t, filepath.Join(dir, "none", "pika.db"), "does not exist")
	wantRefused(t, filepath.Join(text, "pika.db"), "cannot be written")
}

func TestOpenReadOnly(t *testing.T) {
	t.Parallel()
	if runAsNobody(t) {
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "pika.db")
	if err := open(t, path, sqlite.Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, path, "cannot be written")
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	wantRefused(t, filepath.Join(dir, "new.db"), "cannot be written")
}

// TestOpenAwkwardPath opens a file whose name means something in a URI.
func TestOpenAwkwardPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "100% #1? dữ liệu&mode=memory")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "pika.db")
	if err := open(t, path, sqlite.Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Errorf("the file at the path is %v, %v", info, err)
	}
}

func TestOpenCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "pika.db")
	if _, err := sqlite.Open(ctx, path, sqlite.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open with a cancelled context = %v", err)
	}
	_ = open(t, path, sqlite.Options{}).Close()
}

func TestPragmas(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options sqlite.Options
		want    string
	}{"default": {sqlite.Options{}, "2"}, "relaxed": {sqlite.Options{Relaxed: true}, "1"}} {
		db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "pika.db"), c.options)
		if err != nil {
			t.Fatal(err)
		}
		for pragma, want := range map[string]string{"synchronous": c.want, "journal_mode": "wal", "page_size": "8192", "secure_delete": "1", "integrity_check": "ok"} {
			if got, err := db.Pragma(t.Context(), pragma); err != nil || got != want {
				t.Errorf("%s: PRAGMA %s = %q, %v; want %q", name, pragma, got, err, want)
			}
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestPingAndClose(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pika.db")
	db := open(t, path, sqlite.Options{})
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("Ping = %v", err)
	}
	for range 2 {
		if err := db.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
	if got := pika.CodeOf(db.Ping(t.Context())); got != pika.Unavailable {
		t.Errorf("Ping after Close has code %q; want unavailable", got)
	}
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		t.Errorf("the write-ahead log holds %d bytes after Close", info.Size())
	}
}
