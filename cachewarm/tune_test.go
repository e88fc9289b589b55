package cachewarm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cachewarm"
)

func TestTune(t *testing.T) {
	t.Parallel()
	now := newHouse().now
	const week = 7 * 24 * time.Hour
	for name, c := range map[string]struct {
		class        pika.AnswerClass
		ttl          time.Duration
		hits, misses int64
		longest      time.Duration
		want         time.Duration
		changed      bool
		reason       string
	}{
		"never tuned, nothing asked": {pika.AnswerOften, 0, 0, 0, week, 24 * time.Hour, false, "too few"},
		"too few":                    {pika.AnswerRarely, time.Hour, 3, 9, week, time.Hour, false, "too few"},
		"at the target":              {pika.AnswerRarely, time.Hour, 81, 19, week, time.Hour, true, "stays"},
		"few find them":              {pika.AnswerRarely, time.Hour, 40, 60, week, 89*time.Minute + 31*time.Second, true, "longer"},
		"all find them":              {pika.AnswerRarely, time.Hour, 100, 0, week, 49*time.Minute + 7*time.Second, true, "shorter"},
		"a step at most":             {pika.AnswerFresh, 5 * time.Minute, 0, 10_000, week, 10 * time.Minute, true, "longer"},
		"the class's longest":        {pika.AnswerFresh, 15 * time.Minute, 0, 10_000, week, 20 * time.Minute, true, "longer"},
		"already the longest":        {pika.AnswerFresh, 20 * time.Minute, 0, 10_000, week, 20 * time.Minute, true, "longest allowed"},
		"the class's shortest":       {pika.AnswerFresh, 30 * time.Second, 10_000, 0, week, 25 * time.Second, true, "shorter"},
		"the configured bound":       {pika.AnswerOften, 0, 0, 10_000, time.Hour, time.Hour, true, "longest allowed"},
		"a bound below all":          {pika.AnswerOften, 0, 0, 0, time.Second, time.Second, false, "too few"},
	} {
		got, changed := cachewarm.Tune(now, pika.AnswerTTL{Class: c.class, TTL: c.ttl},
			pika.AnswerUse{Class: c.class, Hits: c.hits, Misses: c.misses}, 0.8, c.longest)
		if got.TTL.Round(time.Second) != c.want || changed != c.changed || !strings.Contains(got.Reason, c.reason) ||
			got.Class != c.class || got.Hits != c.hits || got.Misses != c.misses || !got.TunedAt.Equal(now) {
			t.Errorf("%s: %v, %+v; want %v, %v: … %s", name, changed, got, c.changed, c.want, c.reason)
		}
	}
}

// Answers that live too short to be found are kept longer each time, until they are found
// as often as they should be: the tuning comes to rest.
func TestTuneSettles(t *testing.T) {
	t.Parallel()
	current := pika.AnswerTTL{Class: pika.AnswerRarely, TTL: 5 * time.Minute}
	rate := 0.0
	for range 60 {
		// Who asks again does so after 5 to 55 minutes, evenly.
		rate = min(max(float64(current.TTL-5*time.Minute)/float64(50*time.Minute), 0), 1)
		hits := int64(100 * rate)
		current, _ = cachewarm.Tune(time.Time{}, current, pika.AnswerUse{Hits: hits, Misses: 100 - hits}, 0.8, 24*time.Hour)
	}
	if rate < 0.77 || rate > 0.83 {
		t.Errorf("at rest %.2f are found with %v; want 0.80 with about 45m", rate, current.TTL)
	}
}

func TestTuner(t *testing.T) {
	t.Parallel()
	h := newHouse()
	h.expiring = 2500
	h.use = []pika.AnswerUse{{Class: pika.AnswerFresh, Hits: 10, Misses: 90}, {Class: pika.AnswerOften, Hits: 1}}
	h.ttls = []pika.AnswerTTL{{Class: pika.AnswerFresh, TTL: 6 * time.Minute}, {Class: pika.AnswerRarely, TTL: 2 * time.Hour}}
	tuner := &cachewarm.Tuner{Searches: h, TTLs: h, Longest: 24 * time.Hour, Now: h.clock}
	report, err := tuner.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var classes []pika.AnswerClass
	for _, c := range report.Classes {
		classes = append(classes, c.Class)
	}
	if diff := cmp.Diff(pika.AnswerClasses(), classes); diff != "" || !report.Refreshed || report.Expired != 2500 || report.Classes[1].TTL != 7200 {
		t.Errorf("report %+v\n%s", report, diff)
	}
	if len(h.tuned) != 3 || h.tuned[2].TTL <= 6*time.Minute || h.tuned[2].Hits != 10 || h.tuned[2].Misses != 90 {
		t.Errorf("tuned %+v; want another time of the class that was asked enough", h.tuned)
	}
	for _, stays := range h.tuned[:2] { // and all can be seen
		if stays.Hits != 0 || stays.Reason == "" || stays.TunedAt.IsZero() {
			t.Errorf("decided %+v; want its counts left to the next tuning", stays)
		}
	}
	h.fault = pika.Errorf(pika.Unavailable, "down")
	if _, err := tuner.Run(t.Context()); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Run() = %v, want Unavailable", err)
	}
}
