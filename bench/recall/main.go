// Command recall measures how much of what answers a question Pika's search finds: on
// the project's own bilingual corpus, and on LoCoMo's conversations where their file is
// given. Beside the product it asks what a plain system would do with the same embedder
// (dense only, BM25 only, reciprocal rank fusion, fixed weights), all in one run.
//
// What may come in: the corpus, data sets in the format of LoCoMo, loaded through the
// ports into a store of their own. What may not: weights or rules that the product does
// not use, other than those of the baselines.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"

	"github.com/pikamem/pika/model/local"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "recall:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	data := flag.String("data", "", "LoCoMo `file` (JSON; not part of this repository)")
	corpus := flag.Bool("corpus", true, "measure the bilingual corpus")
	tuned := flag.String("tuned", "conv-30", "sample_id of the `conversation` the weights were tuned on; it is named in the table")
	flag.Parse()
	path, err := local.Fetch(ctx, local.FetchOptions{Progress: os.Stderr})
	if err != nil {
		return err
	}
	model, err := local.Open(path, local.Options{})
	if err != nil {
		return err
	}
	fmt.Printf("%s · %s, %d cores · %s · model %s\n", time.Now().Format(time.DateOnly), processor(), runtime.NumCPU(), runtime.Version(), model.Model().ID)
	if *data != "" {
		sets, err := readLoCoMo(*data)
		if err == nil {
			err = reportLoCoMo(ctx, model, sets, *tuned)
		}
		if err != nil {
			return fmt.Errorf("measure %s: %w", *data, err)
		}
	}
	if !*corpus {
		return nil
	}
	set, err := readCorpus()
	if err == nil {
		err = reportCorpus(ctx, model, set)
	}
	if err != nil {
		return fmt.Errorf("measure the corpus: %w", err)
	}
	return nil
}

// processor names the CPU, where the system says so.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, " \t:"))
		}
	}
	return runtime.GOARCH
}
