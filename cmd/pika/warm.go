package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/cachewarm"
)

// newWarmer returns what answers ahead, as a configuration says.
func newWarmer(c Config, asked pika.QueryCache, answers *cache.Searcher, load func() float64, log *slog.Logger) *cachewarm.Warmer {
	return &cachewarm.Warmer{
		Searcher: answers, Searches: asked, Load: load, Log: log, Listed: c.WarmQueries, Top: c.WarmTop, Active: c.WarmActive,
		Users: c.WarmUsers, Budget: c.WarmBudget, Deadline: max(c.SearchDeadline, cachewarm.DefaultDeadline),
	}
}

// load is how busy searches keep the process, 0 to 1.
func (a *App) load() float64 { return max(a.searcher.Load(), a.answers.Load()) }

// newTuner returns what tunes how long answers are kept.
func (a *App) newTuner() *cachewarm.Tuner {
	return &cachewarm.Tuner{
		Searches: a.stores.truth, TTLs: a.stores.truth, Target: a.Config.TargetHits, Longest: a.Config.CacheTTL, Now: a.Now, Log: a.Log,
	}
}

// warmFlags are the choices of one `pika warm`.
type warmFlags struct {
	tenant, user string
	json         bool
}

// runWarm answers ahead once what users will ask, and prints a table of what it did.
func runWarm(ctx context.Context, args []string, out io.Writer) (err error) {
	var f warmFlags
	config, err := LoadConfig("warm", args, os.Getenv, func(flags *flag.FlagSet) {
		flags.StringVar(&f.tenant, "tenant", "", "only users of this tenant")
		flags.StringVar(&f.user, "user", "", "only this user, active or not, of --tenant (\"default\" if that is missing)")
		flags.BoolVar(&f.json, "json", false, "print the report as JSON")
	})
	if err != nil {
		return err
	}
	b, err := openBench(ctx, config, os.Stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	report, err := b.warm(ctx, f)
	if err != nil && report.Questions == 0 {
		return err
	}
	if printErr := printWarmed(out, report, f.json); printErr != nil {
		return printErr
	}
	if err == nil && report.Stopped != "" {
		return errors.New("not everything was answered ahead: the line below the table says why")
	}
	return err
}

func printWarmed(out io.Writer, report cachewarm.Report, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(report)
	}
	_, err := fmt.Fprint(out, report)
	return err
}

// warm answers ahead with a search of its own on the stores.
func (b *workbench) warm(ctx context.Context, f warmFlags) (cachewarm.Report, error) {
	o := cachewarm.RunOptions{Tenant: f.tenant, User: f.user, Progress: b.toldWarmed()}
	if f.user != "" {
		o.Tenant = cmp.Or(f.tenant, pika.DefaultTenant)
	}
	active, err := b.active(ctx)
	if err != nil {
		return cachewarm.Report{}, err
	}
	index, err := b.indexOf(ctx, active)
	if err != nil {
		return cachewarm.Report{}, err
	}
	index.Embedder = cache.NewEmbedder(index.Embedder, b.cache, cache.EmbedderOptions{}) // most users are asked the same
	ttls := cache.NewTTLs(cache.TTLOptions{Store: b.truth, Longest: b.config.CacheTTL})
	_ = ttls.Exchange(ctx) // without what was tuned the bases hold
	made := b.search(b.config, searchOptions{
		index: func() pika.Index { return index }, freshness: cache.NewFreshness(b.truth, b.cache, nil), ttls: ttls,
	})
	report, err := newWarmer(b.config, b.truth, made.answers, made.engine.Load, nil).Run(ctx, o)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTime)
	defer cancel()
	return report, errors.Join(err, made.close(closing))
}

// toldWarmed returns what prints the progress of answering ahead.
func (b *workbench) toldWarmed() func(cachewarm.Progress) {
	last := time.Now()
	return func(p cachewarm.Progress) {
		now := time.Now()
		if now.Sub(last) < tellEvery {
			return
		}
		last = now
		fmt.Fprintf(b.out, "  %d of %d users: %d questions, %d answers made, %.0f s\n", p.Done, len(p.Scopes), p.Questions, p.Made, p.Report.Seconds)
	}
}
