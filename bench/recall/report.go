package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/pikamem/pika"
)

// score holds the sums of one arm over some questions: recall at 1, 5 and 10 and the
// reciprocal rank of the first evidence, for facts, messages, and as many of each.
type score struct {
	questions int
	sums      [3][4]float64
}

var cuts = []int{1, 5, 10}

func (s *score) add(b *bed, r ranking, evidence []string) {
	s.questions++
	facts, messages := b.named(r.facts), b.named(r.messages)
	for i, k := range cuts {
		inFacts, inMessages := union(facts, k), union(messages, k)
		s.sums[0][i] += covered(evidence, inFacts)
		s.sums[1][i] += covered(evidence, inMessages)
		maps.Copy(inFacts, inMessages)
		s.sums[2][i] += covered(evidence, inFacts)
	}
	f, m := reciprocal(facts, evidence), reciprocal(messages, evidence)
	s.sums[0][3] += f
	s.sums[1][3] += m
	s.sums[2][3] += max(f, m)
}

// named turns ids into the evidence they prove.
func (b *bed) named(ids []string) [][]string {
	proofs := make([][]string, len(ids))
	for i, id := range ids {
		proofs[i] = b.evidence[id]
	}
	return proofs
}

func union(proofs [][]string, k int) map[string]bool {
	u := map[string]bool{}
	for _, p := range proofs[:min(k, len(proofs))] {
		for _, e := range p {
			u[e] = true
		}
	}
	return u
}

func covered(evidence []string, found map[string]bool) float64 {
	wanted := slices.Compact(slices.Sorted(slices.Values(evidence)))
	n := 0
	for _, e := range wanted {
		if found[e] {
			n++
		}
	}
	return float64(n) / float64(len(wanted))
}

func reciprocal(proofs [][]string, evidence []string) float64 {
	for i, p := range proofs {
		if slices.ContainsFunc(p, func(e string) bool { return slices.Contains(evidence, e) }) {
			return 1 / float64(i+1)
		}
	}
	return 0
}

// scores are the results by class of question and arm.
type scores map[string]map[string]*score

func (s scores) of(class, arm string) *score {
	if s[class] == nil {
		s[class] = map[string]*score{}
	}
	if s[class][arm] == nil {
		s[class][arm] = &score{}
	}
	return s[class][arm]
}

const all = "all"

// measure asks every question of a set with every arm; each result counts for every
// class that classes names for it.
func measure(ctx context.Context, model pika.Embedder, s set, into scores, classes func(query) []string) error {
	b, err := open(ctx, model, s)
	if err != nil {
		return err
	}
	defer b.close()
	for _, q := range s.questions {
		for _, a := range arms {
			r, err := a.rank(ctx, b, q.text)
			if err != nil {
				return fmt.Errorf("%s: %w", a.name, err)
			}
			for _, class := range classes(q) {
				into.of(class, a.name).add(b, r, q.evidence)
			}
		}
	}
	return nil
}

func reportLoCoMo(ctx context.Context, model pika.Embedder, sets []set, tuned string, speaker bool) error {
	results := scores{}
	order := append(categories(), all)
	for _, s := range sets {
		fmt.Printf("%s: %d facts, %d messages (speaker's name in front: %v), %d questions with evidence\n", s.name, len(s.facts), len(s.messages), speaker, len(s.questions))
		own := s.name
		if s.name == tuned {
			own += " (tuned on)"
		}
		order = append(order, own)
		err := measure(ctx, model, s, results, func(q query) []string {
			if s.name == tuned {
				return []string{own}
			}
			return []string{q.class, all, own}
		})
		if err != nil {
			return err
		}
	}
	fmt.Printf("\nLoCoMo, evidence recall at 1/5/10 and MRR (first %d); categories and \"all\" leave out %s\n", depth, tuned)
	print(results, order, []string{"facts", "messages", "as many of each"})
	return nil
}

func reportBilingual(ctx context.Context, model pika.Embedder, s set) error {
	results := scores{}
	var order []string
	err := measure(ctx, model, s, results, func(q query) []string {
		if !slices.Contains(order, q.class) {
			order = append(order, q.class)
		}
		return []string{q.class, all}
	})
	if err != nil {
		return err
	}
	fmt.Printf("\nBilingual set (tuned on): %d facts of one user, %d questions; recall at 1/5/10 and MRR\n", len(s.facts), len(s.questions))
	print(results, append(order, all), []string{"facts"})
	return nil
}

func print(results scores, order, columns []string) {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprint(table, "questions\tn\tarm")
	for _, c := range columns {
		fmt.Fprint(table, "\t", c)
	}
	fmt.Fprintln(table)
	for _, class := range order {
		for _, a := range arms {
			s := results.of(class, a.name)
			if s.questions == 0 {
				continue
			}
			fmt.Fprintf(table, "%s\t%d\t%s", class, s.questions, a.name)
			for i := range columns {
				v := s.sums[i]
				n := float64(s.questions)
				fmt.Fprintf(table, "\t%.3f %.3f %.3f  %.3f", v[0]/n, v[1]/n, v[2]/n, v[3]/n)
			}
			fmt.Fprintln(table)
		}
	}
}
