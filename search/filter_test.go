package search_test

import (
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

func TestFactFilter(t *testing.T) {
	t.Parallel()
	past, future := epoch.Add(-time.Hour), epoch.Add(time.Hour)
	fact := pika.Fact{
		ID: "f", Subject: "Linh", Predicate: "has_pet", Category: "pets", Language: "vi", Confidence: 0.9,
		Entities:    []pika.Entity{{ID: pika.EntityID(linh, "muop"), Name: "Mướp", Type: "animal"}},
		Sources:     []pika.Source{{ConversationID: "c1", MessageID: "m1"}},
		Metadata:    pika.Metadata{"channel": "app", "n": 2.0},
		EffectiveAt: past.Add(-time.Hour), RecordedAt: past,
	}
	tests := []struct {
		name string
		fact func(*pika.Fact)
		q    func(*pika.Query)
		want bool
	}{
		{"no filters", nil, nil, true},
		{"category", nil, func(q *pika.Query) { q.Filters.Categories = []string{"home", "pets"} }, true},
		{"other category", nil, func(q *pika.Query) { q.Filters.Categories = []string{"home"} }, false},
		{"predicate", nil, func(q *pika.Query) { q.Filters.Predicates = []string{"has_pet"} }, true},
		{"other predicate", nil, func(q *pika.Query) { q.Filters.Predicates = []string{"likes"} }, false},
		{"language", nil, func(q *pika.Query) { q.Filters.Languages = []string{"en"} }, false},
		{"entity by folded name", nil, func(q *pika.Query) { q.Filters.Entities = []string{"MUOP"} }, true},
		{"entity by id", nil, func(q *pika.Query) { q.Filters.Entities = []string{pika.EntityID(linh, "muop")} }, true},
		{"the subject by name", nil, func(q *pika.Query) { q.Filters.Entities = []string{"linh"} }, true},
		{"the subject by id", nil, func(q *pika.Query) { q.Filters.Entities = []string{pika.EntityID(linh, "linh")} }, true},
		{"another's entity id", nil, func(q *pika.Query) { q.Filters.Entities = []string{pika.EntityID(other, "muop")} }, false},
		{"unknown entity", nil, func(q *pika.Query) { q.Filters.Entities = []string{"Bơ"} }, false},
		{"conversation", nil, func(q *pika.Query) { q.Filters.ConversationID = "c1" }, true},
		{"other conversation", nil, func(q *pika.Query) { q.Filters.ConversationID = "c2" }, false},
		{"metadata", nil, func(q *pika.Query) { q.Filters.Metadata = pika.Metadata{"n": 2.0} }, true},
		{"metadata of another type", nil, func(q *pika.Query) { q.Filters.Metadata = pika.Metadata{"n": "2"} }, false},
		{"metadata unknown", nil, func(q *pika.Query) { q.Filters.Metadata = pika.Metadata{"x": true} }, false},
		{"recorded after is exclusive", nil, func(q *pika.Query) { q.Filters.RecordedAfter = &past }, false},
		{"recorded before is exclusive", nil, func(q *pika.Query) { q.Filters.RecordedBefore = &past }, false},
		{"recorded before", nil, func(q *pika.Query) { q.Filters.RecordedBefore = &future }, true},
		{"confident enough", nil, func(q *pika.Query) { q.Filters.MinConfidence = 0.9 }, true},
		{"not confident enough", nil, func(q *pika.Query) { q.Filters.MinConfidence = 0.91 }, false},
		{"all must pass", nil, func(q *pika.Query) {
			q.Filters.Categories, q.Filters.Languages = []string{"pets"}, []string{"en"}
		}, false},
		{"superseded", superseded(past), nil, false},
		{"superseded, included", superseded(past), func(q *pika.Query) { q.IncludeSuperseded = true }, true},
		{"superseded from later on", superseded(future), nil, true},
		{"superseded, but it held then", superseded(epoch), func(q *pika.Query) { q.AsOf = &past }, true},
		{"as of its end", superseded(past), func(q *pika.Query) { q.AsOf = &past }, false},
		{"as of before it began", func(f *pika.Fact) { f.EffectiveAt = epoch }, func(q *pika.Query) { q.AsOf = &past }, false},
		{"its own time is over", func(f *pika.Fact) { f.ValidTo = &past }, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, q := fact, question("x")
			if tt.fact != nil {
				tt.fact(&f)
			}
			if tt.q != nil {
				tt.q(&q)
			}
			if got := search.FactFilter(linh, q, epoch)(&f); got != tt.want {
				t.Errorf("filter = %v; want %v", got, tt.want)
			}
		})
	}
}

func superseded(end time.Time) func(*pika.Fact) {
	return func(f *pika.Fact) { f.ValidTo, f.SupersededBy = &end, "successor" }
}

func TestMessageFilter(t *testing.T) {
	t.Parallel()
	m := pika.StoredMessage{ConversationID: "c1", Metadata: pika.Metadata{"channel": "app"}}
	tests := []struct {
		name string
		f    pika.Filters
		want bool
	}{
		{"none", pika.Filters{}, true},
		{"conversation", pika.Filters{ConversationID: "c1"}, true},
		{"other conversation", pika.Filters{ConversationID: "c2"}, false},
		{"metadata", pika.Filters{Metadata: pika.Metadata{"channel": "app"}}, true},
		{"other metadata", pika.Filters{Metadata: pika.Metadata{"channel": "web"}}, false},
		{"filters of facts", pika.Filters{Categories: []string{"pets"}, MinConfidence: 1}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := search.MessageFilter(pika.Query{Filters: tt.f})(&m); got != tt.want {
				t.Errorf("filter = %v; want %v", got, tt.want)
			}
		})
	}
}
