package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/pikamem/pika/bench/process"
)

// runStoresSearch starts a pika on the embedded stores and one on the real ones, both
// `pika dev` with a Temporal server of its own, and asks them in turns.
func runStoresSearch(ctx context.Context, b *bed) (err error) {
	s := b.stores
	if err := s.embedded.close(); err != nil { // the file belongs to one process
		return err
	}
	pikas := map[string]*process.Server{}
	defer func() {
		for _, p := range pikas {
			err = errors.Join(err, p.Stop())
		}
	}()
	for _, c := range s.columns() {
		if pikas[c.name], err = b.startOn(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	users := s.users.small
	n := 2 * len(users)
	results := map[string]*searched{"embedded": {}, "real": {}}
	const warmUp = 20
	before, after := map[string]map[string]legTimes{}, map[string]map[string]legTimes{}
	err = s.inTurns(ctx, n+warmUp, func(c *column, i int) (err error) {
		if i == warmUp {
			if before[c.name], err = readLegs(ctx, pikas[c.name]); err != nil {
				return err
			}
		}
		var answer process.Answer
		body := query{UserID: users[i%len(users)].scope.User, Query: madeUpQuery(i), Cache: withoutCache}
		if i < warmUp { // the machine is still busy with what was seeded
			body.DeadlineMS = 5000
		}
		start := time.Now()
		if err := pikas[c.name].Call(ctx, http.MethodPost, "/v1/search_facts", body, &answer); err != nil || i < warmUp {
			return err
		}
		r := results[c.name]
		r.times = append(r.times, time.Since(start))
		if r.facts += len(answer.Facts); len(answer.Degraded) > 0 {
			r.degraded++
		}
		return nil
	})
	if err != nil {
		return err
	}
	for name, p := range pikas {
		if after[name], err = readLegs(ctx, p); err != nil {
			return err
		}
	}
	embedded, real := results["embedded"], results["real"]
	b.pairTimes(fmt.Sprintf("search in %d facts of %d users (%d questions)", 100*len(users), len(users), n), embedded.times, real.times, 25, 50)
	b.pairNote("  of these degraded by the default deadline", degradedOf(embedded), degradedOf(real))
	for _, leg := range []string{"embedder", "vectors", "unsettled", "vocabulary", "keyword", "graph", "facts"} {
		times := func(c string) string { return after[c][leg].since(before[c][leg]).text() }
		b.pairNote("  "+leg+": mean, 95 % within", times("embedded"), times("real"))
	}
	b.pairNote("  facts of an answer on average", factsOf(embedded), factsOf(real))
	b.pairAtMost("resident memory of pika afterwards", mebibytes(pikas["embedded"]), mebibytes(pikas["real"]), 0, "MiB")
	return nil
}

// startOn starts a pika on a column's stores; nothing of it works in the background.
func (b *bed) startOn(ctx context.Context, c *column) (*process.Server, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	env := map[string]string{"PIKA_RECONCILE_SCHEDULE": "off", "PIKA_RECALL_PROBE_EVERY": "24h"}
	for name, value := range c.env {
		env[name] = value
	}
	return process.Start(ctx, process.Options{Binary: b.binary, Data: c.data, Env: env, Log: b.log})
}

func degradedOf(r *searched) string { return fmt.Sprintf("%d of %d", r.degraded, len(r.times)) }

func factsOf(r *searched) string {
	return fmt.Sprintf("%.1f", float64(r.facts)/float64(len(r.times)))
}

func mebibytes(p *process.Server) float64 { return float64(p.RSS()) / (1 << 20) }
