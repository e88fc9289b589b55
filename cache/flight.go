package cache

import (
	"context"
	"sync"
	"time"

	"github.com/pikamem/pika"
)

// flights lets callers that want the same thing at the same time share one call.
//
// The call belongs to none of them: one caller's cancellation leaves it running for
// the others, and it is cancelled when the last one has left.
type flights[T any] struct {
	deadline time.Duration // of one call

	mu      sync.Mutex
	running map[string]*flight[T]
}

type flight[T any] struct {
	cancel  context.CancelFunc
	done    chan struct{}
	waiting int // guarded by flights.mu
	result  T   // result and err are set when done is closed
	err     error
}

// do returns what call returned, its own or one that was under way. led says whether
// this caller's call was the one. All callers get the same T and must not change it.
func (f *flights[T]) do(ctx context.Context, key string, call func(context.Context) (T, error)) (result T, led bool, err error) {
	own, led := f.join(ctx, key, call)
	select {
	case <-own.done:
		return own.result, led, own.err
	case <-ctx.Done():
		f.leave(key, own)
		return result, led, pika.Wrap(pika.CodeOf(ctx.Err()), ctx.Err(), "the caller left before the answer was there")
	}
}

func (f *flights[T]) join(ctx context.Context, key string, call func(context.Context) (T, error)) (_ *flight[T], led bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.running[key]; ok {
		known.waiting++
		return known, false
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.deadline)
	own := &flight[T]{cancel: cancel, done: make(chan struct{}), waiting: 1}
	if f.running == nil {
		f.running = map[string]*flight[T]{}
	}
	f.running[key] = own
	go f.run(ctx, key, own, call)
	return own, true
}

func (f *flights[T]) run(ctx context.Context, key string, own *flight[T], call func(context.Context) (T, error)) {
	defer own.cancel()
	defer close(own.done)
	defer f.forget(key, own)
	defer func() {
		if p := recover(); p != nil { // in a goroutine of its own it would end the process
			own.err = pika.Errorf(pika.Internal, "a shared call panicked: %v", p)
		}
	}()
	own.result, own.err = call(ctx)
}

// underWay returns how many calls are.
func (f *flights[T]) underWay() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.running)
}

// forget makes the next caller begin anew.
func (f *flights[T]) forget(key string, own *flight[T]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running[key] == own {
		delete(f.running, key)
	}
}

func (f *flights[T]) leave(key string, own *flight[T]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	own.waiting--
	if own.waiting > 0 {
		return
	}
	own.cancel()
	if f.running[key] == own {
		delete(f.running, key)
	}
}
