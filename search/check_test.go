package search_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	early, late := epoch, epoch.Add(time.Hour)
	tests := []struct {
		name   string
		change func(*pika.Query)
		want   []string // fields; none: valid
	}{
		{"valid", func(*pika.Query) {}, nil},
		{"longest query", func(q *pika.Query) { q.Text = strings.Repeat("a", pika.MaxQueryBytes) }, nil},
		{"query too long", func(q *pika.Query) { q.Text = strings.Repeat("a", pika.MaxQueryBytes+1) }, []string{"query"}},
		{"empty query", func(q *pika.Query) { q.Text = "" }, []string{"query"}},
		{"white space", func(q *pika.Query) { q.Text = " \t\u00a0\n" }, []string{"query"}},
		{"invalid UTF-8", func(q *pika.Query) { q.Text = "a\xff" }, []string{"query"}},
		{"limits at the edge", func(q *pika.Query) { q.Limit, q.Messages = pika.MaxSearchLimit, pika.MaxSearchMessages }, nil},
		{"limit 0", func(q *pika.Query) { q.Limit = 0 }, []string{"limit"}},
		{"limit too high", func(q *pika.Query) { q.Limit = pika.MaxSearchLimit + 1 }, []string{"limit"}},
		{"messages negative", func(q *pika.Query) { q.Messages = -1 }, []string{"messages"}},
		{"messages too many", func(q *pika.Query) { q.Messages = pika.MaxSearchMessages + 1 }, []string{"messages"}},
		{"unknown mode", func(q *pika.Query) { q.Mode = "graph" }, []string{"mode"}},
		{"min_score not a number", func(q *pika.Query) { q.MinScore = math.NaN() }, []string{"min_score"}},
		{"deadline at the edges", func(q *pika.Query) { q.Deadline = 5 * time.Millisecond }, nil},
		{"deadline too short", func(q *pika.Query) { q.Deadline = 4 * time.Millisecond }, []string{"deadline_ms"}},
		{"deadline too long", func(q *pika.Query) { q.Deadline = 10001 * time.Millisecond }, []string{"deadline_ms"}},
		{"empty label", func(q *pika.Query) { q.Filters.Categories = []string{"pets", ""} }, []string{"filters.categories[1]"}},
		{"long entity", func(q *pika.Query) { q.Filters.Entities = []string{strings.Repeat("x", 257)} }, []string{"filters.entities[0]"}},
		{"metadata of a map", func(q *pika.Query) { q.Filters.Metadata = pika.Metadata{"a": map[string]any{}} }, []string{"filters.metadata"}},
		{"metadata too large", func(q *pika.Query) { q.Filters.Metadata = pika.Metadata{"a": strings.Repeat("x", 8<<10)} }, []string{"filters.metadata"}},
		{"times in order", func(q *pika.Query) { q.Filters.RecordedAfter, q.Filters.RecordedBefore = &early, &late }, nil},
		{"times reversed", func(q *pika.Query) { q.Filters.RecordedAfter, q.Filters.RecordedBefore = &late, &early }, []string{"filters.recorded_after"}},
		{"two at once", func(q *pika.Query) { q.Limit, q.Filters.MinConfidence = 0, 2 }, []string{"limit", "filters.min_confidence"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q := question("mèo")
			tt.change(&q)
			err := search.Check(q)
			var e *pika.Error
			if errors.As(err, &e) != (tt.want != nil) || (e != nil && e.Code != pika.Invalid) {
				t.Fatalf("Check = %v; want fields %v", err, tt.want)
			}
			var got []string
			if e != nil {
				for _, f := range e.Fields {
					got = append(got, f.Field)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}
