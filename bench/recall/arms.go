package main

import (
	"context"
	"fmt"
	"time"

	"github.com/pikamem/pika"
)

// depth is how far rankings are compared; the most messages a search returns.
const depth = pika.MaxSearchMessages

// ranking is what one arm answers, best first, and what it took.
type ranking struct {
	facts, messages []pika.Scored
	took            time.Duration
	text            []string // of the first ten facts
}

// arm is one way of answering.
type arm struct {
	name string
	rank func(ctx context.Context, b *bed, question string, each int) (ranking, error)
}

// whole is the product as it answers a caller.
const whole = "pika"

// The arms: what a plain system would do with the same embedder, the product's single
// legs, and the product.
var arms = []arm{
	{"dense", byFusion(onlyCosines)},
	{"BM25", byFusion(onlyBM25)},
	{"equal RRF", byFusion(reciprocalRanks)},
	{"dense+.15 BM25", byFusion(weighted(.15))},
	{"dense+.3 BM25", byFusion(weighted(.3))},
	{"dense+.5 BM25", byFusion(weighted(.5))},
	{"dense+1 BM25", byFusion(weighted(1))},
	{"pika vector", byEngine(pika.ModeVector)},
	{"pika keyword", byEngine(pika.ModeKeyword)},
	{whole, byEngine(pika.ModeHybrid)},
}

// single are the arms that use one kind of evidence, and fixed those that mix both in
// the same way for every question.
var (
	single = []string{"dense", "BM25"}
	fixed  = []string{"equal RRF", "dense+.15 BM25", "dense+.3 BM25", "dense+.5 BM25", "dense+1 BM25"}
)

// byEngine asks the product for each facts and as many messages.
func byEngine(mode pika.Mode) func(context.Context, *bed, string, int) (ranking, error) {
	return func(ctx context.Context, b *bed, question string, each int) (ranking, error) {
		q := pika.Query{
			Text: question, Limit: each, Mode: mode, IncludeSuperseded: true, Deadline: pika.MaxDeadlineMS * time.Millisecond,
		}
		if len(b.set.messages) > 0 {
			q.Messages = each
		}
		started := time.Now()
		answer, err := b.engine.Search(ctx, b.scope, q)
		r := ranking{took: time.Since(started)}
		if err == nil && len(answer.Degraded) > 0 {
			err = fmt.Errorf("the answer is degraded: %v", answer.Degraded)
		}
		for i, h := range answer.Facts {
			r.facts = append(r.facts, pika.Scored{ID: h.Fact.ID, Score: h.Score})
			if i < 10 {
				r.text = append(r.text, h.Fact.Text)
			}
		}
		for _, h := range answer.Messages {
			r.messages = append(r.messages, pika.Scored{ID: h.Message.Key, Score: h.Score})
		}
		return r, err
	}
}

func byFusion(f fusion) func(context.Context, *bed, string, int) (ranking, error) {
	return func(ctx context.Context, b *bed, question string, _ int) (r ranking, err error) {
		vectors, err := b.embedder.Embed(ctx, pika.EmbedQuery, []string{question})
		if err != nil {
			return r, err
		}
		if r.facts, err = b.facts.rank(question, vectors[0], f); err != nil {
			return r, err
		}
		r.messages, err = b.messages.rank(question, vectors[0], f)
		return r, err
	}
}
