package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/store/sqlite"
)

// held is a database whose writer waits until release is called.
type held struct {
	*sqlite.DB
	release func()
	group   sync.WaitGroup
}

func hold(t *testing.T, o sqlite.Options) *held {
	t.Helper()
	h := &held{DB: open(t, filepath.Join(t.TempDir(), "pika.db"), o)}
	running, free := make(chan struct{}), make(chan struct{})
	h.release = sync.OnceFunc(func() { close(free) })
	h.group.Go(func() {
		if err := h.Write(context.Background(), func() error { close(running); <-free; return nil }); err != nil {
			t.Errorf("the holding write = %v", err)
		}
	})
	<-running
	t.Cleanup(func() {
		h.release()
		h.group.Wait()
		if err := h.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
	return h
}

// queue starts a write and returns once it waits behind the others.
func (h *held) queue(t *testing.T, ctx context.Context, name string, f func() error) <-chan error {
	t.Helper()
	before, result := h.Waiting(), make(chan error, 1)
	h.group.Go(func() { result <- h.Set(ctx, name, f) })
	waitFor(t, func() bool { return h.Waiting() > before })
	return result
}

func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); !condition(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("the condition did not come true within 10 s")
		}
	}
}

func nothing() error { return nil }

func TestFailureLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	h := hold(t, sqlite.Options{})
	first := h.queue(t, t.Context(), "a", nothing)
	failing := h.queue(t, t.Context(), "b", func() error { return pika.Errorf(pika.Conflict, "no") })
	panicking := h.queue(t, t.Context(), "c", func() error { panic("a defect") })
	last := h.queue(t, t.Context(), "d", nothing)
	h.release()
	for name, c := range map[string]struct {
		result <-chan error
		want   pika.Code
	}{"first": {first, ""}, "failing": {failing, pika.Conflict}, "panicking": {panicking, pika.Internal}, "last": {last, ""}} {
		if err := <-c.result; pika.CodeOf(err) != c.want {
			t.Errorf("%s = %v; want code %q", name, err, c.want)
		}
	}
	got, err := h.Settings(t.Context())
	if diff := cmp.Diff([]string{"a", "d"}, got); diff != "" || err != nil {
		t.Errorf("what was stored (-want +got), %v:\n%s", err, diff)
	}
}

func TestFullQueue(t *testing.T) {
	t.Parallel()
	h := hold(t, sqlite.Options{QueueLength: 3})
	for i := range 3 {
		h.queue(t, t.Context(), fmt.Sprint(i), nothing)
	}
	err := h.Set(t.Context(), "refused", nothing)
	var e *pika.Error
	if !errors.As(err, &e) || e.Code != pika.Overloaded || e.RetryAfter <= 0 {
		t.Errorf("a write too many = %v; want overloaded with a time to wait", err)
	}
	h.release()
	waitFor(t, func() bool { return h.Waiting() == 0 })
	if err := h.Set(t.Context(), "later", nothing); err != nil {
		t.Errorf("a write after the queue emptied = %v", err)
	}
}

func TestCancelWhileWaiting(t *testing.T) {
	t.Parallel()
	h := hold(t, sqlite.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	result := h.queue(t, ctx, "never", nothing)
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) { // while the writer is still held
		t.Errorf("a cancelled write = %v", err)
	}
	h.release()
	if err := h.Set(t.Context(), "after", nothing); err != nil {
		t.Fatal(err)
	}
	if got, err := h.Settings(t.Context()); err != nil || !slices.Equal(got, []string{"after"}) {
		t.Errorf("stored %v, %v; want only the write that was not cancelled", got, err)
	}
}

// TestCancelWhileRunning checks that a write that has begun takes effect whole.
func TestCancelWhileRunning(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "pika.db"), sqlite.Options{})
	defer db.Close()
	ctx, cancel := context.WithCancel(t.Context())
	if err := db.Set(ctx, "whole", func() error { cancel(); return nil }); err != nil {
		t.Errorf("a write cancelled while it ran = %v", err)
	}
	if got, err := db.Settings(t.Context()); err != nil || len(got) != 1 {
		t.Errorf("stored %v, %v", got, err)
	}
}

func TestCloseFinishesWaitingWrites(t *testing.T) {
	t.Parallel()
	h := hold(t, sqlite.Options{})
	result := h.queue(t, t.Context(), "last", nothing)
	closed := make(chan error, 1)
	h.group.Go(func() { closed <- h.Close() })
	h.release()
	if err := errors.Join(<-result, <-closed); err != nil {
		t.Errorf("a write that waited at Close, and Close = %v", err)
	}
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "pika.db"), sqlite.Options{})
	defer db.Close()
	if err := db.LimitPages(t.Context(), 1); err != nil { // as many as there are
		t.Fatal(err)
	}
	scope := pika.Scope{Tenant: "acme", User: "alice"}
	big := pika.Commit{JobID: "j", At: time.Unix(1, 0)}
	for i := range 200 {
		id := pika.FactID(scope, "j", 0, i)
		big.Facts = append(big.Facts, pika.Fact{ID: id, Text: strings.Repeat("word ", 400) + id, ContentHash: id, EffectiveAt: time.Unix(1, 0)})
	}
	_, err := db.Commit(t.Context(), scope, big)
	var e *pika.Error
	if !errors.As(err, &e) || e.Code != pika.Unavailable || !strings.Contains(e.Message, "the disk is full") {
		t.Fatalf("Commit on a full disk = %v; want a sentence about it", err)
	}
	if hits, err := db.SearchKeyword(t.Context(), scope, pika.CorpusFacts, keyword.Query("word"), 10); err != nil || len(hits) != 0 {
		t.Errorf("a commit that failed left %d facts, %v", len(hits), err)
	}
	if err := db.LimitPages(t.Context(), 1<<30); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Commit(t.Context(), scope, big); err != nil {
		t.Errorf("Commit once there is room = %v", err)
	}
	if got, err := db.Pragma(t.Context(), "integrity_check"); err != nil || got != "ok" {
		t.Errorf("integrity_check = %q, %v", got, err)
	}
}
