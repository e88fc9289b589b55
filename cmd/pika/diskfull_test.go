//go:build linux

package main_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pikamem/pika/bench/process"
)

// TestDiskFull: with the disk under the truth full, extractions are accepted, searches
// are answered, what is wrong is said, and once there is room everything that was
// accepted is worked through. The disk is a small one in memory that only root can make.
func TestDiskFull(t *testing.T) {
	folder := smallDisk(t, 64<<20)
	w := emptyWorld(t)
	admin := w.onSmallDisk(t, folder)
	w.run(t, "migrate")
	log := &output{}
	s := startCommand(t, "dev", w.with("OPENAI_BASE_URL", startModel(t), "OPENAI_API_KEY", "none"), log)
	awaitWell(t, s)
	first := awaitFirst(t, s, extract(t, s, "before").JobID)
	refreshCatalogFile(t, w.AdminURL("pika"))
	fill(t, admin)
	var accepted []process.Accepted
	for i := range 20 {
		accepted = append(accepted, extract(t, s, fmt.Sprintf("during-%d", i)))
	}
	eventually(t, recovery, "the log says that the disk is full", func() (bool, string) {
		return hasWords(log.String(), "disk of the database is full"), "it does not"
	})
	answer, err := search(t, s, "before", "cat", "hybrid")
	if err != nil || !hasFact(answer, first.Results.Facts[0].FactID) {
		t.Errorf("search with a full disk: %s", describe(answer, err))
	}
	t.Logf("/readyz with a full disk: %s", awaitTrouble(t, s, "facts", "disk of the database is full", "free some space"))
	if _, err := admin.Exec(t.Context(), "DROP TABLE filler"); err != nil {
		t.Fatal(err)
	}
	for _, a := range accepted {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		if _, err := s.Await(ctx, a.JobID); err != nil {
			t.Error(err)
		}
		cancel()
	}
	for i := range accepted {
		var list listedFacts
		if err := s.Call(t.Context(), http.MethodGet, fmt.Sprintf("/v1/facts?user_id=during-%d", i), nil, &list); err != nil || len(list.Items) != 2 {
			t.Errorf("user %d has %d facts, %v; want 2", i, len(list.Items), err)
		}
	}
}

// smallDisk mounts a disk of so many bytes until the test ends. Only root can: others
// skip the test.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a small disk can be mounted by root only")
	}
	// Not the test's own folder: the server's user must pass to it.
	folder, err := os.MkdirTemp("/var/lib", "pika-small-disk-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(folder) })
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount the small disk: %v", err)
		}
	})
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

// onSmallDisk puts pika's database on the disk and returns a superuser's connection to it.
func (w *world) onSmallDisk(t *testing.T, folder string) *pgx.Conn {
	t.Helper()
	space := filepath.Join(folder, "space")
	if err := os.Mkdir(space, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("chown", "postgres:postgres", space).CombinedOutput(); err != nil {
		t.Fatalf("chown: %v: %s", err, out)
	}
	ctx := context.WithoutCancel(t.Context())
	server, err := pgx.Connect(ctx, w.AdminURL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close(ctx) })
	for _, statement := range []string{
		// It would drop the file of catalogs at times of its own.
		"ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()",
		"CREATE TABLESPACE small LOCATION '" + strings.ReplaceAll(space, "'", "''") + "'",
		"DROP DATABASE pika WITH (FORCE)", "CREATE DATABASE pika OWNER pika TABLESPACE small",
	} {
		if _, err := server.Exec(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	t.Cleanup(func() {
		for _, statement := range []string{"DROP DATABASE pika WITH (FORCE)", "CREATE DATABASE pika OWNER pika", "DROP TABLESPACE small", "ALTER SYSTEM RESET autovacuum", "SELECT pg_reload_conf()"} {
			if _, err := server.Exec(ctx, statement); err != nil {
				t.Errorf("%s: %v", statement, err)
			}
		}
	})
	admin, err := pgx.Connect(ctx, w.AdminURL("pika"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close(ctx) })
	for _, statement := range []string{"CREATE UNLOGGED TABLE filler (block text)", "ALTER TABLE filler ALTER block SET STORAGE PLAIN"} {
		if _, err := admin.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	return admin
}

// refreshCatalogFile opens a connection, which writes the database's file of catalogs if
// it was dropped. Without it the server refuses new connections on a full disk.
func refreshCatalogFile(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close(t.Context())
}

// fill writes into a table until the disk is full, in smaller and smaller steps.
func fill(t *testing.T, admin *pgx.Conn) {
	t.Helper()
	for rows := 4096; rows > 0; rows /= 4 {
		var err error
		for err == nil {
			_, err = admin.Exec(t.Context(), "INSERT INTO filler SELECT repeat(md5(random()::text), 200) FROM generate_series(1, $1)", rows)
		}
		if !strings.Contains(err.Error(), "53100") {
			t.Fatalf("fill the disk: %v", err)
		}
	}
}
