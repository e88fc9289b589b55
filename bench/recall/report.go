package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/pikamem/pika"
)

const all = "all"

// counter counts the tokens of a text as the model sees them.
type counter interface {
	Tokens(role pika.EmbedRole, s string) int
}

// measure asks every question of a set with every arm, each facts and messages at a time;
// a result counts for every class that classes names.
func measure(ctx context.Context, model pika.Embedder, s set, each int, into results, classes func(query) []string) error {
	b, err := open(ctx, model, s)
	if err != nil {
		return err
	}
	defer b.close()
	for i, q := range s.questions {
		progress(s.name, i, len(s.questions))
		for _, a := range arms {
			r, err := a.rank(ctx, b, q.text, each)
			if err != nil {
				return fmt.Errorf("%s: %w", a.name, err)
			}
			m := b.measure(r, q.evidence)
			if c, ok := model.(counter); ok {
				for _, t := range r.text {
					m.tokens += c.Tokens(pika.EmbedPassage, t)
				}
			}
			for _, class := range classes(q) {
				into.add(class, a.name, m)
			}
		}
	}
	progress(s.name, len(s.questions), len(s.questions))
	return nil
}

func progress(name string, done, of int) {
	if done%50 == 0 || done == of {
		fmt.Fprintf(os.Stderr, "%s: %d of %d questions\n", name, done, of)
	}
}

// reportLoCoMo prints the tables for LoCoMo. tuned names the conversation that weights
// were set on; it is reported apart.
func reportLoCoMo(ctx context.Context, model pika.Embedder, sets []set, tuned string) error {
	found := results{}
	order := append(categories(), all)
	for _, s := range sets {
		fmt.Printf("%s: %d facts, %d messages, %d questions with evidence\n", s.name, len(s.facts), len(s.messages), len(s.questions))
		own := s.name
		if s.name == tuned {
			own += " (tuned on)"
		}
		order = append(order, own)
		err := measure(ctx, model, s, 10, found, func(q query) []string { return []string{q.class, all, own} })
		if err != nil {
			return err
		}
	}
	fmt.Println("\nLoCoMo, recall of the evidence in ten facts, ten messages, ten in all (with its 95 % interval) and ten of each; MRR of the first evidence in the merged list")
	printConversations(os.Stdout, found, order)
	printCost(os.Stdout, found[all])
	return reportDepths(ctx, model, sets)
}

// reportDepths asks for thirty of each, and prints recall by the length of the merged list.
func reportDepths(ctx context.Context, model pika.Embedder, sets []set) error {
	found := results{}
	for _, s := range sets {
		if err := measure(ctx, model, s, 30, found, func(q query) []string { return []string{q.class, all} }); err != nil {
			return err
		}
	}
	fmt.Println("\nLoCoMo, asked for thirty of each: recall of the evidence in the first 1, 5, 10 and 30 of facts and messages together, and MRR")
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "questions\tn\tarm\t@1\t@5\t@10\t@30\tMRR")
	for _, class := range append(categories(), all) {
		for _, a := range arms {
			s := found[class][a.name]
			fmt.Fprintf(table, "%s\t%d\t%s", class, len(s), a.name)
			for i := range cuts {
				fmt.Fprintf(table, "\t%.3f", s.mean(func(m measures) float64 { return m.merged[i] }))
			}
			fmt.Fprintf(table, "\t%.3f\n", s.mean(reciprocalOf))
		}
	}
	return nil
}

func printConversations(out io.Writer, found results, order []string) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "questions\tn\tarm\tfacts\tmessages\tin all\t\tof each\tMRR")
	for _, class := range order {
		for _, a := range arms {
			s := found[class][a.name]
			if len(s) == 0 {
				continue
			}
			low, high := s.interval(inAll)
			fmt.Fprintf(table, "%s\t%d\t%s\t%.3f\t%.3f\t%.3f\t%.3f–%.3f\t%.3f\t%.3f\n", class, len(s), a.name,
				s.mean(func(m measures) float64 { return m.facts10 }), s.mean(func(m measures) float64 { return m.messages10 }),
				s.mean(inAll), low, high, s.mean(func(m measures) float64 { return m.ofEach }), s.mean(reciprocalOf))
		}
	}
}

