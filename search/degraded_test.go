package search_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pikamem/pika"
)

func TestDegraded(t *testing.T) {
	t.Parallel()
	down := func(context.Context) error { return pika.Errorf(pika.Unavailable, "down") }
	broken := func(context.Context) error { panic("broken") }
	tests := []struct {
		name   string
		faults map[pika.Leg]func(context.Context) error
		want   []pika.Leg
		facts  bool
		atMost time.Duration
	}{
		{"nothing", nil, nil, true, 0},
		{"vectors down", faults{pika.LegVectors: down}, []pika.Leg{"vectors"}, true, 0},
		{"keyword down", faults{pika.LegKeyword: down}, []pika.Leg{"keyword"}, true, 0},
		{"embedder down", faults{pika.LegEmbedder: down}, []pika.Leg{"embedder", "vectors"}, true, 0},
		{"vectors panic", faults{pika.LegVectors: broken}, []pika.Leg{"vectors"}, true, 0},
		{"vectors hang", faults{pika.LegVectors: hang}, []pika.Leg{"vectors"}, true, 80 * time.Millisecond},
		{"embedder hangs", faults{pika.LegEmbedder: hang}, []pika.Leg{"embedder", "vectors"}, true, 80 * time.Millisecond},
		{"messages down", faults{"messages": down}, []pika.Leg{"facts"}, true, 0},
		{"messages hang", faults{"messages": hang}, []pika.Leg{"facts"}, true, 95 * time.Millisecond},
		{"every leg down", faults{pika.LegVectors: down, pika.LegKeyword: down}, []pika.Leg{"keyword", "vectors"}, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := linhsMemory()
				m.faults = tt.faults
				q := question("con mèo tên Mướp")
				q.Messages, q.Deadline = 5, 100*time.Millisecond
				started := time.Now()
				a := mustSearch(t, m.engine(), linh, q)
				if took := time.Since(started); took > tt.atMost {
					t.Errorf("took %v; want at most %v", took, tt.atMost)
				}
				if diff := cmp.Diff(tt.want, a.Degraded); diff != "" {
					t.Errorf("degraded (-want +got):\n%s", diff)
				}
				if (len(a.Facts) > 0) != tt.facts {
					t.Errorf("facts %v", factIDs(a))
				}
			})
		})
	}
}

type faults = map[pika.Leg]func(context.Context) error

func TestUnavailableOnlyWithoutTheTruth(t *testing.T) {
	t.Parallel()
	down := func(context.Context) error { return errors.New("down") }
	for name, f := range map[string]faults{
		"the truth is down":        {pika.LegFacts: down},
		"everything is down":       {pika.LegFacts: down, pika.LegVectors: down, pika.LegKeyword: down},
		"the truth hangs":          {pika.LegFacts: hang},
		"the truth and a leg hang": {pika.LegFacts: hang, pika.LegKeyword: hang},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := linhsMemory()
				m.faults = f
				q := question("mèo")
				q.Deadline = 100 * time.Millisecond
				started := time.Now()
				_, err := m.engine().Search(t.Context(), linh, q)
				if pika.CodeOf(err) != pika.Unavailable {
					t.Errorf("Search = %v; want unavailable", err)
				}
				if took := time.Since(started); took > 300*time.Millisecond {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// A truth that is a little late makes a late answer, not none.
func TestAnswerWaitsForTheTruth(t *testing.T) {
	t.Parallel()
	for late, want := range map[time.Duration]pika.Code{20 * time.Millisecond: "", 200 * time.Millisecond: "", 250 * time.Millisecond: pika.Unavailable} {
		t.Run(late.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := linhsMemory()
				m.faults = faults{pika.LegVectors: hang, pika.LegFacts: func(ctx context.Context) error {
					select {
					case <-time.After(late):
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				}}
				q := question("con mèo tên Mướp")
				q.Deadline = 100 * time.Millisecond
				a, err := m.engine().Search(t.Context(), linh, q)
				if pika.CodeOf(err) != want && err != nil || (err == nil) != (want == "") {
					t.Fatalf("Search = %v; want code %q", err, want)
				}
				if err == nil && len(a.Facts) == 0 {
					t.Error("there are no facts")
				}
			})
		})
	}
}

// A store that ignores its context keeps no search beyond its deadline, and only so
// many calls of it are ever left behind. Once it answers again, it is asked again.
func TestAStoreThatIsStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, release := linhsMemory(), make(chan struct{})
		m.fail(pika.LegVectors, hangUntil(release))
		e := m.engine()
		q := question("con mèo")
		q.Deadline = 100 * time.Millisecond
		for range 100 {
			started := time.Now()
			a := mustSearch(t, e, linh, q)
			if took := time.Since(started); took > 80*time.Millisecond || len(a.Facts) == 0 || !cmp.Equal(a.Degraded, []pika.Leg{"vectors"}) {
				t.Fatalf("took %v, %d facts, degraded %v", took, len(a.Facts), a.Degraded)
			}
		}
		left := m.running.Load()
		if left == 0 || left > 8 {
			t.Errorf("%d calls are left behind; want a few, stopped by the breaker", left)
		}
		closing, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := e.Close(closing); pika.CodeOf(err) != pika.Timeout {
			t.Errorf("Close while stuck = %v; want timeout", err)
		}
		close(release)
		m.fail(pika.LegVectors, nil)
		time.Sleep(2 * time.Second) // the bubble's clock: the breaker lets one call try
		if a := mustSearch(t, e, linh, q); len(a.Degraded) != 0 {
			t.Errorf("degraded %v after the store came back", a.Degraded)
		}
		for range 2 {
			if err := e.Close(t.Context()); err != nil {
				t.Errorf("Close = %v", err)
			}
		}
	})
}

