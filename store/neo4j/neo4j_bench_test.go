package neo4j_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/pikamem/pika"
)

// someLinks returns links of facts to 3 of 3,000 entities, few of which are named often.
func someLinks(from, n int) []pika.Link {
	random := rand.New(rand.NewPCG(uint64(from), 11))
	links := make([]pika.Link, n)
	for i := range links {
		links[i] = pika.Link{FactID: pika.DeriveID("bench", fmt.Sprint(from+i)), Predicate: "knows"}
		for range 3 {
			e := int(3000 * random.Float64() * random.Float64())
			links[i].Entities = append(links[i].Entities, pika.DeriveID("entity", fmt.Sprint(e)))
		}
	}
	return links
}

// BenchmarkLinkFacts50 is the commit of one job of 50 new facts.
func BenchmarkLinkFacts50(b *testing.B) {
	g := openMigrated(b)
	scope := newScope(b, g)
	i := 0
	for b.Loop() {
		if err := g.LinkFacts(b.Context(), scope, someLinks(50*i, 50)); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkExpand walks from 3 entities in a user's 10,000 facts.
func BenchmarkExpand(b *testing.B) {
	g := openMigrated(b)
	scope := newScope(b, g)
	for from := 0; from < 10_000; from += 500 {
		if err := g.LinkFacts(b.Context(), scope, someLinks(from, 500)); err != nil {
			b.Fatal(err)
		}
	}
	for _, depth := range []int{1, 2} {
		b.Run(fmt.Sprint("depth ", depth), func(b *testing.B) {
			i := 0
			for b.Loop() {
				seeds := someLinks(1_000_000+i, 1)[0].Entities
				if _, err := g.Expand(b.Context(), scope, seeds, depth, 50); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}
