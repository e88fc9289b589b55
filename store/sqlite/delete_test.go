package sqlite_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/sqlite"
)

// TestDeletedTextLeavesTheFile looks for a deleted fact's words in the bytes of the
// database's files, as a forensic tool would.
func TestDeletedTextLeavesTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pika.db")
	db := open(t, path, sqlite.Options{})
	scope := pika.Scope{Tenant: "acme", User: "alice"}
	now := time.Unix(1_700_000_000, 0)
	var secret string
	for i := range 300 {
		job := fmt.Sprint("job", i)
		f := pika.Fact{ID: pika.FactID(scope, job, 0, 0), Text: fmt.Sprint("likes dish number ", i), ContentHash: job, EffectiveAt: now}
		if i%100 == 50 {
			f.Text, f.Object, f.ContentHash = "the code is xylophone77", "xylophone77", "secret"
			f.Predicate, f.Category = "has_xylophone77", "xylophone77"
			f.Entities = []pika.Entity{{ID: pika.EntityID(scope, "xylophone77"), Name: "xylophone77", Type: "xylophone77"}}
			f.Metadata = pika.Metadata{"note": "xylophone77"}
		}
		outcomes, err := db.Commit(t.Context(), scope, pika.Commit{JobID: job, Facts: []pika.Fact{f}, At: now})
		if err != nil {
			t.Fatal(err)
		}
		if i == 50 {
			secret = outcomes[0].FactID
		}
	}
	version, err := db.Version(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	for i, value := range []string{"xylophone77", strings.Repeat("xylophone77 ", 4000)} {
		a := pika.KeptAnswer{Key: fmt.Sprint(i), Value: []byte(value), Until: now.AddDate(1, 0, 0), Version: version}
		if err := db.KeepAnswer(t.Context(), scope, a); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Delete(t.Context(), scope.Tenant, secret, now); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(content, []byte("xylophone77")); n > 0 {
			t.Errorf("%s holds a deleted fact's word %d times", filepath.Base(name), n)
		}
	}
}
