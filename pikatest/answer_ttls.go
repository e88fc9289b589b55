package pikatest

import (
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// AnswerTTLs is the conformance suite of pika.AnswerTTLs, as a part of the truth.
func AnswerTTLs(t *testing.T, config TruthConfig) {
	s := truthSuite{config}
	s.run(t, map[string]func(*testing.T, Truth){
		"use":     testAnswerUse,
		"tune":    testTuneAnswerTTLs,
		"invalid": testInvalidAnswerTTLs,
		"at once": testAnswerUseTogether,
	})
	t.Run("durability", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		truth := s.config.Open(t, dir)
		noteUse(t, truth, pika.AnswerUse{Class: pika.AnswerFresh, Hits: 1})
		tune(t, truth, pika.AnswerTTL{Class: pika.AnswerOften, TTL: time.Hour, TunedAt: day(1)})
		if err := truth.Close(); err != nil {
			t.Fatal(err)
		}
		truth = s.config.Open(t, dir)
		wantUse(t, truth, pika.AnswerUse{Class: pika.AnswerFresh, Hits: 1})
		wantTTLs(t, truth, pika.AnswerTTL{Class: pika.AnswerOften, TTL: time.Hour, TunedAt: day(1)})
		if err := truth.Close(); err != nil {
			t.Error(err)
		}
	})
}

func noteUse(t *testing.T, truth Truth, use ...pika.AnswerUse) {
	t.Helper()
	if err := truth.NoteAnswerUse(t.Context(), use); err != nil {
		t.Fatalf("NoteAnswerUse = %v", err)
	}
}

func tune(t *testing.T, truth Truth, ttls ...pika.AnswerTTL) {
	t.Helper()
	if err := truth.TuneAnswerTTLs(t.Context(), ttls); err != nil {
		t.Fatalf("TuneAnswerTTLs = %v", err)
	}
}

func wantUse(t *testing.T, truth Truth, want ...pika.AnswerUse) {
	t.Helper()
	got, err := truth.AnswerUse(t.Context())
	if err != nil {
		t.Fatalf("AnswerUse = %v", err)
	}
	wantSame(t, "use of answers", got, want)
}

func wantTTLs(t *testing.T, truth Truth, want ...pika.AnswerTTL) {
	t.Helper()
	got, err := truth.AnswerTTLs(t.Context())
	if err != nil {
		t.Fatalf("AnswerTTLs = %v", err)
	}
	wantSame(t, "times of answers", got, want)
}

func testAnswerUse(t *testing.T, truth Truth) {
	wantUse(t, truth)
	noteUse(t, truth)
	noteUse(t, truth, pika.AnswerUse{Class: pika.AnswerRarely, Hits: 1}, pika.AnswerUse{Class: pika.AnswerOften, Misses: 2}, pika.AnswerUse{Class: pika.AnswerRarely, Misses: 5})
	noteUse(t, truth, pika.AnswerUse{Class: pika.AnswerOften, Hits: 3, Misses: 1}, pika.AnswerUse{Class: pika.AnswerFresh})
	wantUse(t, truth, pika.AnswerUse{Class: pika.AnswerOften, Hits: 3, Misses: 3}, pika.AnswerUse{Class: pika.AnswerRarely, Hits: 1, Misses: 5})
	wantTTLs(t, truth)
}

func testTuneAnswerTTLs(t *testing.T, truth Truth) {
	noteUse(t, truth, pika.AnswerUse{Class: pika.AnswerOften, Hits: 10, Misses: 4}, pika.AnswerUse{Class: pika.AnswerRarely, Hits: 1})
	often := pika.AnswerTTL{Class: pika.AnswerOften, TTL: time.Hour + time.Microsecond, Hits: 8, Misses: 4, Reason: "Hits: nhiều hơn.", TunedAt: day(1)}
	fresh := pika.AnswerTTL{Class: pika.AnswerFresh, TTL: time.Minute, TunedAt: day(1)}
	tune(t, truth, often, fresh)
	wantTTLs(t, truth, fresh, often)
	wantUse(t, truth, pika.AnswerUse{Class: pika.AnswerOften, Hits: 2}, pika.AnswerUse{Class: pika.AnswerRarely, Hits: 1})
	often.TTL, often.Hits, often.Misses, often.Reason, often.TunedAt = 2*time.Hour, 99, 0, "", day(2)
	tune(t, truth, often)
	wantTTLs(t, truth, fresh, often)
	wantUse(t, truth, pika.AnswerUse{Class: pika.AnswerRarely, Hits: 1})
}

func testInvalidAnswerTTLs(t *testing.T, truth Truth) {
	good := pika.AnswerUse{Class: pika.AnswerOften, Hits: 1}
	for _, u := range []pika.AnswerUse{{}, {Class: "x"}, {Class: pika.AnswerOften, Hits: -1}, {Class: pika.AnswerOften, Misses: -1}} {
		wantCode(t, "NoteAnswerUse", truth.NoteAnswerUse(t.Context(), []pika.AnswerUse{good, u}), pika.Invalid)
	}
	ttl := pika.AnswerTTL{Class: pika.AnswerOften, TTL: time.Hour, TunedAt: day(1)}
	for _, change := range []func(*pika.AnswerTTL){
		func(a *pika.AnswerTTL) { a.Class = "x" }, func(a *pika.AnswerTTL) { a.TTL = 0 }, func(a *pika.AnswerTTL) { a.TTL = -1 },
		func(a *pika.AnswerTTL) { a.Hits = -1 }, func(a *pika.AnswerTTL) { a.Misses = -1 },
	} {
		wrong := ttl
		change(&wrong)
		wantCode(t, "TuneAnswerTTLs", truth.TuneAnswerTTLs(t.Context(), []pika.AnswerTTL{ttl, wrong}), pika.Invalid)
	}
	wantUse(t, truth)
	wantTTLs(t, truth)
}

// testAnswerUseTogether: no count is lost.
func testAnswerUseTogether(t *testing.T, truth Truth) {
	const writers = 8
	together(writers, func(i int) {
		use := []pika.AnswerUse{{Class: pika.AnswerOften, Hits: 1}, {Class: pika.AnswerRarely, Misses: 1}}
		if i%2 == 0 {
			use[0], use[1] = use[1], use[0]
		}
		if err := truth.NoteAnswerUse(t.Context(), use); err != nil {
			t.Errorf("NoteAnswerUse = %v", err)
		}
	})
	wantUse(t, truth, pika.AnswerUse{Class: pika.AnswerOften, Hits: writers}, pika.AnswerUse{Class: pika.AnswerRarely, Misses: writers})
}
