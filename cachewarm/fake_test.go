package cachewarm_test

import (
	"context"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
)

// house is what a Warmer and a Tuner stand on. Its clock moves only when something is done.
type house struct {
	pika.QueryCache

	now      time.Time
	own      map[string][]pika.PopularSearch // by user
	popular  []pika.PopularSearch
	active   []pika.Scope
	since    time.Time                                                      // that was asked for
	answer   func(scope pika.Scope, q pika.Query) (cache.WarmResult, error) // nil: made
	load     float64
	takes    time.Duration // of one search
	warmed   []string      // user: question
	paused   []time.Duration
	expiring int
	fault    error

	use   []pika.AnswerUse
	ttls  []pika.AnswerTTL
	tuned []pika.AnswerTTL
}

func newHouse() *house {
	return &house{now: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC), takes: 10 * time.Millisecond, own: map[string][]pika.PopularSearch{}}
}

func (h *house) clock() time.Time { return h.now }

func (h *house) Warm(_ context.Context, scope pika.Scope, q pika.Query) (cache.WarmResult, error) {
	h.now = h.now.Add(h.takes)
	h.warmed = append(h.warmed, scope.User+": "+q.Text)
	if h.answer == nil {
		return cache.WarmMade, nil
	}
	return h.answer(scope, q)
}

func (h *house) pause(ctx context.Context, d time.Duration) error {
	h.paused = append(h.paused, d)
	h.now = h.now.Add(d)
	return ctx.Err()
}

func (h *house) UserSearches(_ context.Context, scope pika.Scope, _ time.Time, _ int) ([]pika.PopularSearch, error) {
	return h.own[scope.User], h.fault
}

func (h *house) PopularSearches(context.Context, string, int) ([]pika.PopularSearch, error) {
	return h.popular, nil
}

func (h *house) ActiveUsers(_ context.Context, tenant string, since time.Time, limit int) ([]pika.Scope, error) {
	h.since = since
	var scopes []pika.Scope
	for _, s := range h.active {
		if (tenant == "" || s.Tenant == tenant) && len(scopes) < limit {
			scopes = append(scopes, s)
		}
	}
	return scopes, nil
}

func (h *house) RefreshPopular(context.Context, time.Time) (bool, error) { return true, h.fault }

func (h *house) ExpireAnswers(_ context.Context, _ time.Time, limit int) (int, error) {
	n := min(limit, h.expiring)
	h.expiring -= n
	return n, nil
}

func (h *house) NoteAnswerUse(context.Context, []pika.AnswerUse) error { return nil }

func (h *house) AnswerUse(context.Context) ([]pika.AnswerUse, error) { return h.use, nil }

func (h *house) AnswerTTLs(context.Context) ([]pika.AnswerTTL, error) { return h.ttls, nil }

func (h *house) TuneAnswerTTLs(_ context.Context, ttls []pika.AnswerTTL) error {
	h.tuned = append(h.tuned, ttls...)
	return nil
}
