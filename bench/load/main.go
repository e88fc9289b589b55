// Command load measures a running Pika under a steady stream of searches that repeat, with
// some writes among them, as many users send it. It starts bin/pika itself, on the real
// servers with a database of its own there, or on the embedded parts.
//
// The load is open: when a request is to be sent is settled before the run, and its latency
// is counted from then, however late the answers before it came.
//
// What may come in: mixes of requests, what sends them, and tables of what came back. What
// may not: any of Pika's inside; what is measured here is what a user gets.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/pikamem/pika/bench/corpus"
)

// settings are what the command line says.
type settings struct {
	binary, corpus string
	embedded       bool
	users, facts   int
	rate           float64 // searches per second
	duration       time.Duration
	mix            mix
	ramp           bool
	step           time.Duration // of each rate of the ramp
	workers        int
	even           bool
	seed           uint64
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, readSettings()); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func readSettings() settings {
	s := settings{mix: defaultMix}
	flag.StringVar(&s.binary, "binary", "bin/pika", "the pika to measure")
	flag.StringVar(&s.corpus, "corpus", corpus.Folder, "`folder` of the corpus")
	flag.BoolVar(&s.embedded, "embedded", false, "on the embedded parts in place of the real servers")
	flag.IntVar(&s.users, "users", 200, "users, all equally busy")
	flag.IntVar(&s.facts, "facts", 100, "facts of each, drawn from the corpus")
	flag.Float64Var(&s.rate, "rate", 200, "searches per second")
	flag.DurationVar(&s.duration, "duration", 10*time.Minute, "how long")
	flag.Var(&s.mix, "mix", "`shares` of searches that repeat and paraphrase former ones, the others are new; and writes per search")
	flag.BoolVar(&s.ramp, "ramp", false, "in place of one rate: twice as much each time, with several mixes, until p99 is over its target")
	flag.DurationVar(&s.step, "step", 20*time.Second, "how long each rate of the ramp is held")
	flag.IntVar(&s.workers, "workers", 256, "requests under way at once; more wait, and their waiting counts")
	flag.BoolVar(&s.even, "even", false, "requests at equal distances, not at random ones (Poisson)")
	flag.Uint64Var(&s.seed, "seed", 1, "of everything random")
	flag.Parse()
	return s
}

func (s settings) check(facts int) error {
	switch {
	case s.users < 1 || s.facts < 1 || s.facts > facts:
		return fmt.Errorf("-users is at least 1, and -facts is 1 to %d", facts)
	case s.rate <= 0 || s.rate > 1e5 || s.duration <= 0 || s.step <= 0:
		return errors.New("-rate is up to 100,000; -rate, -duration and -step are above 0")
	case s.workers < 1 || s.workers > 10_000:
		return errors.New("-workers is 1 to 10,000")
	}
	return nil
}

// run starts pika, fills it, has every user ask something, and measures.
func run(ctx context.Context, s settings) (err error) {
	facts, questions, err := corpus.Read(s.corpus)
	if err != nil {
		return err
	}
	if err := s.check(len(facts)); err != nil {
		return err
	}
	if s.binary, err = filepath.Abs(s.binary); err != nil {
		return err
	}
	b, err := openBed(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close(ctx)) }()
	p := newPlanner(s, b.name, facts, questions)
	s.printConditions(b.versions)
	if err := b.seed(ctx, p.users); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "… every user asks for the first time; not measured")
	warm := b.drive(ctx, p.warmUp(), load{workers: 2})
	if failed := count(warm, outcome.failed); failed > 0 || ctx.Err() != nil {
		return cmp.Or(ctx.Err(), fmt.Errorf("%d of the first %d searches failed: %s", failed, len(warm), reasons(warm)))
	}
	if s.ramp {
		if err := b.quiet(ctx); err != nil { // its steps are short
			return err
		}
		return b.ramp(ctx, s, p)
	}
	return b.once(ctx, s, p)
}

// once holds one rate of one mix and prints all about it.
func (b *bed) once(ctx context.Context, s settings, p *planner) error {
	plan := p.plan(s.mix, s.rate, s.duration, s.even)
	fmt.Printf("\n%g searches/s for %s, %s:\n", s.rate, s.duration, s.mix.String())
	m := b.measure(ctx, plan, load{workers: s.workers, grace: grace, report: true})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	m.print(os.Stdout)
	return nil
}
