package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/bench/process"
)

// Targets of the mix that caches can mostly answer, at 200 searches per second.
const (
	targetP95  = 30 * time.Millisecond
	targetP99  = 50 * time.Millisecond
	targetHits = 0.85
)

// tiers lists them in the order of tables.
var tiers = []pika.Tier{pika.TierL1, pika.TierL2Exact, pika.TierL2Semantic, pika.TierL3, pika.TierPrecomputed, pika.TierNone}

// measured is what a plan came to.
type measured struct {
	outcomes  []outcome
	intended  time.Duration // of the plan
	took      time.Duration // until the last answer
	pika      time.Duration // CPU of the process, without its Temporal server
	generator time.Duration // CPU of this process
	machine   time.Duration // CPU of everything on the machine
	memory    int64         // resident, of pika afterwards, in bytes
}

// measure sends a plan and reads what it cost.
func (b *bed) measure(ctx context.Context, plan []request, l load) measured {
	m := measured{pika: b.server.CPU(), generator: ownCPU(), machine: process.MachineCPU()}
	if len(plan) > 0 {
		m.intended = plan[len(plan)-1].at
	}
	start := time.Now()
	m.outcomes = b.drive(ctx, plan, l)
	m.took = time.Since(start)
	m.pika, m.generator, m.machine = b.server.CPU()-m.pika, ownCPU()-m.generator, process.MachineCPU()-m.machine
	m.memory = b.server.RSS()
	return m
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// selected returns the outcomes that hold.
func (m measured) selected(holds func(outcome) bool) []outcome {
	var all []outcome
	for _, o := range m.outcomes {
		if holds(o) {
			all = append(all, o)
		}
	}
	return all
}

func count(outcomes []outcome, holds func(outcome) bool) int {
	n := 0
	for _, o := range outcomes {
		if holds(o) {
			n++
		}
	}
	return n
}

// times are latencies in order. What failed counts as long as it took.
type times []time.Duration

func timesOf(outcomes []outcome, of func(outcome) time.Duration) times {
	all := make(times, len(outcomes))
	for i, o := range outcomes {
		all[i] = of(o)
	}
	slices.Sort(all)
	return all
}

func took(o outcome) time.Duration { return o.took }
func late(o outcome) time.Duration { return o.late }

// at returns a percentile by nearest rank; 0 where there is nothing.
func (t times) at(percent float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	return t[min(max(int(percent/100*float64(len(t))+0.999999)-1, 0), len(t)-1)]
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d.Nanoseconds())/1e6)
}

// columns are the percentiles as cells of a table.
func (t times) columns() string {
	if len(t) == 0 {
		return "–\t–\t–\t–\t–"
	}
	var cells []string
	for _, percent := range []float64{50, 95, 99, 99.9, 100} {
		cells = append(cells, milliseconds(t.at(percent)))
	}
	return strings.Join(cells, "\t")
}

func share(n, of int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(of, 1))) }

// rate returns how many came in a while, per second.
func rate(n int, in time.Duration) float64 { return float64(n) / max(in.Seconds(), 1e-9) }

// print prints everything about one rate.
func (m measured) print(w io.Writer) {
	searches := m.selected(outcome.search)
	m.printTiers(w, searches)
	m.printKinds(w)
	m.printFigures(w, searches)
}

func (m measured) printTiers(w io.Writer, searches []outcome) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "tier\tanswers\tshare\tp50\tp95\tp99\tp99.9\tmax")
	row := func(name string, of []outcome) {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\n", name, len(of), share(len(of), len(searches)), timesOf(of, took).columns())
	}
	row("all searches", searches)
	for _, tier := range tiers {
		if of := m.selected(func(o outcome) bool { return o.search() && !o.failed() && o.tier == tier }); len(of) > 0 {
			row(string(tier), of)
		}
	}
	writes := m.selected(func(o outcome) bool { return !o.search() })
	fmt.Fprintf(table, "writes, until their 202\t%d\t\t%s\n", len(writes), timesOf(writes, took).columns())
}

