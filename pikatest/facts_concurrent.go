package pikatest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

// together runs f(0) … f(n-1) at once.
func together(n int, f func(i int)) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	group.Wait()
}

func testConcurrentEqual(t *testing.T, truth Truth) {
	const writers = 16
	outcomes := make([][]pika.FactOutcome, writers)
	together(writers, func(i int) {
		job := fmt.Sprint("j", i)
		var err error
		outcomes[i], err = truth.Commit(t.Context(), alice, pika.Commit{JobID: job, At: day(20), Facts: []pika.Fact{
			claim(alice, job, 0, "likes tea"), claim(alice, job, 1, "likes phở"),
		}})
		if err != nil {
			t.Errorf("Commit = %v", err)
		}
	})
	counts := map[pika.Verdict]int{}
	for _, o := range outcomes {
		for _, v := range verdicts(o) {
			counts[v]++
		}
	}
	wantSame(t, "verdicts of equal facts", counts, map[pika.Verdict]int{pika.Stored: 2, pika.Duplicate: 2*writers - 2})
	page, err := truth.List(t.Context(), alice, pika.ListFacts{}, pika.PageRequest{Limit: 100})
	if err != nil || len(page.Items) != 2 {
		t.Fatalf("%d facts, %v; want 2", len(page.Items), err)
	}
	for _, f := range page.Items {
		if len(f.Sources) != writers {
			t.Errorf("%d sources; want %d", len(f.Sources), writers)
		}
	}
}

func testConcurrentDifferent(t *testing.T, truth Truth) {
	const writers, each = 12, 8
	together(writers, func(i int) {
		scope := pika.Scope{Tenant: "acme", User: fmt.Sprint("u", i%3)}
		for j := range each {
			job := fmt.Sprintf("j%d-%d", i, j)
			_, err := truth.Commit(t.Context(), scope, pika.Commit{
				JobID: job, At: day(20), Facts: []pika.Fact{claim(scope, job, 0, "drink "+job)},
			})
			if err != nil {
				t.Errorf("Commit = %v", err)
			}
			if _, err := truth.SearchKeyword(t.Context(), scope, pika.CorpusFacts, keyword.Query("drink"), 5); err != nil {
				t.Errorf("SearchKeyword = %v", err)
			}
		}
	})
	for u := range 3 {
		scope := pika.Scope{Tenant: "acme", User: fmt.Sprint("u", u)}
		if hits := scored(t, truth, scope, pika.CorpusFacts, "drink", 1000); len(hits) != writers/3*each {
			t.Errorf("%s finds %d facts; want %d", scope.User, len(hits), writers/3*each)
		}
	}
}

func testConcurrentTwice(t *testing.T, truth Truth) {
	const writers = 10
	f := home(alice, "j", "Huế", day(1))
	outcomes := make([][]pika.FactOutcome, writers)
	together(writers, func(i int) {
		var err error
		outcomes[i], err = truth.Commit(t.Context(), alice, pika.Commit{JobID: "j", Facts: []pika.Fact{f}, At: day(20)})
		if err != nil {
			t.Errorf("Commit = %v", err)
		}
	})
	for _, o := range outcomes {
		wantSame(t, "outcomes of one chunk committed at once", o, outcomes[0])
	}
	if ids := search(t, truth, alice, pika.CorpusFacts, "hue"); len(ids) != 1 {
		t.Errorf("%d facts; want 1", len(ids))
	}
}
