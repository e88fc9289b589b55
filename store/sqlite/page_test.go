package sqlite_test

import (
	"testing"

	"github.com/pikamem/pika/store/sqlite"
)

// FuzzCursor checks that a cursor that is taken is exactly one that was made.
func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add("ZmFjdHM6MToy")
	made, _ := sqlite.ParseCursor("")
	f.Add(made)
	f.Fuzz(func(t *testing.T, cursor string) {
		if again, ok := sqlite.ParseCursor(cursor); ok && again != cursor {
			t.Errorf("the cursor %q was taken for %q", cursor, again)
		}
	})
}
