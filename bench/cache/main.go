// Command cache measures the caches of answers on the project's bilingual corpus: how long
// an answer of each tier takes, how many searches a cache answers while memories are
// written to, beside a cache that a write empties for its user, and how many of the
// answers that it gives are not what a search would have found.
//
// It runs on the embedded parts, in one process. What may come in: workloads, and what
// counts their outcome. What may not: rules of a cache.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/bench/corpus"
	"github.com/pikamem/pika/model/local"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "cache:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	folder := flag.String("corpus", corpus.Folder, "`folder` of the corpus")
	searches := flag.Int("searches", 600, "searches of each workload")
	pairs := flag.String("pairs", "bench/cache/testdata/pairs,bench/cache/testdata/held_back", "`folders` of pairs of questions, separated by commas")
	only := flag.String("only", "", "one `part`: tiers, pairs or workloads; empty: all")
	interleavings := flag.Int("interleavings", 0, "in place of that: random interleavings of writes and searches over two instances, every answer compared with a search")
	seed := flag.Uint64("seed", 1, "of the interleavings")
	flag.BoolVar(&cold, "cold", false, "no process knows the facts of its users, as of those with more than a working set holds")
	flag.Parse()
	facts, questions, err := corpus.Read(*folder)
	if err != nil {
		return err
	}
	path, err := local.Fetch(ctx, local.FetchOptions{Progress: os.Stderr})
	if err != nil {
		return err
	}
	model, err := local.Open(path, local.Options{})
	if err != nil {
		return err
	}
	defer model.Close()
	fmt.Printf("%s, %d cores, %s, model %s; %d facts, %d questions", time.Now().UTC().Format(time.DateOnly),
		runtime.NumCPU(), runtime.Version(), model.Model().ID, len(facts), len(questions))
	if *interleavings > 0 {
		return printInterleavings(ctx, model, facts, questions, *interleavings, *seed)
	}
	known := ""
	if cold {
		known = ", no working sets"
	}
	fmt.Println(" of one user, embedded parts" + known + ", one search at a time")
	parts := []struct {
		name  string
		print func() error
	}{
		{"tiers", func() error { return printTiers(ctx, model, facts, questions) }},
		{"pairs", func() error {
			for folder := range strings.SplitSeq(*pairs, ",") {
				if err := printPairs(ctx, model, folder, facts, questions); err != nil {
					return err
				}
			}
			return nil
		}},
		{"workloads", func() error { return printWorkloads(ctx, model, facts, questions, *searches) }},
	}
	for _, p := range parts {
		if *only == "" || *only == p.name {
			if err := p.print(); err != nil {
				return err
			}
		}
	}
	return nil
}

// printTiers asks every question of nobody, of the shared cache and of the process, and then
// in other words, whose vectors are known: of the question as it is read, and of its parts.
func printTiers(ctx context.Context, model pika.Embedder, facts []pika.GivenFact, questions []string) error {
	b, err := open(ctx, model, facts)
	if err != nil {
		return err
	}
	defer b.close()
	times := map[pika.Tier][]time.Duration{}
	ask := func(g *gateway, text string) error {
		started := time.Now()
		answer, err := g.Search(ctx, scope, question(text))
		times[answer.Tier] = append(times[answer.Tier], time.Since(started))
		return err
	}
	rounds := []*gateway{b.gateway(ctx), b.gateway(ctx), b.gateway(ctx)}
	for _, g := range []*gateway{rounds[0], rounds[1], rounds[1], rounds[1], rounds[1]} {
		for _, q := range questions {
			if err := ask(g, q); err != nil {
				return err
			}
		}
		g.settle()
	}
	random := rand.New(rand.NewPCG(5, 5))
	for _, q := range questions {
		other := corpus.Reword(random.IntN, q)
		if _, err := rounds[0].engine.Search(ctx, scope, question(other)); err != nil { // the vectors of how it is read are known then
			return err
		}
		for _, text := range []string{q, other} { // the first lately
			if err := ask(rounds[2], text); err != nil {
				return err
			}
			rounds[2].settle()
		}
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\ntier\tanswers\tp50\tp99")
	for _, tier := range []pika.Tier{pika.TierNone, pika.TierL2Semantic, pika.TierL2Exact, pika.TierL1} {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\n", tier, len(times[tier]), percentile(times[tier], 50), percentile(times[tier], 99))
	}
	return table.Flush()
}

// printWorkloads runs the same searches and writes with every policy.
func printWorkloads(ctx context.Context, model pika.Embedder, facts []pika.GivenFact, questions []string, searches int) error {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nrepeats + reworded\twrites per search\tceiling\tPika hits\tof the ceiling\tof these reworded\twrong\tother\twhole-user hits\tcosine ≥ 0.9 hits\twrong")
	for _, mix := range [][2]float64{{0.18, 0.13}, {0.30, 0.20}, {0.45, 0.25}} {
		for _, writes := range []float64{0, 0.1, 0.3} {
			w := workload{repeats: mix[0], paraphrases: mix[1], writes: writes, searches: searches}
			pikas, err := w.run(ctx, model, facts, questions, false)
			if err != nil {
				return err
			}
			whole, err := w.run(ctx, model, facts, questions, true)
			if err != nil {
				return err
			}
			printWorkload(table, w, pikas, whole)
			fmt.Fprintf(os.Stderr, "… %.0f + %.0f %%, %.1f writes per search: done\n", 100*mix[0], 100*mix[1], writes)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Println("ceiling: searches that were asked before, in the same or in other words. whole-user: every write makes all of\n" +
		"the user's answers void. wrong: another first fact than a search finds at that moment, or fewer than nine of ten\n" +
		"of its facts; other: not the same facts in the same order. Without a cache there are no hits.")
	return nil
}

func printWorkload(table io.Writer, w workload, pikas, whole outcome) {
	n, hits := float64(w.searches), pikas.all()
	fmt.Fprintf(table, "%.0f + %.0f %%\t%.1f\t%.1f %%\t%.1f %%\t%.0f %%\t%d of %d\t%d\t%d\t%.1f %%\t%.1f %%\t%d\n", 100*w.repeats, 100*w.paraphrases, w.writes,
		100*float64(pikas.repeated)/n, 100*float64(hits)/n, share(hits, pikas.repeated), pikas.hits[pika.TierL2Semantic], hits,
		pikas.wrong, pikas.other, 100*float64(whole.all())/n, 100*float64(pikas.cosine)/n, pikas.misled)
}

// printInterleavings fails if an answer was stale past its bound.
func printInterleavings(ctx context.Context, model pika.Embedder, facts []pika.GivenFact, questions []string, n int, seed uint64) error {
	fmt.Printf(" in many small memories, embedded parts\n\nTwo instances on one truth, %d writes and searches in each memory of at first %d facts, answers of %d; seed %d\n", interleavedOps, firstFacts, shownFacts, seed)
	all := stalenesses(n, seed)
	results := make([]counted, len(all))
	for i, s := range all {
		var err error
		if results[i], err = s.run(ctx, model, facts, questions, os.Stderr); err != nil {
			return err
		}
	}
	return printStaleness(os.Stdout, all, results)
}
