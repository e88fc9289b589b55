package cache

import (
	"math"
	"testing"
	"time"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	var l load
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	if got := l.of(now); got != 0 {
		t.Errorf("before any search %v", got)
	}
	for range 2000 { // a minute of two searches at a time, each of 60 ms
		now = now.Add(30 * time.Millisecond)
		l.add(60*time.Millisecond, now)
	}
	if got := l.of(now); math.Abs(got-2) > 0.05 {
		t.Errorf("two at a time: %v", got)
	}
	if got := l.of(now.Add(loadSpan)); math.Abs(got-2/math.E) > 0.05 {
		t.Errorf("after %v without any: %v", loadSpan, got)
	}
	l.add(0, now.Add(-time.Hour)) // a clock that went back
	if got := l.of(now); math.IsInf(got, 0) || math.IsNaN(got) {
		t.Errorf("after the clock went back: %v", got)
	}
}
