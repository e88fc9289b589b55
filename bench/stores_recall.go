package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pikamem/pika"
)

// recallAt is how many of the nearest count. recallLimits are how many hits are asked
// for: as many, and as many as a search of pika asks its vector leg for.
const recallAt = 10

var recallLimits = []int{recallAt, 400}

// question is a vector to ask a user's facts for, and the facts' own vectors.
type question struct {
	scope pika.Scope
	query []float32
	rows  []pika.Vector
}

// runStoresRecall compares the index with the exact answer: from the raw vectors in the
// truth of the real stores, from which its index is built, for both columns.
func runStoresRecall(ctx context.Context, b *bed) error {
	s := b.stores
	embedder, err := openEmbedder()
	if err != nil {
		return err
	}
	defer embedder.Close()
	random := rand.New(rand.NewPCG(3, 4))
	atRandom := func(int) ([]float32, error) { return randomUnit(random, s.model.Dimensions), nil }
	ofTexts := func(i int) ([]float32, error) {
		values, err := embedder.Embed(ctx, pika.EmbedQuery, []string{madeUpQuery(i)})
		if err != nil {
			return nil, err
		}
		return values[0], nil
	}
	for _, group := range []struct {
		what      string
		users     []storesUser
		questions int
		query     func(i int) ([]float32, error)
	}{
		{"vectors of texts, users of %d facts", s.users.thousand, b.scale(300), ofTexts},
		{"vectors of texts, a user of %d facts", []storesUser{s.users.tenThousand}, b.scale(300), ofTexts},
		{fmt.Sprintf("random vectors, %d users of %%d facts", len(s.users.small)), s.users.small, b.scale(500), atRandom},
	} {
		questions, err := s.questions(ctx, group.users, group.questions, group.query)
		if err != nil {
			return err
		}
		name := fmt.Sprintf(group.what, group.users[0].facts)
		for _, limit := range recallLimits {
			if err := s.recall(ctx, b, name, questions, limit); err != nil {
				return err
			}
		}
	}
	return nil
}

// questions spreads n questions evenly over users.
func (s *storesBench) questions(ctx context.Context, users []storesUser, n int, query func(i int) ([]float32, error)) ([]question, error) {
	rows := map[string][]pika.Vector{}
	var all []question
	for i := range n {
		scope := users[i*len(users)/n].scope
		if rows[scope.User] == nil {
			var err error
			if rows[scope.User], err = s.rawVectors(ctx, scope); err != nil {
				return nil, err
			}
		}
		values, err := query(i)
		if err != nil {
			return nil, err
		}
		all = append(all, question{scope, values, rows[scope.User]})
	}
	return all, nil
}

func (s *storesBench) rawVectors(ctx context.Context, scope pika.Scope) ([]pika.Vector, error) {
	var all []pika.Vector
	for after := ""; ; after = all[len(all)-1].ID {
		page, err := s.real.raw.ListRawVectors(ctx, scope, pika.CorpusFacts, s.model, after, pika.MaxVectorBatch)
		if all = append(all, page...); err != nil || len(page) < pika.MaxVectorBatch {
			return all, err
		}
	}
}

func (s *storesBench) recall(ctx context.Context, b *bed, name string, questions []question, limit int) error {
	found, lost, times := map[string]float64{}, map[string]float64{}, map[string][]time.Duration{}
	err := s.inTurns(ctx, len(questions), func(c *column, i int) error {
		q := questions[i]
		start := time.Now()
		hits, err := c.vectors.SearchVectors(ctx, q.scope, pika.CorpusFacts, q.query, limit)
		times[c.name] = append(times[c.name], time.Since(start))
		share, less := q.compare(hits)
		found[c.name] += share / float64(len(questions))
		lost[c.name] += less / float64(len(questions))
		return err
	})
	if err != nil {
		return err
	}
	b.pairAtLeast(fmt.Sprintf("recall@%d of %d hits, %s (%d questions)", recallAt, limit, name, len(questions)), found["embedded"], found["real"], 0.99, "")
	b.pairNote("  cosine of the last place below the exact answer's, mean", fmt.Sprintf("%.5f", lost["embedded"]), fmt.Sprintf("%.5f", lost["real"]))
	b.pairTimes("  the search", times["embedded"], times["real"], 0, 0)
	return nil
}

// compare returns how many of the exact best are among the hits, and how much less near
// the last of the hits is than the last of the best. Rows that are as near as the last of
// the best, to within rounding, are as good as that one.
func (q question) compare(hits []pika.Scored) (share, less float64) {
	const rounding = 1e-6
	exact := make(map[string]float64, len(q.rows))
	var best []float64
	for _, r := range q.rows {
		exact[r.ID] = dot(q.query, r.Values)
		best = append(best, exact[r.ID])
	}
	slices.SortFunc(best, func(a, b float64) int { return cmp.Compare(b, a) })
	best = best[:min(recallAt, len(best))]
	worst, right, last := best[len(best)-1], 0, 1.0
	for _, h := range hits[:min(recallAt, len(hits))] {
		score, ok := exact[h.ID]
		if ok && score >= worst-rounding {
			right++
		}
		last = min(last, score)
	}
	return float64(right) / float64(len(best)), max(worst-last, 0)
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
