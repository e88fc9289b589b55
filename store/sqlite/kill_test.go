package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/store/sqlite"
)

// childPath names the database that this test binary, started again as a child,
// writes to until it is killed.
const childPath = "PIKA_SQLITE_KILL_CHILD"

var killScope = pika.Scope{Tenant: "acme", User: "alice"}

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		writeUntilKilled(path)
	}
	os.Exit(m.Run())
}

// writeUntilKilled is the child's part of TestKill.
func writeUntilKilled(path string) {
	db, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var group sync.WaitGroup
	var out sync.Mutex
	for writer := range 4 {
		group.Go(func() {
			for i := 0; ; i++ {
				id, err := commitOne(db, fmt.Sprintf("%d-%d-%d", os.Getpid(), writer, i))
				out.Lock()
				if err == nil {
					fmt.Println("acknowledged", id)
				} else {
					fmt.Fprintln(os.Stderr, err)
				}
				out.Unlock()
			}
		})
	}
	group.Wait()
}

func commitOne(db *sqlite.DB, job string) (string, error) {
	id := pika.FactID(killScope, job, 0, 0)
	_, err := db.Commit(context.Background(), killScope, pika.Commit{JobID: job, At: time.Now(), Facts: []pika.Fact{
		{ID: id, Text: "likes dish " + job, ContentHash: id, EffectiveAt: time.Now()},
	}})
	return id, err
}

// TestKill kills a writing process with SIGKILL, again and again, and checks that
// every fact it was told is stored is there, findable, and the file whole.
func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pika.db")
	var acknowledged []string
	rounds := 5
	if testing.Short() {
		rounds = 1
	}
	for range rounds {
		acknowledged = append(acknowledged, killAfter(t, path, 40)...)
		checkAll(t, path, acknowledged)
	}
	t.Logf("%d acknowledged facts survived %d kills", len(acknowledged), rounds)
}

// killAfter runs a child until it has acknowledged n facts, kills it, and returns all
// it acknowledged.
func killAfter(t *testing.T, path string, n int) []string {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), executable)
	child.Env = append(os.Environ(), childPath+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if id, ok := strings.CutPrefix(lines.Text(), "acknowledged "); ok && pika.IsID(id) {
			ids = append(ids, id)
		}
		if len(ids) == n {
			_ = child.Process.Kill()
		}
	}
	var exit *exec.ExitError
	if err := child.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the child ended with %v; want it killed", err)
	}
	return ids
}

func checkAll(t *testing.T, path string, ids []string) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	got, err := db.Get(t.Context(), killScope, ids)
	if err != nil || len(got) != len(ids) {
		t.Fatalf("%d of %d acknowledged facts are there, %v", len(got), len(ids), err)
	}
	page, err := db.List(t.Context(), killScope, pika.ListFacts{}, pika.PageRequest{Limit: pika.MaxPageLimit})
	if err != nil {
		t.Fatal(err)
	}
	hits, err := db.SearchKeyword(t.Context(), killScope, pika.CorpusFacts, keyword.Query("dish"), pika.MaxKeywordLimit)
	if err != nil || len(hits) != len(page.Items) {
		t.Errorf("%d facts are there and %d are found, %v", len(page.Items), len(hits), err)
	}
	if result, err := db.Pragma(t.Context(), "integrity_check"); err != nil || result != "ok" {
		t.Errorf("integrity_check = %q, %v", result, err)
	}
}
