package projection

import (
	"context"
	"sync"
	"time"
)

// pace lets so many rows pass in a second, evenly: who comes waits for those before.
type pace struct {
	perSecond int // below 1: no limit
	mu        sync.Mutex
	free      time.Time // when what has passed is worked off
}

// wait returns when n more rows may pass, or ctx has ended.
func (p *pace) wait(ctx context.Context, n int) error {
	if p.perSecond < 1 {
		return ctx.Err()
	}
	p.mu.Lock()
	now := time.Now()
	if p.free.Before(now) {
		p.free = now
	}
	delay := p.free.Sub(now) // of those before
	p.free = p.free.Add(time.Duration(n) * time.Second / time.Duration(p.perSecond))
	p.mu.Unlock()
	if delay <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
