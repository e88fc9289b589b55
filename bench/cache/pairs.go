package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/bench/corpus"
)

// questionPair is two questions: near misses, which only look alike, have a class; those that ask
// the same have a kind.
type questionPair struct {
	Class, Kind string
	A, B        string
	Facts       []struct{ Text string }
}

func readPairs(folder, name string) (pairs []questionPair, err error) {
	for _, language := range []string{"vi", "en"} {
		err = corpus.Lines(filepath.Join(folder, name+"."+language+".jsonl"), func(line []byte) error {
			var p questionPair
			err := json.Unmarshal(line, &p)
			pairs = append(pairs, p)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return pairs, nil
}

// printPairs asks the first question of every pair and then the second, in one memory that
// holds the facts of all, and counts which second ones were answered by the first's answer,
// and which of these are not what a search finds. Beside it stands a cache that gives the
// first's answer if the cosine of the questions is 0.9 or more.
func printPairs(ctx context.Context, model pika.Embedder, folder string, others []pika.GivenFact, questions []string) error {
	sets := map[string][]questionPair{}
	var facts []pika.GivenFact
	known := map[string]bool{}
	for _, name := range []string{"near_miss", "same"} {
		pairs, err := readPairs(folder, name)
		if err != nil {
			return err
		}
		sets[name] = pairs
		for _, p := range pairs {
			for _, f := range p.Facts {
				if !known[f.Text] {
					known[f.Text] = true
					facts = append(facts, pika.GivenFact{Candidate: pika.Candidate{Text: f.Text, Confidence: 1}})
				}
			}
		}
	}
	facts = append(facts, others...)
	b, err := open(ctx, model, facts)
	if err != nil {
		return err
	}
	defer b.close()
	g := b.gateway(ctx)
	if err := teach(ctx, g, questions); err != nil {
		return err
	}
	printLearnt(g, "learnt from the corpus in other words")
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\n%s, one memory of %d facts\nset\tgroup\tpairs\tPika gives\twrong\tcosine ≥ 0.9 gives\twrong\n", folder, len(facts))
	for _, name := range []string{"near_miss", "same"} {
		if err := printSet(ctx, table, g, model, name, sets[name]); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	printLearnt(g, "learnt from both")
	return nil
}

func printLearnt(g *gateway, from string) {
	fmt.Printf("\n%s, of answers made from another question's; from 0.99 on they are given without a certificate:\n", from)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "doubt\tright\twrong\tnext one right")
	for _, c := range g.Stats().Semantic {
		fmt.Fprintf(table, "%s\t%d\t%d\t%.3f\n", c.Class, c.Right, c.Wrong, c.Correct)
	}
	_ = table.Flush()
}

// rewordings is how often each question of the corpus is asked in other words to learn from.
const rewordings = 6

// teach asks the questions of the corpus, and each in other words, so that the process learns
// which answers may be given without a certificate.
func teach(ctx context.Context, g *gateway, questions []string) error {
	random := rand.New(rand.NewPCG(11, 11))
	for i, q := range questions {
		for n := range 1 + rewordings {
			text := q
			if n > 0 {
				text = corpus.Reword(random.IntN, q)
			}
			if _, err := g.Search(ctx, scope, question(text)); err != nil {
				return err
			}
			g.settle()
		}
		if i%100 == 99 {
			fmt.Fprintf(os.Stderr, "… %d of %d questions to learn from\n", i+1, len(questions))
		}
	}
	return nil
}

// tally counts the pairs of a group.
type tally struct{ pairs, given, wrong, cosine, cosineWrong int }

func (t *tally) add(o tally) {
	t.pairs, t.given, t.wrong = t.pairs+o.pairs, t.given+o.given, t.wrong+o.wrong
	t.cosine, t.cosineWrong = t.cosine+o.cosine, t.cosineWrong+o.cosineWrong
}

func printSet(ctx context.Context, table *tabwriter.Writer, g *gateway, model pika.Embedder, name string, pairs []questionPair) error {
	groups, all := map[string]*tally{}, tally{}
	for _, p := range pairs {
		t, err := askPair(ctx, g, model, p)
		if err != nil {
			return err
		}
		group := p.Class + p.Kind
		if groups[group] == nil {
			groups[group] = &tally{}
		}
		groups[group].add(t)
		all.add(t)
	}
	var names []string
	for group := range groups {
		names = append(names, group)
	}
	slices.Sort(names)
	line := func(group string, t tally) {
		fmt.Fprintf(table, "%s\t%s\t%d\t%d (%.0f %%)\t%d\t%d (%.0f %%)\t%d\n", name, group, t.pairs, t.given, share(t.given, t.pairs), t.wrong, t.cosine, share(t.cosine, t.pairs), t.cosineWrong)
	}
	for _, group := range names {
		line(group, *groups[group])
	}
	line("all", all)
	return nil
}

func share(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }

// askPair asks both questions of a pair.
func askPair(ctx context.Context, g *gateway, model pika.Embedder, p questionPair) (t tally, err error) {
	t.pairs = 1
	first, err := g.Search(ctx, scope, question(p.A))
	if err != nil {
		return t, err
	}
	g.settle()
	second, err := g.Search(ctx, scope, question(p.B))
	if err != nil {
		return t, err
	}
	g.settle()
	fresh, err := g.engine.Search(ctx, scope, question(p.B))
	if err != nil {
		return t, err
	}
	if second.Tier != pika.TierNone {
		t.given = 1
		if !isRight(second, fresh) {
			t.wrong = 1
			fmt.Fprintf(os.Stderr, "wrong: %q after %q\n", p.B, p.A)
		}
	}
	vectors, err := model.Embed(ctx, pika.EmbedQuery, []string{p.A, p.B})
	if err != nil {
		return t, err
	}
	if dot(vectors[0], vectors[1]) >= 0.9 {
		t.cosine = 1
		if !isRight(first, fresh) {
			t.cosineWrong = 1
		}
	}
	return t, nil
}

func dot(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// isRight reports whether an answer has the first fact of a search, and nine of ten of its
// facts.
func isRight(given, fresh pika.Answer) bool {
	a, b := ids(given), ids(fresh)
	shared := 0
	for _, id := range a {
		if slices.Contains(b, id) {
			shared++
		}
	}
	return len(a) == len(b) && (len(b) == 0 || a[0] == b[0]) && 10*shared >= 9*len(b)
}
