package sqlite_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/sqlite"
)

var testModel = pika.EmbeddingModel{ID: "test/1", Dimensions: pikatest.VectorDimensions}

func openVectorsDB(t testing.TB, dir string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "pika.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// openVectors returns an index over the file in dir and what closes both.
func openVectors(t testing.TB, dir string, model pika.EmbeddingModel, o sqlite.VectorOptions) (*sqlite.Vectors, func()) {
	t.Helper()
	db := openVectorsDB(t, dir)
	v, err := db.Vectors(t.Context(), model, o)
	if err != nil {
		t.Fatal(err)
	}
	return v, func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestVectorsConformance runs the suite with room for everything, with room for
// about one arena, so that they push each other out, and with room for none, so
// that every search reads the file.
func TestVectorsConformance(t *testing.T) {
	t.Parallel()
	for name, bytes := range map[string]int64{"roomy": 0, "tight": 200 << 10, "none": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := pikatest.VectorsConfig{
				Open: func(t *testing.T, dir string) (pika.Vectors, func()) {
					return openVectors(t, dir, testModel, sqlite.VectorOptions{MemoryBytes: bytes})
				},
			}
			pikatest.Vectors(t, config)
			pikatest.VectorRows(t, config)
		})
	}
}

func TestVectorsRefuseAnotherModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, closeAll := openVectors(t, dir, testModel, sqlite.VectorOptions{})
	closeAll()
	db := openVectorsDB(t, dir)
	t.Cleanup(func() { db.Close() })
	for _, other := range []pika.EmbeddingModel{
		{ID: "test/2", Dimensions: testModel.Dimensions},
		{ID: testModel.ID, Dimensions: testModel.Dimensions + 1},
	} {
		_, err := db.Vectors(t.Context(), other, sqlite.VectorOptions{})
		if pika.CodeOf(err) != pika.Conflict {
			t.Fatalf("Vectors(%v) = %v; want a conflict", other, err)
		}
		for _, word := range []string{"pika reindex", testModel.ID, other.ID} {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("the error %q does not name %s", err, word)
			}
		}
	}
	if _, err := db.Vectors(t.Context(), testModel, sqlite.VectorOptions{}); err != nil {
		t.Errorf("Vectors with the former model = %v", err)
	}
}

func TestVectorsRefuseAnEmptyModel(t *testing.T) {
	t.Parallel()
	db := openVectorsDB(t, t.TempDir())
	t.Cleanup(func() { db.Close() })
	for _, m := range []pika.EmbeddingModel{{}, {ID: "m"}, {Dimensions: 3}} {
		if _, err := db.Vectors(t.Context(), m, sqlite.VectorOptions{}); pika.CodeOf(err) != pika.Invalid {
			t.Errorf("Vectors(%v) = %v; want invalid", m, err)
		}
	}
}
