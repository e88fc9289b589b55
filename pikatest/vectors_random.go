package pikatest

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/pikamem/pika"
)

// bruteForce does random writes in several scopes and compares every search with a
// scan of a plain map.
func (c *vectorsCase) bruteForce() {
	scopes := []pika.Scope{alice, bob, mallory}
	truth := map[pika.Scope]map[string][]float32{alice: {}, bob: {}, mallory: {}}
	for range 30 {
		scope := scopes[c.random.IntN(len(scopes))]
		c.randomWrite(scope, truth[scope])
		scope = scopes[c.random.IntN(len(scopes))]
		query, limit := RandomUnit(c.random, VectorDimensions), 1+c.random.IntN(40)
		c.settle(func() error { return c.compare(scope, truth[scope], query, limit) })
	}
}

func (c *vectorsCase) randomWrite(scope pika.Scope, truth map[string][]float32) {
	rows := make([]pika.Vector, c.random.IntN(200))
	for i := range rows {
		rows[i] = pika.Vector{ID: fmt.Sprint(c.random.IntN(1500)), Values: RandomUnit(c.random, VectorDimensions)}
		truth[rows[i].ID] = rows[i].Values
	}
	c.upsert(scope, pika.CorpusFacts, rows...)
	ids := make([]string, c.random.IntN(100))
	for i := range ids {
		ids[i] = fmt.Sprint(c.random.IntN(1500))
		delete(truth, ids[i])
	}
	if err := c.index.DeleteVectors(c.Context(), scope, pika.CorpusFacts, ids); err != nil {
		c.Fatal(err)
	}
}

func (c *vectorsCase) compare(scope pika.Scope, truth map[string][]float32, query []float32, limit int) error {
	want := nearest(truth, query, limit)
	got := c.search(scope, pika.CorpusFacts, query, limit)
	if len(got) != len(want) {
		return fmt.Errorf("found %d of %d rows with limit %d; want %d", len(got), len(truth), limit, len(want))
	}
	for i := range got {
		exact := product(truth[got[i].ID], query)
		if math.Abs(got[i].Score-want[i].Score) > c.config.Tolerance || math.Abs(got[i].Score-exact) > c.config.Tolerance {
			return fmt.Errorf("hit %d is %v, whose cosine is %v; want %v", i, got[i], exact, want[i])
		}
	}
	return nil
}

func nearest(rows map[string][]float32, query []float32, limit int) []pika.Scored {
	var all []pika.Scored
	for id, values := range rows {
		all = append(all, pika.Scored{ID: id, Score: product(values, query)})
	}
	slices.SortFunc(all, func(a, b pika.Scored) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	return all[:min(limit, len(all))]
}

// product returns the dot product of two vectors, 0 if a is nil.
func product(a, b []float32) float64 {
	var sum float64
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// concurrent lets goroutines write the same and their own rows while others search.
// Afterwards every goroutine's own rows are there, and what the open index answers
// for the contested rows is what it answers when it is opened again.
func (c *vectorsCase) concurrent() {
	const writers, rounds = 6, 12
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() { c.writeAlong(w, rounds) })
		all.Go(func() { c.searchAlong(w, rounds) })
	}
	all.Wait()
	query := axis(1)
	var before []pika.Scored
	c.settle(func() error {
		before = c.search(alice, pika.CorpusFacts, query, 1000)
		own, temporary := count(before, "own"), count(before, "temporary")
		// A goroutine's last write removed a temporary row: once none is seen, all is.
		if own != writers*rounds || temporary != 0 {
			return fmt.Errorf("%d of the goroutines' own rows and %d of their temporary ones are there; want %d and 0", own, temporary, writers*rounds)
		}
		return nil
	})
	c.reopen()
	c.settle(func() error {
		if after := c.search(alice, pika.CorpusFacts, query, 1000); !slices.Equal(before, after) {
			return fmt.Errorf("opened again, the index answers otherwise:\nbefore %v\nafter  %v", before, after)
		}
		return nil
	})
}

// count returns how many ids begin with a prefix.
func count(hits []pika.Scored, prefix string) int {
	n := 0
	for _, h := range hits {
		if strings.HasPrefix(h.ID, prefix) {
			n++
		}
	}
	return n
}

func (c *vectorsCase) writeAlong(writer, rounds int) {
	random := rand.New(rand.NewPCG(3, uint64(writer)))
	for round := range rounds {
		own := fmt.Sprintf("own-%d-%d", writer, round)
		rows := []pika.Vector{{ID: own, Values: RandomUnit(random, VectorDimensions)}, {ID: "temporary" + own, Values: RandomUnit(random, VectorDimensions)}}
		for range 5 {
			rows = append(rows, pika.Vector{ID: fmt.Sprint("contested", random.IntN(8)), Values: RandomUnit(random, VectorDimensions)})
		}
		err := errors.Join(c.index.Upsert(c.Context(), alice, pika.CorpusFacts, rows),
			c.index.DeleteVectors(c.Context(), alice, pika.CorpusFacts, []string{"temporary" + own, fmt.Sprint("contested", random.IntN(8))}))
		if err != nil {
			c.Error(err)
		}
	}
}

func (c *vectorsCase) searchAlong(reader, rounds int) {
	random := rand.New(rand.NewPCG(4, uint64(reader)))
	for range rounds {
		hits, err := c.index.SearchVectors(c.Context(), alice, pika.CorpusFacts, RandomUnit(random, VectorDimensions), 20)
		if err != nil {
			c.Error(err)
		}
		if !slices.IsSortedFunc(hits, func(a, b pika.Scored) int { return cmp.Compare(b.Score, a.Score) }) {
			c.Errorf("hits are out of order: %v", hits)
		}
	}
}