func (m measured) printKinds(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "\nquestions\tasked\tanswered by a cache")
	for _, k := range kinds() {
		of := m.selected(func(o outcome) bool { return o.search() && o.kind == k })
		if k != written {
			fmt.Fprintf(table, "%s\t%d\t%s\n", k, len(of), share(count(of, outcome.hit), len(of)))
		}
	}
}

func (m measured) printFigures(w io.Writer, searches []outcome) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer table.Flush()
	all, lateness := timesOf(searches, took), timesOf(m.outcomes, late)
	hits, failures := count(searches, outcome.hit), count(m.outcomes, outcome.failed)
	fmt.Fprintln(table, "\nfigure\tmeasured\ttarget\tmet")
	note := func(figure, format string, values ...any) {
		fmt.Fprintf(table, "%s\t%s\t\t\n", figure, fmt.Sprintf(format, values...))
	}
	target := func(figure, measured, target string, met bool) {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", figure, measured, target, map[bool]string{true: "yes", false: "no"}[met])
	}
	note("searches intended", "%.1f/s", rate(len(searches), m.intended))
	note("searches answered", "%.1f/s", rate(count(searches, func(o outcome) bool { return !o.failed() }), m.took))
	target("answered by a cache", share(hits, len(searches)), fmt.Sprintf("≥ %.0f %%", 100*targetHits), float64(hits) >= targetHits*float64(len(searches)))
	target("search, p95", milliseconds(all.at(95)), "≤ "+milliseconds(targetP95), all.at(95) <= targetP95)
	target("search, p99", milliseconds(all.at(99)), "≤ "+milliseconds(targetP99), all.at(99) <= targetP99)
	target("errors of searches and writes", fmt.Sprint(failures, reasons(m.outcomes)), "0", failures == 0)
	note("degraded searches", "%s", degraded(searches))
	note("requests sent late, p99", "%s", milliseconds(lateness.at(99)))
	cpu := func(what string, d time.Duration) {
		note("CPU of "+what, "%.1f s, %.2f cores", d.Seconds(), rate(1, m.took)*d.Seconds())
	}
	cpu("pika", m.pika)
	cpu("this client", m.generator)
	cpu("everything else on the machine, the servers among it", max(m.machine-m.pika-m.generator, 0))
	note("resident memory of pika", "%.0f MiB", float64(m.memory)/(1<<20))
}

// degraded counts the answers that lack something, by what they lack.
func degraded(searches []outcome) string {
	legs, all := map[string]int{}, 0
	for _, o := range searches {
		if o.degraded == "" {
			continue
		}
		all++
		for leg := range strings.SplitSeq(o.degraded, ",") {
			legs[strings.Trim(leg, `"`)]++
		}
	}
	return counted(fmt.Sprintf("%d of %d", all, len(searches)), legs)
}

// reasons counts what failed, by why.
func reasons(outcomes []outcome) string {
	why := map[string]int{}
	for _, o := range outcomes {
		switch {
		case !o.failed():
		case o.unsent:
			why["not sent in time"]++
		case o.status == 0:
			why["no answer"]++
		default:
			why[fmt.Sprint("status ", o.status)]++
		}
	}
	return counted("", why)
}

// counted appends counts by name to a text.
func counted(text string, counts map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s: %d", name, counts[name]))
	}
	if len(parts) == 0 {
		return text
	}
	return text + " (" + strings.Join(parts, ", ") + ")"
}

func (s settings) printConditions(versions string) {
	fmt.Printf("Conditions: %s\n", process.Conditions())
	fmt.Printf("One machine runs pika dev, its Temporal server, %s and this client.\n", versions)
	arrivals := "at random intended times (Poisson)"
	if s.even {
		arrivals = "at even intended times"
	}
	fmt.Printf("%d users with %d facts each, equally busy; requests %s, at most %d under way; latency is counted from the intended time.\n", s.users, s.facts, arrivals, s.workers)
	fmt.Printf("A new question is one of the corpus with a word of the user's own, whose vector nobody has; each user asks %d before. Seed %d.\n", firstAsked, s.seed)
}
