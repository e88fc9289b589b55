package cache

import "sync"

// background runs what nobody waits for, a limited number at once; what is beyond it is
// dropped.
type background struct {
	places  chan struct{} // holds a token for each that runs
	running sync.WaitGroup
}

func newBackground(most int) *background { return &background{places: make(chan struct{}, most)} }

// try runs f, unless as many run already.
func (b *background) try(f func()) bool {
	select {
	case b.places <- struct{}{}:
	default:
		return false
	}
	b.running.Go(func() {
		defer func() { <-b.places }()
		f()
	})
	return true
}

// wait returns when none runs.
func (b *background) wait() { b.running.Wait() }
