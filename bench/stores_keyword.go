package main

import (
	"context"
	"fmt"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

// keywordHits is how many hits a search asks of the keyword leg.
const keywordHits = 200

// runStoresKeyword asks users of 1,000 facts, and then one of 10,000. The made-up facts
// repeat few words, so that most terms of most questions are in a good part of the
// user's facts: the dear case.
func runStoresKeyword(ctx context.Context, b *bed) error {
	s := b.stores
	for _, group := range []struct {
		users  []storesUser
		target float64
	}{{s.users.thousand, 15}, {[]storesUser{s.users.tenThousand}, 80}} {
		n := b.scale(500)
		times, hits := map[string][]time.Duration{}, map[string]int{}
		const warmUp = 10
		err := s.inTurns(ctx, n+warmUp, func(c *column, i int) error {
			start := time.Now()
			found, err := c.truth.SearchKeyword(ctx, group.users[i%len(group.users)].scope, pika.CorpusFacts, keyword.Query(madeUpQuery(i)), keywordHits)
			if i >= warmUp {
				times[c.name] = append(times[c.name], time.Since(start))
				hits[c.name] += len(found)
			}
			return err
		})
		if err != nil {
			return err
		}
		b.pairTimes(fmt.Sprintf("keyword leg, user of %d facts (%d questions)", group.users[0].facts, n), times["embedded"], times["real"], 0, group.target)
		if hits["embedded"] != hits["real"] {
			return fmt.Errorf("the embedded store found %d hits, the real one %d", hits["embedded"], hits["real"])
		}
		b.pairNote("  hits of a question on average", fmt.Sprintf("%.1f", float64(hits["embedded"])/float64(n)), fmt.Sprintf("%.1f", float64(hits["real"])/float64(n)))
	}
	return nil
}
