package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/google/go-cmp/cmp"
	"github.com/pikamem/pika"
	"github.com/pikamem/pika/model/local"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	golden      = "testdata/golden"
	vectorsFile = "testdata/vectors.bin"
	shown       = 5 // facts of an answer in the golden files
)

// TestGolden holds the ranking of every question of the bilingual corpus: one file for
// each class of questions, and the statistics. A change of the ranking is a change of
// these files, made with -update and read before it is committed.
func TestGolden(t *testing.T) {
	embedder, err := readRecorded(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		embedder.model = localModel(t)
	}
	s, err := readCorpus()
	if err != nil {
		t.Fatal(err)
	}
	b, err := open(t.Context(), embedder, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	files, statistics := map[string]*strings.Builder{}, map[string]results{}
	for _, half := range halves {
		statistics[half] = results{}
	}
	ask := byEngine(pika.ModeHybrid)
	for _, q := range s.questions {
		r, err := ask(t.Context(), b, q.text, depth)
		if err != nil {
			t.Fatalf("%s: %v", q.text, err)
		}
		if files[q.class] == nil {
			files[q.class] = &strings.Builder{}
		}
		b.write(files[q.class], q, r)
		for _, class := range []string{q.class, all} {
			statistics[q.half].add(class, whole, b.measure(r, q.evidence))
		}
	}
	for class, text := range files {
		compare(t, class+".txt", text.String())
	}
	compare(t, "rank_stats.txt", rankStatistics(statistics))
	if *update {
		if err := embedder.write(vectorsFile); err != nil {
			t.Fatal(err)
		}
	}
}

func localModel(t *testing.T) *local.Embedder {
	t.Helper()
	path, err := local.Fetch(t.Context(), local.FetchOptions{Progress: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	model, err := local.Open(path, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// write adds a question and the first facts of its answer; right ones are marked.
func (b *bed) write(out *strings.Builder, q query, r ranking) {
	fmt.Fprintf(out, "%s · %s\n", q.half, q.text)
	texts := map[string]string{}
	for _, f := range b.set.facts {
		texts[f.ID] = f.Text
	}
	for i, h := range first(r.facts, shown) {
		mark := " "
		if slices.ContainsFunc(b.evidence[h.ID], func(e string) bool { return slices.Contains(q.evidence, e) }) {
			mark = "+"
		}
		fmt.Fprintf(out, "  %d %s %s %s\n", i+1, mark, strings.Join(b.evidence[h.ID], " "), texts[h.ID])
	}
}

func rankStatistics(byHalf map[string]results) string {
	var out strings.Builder
	for _, half := range halves {
		fmt.Fprintf(&out, "half %q\n", half)
		table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "class\tn\tr@1\tr@5\tr@10\tMRR")
		for _, class := range classesOf(byHalf[half]) {
			s := byHalf[half][class][whole]
			fmt.Fprintf(table, "%s\t%d\t%.3f\t%.3f\t%.3f\t%.3f\n", class, len(s),
				s.mean(recallAt(1)), s.mean(recallAt(5)), s.mean(recallAt(10)), s.mean(reciprocalOf))
		}
		table.Flush()
	}
	return out.String()
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join(golden, name)
	if *update {
		if err := os.MkdirAll(golden, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: the ranking changed; if for the better, run go test ./bench/recall -run TestGolden -update and read the difference (-want +got):\n%s", name, diff)
	}
}
