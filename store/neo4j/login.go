package neo4j

import (
	"context"
	"sync"
	"time"
)

// loginPause is how long nobody tries to log in after a refusal: a few wrong tries
// more and the server refuses the right password, too.
const loginPause = 5 * time.Second

// login lets one call find out whether the server takes the credentials. Until one
// has succeeded, and again after a refusal, calls try one at a time.
type login struct {
	now func() time.Time

	mu      sync.Mutex
	taken   bool          // the server has taken the credentials
	refusal error         // why it did not, last
	until   time.Time     // nobody tries before that
	trial   chan struct{} // closed when the call that tries is over; nil: none does
}

func newLogin(now func() time.Time) *login { return &login{now: now} }

// do calls f when it may try, and learns from its error.
func (l *login) do(ctx context.Context, f func() error) error {
	for {
		trial, wait, err := l.enter()
		if err != nil {
			return err
		}
		if wait == nil {
			err := f()
			l.leave(trial, err)
			return err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// enter says whether a call may go, as the one that tries, or must wait.
func (l *login) enter() (trial bool, wait <-chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.taken:
		return false, nil, nil
	case l.now().Before(l.until):
		return false, nil, l.refusal
	case l.trial != nil:
		return false, l.trial, nil
	}
	l.trial = make(chan struct{})
	return true, nil, nil
}

func (l *login) leave(trial bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case refusedLogin(err):
		l.taken, l.refusal, l.until = false, err, l.now().Add(loginPause)
	case err == nil || codeOf(err) != "":
		l.taken = true
	}
	if trial {
		close(l.trial)
		l.trial = nil
	}
}
