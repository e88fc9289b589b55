package search

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go/bulkhead"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/pikamem/pika"
)

// Limits of one leg, shared by all searches of an Engine.
const (
	maxConcurrentCalls = 64              // calls of a leg that run at once, hanging ones included
	breakerRate        = 0.5             // opens the breaker: the share of failures among the calls of breakerPeriod
	breakerCalls       = 5               // that there must have been in it
	breakerPeriod      = 3 * time.Second // longer than a server is busy with something else at times
	breakerDelay       = 1 * time.Second // until an open breaker lets one call try
	// fairShare is how long a call must have had before its lateness counts against
	// the leg: callers with tiny deadlines must not close a leg to the others.
	fairShare = 50 * time.Millisecond
)

var (
	errOpen = errors.New("left out: it failed repeatedly")
	errFull = errors.New("left out: too many calls under way")
	errLate = errors.New("late")
)

// guard stands in front of one dependency: a bulkhead bounds how many calls run, a
// breaker stops asking one that fails, and no call holds its search past its deadline.
type guard struct {
	leg     pika.Leg
	slots   bulkhead.Bulkhead[any]
	busy    atomic.Int64 // places of slots that calls hold
	breaker circuitbreaker.CircuitBreaker[any]
	meter   legMeter
}

func newGuard(leg pika.Leg, meter legMeter) *guard {
	return &guard{
		leg:   leg,
		slots: bulkhead.New[any](maxConcurrentCalls),
		breaker: circuitbreaker.NewBuilder[any]().
			WithFailureRateThreshold(breakerRate, breakerCalls, breakerPeriod).
			WithSuccessThreshold(1).
			WithDelay(breakerDelay).
			Build(),
		meter: meter,
	}
}

// guarded runs f behind g until ctx ends. A call that outlives ctx is left behind: it
// keeps its place in the bulkhead until it returns, and its result is dropped.
func guarded[T any](ctx context.Context, g *guard, f func(context.Context) (T, error)) (T, error) {
	return guardedFor(ctx, g, fairShare, f)
}

// guardedFor is guarded for a call that needs more than fairShare.
func guardedFor[T any](ctx context.Context, g *guard, fair time.Duration, f func(context.Context) (T, error)) (T, error) {
	var none T
	if err := g.enter(ctx); err != nil {
		g.meter.failures.Inc()
		return none, err
	}
	type outcome struct {
		value T
		err   error
	}
	started := time.Now()
	done := make(chan outcome, 1)
	callCtx, judged := g.trial(ctx)
	go func() {
		defer g.release()
		value, err := protected(callCtx, f)
		judged(err)
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		g.leave(ctx, o.err, time.Since(started), fair)
		return o.value, o.err
	case <-ctx.Done():
		err := fmt.Errorf("%w: %w", errLate, ctx.Err())
		g.leave(ctx, err, time.Since(started), fair)
		return none, err
	}
}

// trialTime is what the one call has that decides whether a breaker closes again. A store
// that comes back is slow at first: it connects anew, and compiles what it is asked. So the
// call may go on when its search has ended.
const trialTime = 3 * time.Second

// trial returns the context of a call, and what is to be told its outcome. If the breaker
// wants to close the call is its trial, and decides by itself.
func (g *guard) trial(ctx context.Context) (callCtx context.Context, judged func(error)) {
	if !g.breaker.IsHalfOpen() {
		return ctx, func(error) {}
	}
	callCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), trialTime)
	var once sync.Once
	judge := func(err error) {
		once.Do(func() {
			if answered(err) {
				g.breaker.RecordSuccess()
			} else {
				g.breaker.RecordFailure()
			}
		})
	}
	stop := context.AfterFunc(callCtx, func() { judge(callCtx.Err()) }) // also if the store ignores its context
	return callCtx, func(err error) { judge(err); stop(); cancel() }
}

func answered(err error) bool { return err == nil || pika.CodeOf(err) == pika.Invalid }

// enter takes a place in the bulkhead, waiting at most a quarter of the time left, and
// then the breaker's leave: in this order, because the breaker's cannot be given back.
func (g *guard) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var wait time.Duration
	if deadline, ok := ctx.Deadline(); ok {
		wait = time.Until(deadline) / 4
	}
	if g.resting() {
		return errOpen
	}
	if err := g.slots.AcquirePermitWithMaxWait(ctx, max(wait, 0)); err != nil {
		return errFull
	}
	g.busy.Add(1)
	if !g.breaker.TryAcquirePermit() {
		g.release()
		return errOpen
	}
	return nil
}

// resting reports whether the breaker lets no call try yet.
func (g *guard) resting() bool { return g.breaker.IsOpen() && g.breaker.RemainingDelay() > 0 }

func (g *guard) release() {
	g.busy.Add(-1)
	g.slots.ReleasePermit()
}

// load is how full the bulkhead is, 0 to 1, and 1 while the breaker lets nobody try.
func (g *guard) load() float64 {
	if g.resting() {
		return 1
	}
	return float64(g.busy.Load()) / maxConcurrentCalls
}

// drain waits until no call runs: then it holds every place of the bulkhead for a
// moment. ctx bounds the wait.
func (g *guard) drain(ctx context.Context) error {
	taken := 0
	defer func() {
		for range taken {
			g.slots.ReleasePermit()
		}
	}()
	for ; taken < maxConcurrentCalls; taken++ {
		if err := g.slots.AcquirePermit(ctx); err != nil {
			return err
		}
	}
	return nil
}

// leave tells the metrics how a call went, and the breaker while it is closed: lateness
// counts from fair on.
func (g *guard) leave(ctx context.Context, err error, took, fair time.Duration) {
	g.meter.seconds.Observe(took.Seconds())
	if err != nil {
		g.meter.failures.Inc()
	}
	switch {
	case !g.breaker.IsClosed(): // its trial decides
	case answered(err):
		g.breaker.RecordSuccess()
	case ctx.Err() == nil, took >= fair && !errors.Is(ctx.Err(), context.Canceled):
		g.breaker.RecordFailure()
	}
}

// protected turns a panic of a store into an error, so that it drops a leg and not the
// process. The panic's value is not kept: it may hold a user's text.
func protected[T any](ctx context.Context, f func(context.Context) (T, error)) (value T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = pika.Errorf(pika.Internal, "panic of type %T", p)
		}
	}()
	return f(ctx)
}
