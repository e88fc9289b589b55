package main

import (
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// atMost adds a figure whose target is an upper bound.
func (b *bed) atMost(figure string, measured, target float64, unit string) {
	b.add(figure, measured, target, unit, "≤", measured <= target)
}

// atLeast adds a figure whose target is a lower bound.
func (b *bed) atLeast(figure string, measured, target float64, unit string) {
	b.add(figure, measured, target, unit, "≥", measured >= target)
}

// note adds a figure without a target.
func (b *bed) note(figure, measured string) {
	b.rows = append(b.rows, row{figure, measured, "", ""})
}

func (b *bed) add(figure string, measured, target float64, unit, relation string, met bool) {
	verdict := "no"
	if met {
		verdict = "yes"
	}
	b.rows = append(b.rows, row{figure, fmt.Sprintf("%.2f %s", measured, unit), fmt.Sprintf("%s %g %s", relation, target, unit), verdict})
}

func (b *bed) print() {
	if len(b.pairs) > 0 {
		b.printPairs()
	}
	if len(b.rows) == 0 {
		return
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  figure\tmeasured\ttarget\tmet")
	for _, r := range b.rows {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", r.figure, r.measured, r.target, r.met)
	}
	table.Flush()
}

// percentile returns the p-th percentile (nearest rank) in milliseconds.
func percentile(times []time.Duration, p float64) float64 {
	sorted := slices.Clone(times)
	slices.Sort(sorted)
	index := int(p/100*float64(len(sorted))+0.999999) - 1
	return float64(sorted[min(max(index, 0), len(sorted)-1)].Microseconds()) / 1000
}
