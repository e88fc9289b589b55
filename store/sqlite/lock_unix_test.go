//go:build unix && !solaris && !aix

package sqlite_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pikamem/pika/store/sqlite"
)

// TestLockIsNotInherited: a process that is being started holds copies of this one's
// files for a moment; the lock must not stay with it.
func TestLockIsNotInherited(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pika.db")
	db := open(t, path, sqlite.Options{})
	copies := inherit(t, path+".lock")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatalf("Open after Close = %v", err)
	}
	defer again.Close()
	for _, f := range copies {
		_ = f.Close()
	}
}

// inherit returns duplicates of the descriptors that this process has of a file, as a
// child process has them between its start and its own program.
func inherit(t *testing.T, path string) (copies []*os.File) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not show a process's files")
	}
	for _, e := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && target == path {
			n, err := strconv.Atoi(e.Name())
			if err != nil {
				t.Fatal(err)
			}
			duplicate, err := unix.Dup(n)
			if err != nil {
				t.Fatal(err)
			}
			copies = append(copies, os.NewFile(uintptr(duplicate), path))
		}
	}
	if len(copies) == 0 {
		t.Fatalf("no descriptor of %s is open", path)
	}
	return copies
}
