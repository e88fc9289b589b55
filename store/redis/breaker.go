package redis

import (
	"sync"
	"time"
)

const (
	breakAfter = 5                      // failures in a row
	breakFor   = 500 * time.Millisecond // until one call tries again
)

// breaker keeps callers from waiting for a server that does not answer: after a few
// failures in a row calls fail at once, but for one in half a second that tries.
type breaker struct {
	now func() time.Time

	mu       sync.Mutex
	failures int
	until    time.Time // when the next call may try, if there were too many failures
}

// enter reports whether a call may go. The one that tries keeps others away for a while.
func (b *breaker) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < breakAfter {
		return true
	}
	now := b.now()
	if now.Before(b.until) {
		return false
	}
	b.until = now.Add(breakFor)
	return true
}

// leave learns how a call went.
func (b *breaker) leave(answered bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if answered {
		b.failures = 0
		return
	}
	b.failures++
	b.until = b.now().Add(breakFor)
}
