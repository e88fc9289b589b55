package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

// depth is how far rankings are compared; the most messages a search returns.
const depth = pika.MaxSearchMessages

// ranking is what one arm answers: ids of facts and keys of messages, best first.
type ranking struct{ facts, messages []string }

// arm is one way of answering.
type arm struct {
	name string
	rank func(ctx context.Context, b *bed, question string) (ranking, error)
}

var arms = []arm{
	{"vector", byEngine(pika.ModeVector)},
	{"keyword", byEngine(pika.ModeKeyword)},
	{"equal RRF", byEqualRanks},
	{"pika", byEngine(pika.ModeHybrid)},
}

func byEngine(mode pika.Mode) func(context.Context, *bed, string) (ranking, error) {
	return func(ctx context.Context, b *bed, question string) (ranking, error) {
		answer, err := b.engine.Search(ctx, b.scope, pika.Query{
			Text: question, Limit: depth, Messages: depth, Mode: mode, Deadline: pika.MaxDeadlineMS * time.Millisecond,
		})
		if err == nil && len(answer.Degraded) > 0 {
			err = fmt.Errorf("the answer is degraded: %v", answer.Degraded)
		}
		var r ranking
		for _, h := range answer.Facts {
			r.facts = append(r.facts, h.Fact.ID)
		}
		for _, h := range answer.Messages {
			r.messages = append(r.messages, h.Message.Key)
		}
		return r, err
	}
}

// byEqualRanks is the usual baseline: reciprocal rank fusion of the same legs with
// k = 60 and equal weights (Cormack, Clarke and Büttcher, SIGIR 2009).
func byEqualRanks(ctx context.Context, b *bed, question string) (r ranking, err error) {
	vectors, err := b.embedder.Embed(ctx, pika.EmbedQuery, []string{question})
	if err != nil {
		return r, err
	}
	if r.facts, err = equalRanks(ctx, b, pika.CorpusFacts, question, vectors[0]); err != nil {
		return r, err
	}
	r.messages, err = equalRanks(ctx, b, pika.CorpusMessages, question, vectors[0])
	return r, err
}

func equalRanks(ctx context.Context, b *bed, corpus pika.Corpus, question string, vector []float32) ([]string, error) {
	near, err := b.vectors.SearchVectors(ctx, b.scope, corpus, vector, 400)
	if err != nil {
		return nil, err
	}
	words, err := b.db.SearchKeyword(ctx, b.scope, corpus, keyword.Query(question), 200)
	if err != nil {
		return nil, err
	}
	const k = 60
	sums := map[string]float64{}
	for _, hits := range [][]pika.Scored{near, words} {
		for i, h := range hits {
			sums[h.ID] += 1 / float64(k+i+1)
		}
	}
	ids := make([]string, 0, len(sums))
	for id := range sums {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(x, y string) int { return cmp.Or(cmp.Compare(sums[y], sums[x]), cmp.Compare(x, y)) })
	return ids[:min(len(ids), depth)], nil
}
