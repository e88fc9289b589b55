package cache

import (
	"math"
	"runtime"
	"sync"
	"time"
)

// loadSpan is how long ago a search counts 1/e in the load.
const loadSpan = 5 * time.Second

// load is how many searches are under way in the mean: an average of the last
// seconds, each search weighed by its time.
type load struct {
	mu   sync.Mutex
	mean float64
	at   time.Time
}

// add counts a search that ended now.
func (l *load) add(took time.Duration, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mean, l.at = l.left(now)+took.Seconds()/loadSpan.Seconds(), now
}

// of returns the mean of now.
func (l *load) of(now time.Time) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left(now)
}

func (l *load) left(now time.Time) float64 {
	return l.mean * math.Exp(-max(now.Sub(l.at).Seconds(), 0)/loadSpan.Seconds())
}

// Load returns how busy searches of callers keep the process, those that a cache answers
// too: 0 is idle, 1 is one under way for each processor.
func (s *Searcher) Load() float64 {
	return min(s.load.of(time.Now())/float64(runtime.GOMAXPROCS(0)), 1)
}
