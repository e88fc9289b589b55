package cachewarm

import (
	"fmt"
	"math"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
)

// DefaultTarget is the share of askings for a former answer that should find it still kept.
const DefaultTarget = 0.8

// How a time is tuned: θ += η(target − hit) for each request, on the logarithm of the time
// (arXiv:1704.04448), all requests since the last tuning at once.
const (
	tuneRate     = 0.01 // η
	tuneStep     = 2    // a time grows or shrinks by this factor at most in one tuning
	tuneTurn     = 0.02 // nearer than this to the target a time stays
	leastUse     = 20   // requests that a tuning needs
	leastOfBase  = 12   // a time is at least so small a part of its base
	mostOfBase   = 4    // and at most so many times it
	tuneRounding = time.Second
)

// Tune returns how long answers of a class are kept from now on, and why; changed is false
// if too little was asked to tell: then what was counted is left to the next tuning.
// target is 0 to 1, and longest bounds every time.
func Tune(now time.Time, current pika.AnswerTTL, use pika.AnswerUse, target float64, longest time.Duration) (tuned pika.AnswerTTL, changed bool) {
	asked := use.Hits + use.Misses
	before := clamp(current.Class, current.TTL, longest)
	tuned = pika.AnswerTTL{Class: current.Class, TTL: before, Hits: use.Hits, Misses: use.Misses, TunedAt: now}
	if asked < leastUse {
		tuned.Reason = fmt.Sprintf("%d askings are too few to tell, %d are needed: it stays", asked, leastUse)
		return tuned, false
	}
	rate := float64(use.Hits) / float64(asked)
	said := fmt.Sprintf("%d of %d former answers were still kept when they were asked for (%.2f, the target is %.2f)", use.Hits, asked, rate, target)
	if math.Abs(target-rate) < tuneTurn {
		tuned.Reason = said + ": it stays"
		return tuned, true
	}
	step := tuneRate * float64(asked) * (target - rate)
	limit := math.Log(tuneStep)
	factor := math.Exp(max(-limit, min(step, limit)))
	tuned.TTL = clamp(current.Class, time.Duration(float64(before)*factor).Round(tuneRounding), longest)
	tuned.Reason = fmt.Sprintf("%s: %s", said, change(before, tuned.TTL, factor))
	return tuned, true
}

func change(before, after time.Duration, factor float64) string {
	switch {
	case after > before:
		return fmt.Sprintf("longer, %v in place of %v", after, before)
	case after < before:
		return fmt.Sprintf("shorter, %v in place of %v", after, before)
	case factor > 1:
		return fmt.Sprintf("%v is the longest allowed", after)
	}
	return fmt.Sprintf("%v is the shortest allowed", after)
}

// clamp bounds a time of a class; 0 is its base.
func clamp(class pika.AnswerClass, ttl, longest time.Duration) time.Duration {
	base := cache.BaseTTL(class)
	if ttl <= 0 {
		ttl = base
	}
	return min(max(ttl, base/leastOfBase), base*mostOfBase, longest)
}