// A store that comes back is slow at first: more so than any search has time for. It is
// tried with more time than its search, also by searches with hardly any.
func TestAStoreThatIsSlowAtFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := linhsMemory()
		m.fail(pika.LegVectors, hang)
		e := m.engine()
		q := question("con mèo")
		q.Deadline = 100 * time.Millisecond
		for range 10 {
			mustSearch(t, e, linh, q)
		}
		warm := false
		m.fail(pika.LegVectors, func(ctx context.Context) error {
			if warm {
				return nil
			}
			select {
			case <-time.After(time.Second):
				warm = true
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		time.Sleep(2 * time.Second) // the bubble's clock: the breaker lets one call try
		q.Deadline = 10 * time.Millisecond
		if a := mustSearch(t, e, linh, q); !cmp.Equal(a.Degraded, []pika.Leg{"vectors"}) {
			t.Errorf("degraded %v during the trial", a.Degraded)
		}
		time.Sleep(2 * time.Second)
		if a := mustSearch(t, e, linh, q); len(a.Degraded) != 0 {
			t.Errorf("degraded %v after it", a.Degraded)
		}
		if err := e.Close(t.Context()); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
}

// Searches side by side: the bulkhead bounds what a stuck store holds.
func TestBulkhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, release := linhsMemory(), make(chan struct{})
		m.fail(pika.LegVectors, hangUntil(release))
		e := m.engine()
		q := question("con mèo")
		q.Deadline = 100 * time.Millisecond
		done := make(chan error)
		for range 200 {
			go func() {
				_, err := e.Search(t.Context(), linh, q)
				done <- err
			}()
		}
		for range 200 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if got := m.running.Load(); got != 64 {
			t.Errorf("%d calls are left behind; want 64", got)
		}
		if got := e.Load(); got != 1 {
			t.Errorf("load %v; want 1", got)
		}
		time.Sleep(2 * time.Second) // the breaker, which opened too, may let one try
		if got := e.Load(); got != 1 {
			t.Errorf("load %v with 64 calls under way; want 1", got)
		}
		close(release)
		synctest.Wait()
		if got := e.Load(); got != 0 {
			t.Errorf("load %v of nobody; want 0", got)
		}
	})
}

// Callers with tiny deadlines must not take a leg away from the others.
func TestTinyDeadlinesDoNotOpenTheBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := linhsMemory()
		m.fail(pika.LegVectors, func(ctx context.Context) error {
			select {
			case <-time.After(20 * time.Millisecond):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		e, q := m.engine(), question("con mèo")
		q.Deadline = 10 * time.Millisecond
		for range 20 {
			if a := mustSearch(t, e, linh, q); !cmp.Equal(a.Degraded, []pika.Leg{"vectors"}) {
				t.Fatalf("degraded %v", a.Degraded)
			}
		}
		q.Deadline = 100 * time.Millisecond
		if a := mustSearch(t, e, linh, q); len(a.Degraded) != 0 {
			t.Errorf("degraded %v; want none with enough time", a.Degraded)
		}
	})
}

// Whoever asks long questions, which take an embedder longer than a search has, does not
// close it to the others.
func TestLongQuestionsDoNotOpenTheBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := linhsMemory()
		engine := m.engine()
		m.fail(pika.LegEmbedder, hang)
		long := question(strings.Repeat("mèo x ", 100))
		long.Deadline = 80 * time.Millisecond
		for range 20 {
			if a := mustSearch(t, engine, linh, long); !slices.Contains(a.Degraded, pika.LegEmbedder) {
				t.Fatalf("degraded %v", a.Degraded)
			}
		}
		m.fail(pika.LegEmbedder, nil)
		if a := mustSearch(t, engine, linh, question("con mèo tên Mướp")); len(a.Degraded) > 0 {
			t.Errorf("the next question of another is answered without %v", a.Degraded)
		}
	})
}

func TestCallersContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := linhsMemory()
		m.fail(pika.LegVectors, hang)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		started := time.Now()
		a, err := m.engine().Search(ctx, linh, question("con mèo"))
		if err != nil || len(a.Facts) == 0 || time.Since(started) > 40*time.Millisecond {
			t.Errorf("an earlier deadline of the caller: %v, %d facts, %v", err, len(a.Facts), time.Since(started))
		}
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		if _, err := m.engine().Search(ctx, linh, question("con mèo")); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled midway: %v", err)
		}
	})
}

// The first read of the truth answers, a later one does not: what was read is given.
func TestTheTruthFailsMidway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		for i := range 1000 {
			m.add(linh, pika.Fact{ID: pika.DeriveID(string(rune('A' + i))), Text: "Linh mua cà phê", Category: "food"})
		}
		m.add(linh, pika.Fact{ID: "00000000", Text: "Linh mua cà phê", Metadata: pika.Metadata{"channel": "app"}}) // the first of equals
		reads := 0
		m.fail(pika.LegFacts, func(ctx context.Context) error {
			if reads++; reads > 1 {
				return errors.New("down")
			}
			return nil
		})
		q := question("cà phê")
		q.Filters.Metadata = pika.Metadata{"channel": "app"}
		a := mustSearch(t, m.engine(), linh, q)
		if !cmp.Equal(factIDs(a), []string{"00000000"}) || !cmp.Equal(a.Degraded, []pika.Leg{"facts"}) {
			t.Errorf("facts %v, degraded %v", factIDs(a), a.Degraded)
		}
	})
}
