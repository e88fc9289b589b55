package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/projection"
)

// driftEvery is the drift that is made in each projection: of so many facts of a user
// one is missing, and one more is there that the truth does not know.
const driftEvery = 100

// runStoresReconcile compares everything once as it is, and once with a drift of 1 %
// missing and 1 % extra rows in vectors and graph.
func runStoresReconcile(ctx context.Context, b *bed) error {
	s := b.stores
	embedder, err := openEmbedder()
	if err != nil {
		return err
	}
	defer embedder.Close()
	inStep, drifted := map[string]projection.ReconcileReport{}, map[string]projection.ReconcileReport{}
	for _, c := range s.columns() {
		if inStep[c.name], err = s.reconcile(ctx, c, embedder, 0); err != nil {
			return fmt.Errorf("%s, without drift: %w", c.name, err)
		}
		rows, err := s.drift(ctx, c)
		if err != nil {
			return fmt.Errorf("%s: make drift: %w", c.name, err)
		}
		if drifted[c.name], err = s.reconcile(ctx, c, embedder, rows); err != nil {
			return fmt.Errorf("%s, with drift: %w", c.name, err)
		}
	}
	facts := inStep["real"].Lines[0].Truth
	b.pairAtMost(fmt.Sprintf("reconcile of %d facts without drift", facts), inStep["embedded"].Seconds, inStep["real"].Seconds, 120, "s")
	b.pairAtMost("reconcile with 1 % missing and 1 % extra in vectors and graph", drifted["embedded"].Seconds, drifted["real"].Seconds, 0, "s")
	b.pairNote("  rows repaired", fmt.Sprint(drifted["embedded"].Repaired()), fmt.Sprint(drifted["real"].Repaired()))
	return nil
}

// reconcile compares everything and fails unless it wrote or deleted exactly so many rows
// and left none out of step.
func (s *storesBench) reconcile(ctx context.Context, c *column, embedder pika.Embedder, want int) (projection.ReconcileReport, error) {
	p := c.projections(s.model, embedder)
	// Seen from an hour later, no row is too young to be touched.
	p.Now = func() time.Time { return time.Now().Add(time.Hour) }
	p.Graph = ownRows{c.graph, s.scopes()}
	r := projection.Reconciler{Projections: p, Census: c.truth, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	report, err := r.Run(ctx, projection.ReconcileOptions{})
	if err == nil && (report.Repaired() != want || !report.InStep()) {
		err = fmt.Errorf("%d rows were repaired, not %d:\n%s", report.Repaired(), want, report)
	}
	return report, err
}

func (s *storesBench) scopes() map[string]bool {
	ids := map[string]bool{}
	for _, u := range s.users.all() {
		ids[u.scope.ID()] = true
	}
	return ids
}

// drift takes some facts of every small user out of both projections, and puts as many
// unknown ones in. It returns how many rows are out of step then.
func (s *storesBench) drift(ctx context.Context, c *column) (rows int, err error) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, u := range s.users.small {
		var missing []string
		var extra []pika.Vector
		var links []pika.Link
		_, facts := u.candidates(0, u.facts, time.Time{})
		for i := 0; i < len(facts); i += driftEvery {
			unknown := pika.DeriveID("bench-extra", facts[i].ID)
			missing = append(missing, facts[i].ID)
			extra = append(extra, pika.Vector{ID: unknown, Values: randomUnit(random, s.model.Dimensions)})
			if c == s.real {
				s.written(u.scope, []pika.Fact{{ID: unknown}}) // should the reconciler not remove it
			}
			links = append(links, pika.Link{FactID: unknown, Predicate: "has", Entities: []string{facts[i].Entities[0].ID}})
		}
		for _, do := range []func() error{
			func() error { return c.vectors.DeleteVectors(ctx, u.scope, pika.CorpusFacts, missing) },
			func() error { return c.graph.UnlinkFacts(ctx, u.scope, missing) },
			func() error { return c.vectors.Upsert(ctx, u.scope, pika.CorpusFacts, extra) },
			func() error { return c.graph.LinkFacts(ctx, u.scope, links) },
		} {
			if err := do(); err != nil {
				return rows, err
			}
		}
		rows += 2 * (len(missing) + len(extra))
	}
	return rows, nil
}

// ownRows shows the reconciler only this run's rows of a graph that others use too.
type ownRows struct {
	graphPorts
	scopes map[string]bool
}

// ListRows implements pika.Rows.
func (o ownRows) ListRows(ctx context.Context, corpus pika.Corpus, r pika.RowRange) ([]pika.Row, error) {
	var own []pika.Row
	for {
		page, err := o.graphPorts.ListRows(ctx, corpus, r)
		for _, row := range page {
			if o.scopes[row.ScopeID] && len(own) < r.Limit {
				own = append(own, row)
			}
		}
		if err != nil || len(page) < r.Limit || len(own) == r.Limit {
			return own, err
		}
		r.After = page[len(page)-1].RowKey
	}
}
