package local

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/pikamem/pika"
)

// pass runs through the gate and notes its name when it has the slot.
func pass(g *gate, c class, name string, order *[]string) {
	_ = g.run(context.Background(), c, func(func(context.Context) error) error {
		*order = append(*order, name)
		return nil
	})
}

func TestGateOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		var order []string
		release := make(chan struct{})
		go func() {
			_ = g.run(t.Context(), bulk, func(yield func(context.Context) error) error {
				<-release
				order = append(order, "first layer")
				err := yield(t.Context())
				order = append(order, "second layer")
				return err
			})
		}()
		synctest.Wait()
		for _, p := range []struct {
			class class
			name  string
		}{{bulk, "bulk 1"}, {bulk, "bulk 2"}, {urgent, "urgent 1"}, {urgent, "urgent 2"}} {
			go pass(g, p.class, p.name, &order)
			synctest.Wait()
		}
		close(release)
		synctest.Wait()
		want := []string{"first layer", "urgent 1", "urgent 2", "second layer", "bulk 1", "bulk 2"}
		if len(order) != len(want) {
			t.Fatalf("order = %q, want %q", order, want)
		}
		for i := range want {
			if order[i] != want[i] {
				t.Fatalf("order = %q, want %q", order, want)
			}
		}
		if g.free != 1 {
			t.Errorf("%d slots are free at the end, want 1", g.free)
		}
	})
}

func TestGateCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		ctx, cancel := context.WithCancel(t.Context())
		release, blocked := make(chan struct{}), make(chan struct{})
		var yielded, waited error
		go func() { // yields to the urgent pass below and is cancelled meanwhile
			yielded = g.run(ctx, bulk, func(yield func(context.Context) error) error {
				<-release
				return yield(ctx)
			})
		}()
		synctest.Wait()
		go func() {
			_ = g.run(t.Context(), urgent, func(func(context.Context) error) error {
				<-blocked
				return nil
			})
		}()
		go func() { waited = g.run(ctx, bulk, func(func(context.Context) error) error { return nil }) }()
		synctest.Wait()
		close(release)
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(blocked)
		synctest.Wait()
		if !errors.Is(yielded, context.Canceled) || !errors.Is(waited, context.Canceled) {
			t.Errorf("yielded: %v, waited: %v, want context.Canceled", yielded, waited)
		}
		if g.free != 1 || len(g.urgent)+len(g.bulk)+len(g.resumed) != 0 {
			t.Errorf("%d slots are free and someone waits: %v %v %v", g.free, g.urgent, g.bulk, g.resumed)
		}
	})
}

func TestGateFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		release := make(chan struct{})
		for range maxWaiting + 1 {
			go func() {
				_ = g.run(t.Context(), bulk, func(func(context.Context) error) error {
					<-release
					return nil
				})
			}()
		}
		synctest.Wait()
		err := g.run(t.Context(), urgent, func(func(context.Context) error) error { return nil })
		if e := (*pika.Error)(nil); !errors.As(err, &e) || e.Code != pika.Overloaded || e.RetryAfter == 0 {
			t.Errorf("run() = %v, want overloaded with a time to wait", err)
		}
		close(release)
		synctest.Wait()
		if g.free != 1 {
			t.Errorf("%d slots are free, want 1", g.free)
		}
	})
}