func inAll(m measures) float64        { return m.inAll }
func reciprocalOf(m measures) float64 { return m.reciprocal }
func recallAt(cut int) func(measures) float64 {
	i := slices.Index(cuts, cut)
	return func(m measures) float64 { return m.recall[i] }
}

// printCost prints what the product took per question.
func printCost(out io.Writer, byArm map[string]sample) {
	s := byArm[whole]
	fmt.Fprintf(out, "\n%s: p50 %.1f, p95 %.1f, p99 %.1f ms per search; %.0f tokens in the first ten facts\n", whole,
		milliseconds(s.percentile(.50)), milliseconds(s.percentile(.95)), milliseconds(s.percentile(.99)),
		s.mean(func(m measures) float64 { return float64(m.tokens) }))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// reportCorpus prints the tables for both halves of the bilingual corpus.
func reportCorpus(ctx context.Context, model pika.Embedder, s set) error {
	byHalf := map[string]results{}
	for _, half := range halves {
		byHalf[half] = results{}
		part := s
		part.questions = slices.DeleteFunc(slices.Clone(s.questions), func(q query) bool { return q.half != half })
		err := measure(ctx, model, part, depth, byHalf[half], func(q query) []string { return []string{q.class, all} })
		if err != nil {
			return err
		}
	}
	for _, half := range halves {
		fmt.Printf("\nBilingual corpus, half %q: %d facts of one user (both halves); recall at 1, 5 (with its 95 %% interval), 10, 30, of as many right facts as fit, and MRR\n", half, len(s.facts))
		printClasses(os.Stdout, byHalf[half])
		printVerdict(os.Stdout, byHalf[half])
	}
	printCost(os.Stdout, byHalf["report"][all])
	return nil
}

func printClasses(out io.Writer, found results) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "questions\tn\tarm\t@1\t@5\t\t@10\t@30\tMRR")
	for _, class := range classesOf(found) {
		for _, a := range arms {
			s := found[class][a.name]
			low, high := s.interval(recallAt(5))
			fmt.Fprintf(table, "%s\t%d\t%s\t%.3f\t%.3f\t%.3f–%.3f\t%.3f\t%.3f\t%.3f\n", class, len(s), a.name,
				s.mean(recallAt(1)), s.mean(recallAt(5)), low, high, s.mean(recallAt(10)), s.mean(recallAt(30)), s.mean(reciprocalOf))
		}
	}
}

// classesOf returns the classes by name, and all last.
func classesOf(found results) []string {
	classes := slices.DeleteFunc(slices.Sorted(maps.Keys(found)), func(c string) bool { return c == all })
	return append(classes, all)
}

// printVerdict compares the product with the best single arm of each class and the best
// fixed fusion over all, at 5.
func printVerdict(out io.Writer, found results) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "\nrecall at 5\tpika\tbest single arm\tdifference")
	for _, class := range classesOf(found) {
		name, best := bestOf(found[class], single)
		ours := found[class][whole].mean(recallAt(5))
		fmt.Fprintf(table, "%s\t%.3f\t%.3f %s\t%+.3f\n", class, ours, best, name, ours-best)
	}
	name, best := bestOf(found[all], fixed)
	ours := found[all][whole].mean(recallAt(5))
	fmt.Fprintf(table, "all, against the best fixed fusion\t%.3f\t%.3f %s\t%+.3f\n", ours, best, name, ours-best)
}

func bestOf(byArm map[string]sample, names []string) (name string, best float64) {
	for _, n := range names {
		if r := byArm[n].mean(recallAt(5)); r > best || name == "" {
			name, best = n, r
		}
	}
	return name, best
}
