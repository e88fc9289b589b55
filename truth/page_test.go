package truth_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

// FuzzCursor checks that a cursor that is taken is exactly one that was made.
func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add("ZmFjdHM6MToy")
	made, _ := truth.ParseCursor("")
	f.Add(made)
	f.Fuzz(func(t *testing.T, cursor string) {
		if again, ok := truth.ParseCursor(cursor); ok && again != cursor {
			t.Errorf("the cursor %q was taken for %q", cursor, again)
		}
	})
}

type row struct {
	at time.Time
	id string
}

func (r row) place() (time.Time, string) { return r.at, r.id }

func TestPages(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 0, 0, 0, 1999, time.FixedZone("", 3600))
	rows := []row{{at, "a:b"}, {at, "c"}, {at, "d"}}
	page := truth.PageOf(rows, 2, truth.FactList, (*row).place)
	if len(page.Items) != 2 || page.Next == "" {
		t.Fatalf("the first page = %+v", page)
	}
	got, err := truth.StartOf(pika.PageRequest{Limit: 2, Cursor: page.Next}, truth.FactList)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(truth.Position{At: truth.Micros(at), ID: "c"}, got); diff != "" {
		t.Errorf("the second page starts (-want +got):\n%s", diff)
	}
	if _, err := truth.StartOf(pika.PageRequest{Limit: 2, Cursor: page.Next}, truth.JobList); pika.CodeOf(err) != pika.Invalid {
		t.Errorf("a cursor of another list = %v", err)
	}
	if last := truth.PageOf(rows[2:], 2, truth.FactList, (*row).place); last.Next != "" {
		t.Errorf("the last page has the cursor %q", last.Next)
	}
}
