package devserver

import (
	"context"
	"os"
	"time"
)

// Bounds of the wait before the server is started again.
const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 5 * time.Second
	calm         = time.Minute // a server that lived so long begins with the first again
)

// supervise starts the server again whenever it dies, until ctx ends; then it stops
// the server.
func (s *Server) supervise(ctx context.Context, c *child) {
	defer close(s.done)
	backoff := firstBackoff
	for {
		begun := time.Now()
		select {
		case <-ctx.Done():
			c.stop()
			s.set(0, errStopped)
			_ = os.Remove(s.pidFile())
			return
		case <-c.ended:
		}
		s.set(0, c.exitError())
		s.options.Log.Error("the local workflow server died; it is started again", "error", c.exitError(), "output", c.output.String())
		if time.Since(begun) > calm {
			backoff = firstBackoff
		}
		if c, backoff = s.again(ctx, backoff); c == nil {
			s.set(0, errStopped)
			_ = os.Remove(s.pidFile())
			return
		}
	}
}

// again tries until the server runs, with growing waits. It returns nil when ctx
// ends first.
func (s *Server) again(ctx context.Context, backoff time.Duration) (*child, time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return nil, backoff
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, lastBackoff)
		attempt, cancel := context.WithTimeout(ctx, s.options.StartTimeout)
		c, err := s.launch(attempt)
		cancel()
		if err == nil {
			s.mu.Lock()
			s.restarts++
			s.mu.Unlock()
			s.options.Log.Info("the local workflow server runs again")
			return c, backoff
		}
		s.set(0, err)
		s.options.Log.Error("the local workflow server did not start", "error", err)
	}
}
