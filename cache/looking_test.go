package cache

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

// timed is a source that notes how much time a search had.
type timed struct {
	Source
	deadline time.Duration
}

func (s *timed) SearchTraced(_ context.Context, _ pika.Scope, q pika.Query) (pika.Answer, search.Tracer, error) {
	s.deadline = q.Deadline
	return pika.Answer{}, nil, errors.New("asked")
}

// However long looking into caches took, half of its time is left for the search.
func TestLookingLeavesTimeToSearch(t *testing.T) {
	t.Parallel()
	for took, least := range map[time.Duration]time.Duration{0: 9 * time.Second, 7 * time.Second: 5 * time.Second, time.Hour: 5 * time.Second} {
		source := &timed{}
		r := &request{
			Searcher: &Searcher{source: source, o: SearcherOptions{Metrics: NewMetrics(nil)}}, started: time.Now().Add(-took),
			query: pika.Query{Cache: pika.CacheRefresh, Deadline: 10 * time.Second},
		}
		if _, err := r.answer(t.Context()); err == nil {
			t.Fatal("the source was not asked")
		}
		if source.deadline < least || source.deadline > 10*time.Second {
			t.Errorf("after %s the search has %s; want at least %s", took, source.deadline, least)
		}
	}
}
