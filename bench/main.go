// Command bench measures a running Pika as a user sees it and prints tables with
// their conditions. It starts bin/pika itself, on its own data in a temporary folder.
//
// What may come in: one file per benchmark, and what they share. What may not:
// timing inside tests, and figures that are not printed by a command here.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/pikamem/pika/bench/process"
	"github.com/pikamem/pika/bench/servers"
)

// bench is one benchmark: its name, what it measures, and the run.
type bench struct {
	name, what string
	run        func(ctx context.Context, b *bed) error
}

// onStores reports whether a benchmark compares the embedded stores with the real ones.
func (b bench) onStores() bool { return strings.HasPrefix(b.name, "stores-") }

func benches() []bench {
	return append([]bench{
		{"start", "pika dev from its start to serving, everything built", runStart},
		{"accept", "POST /v1/extract_facts until its 202, one at a time", runAccept},
		{"ingest", "10,000 facts of one user by POST /v1/facts, then searches in them", runIngest},
		{"search", "searches in 100,000 facts of 1,000 users, and the memory they take", runSearch},
		{"throughput", "extractions per second against the bare engine", runThroughput},
		{"embed", "texts and tokens per second of the in-process embedder", runEmbed},
	}, storesEntries()...)
}

// bed is what every benchmark lies on.
type bed struct {
	binary   string // bin/pika
	temporal string // bin/temporal
	dir      string // temporary folder of this benchmark
	log      *os.File
	quick    bool
	rows     []row
	pairs    []pair
	stores   *storesBench // shared by the benchmarks of the stores; nil for others
}

// row is one figure of a table.
type row struct{ figure, measured, target, met string }

// everything is the pattern that selects every benchmark there are the means for.
const everything = "."

func main() {
	run := flag.String("run", everything, "regular expression over the names of the benchmarks")
	binary := flag.String("binary", "bin/pika", "the pika to measure")
	quick := flag.Bool("quick", false, "a tenth of the work: to see that it runs, not to quote")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := runAll(ctx, *run, *binary, *quick); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func runAll(ctx context.Context, pattern, binary string, quick bool) (err error) {
	selected, err := regexp.Compile(pattern)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	binary, err = filepath.Abs(binary)
	if err != nil {
		return err
	}
	printConditions(quick)
	stores := &storesBench{quick: quick}
	defer func() { err = errors.Join(err, stores.close(ctx)) }()
	for _, b := range benches() {
		if !selected.MatchString(b.name) {
			continue
		}
		err := runOne(ctx, b, binary, quick, stores)
		if errors.Is(err, servers.ErrUnnamed) && pattern == everything {
			fmt.Printf("\n%s: left out: %v\n", b.name, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
	}
	return nil
}

// runOne runs one benchmark and prints its table.
func runOne(ctx context.Context, b bench, binary string, quick bool, stores *storesBench) error {
	if b.onStores() {
		if err := stores.open(ctx); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "pika-bench-"+b.name+"-")
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(os.TempDir(), "pika-bench-"+b.name+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	fmt.Printf("\n%s: %s\n", b.name, b.what)
	bed := &bed{binary: binary, temporal: filepath.Join(filepath.Dir(binary), "temporal"), dir: dir, log: log, quick: quick, stores: stores}
	start := time.Now()
	if err := b.run(ctx, bed); err != nil {
		return fmt.Errorf("%w (server log: %s)", err, log.Name())
	}
	bed.print()
	fmt.Printf("(%s took %.0f s)\n", b.name, time.Since(start).Seconds())
	return os.RemoveAll(dir)
}

func printConditions(quick bool) {
	fmt.Printf("Conditions: %s\n", process.Conditions())
	fmt.Println("One machine runs pika, its Temporal server and this client; searches go without caches of answers.")
	if quick {
		fmt.Println("-quick: a tenth of the work. These figures are not to be quoted.")
	}
}

// scale returns n, or a tenth of it with -quick.
func (b *bed) scale(n int) int {
	if b.quick {
		return max(1, n/10)
	}
	return n
}
