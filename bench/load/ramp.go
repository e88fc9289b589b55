package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"
)

// The rates of the ramp: each is twice the one before.
const (
	firstRate = 50.0
	lastRate  = 12_800.0
)

// pause lets what an overloaded pika is still busy with end before the next mix.
const pause = 10 * time.Second

// ramp raises the rate of each mix until its p99 is over the target or something fails,
// and prints the last rate at which all was well.
func (b *bed) ramp(ctx context.Context, s settings, p *planner) error {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\nEach rate for %s, until p99 is over %s or something fails:\n", s.step, milliseconds(targetP99))
	fmt.Fprintln(table, "mix\tsearches/s\tanswered/s\thits\tp50\tp95\tp99\tp99.9\tmax\tdegraded\terrors\tcores of pika")
	var knees []string
	for _, m := range rampMixes {
		knee := 0.0
		for rate := firstRate; rate <= lastRate; rate *= 2 {
			fmt.Fprintf(os.Stderr, "… %g searches/s, %s\n", rate, m.String())
			measured := b.measure(ctx, p.plan(m, rate, s.step, s.even), load{workers: s.workers, grace: grace, report: true})
			if ctx.Err() != nil {
				return ctx.Err()
			}
			well := measured.row(table, m, rate)
			if !well {
				break
			}
			knee = rate
		}
		if !wait(ctx, pause) {
			return ctx.Err()
		}
		knees = append(knees, m.what()+": "+kneeText(knee))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, knee := range knees {
		fmt.Println(knee)
	}
	return nil
}

// row prints one rate, and reports whether all was well.
func (m measured) row(table *tabwriter.Writer, of mix, intended float64) bool {
	searches := m.selected(outcome.search)
	all, failures := timesOf(searches, took), count(m.outcomes, outcome.failed)
	fmt.Fprintf(table, "%.0f/%.0f %%, %g writes\t%.0f\t%.0f\t%s\t%s\t%s\t%d%s\t%.2f\n", 100*of.repeats, 100*of.paraphrases, of.writes, intended,
		rate(count(searches, func(o outcome) bool { return !o.failed() }), m.took), share(count(searches, outcome.hit), len(searches)), all.columns(),
		share(count(searches, func(o outcome) bool { return o.degraded != "" }), len(searches)), failures, reasons(m.outcomes), m.pika.Seconds()/m.took.Seconds())
	return failures == 0 && all.at(99) <= targetP99
}

func kneeText(knee float64) string {
	if knee == 0 {
		return fmt.Sprintf("not well even at %g searches/s", firstRate)
	}
	return fmt.Sprintf("all is well up to %g searches/s", knee)
}
