package cachewarm

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
)

// Bounds of removing answers whose time is over, in one run; the next goes on.
const (
	expirePage  = pika.MaxPageLimit
	expirePages = 100
)

// partTime bounds each part of a run.
const partTime = time.Minute

// Tuner keeps what answers follow from up to date: what is popular, which answers are over,
// and how long answers are kept.
type Tuner struct {
	Searches pika.QueryCache
	TTLs     pika.AnswerTTLs

	Target  float64       // see Tune. Defaults to DefaultTarget
	Longest time.Duration // no time is longer. Defaults to cache.DefaultAnswerTTL
	Now     func() time.Time
	Log     *slog.Logger // Defaults to no log
}

// TuneReport is what a run of a Tuner did.
type TuneReport struct {
	Refreshed bool       `json:"refreshed"` // what is popular; false: another process did
	Expired   int        `json:"expired"`   // answers that were removed
	Classes   []ClassTTL `json:"classes"`
}

// ClassTTL is how long answers of a class are kept, and why.
type ClassTTL struct {
	Class  pika.AnswerClass `json:"class"`
	TTL    float64          `json:"ttl_seconds"`
	Hits   int64            `json:"hits"`
	Misses int64            `json:"misses"`
	Reason string           `json:"reason"`
}

// Run does all of it once. What was done stays done when a later part fails.
func (t *Tuner) Run(ctx context.Context) (report TuneReport, err error) {
	now := t.now()
	if report.Refreshed, err = t.refresh(ctx, now); err != nil {
		return report, fmt.Errorf("refresh what is popular: %w", err)
	}
	if report.Expired, err = t.expire(ctx, now); err != nil {
		return report, fmt.Errorf("remove answers whose time is over: %w", err)
	}
	if report.Classes, err = t.tune(ctx, now); err != nil {
		return report, fmt.Errorf("tune how long answers are kept: %w", err)
	}
	for _, c := range report.Classes {
		t.log().Info("how long answers are kept", "class", string(c.Class), "seconds", c.TTL, "reason", c.Reason)
	}
	return report, nil
}

func (t *Tuner) refresh(ctx context.Context, now time.Time) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	return t.Searches.RefreshPopular(ctx, now)
}

func (t *Tuner) expire(ctx context.Context, now time.Time) (expired int, err error) {
	ctx, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	for range expirePages {
		n, err := t.Searches.ExpireAnswers(ctx, now, expirePage)
		expired += n
		if err != nil || n == 0 {
			return expired, err
		}
	}
	return expired, nil
}

func (t *Tuner) tune(ctx context.Context, now time.Time) ([]ClassTTL, error) {
	ctx, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	use, err := t.TTLs.AnswerUse(ctx)
	if err != nil {
		return nil, err
	}
	current, err := t.TTLs.AnswerTTLs(ctx)
	if err != nil {
		return nil, err
	}
	var classes []ClassTTL
	var decided []pika.AnswerTTL
	for _, class := range pika.AnswerClasses() {
		tuned, ok := Tune(now, ttlOf(current, class), useOf(use, class), cmp.Or(t.Target, DefaultTarget), cmp.Or(t.Longest, cache.DefaultAnswerTTL))
		classes = append(classes, ClassTTL{Class: class, TTL: tuned.TTL.Seconds(), Hits: tuned.Hits, Misses: tuned.Misses, Reason: tuned.Reason})
		if !ok { // what was counted is left to the next tuning
			tuned.Hits, tuned.Misses = 0, 0
		}
		decided = append(decided, tuned)
	}
	return classes, t.TTLs.TuneAnswerTTLs(ctx, decided)
}

func ttlOf(ttls []pika.AnswerTTL, class pika.AnswerClass) pika.AnswerTTL {
	for _, ttl := range ttls {
		if ttl.Class == class {
			return ttl
		}
	}
	return pika.AnswerTTL{Class: class}
}

func useOf(use []pika.AnswerUse, class pika.AnswerClass) pika.AnswerUse {
	for _, u := range use {
		if u.Class == class {
			return u
		}
	}
	return pika.AnswerUse{Class: class}
}

func (t *Tuner) now() time.Time {
	if t.Now == nil {
		return time.Now()
	}
	return t.Now()
}

func (t *Tuner) log() *slog.Logger {
	if t.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return t.Log
}
