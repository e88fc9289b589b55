package pikatest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// wantScope compares what ReadScope returns.
func (s cacheSuite) wantScope(t *testing.T, c pika.Cache, scope pika.Scope, values, epochs map[string]string, keys ...string) {
	t.Helper()
	got, gotEpochs, err := c.ReadScope(t.Context(), scope, keys...)
	if err != nil {
		t.Fatalf("ReadScope(%q) = %v", keys, err)
	}
	texts := map[string]string{}
	for k, v := range got {
		texts[k] = string(v)
	}
	wantSame(t, fmt.Sprintf("values of ReadScope(%q)", keys), texts, values)
	wantSame(t, fmt.Sprintf("epochs of ReadScope(%q)", keys), gotEpochs, epochs)
}

func (s cacheSuite) setEpochs(t *testing.T, c pika.Cache, scope pika.Scope, epochs map[string]string) {
	t.Helper()
	if err := c.SetEpochs(t.Context(), scope, epochs); err != nil {
		t.Fatalf("SetEpochs(%v) = %v", epochs, err)
	}
}

// epochs: a missing epoch is missing, others stay as they are, and neither values nor
// scopes meet.
func (s cacheSuite) epochs(t *testing.T, c pika.Cache) {
	s.wantScope(t, c, alice, nil, nil)
	s.wantScope(t, c, alice, nil, nil, "none")
	s.set(t, c, "v", "value", time.Minute)
	s.setEpochs(t, c, alice, map[string]string{"a": "1"})
	s.setEpochs(t, c, alice, nil)
	s.setEpochs(t, c, bob, map[string]string{"a": "bob's", "v": "bob's too"})
	s.wantScope(t, c, alice, map[string]string{"v": "value"}, map[string]string{"a": "1"}, "v", "none", "v")
	s.setEpochs(t, c, alice, map[string]string{"b": "Đà Nẵng\x00", "a": "2"})
	s.wantScope(t, c, alice, nil, map[string]string{"a": "2", "b": "Đà Nẵng\x00"})
	s.wantScope(t, c, bob, map[string]string{"v": "value"}, map[string]string{"a": "bob's", "v": "bob's too"}, "v", "a")
	s.wantScope(t, c, mallory, map[string]string{"v": "value"}, nil, "v")
	if err := c.DeleteValues(t.Context(), "a", "b", "v"); err != nil {
		t.Fatal(err)
	}
	s.wantScope(t, c, alice, nil, map[string]string{"a": "2", "b": "Đà Nẵng\x00"}, "a", "v")
}

// epochLife: epochs outlive what may depend on them, counted from the last SetEpochs
// of the scope. It takes days, so that only a clock that can be moved shows it.
func (s cacheSuite) epochLife(t *testing.T, c pika.Cache) {
	s.setEpochs(t, c, alice, map[string]string{"a": "1"})
	s.pass(t, c, pika.EpochLife-time.Hour)
	s.setEpochs(t, c, alice, map[string]string{"b": "2"})
	s.pass(t, c, pika.EpochLife-time.Minute)
	s.wantScope(t, c, alice, nil, map[string]string{"a": "1", "b": "2"})
}

func (s cacheSuite) epochsInvalid(t *testing.T, c pika.Cache) {
	many := map[string]string{}
	for i := range pika.MaxEpochBuckets {
		many[fmt.Sprint("bucket ", i)] = fmt.Sprint("epoch ", i)
	}
	s.setEpochs(t, c, alice, many)
	over := map[string]string{"one too many": "lost"}
	for k := range many {
		over[k] = "lost"
	}
	for name, bad := range map[string]map[string]string{
		"too many":        over,
		"an empty bucket": {"": "lost", "bucket 1": "lost"},
		"an empty epoch":  {"bucket 1": "", "bucket 2": "lost"},
	} {
		wantCode(t, "SetEpochs with "+name, c.SetEpochs(t.Context(), alice, bad), pika.Invalid)
	}
	s.wantScope(t, c, alice, nil, many)
}

func (s cacheSuite) epochsCancelled(t *testing.T, c pika.Cache) {
	s.setEpochs(t, c, alice, map[string]string{"a": "kept"})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	past, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, past} {
		if err := c.SetEpochs(ctx, alice, map[string]string{"a": "lost"}); !errors.Is(err, ctx.Err()) {
			t.Errorf("SetEpochs with an ended context = %v; want %v", err, ctx.Err())
		}
		if _, _, err := c.ReadScope(ctx, alice, "v"); !errors.Is(err, ctx.Err()) {
			t.Errorf("ReadScope with an ended context = %v; want %v", err, ctx.Err())
		}
	}
	s.wantScope(t, c, alice, nil, map[string]string{"a": "kept"})
}

// epochsConcurrent: whoever sets one bucket takes no other's away.
func (s cacheSuite) epochsConcurrent(t *testing.T, c pika.Cache) {
	want := map[string]string{}
	var all sync.WaitGroup
	for g := range 16 {
		bucket := fmt.Sprint("bucket ", g)
		want[bucket] = "9"
		all.Go(func() {
			for i := range 10 {
				if err := c.SetEpochs(t.Context(), alice, map[string]string{bucket: fmt.Sprint(i)}); err != nil {
					t.Errorf("SetEpochs = %v", err)
				}
				if _, epochs, err := c.ReadScope(t.Context(), alice); err != nil || epochs[bucket] != fmt.Sprint(i) {
					t.Errorf("after SetEpochs(%d) the epoch of the bucket is %q, %v", i, epochs[bucket], err)
				}
			}
		})
	}
	all.Wait()
	s.wantScope(t, c, alice, nil, want)
}
