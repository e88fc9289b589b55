package local_test

import (
	"os"
	"testing"

	"github.com/pikamem/pika/model/local"
)

// modelPath returns the model file's path. Without the file a test is skipped,
// unless PIKA_TEST_REQUIRE is set: then it fails.
func modelPath(tb testing.TB) string {
	tb.Helper()
	path, err := local.Locate("")
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	const missing = "the embedding model is not in the cache folder: run `make model` first"
	if os.Getenv("PIKA_TEST_REQUIRE") != "" {
		tb.Fatal(missing)
	}
	tb.Skip(missing)
	return ""
}

func openModel(tb testing.TB, o local.Options) *local.Embedder {
	tb.Helper()
	e, err := local.Open(modelPath(tb), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := e.Close(); err != nil {
			tb.Error(err)
		}
	})
	return e
}
