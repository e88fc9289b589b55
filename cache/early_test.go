package cache_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	extraction "github.com/pikamem/pika/extract"
)

// almostOne makes a refresh as early as it can be.
func almostOne() float64 { return math.Nextafter(1, 0) }

// The chance that an answer is made anew with so much time left is e^(-left/took).
func TestEarly(t *testing.T) {
	t.Parallel()
	const took = 100 * time.Millisecond
	for _, left := range []time.Duration{took / 2, took, 3 * took} {
		chance := math.Exp(-float64(left) / float64(took))
		if cache.Early(took, left, 1-chance-1e-6) || !cache.Early(took, left, 1-chance+1e-6) {
			t.Errorf("with %s left the chance is not %.3f", left, chance)
		}
	}
	if !cache.Early(took, 0, 0) || !cache.Early(took, -time.Second, 0) {
		t.Error("an answer that has ended is not made anew")
	}
}

// Nobody waits for the search of a question that is asked often: it is made anew ahead, and
// while that lasts the former answer is given.
func TestHotAnswerIsMadeAnewAhead(t *testing.T) {
	t.Parallel()
	for tier, ttl := range map[pika.Tier]time.Duration{pika.TierL1: 20 * time.Second, pika.TierL2Exact: time.Hour} {
		t.Run(string(tier), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.write(h.writer, linh, pets...)
			h.ttl, h.random = ttl, almostOne
			p, q := h.open(false), question("cat")
			wantTier(t, "the first", ask(t, p, linh, q), pika.TierNone)
			p.settle(t)
			p.source.wait = make(chan struct{})
			h.now.Add(int64(ttl - 1))
			wantTier(t, "just before its end", ask(t, p, linh, q), tier)
			await(t, "it is made anew", func() bool { return p.source.asked.Load() == 2 })
			h.now.Add(int64(time.Second))
			for range 20 {
				wantTier(t, "after its end", ask(t, p, linh, q), pika.TierL2Exact)
			}
			close(p.source.wait)
			p.settle(t)
			wantTier(t, "the new one", ask(t, p, linh, q), pika.TierL1)
			if n := p.source.asked.Load(); n != 2 {
				t.Errorf("%d searches; want 2", n)
			}
		})
	}
}

// Of the processes that share a cache one makes an answer anew.
func TestOneProcessMakesItAnew(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p, other, q := h.open(false), h.open(false), question("cat")
	ask(t, p, linh, q)
	p.settle(t)
	h.now.Add(int64(time.Hour + time.Second))
	p.source.wait = make(chan struct{})
	wantTier(t, "after its end", ask(t, p, linh, q), pika.TierL2Exact)
	await(t, "it is made anew", func() bool { return p.source.asked.Load() == 2 })
	for range 20 {
		wantTier(t, "in the other process", ask(t, other, linh, q), pika.TierL2Exact)
	}
	other.settle(t)
	close(p.source.wait)
	p.settle(t)
	if n := other.source.asked.Load(); n != 0 {
		t.Errorf("the other process searched %d times", n)
	}
}

func TestNotMadeAnewWithoutNeed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p, q := h.open(false), question("cat") // the random number is 0
	ask(t, p, linh, q)
	p.settle(t)
	h.now.Add(int64(time.Hour - 1))
	wantTier(t, "just before its end", ask(t, p, linh, q), pika.TierL2Exact)
	p.settle(t)
	if n := p.source.asked.Load(); n != 1 {
		t.Errorf("%d searches; want one", n)
	}
}

// An answer that ends with the time would end as soon if it were made anew.
func TestWhatEndsWithTheTimeIsLeftToEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.random = almostOne
	end := h.clock().Add(10 * time.Second)
	given := pika.GivenFact{Candidate: pika.Candidate{Text: "the cat is at the vet", ValidTo: &end}}
	facts, _ := extraction.GivenFacts(pika.JobRequest{ID: "vet", Scope: linh, Facts: []pika.GivenFact{given}, AcceptedAt: h.clock()})
	if _, err := h.db.Commit(t.Context(), linh, pika.Commit{JobID: "vet", Facts: facts, At: h.clock()}); err != nil {
		t.Fatal(err)
	}
	h.finish(h.writer, linh, []string{facts[0].ID}, []string{facts[0].Text})
	p, q := h.open(false), question("where is the cat")
	ask(t, p, linh, q)
	h.now.Add(int64(10*time.Second - 1))
	wantTier(t, "just before its end", ask(t, p, linh, q), pika.TierL1)
	p.settle(t)
	if n := p.source.asked.Load(); n != 1 {
		t.Errorf("%d searches; want one", n)
	}
	h.now.Add(1)
	wantTier(t, "at its end", ask(t, p, linh, q), pika.TierNone)
}

// After its end an answer is given only for the memory that it was made from, and not for
// long.
func TestGrace(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		after time.Duration
		write bool
		want  pika.Tier
	}{
		"before, nothing written":   {time.Hour - 1, false, pika.TierL2Exact},
		"before, another fact":      {time.Hour - 1, true, pika.TierL2Exact},
		"after, nothing written":    {time.Hour, false, pika.TierL2Exact},
		"after, another fact":       {time.Hour, true, pika.TierNone},
		"at the end of the grace":   {time.Hour + 5*time.Minute - 1, false, pika.TierL2Exact},
		"after the grace":           {time.Hour + 5*time.Minute, false, pika.TierNone},
		"after the grace, a change": {time.Hour + 5*time.Minute, true, pika.TierNone},
	} {
		h := newHouse(t)
		h.write(h.writer, linh, pets...)
		p, q := h.open(false), question("cat")
		ask(t, p, linh, q)
		p.settle(t)
		h.now.Add(int64(tt.after))
		if tt.write {
			h.write(p.freshness, linh, "Linh collects old stamps")
		}
		wantTier(t, name, ask(t, p, linh, q), tt.want)
	}
}

// However many answers are due, few are made anew at once, and nobody waits for one.
func TestRefreshesAreBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	const questions = 12
	for i := range questions {
		ask(t, p, linh, question(fmt.Sprint("cat ", i)))
	}
	p.settle(t)
	h.now.Add(int64(time.Hour))
	p.source.wait = make(chan struct{})
	for i := range questions {
		wantTier(t, "after its end", ask(t, p, linh, question(fmt.Sprint("cat ", i))), pika.TierL2Exact)
	}
	await(t, "some are made anew", func() bool { return p.source.asked.Load() == questions+4 })
	close(p.source.wait)
	p.settle(t)
	if n := p.source.asked.Load(); n != questions+4 {
		t.Errorf("%d searches; want %d", n, questions+4)
	}
}
