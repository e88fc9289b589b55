package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/pikamem/pika/bench/locomo"
	"github.com/pikamem/pika/bench/process"
)

// recall sums the share of a question's evidence that an answer holds.
type recall struct {
	questions               int
	facts, messages, either float64
}

func (r *recall) add(o recall) {
	r.questions += o.questions
	r.facts += o.facts
	r.messages += o.messages
	r.either += o.either
}

// printRecall asks every question that has evidence, with ten facts and ten messages.
func printRecall(ctx context.Context, s *process.Server, conversations []locomo.Conversation) error {
	names := locomo.Categories()
	byCategory := make([]recall, len(names))
	var all recall
	for _, c := range conversations {
		for _, q := range c.Questions {
			if len(q.Evidence) == 0 || q.Category < 1 || q.Category >= len(names) {
				continue
			}
			r, err := ask(ctx, s, c.ID, q)
			if err != nil {
				return err
			}
			byCategory[q.Category].add(r)
			all.add(r)
		}
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\n  evidence recall@10\tquestions\tten facts\tten messages\tten of each")
	for i, r := range byCategory {
		printRow(table, names[i], r)
	}
	printRow(table, "all", all)
	return table.Flush()
}

func printRow(table *tabwriter.Writer, name string, r recall) {
	if n := float64(r.questions); n > 0 {
		fmt.Fprintf(table, "  %s\t%d\t%.3f\t%.3f\t%.3f\n", name, r.questions, r.facts/n, r.messages/n, r.either/n)
	}
}

func ask(ctx context.Context, s *process.Server, user string, q locomo.Question) (recall, error) {
	var answer process.Answer
	body := map[string]any{"user_id": user, "query": q.Text, "limit": 10, "messages": 10, "deadline_ms": 10_000}
	if err := s.Call(ctx, http.MethodPost, "/v1/search_facts", body, &answer); err != nil {
		return recall{}, err
	}
	if len(answer.Degraded) > 0 {
		return recall{}, fmt.Errorf("an answer is degraded: %v", answer.Degraded)
	}
	inFacts, inMessages := map[string]bool{}, map[string]bool{}
	for _, f := range answer.Facts {
		for _, source := range f.Sources {
			inFacts[source.MessageID] = true
		}
	}
	for _, m := range answer.Messages {
		inMessages[m.MessageID] = true
	}
	return recall{
		questions: 1,
		facts:     share(q.Evidence, func(id string) bool { return inFacts[id] }),
		messages:  share(q.Evidence, func(id string) bool { return inMessages[id] }),
		either:    share(q.Evidence, func(id string) bool { return inFacts[id] || inMessages[id] }),
	}, nil
}

// share returns how much of the evidence was found, each turn counted once.
func share(evidence []string, found func(string) bool) float64 {
	evidence = slices.Compact(slices.Sorted(slices.Values(evidence)))
	n := 0
	for _, id := range evidence {
		if found(id) {
			n++
		}
	}
	return float64(n) / float64(len(evidence))
}
