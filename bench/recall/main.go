// Command recall measures how much of the evidence for a question Pika's search finds:
// recall of evidence at 1, 5 and 10 and mean reciprocal rank, for each leg alone, for
// rank fusion with equal weights, and for the product's own fusion, all in one run.
//
// What may come in: data sets in the formats of LoCoMo and of search/testdata, loaded
// through the ports into a store of their own. What may not: weights or rules that the
// product does not use.
package main

import (
	"bufio"
	"context"
	"errors"
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
	bilingual := flag.String("bilingual", "", "bilingual `file`, such as search/testdata/bilingual.json")
	tuned := flag.String("tuned", "conv-30", "sample_id of the `conversation` the weights were tuned on; it is reported apart")
	speaker := flag.Bool("speaker", true, "give messages as \"name: content\"; false: only what was said")
	flag.Parse()
	if *data == "" && *bilingual == "" {
		return errors.New("give -data, -bilingual or both")
	}
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
		sets, err := readLoCoMo(*data, *speaker)
		if err == nil {
			err = reportLoCoMo(ctx, model, sets, *tuned, *speaker)
		}
		if err != nil {
			return fmt.Errorf("measure %s: %w", *data, err)
		}
	}
	if *bilingual != "" {
		set, err := readBilingual(*bilingual)
		if err == nil {
			err = reportBilingual(ctx, model, set)
		}
		if err != nil {
			return fmt.Errorf("measure %s: %w", *bilingual, err)
		}
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
