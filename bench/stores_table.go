package main

import (
	"fmt"
	"os"
	"text/tabwriter"
	"time"
)

// pair is one figure of both columns. The targets are the real stores'.
type pair struct{ figure, embedded, real, ratio, target, met string }

// pairTimes adds the p50 and p95 of a series; a target of 0 means none.
func (b *bed) pairTimes(figure string, embedded, real []time.Duration, p50, p95 float64) {
	b.pairAtMost(figure+", p50", percentile(embedded, 50), percentile(real, 50), p50, "ms")
	b.pairAtMost(figure+", p95", percentile(embedded, 95), percentile(real, 95), p95, "ms")
}

// pairAtMost adds a figure whose target is an upper bound; 0 means none.
func (b *bed) pairAtMost(figure string, embedded, real, target float64, unit string) {
	b.addPair(figure, embedded, real, target, unit, "≤", real <= target)
}

// pairAtLeast adds a figure whose target is a lower bound; 0 means none.
func (b *bed) pairAtLeast(figure string, embedded, real, target float64, unit string) {
	b.addPair(figure, embedded, real, target, unit, "≥", real >= target)
}

func (b *bed) addPair(figure string, embedded, real, target float64, unit, relation string, met bool) {
	format := "%.2f"
	if unit == "" {
		format = "%.4f"
	} else {
		unit = " " + unit
	}
	p := pair{figure: figure, embedded: fmt.Sprintf(format+"%s", embedded, unit), real: fmt.Sprintf(format+"%s", real, unit), ratio: "–"}
	if embedded > 0 {
		p.ratio = fmt.Sprintf("%.2f", real/embedded)
	}
	if target > 0 {
		p.target, p.met = fmt.Sprintf("%s %g%s", relation, target, unit), "no"
		if met {
			p.met = "yes"
		}
	}
	b.pairs = append(b.pairs, p)
}

// pairNote adds what is no measure.
func (b *bed) pairNote(figure, embedded, real string) {
	b.pairs = append(b.pairs, pair{figure: figure, embedded: embedded, real: real})
}

func (b *bed) printPairs() {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  figure\tembedded\treal\treal/embedded\ttarget of real\tmet")
	for _, p := range b.pairs {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\t%s\n", p.figure, p.embedded, p.real, p.ratio, p.target, p.met)
	}
	table.Flush()
}
