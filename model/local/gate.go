package local

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/pikamem/pika"
)

// class is the rank of a pass at the gate.
type class int

const (
	urgent class = iota // few short queries: a search waits for them
	bulk                // everything else
)

// maxWaiting bounds the passes that wait at a gate; a call over it is refused.
const maxWaiting = 1024

// gate lets a fixed number of passes run at once. Free slots go to urgent passes
// first, then to bulk passes that yielded, then to new bulk passes, each in order
// of arrival.
type gate struct {
	mu      sync.Mutex
	free    int
	urgent  []chan struct{}
	resumed []chan struct{}
	bulk    []chan struct{}
}

func newGate(slots int) *gate { return &gate{free: slots} }

// run calls do while it holds a slot. do may call yield between parts of its work;
// once yield has returned an error, the slot is gone and do must return.
func (g *gate) run(ctx context.Context, c class, do func(yield func(context.Context) error) error) error {
	queue := &g.bulk
	if c == urgent {
		queue = &g.urgent
	}
	if err := g.wait(ctx, queue); err != nil {
		return err
	}
	held := true
	defer func() {
		if held {
			g.leave()
		}
	}()
	return do(func(ctx context.Context) error {
		if c == urgent || !g.stepAside() {
			return ctx.Err()
		}
		err := g.wait(ctx, &g.resumed)
		held = err == nil
		return err
	})
}

// stepAside hands the caller's slot to an urgent pass if one waits. It also lets
// other goroutines run: a search has work to do before and after its embedding.
func (g *gate) stepAside() bool {
	runtime.Gosched()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.urgent) == 0 {
		return false
	}
	g.handOver()
	return true
}

// wait takes a slot or queues for one until ctx ends. Overloaded if maxWaiting
// passes wait already; who yielded is never refused.
func (g *gate) wait(ctx context.Context, queue *[]chan struct{}) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	turn, err := g.enqueue(queue)
	if turn == nil {
		return err
	}
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		g.abandon(queue, turn)
		return ctx.Err()
	}
}

// enqueue takes a free slot, returning no channel, or joins the queue.
func (g *gate) enqueue(queue *[]chan struct{}) (chan struct{}, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.free > 0 {
		g.free--
		return nil, nil
	}
	if queue != &g.resumed && len(g.urgent)+len(g.bulk) >= maxWaiting {
		e := pika.Errorf(pika.Overloaded, "too many texts wait to be embedded; ask again later")
		e.RetryAfter = time.Second
		return nil, e
	}
	turn := make(chan struct{})
	*queue = append(*queue, turn)
	return turn, nil
}

// abandon gives up waiting; a slot that was handed over meanwhile goes on.
func (g *gate) abandon(queue *[]chan struct{}, turn chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, other := range *queue {
		if other == turn {
			*queue = append((*queue)[:i], (*queue)[i+1:]...)
			return
		}
	}
	g.handOver()
}

// leave gives the slot back.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.handOver()
}

func (g *gate) handOver() {
	for _, queue := range []*[]chan struct{}{&g.urgent, &g.resumed, &g.bulk} {
		if len(*queue) > 0 {
			close((*queue)[0])
			*queue = (*queue)[1:]
			return
		}
	}
	g.free++
}
