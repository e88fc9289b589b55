// Package devservertest gives tests a real local Temporal server.
//
// What may come in: finding the binary for tests, starting and stopping a server of
// one test. What may not: anything that is not for tests.
package devservertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pikamem/pika/devserver"
	"github.com/pikamem/pika/workflows"
)

// Binary returns the temporal CLI for tests: PIKA_TEST_TEMPORAL, else bin/temporal
// of the repository, else the one on PATH. Without one the test is skipped, or fails
// if PIKA_TEST_REQUIRE is set.
func Binary(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("PIKA_TEST_TEMPORAL"); path != "" {
		return path
	}
	if path := filepath.Join(repository(), "bin", "temporal"); isFile(path) {
		return path
	}
	if path, err := exec.LookPath("temporal"); err == nil {
		return path
	}
	const missing = "no temporal CLI: run `make temporal` or set PIKA_TEST_TEMPORAL"
	if os.Getenv("PIKA_TEST_REQUIRE") != "" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// Start starts a server of its own for the test, without a web page, and stops it
// when the test ends. Its data lies in a folder of the test.
func Start(t testing.TB) *devserver.Server {
	t.Helper()
	server, err := devserver.Start(t.Context(), Options(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return server
}

// Options returns the options that Start uses.
func Options(t testing.TB) devserver.Options {
	t.Helper()
	return devserver.Options{
		Binary: Binary(t), DataDir: t.TempDir(), UIPort: -1, SearchAttributes: workflows.SearchAttributes(),
		// A dropped close event makes a waiting client ask again only after this long.
		Args: []string{"--dynamic-config-value", `history.longPollExpirationInterval="3s"`},
	}
}

// repository returns the folder of the module that the test runs in.
func repository() string {
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if isFile(filepath.Join(dir, "go.mod")) {
			return dir
		}
	}
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
