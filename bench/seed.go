package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/store/sqlite"
)

// seed writes made-up facts straight into the database of a pika that does not run:
// embedding 100,000 texts is another benchmark (ingest, embed). Their vectors are
// random unit vectors, which a scan takes as long for as for real ones.
func seed(ctx context.Context, data string, model pika.EmbeddingModel, users, factsOfEach int) (err error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	db, err := sqlite.Open(ctx, filepath.Join(data, "pika.db"), sqlite.Options{Relaxed: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	vectors, err := db.Vectors(ctx, model, sqlite.VectorOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, vectors.Close()) }()
	random, at := rand.New(rand.NewPCG(1, 2)), time.Now().UTC().Add(-time.Hour)
	for u := range users {
		scope := pika.Scope{Tenant: pika.DefaultTenant, User: seededUser(u)}
		if err := seedUser(ctx, db, vectors, scope, at, u*factsOfEach, factsOfEach, func() []float32 { return randomUnit(random, model.Dimensions) }); err != nil {
			return fmt.Errorf("seed user %d: %w", u, err)
		}
		if u%100 == 99 {
			fmt.Fprintf(os.Stderr, "  seeded %d of %d users\n", u+1, users)
		}
	}
	return nil
}

func seededUser(i int) string { return fmt.Sprintf("seeded-%d", i) }

func seedUser(ctx context.Context, db *sqlite.DB, vectors pika.Vectors, scope pika.Scope, at time.Time, first, n int, vector func() []float32) error {
	request := pika.JobRequest{ID: pika.RandomID(nil), Scope: scope, Kind: pika.JobAddFacts, AcceptedAt: at}
	for i := range n {
		request.Facts = append(request.Facts, pika.GivenFact{Candidate: pika.Candidate{Text: madeUpFact(first + i), Confidence: 1}})
	}
	facts, rejected := extract.GivenFacts(request)
	outcomes, err := db.Commit(ctx, scope, pika.Commit{JobID: request.ID, Facts: facts, Rejected: rejected, At: at})
	if err != nil {
		return err
	}
	var rows []pika.Vector
	var done []pika.OutboxItem
	for _, o := range outcomes {
		if o.Outcome == pika.Stored {
			rows = append(rows, pika.Vector{ID: o.FactID, Values: vector()})
			done = append(done,
				pika.OutboxItem{Scope: scope, Corpus: pika.CorpusFacts, ID: o.FactID, Store: pika.StoreVectors},
				pika.OutboxItem{Scope: scope, Corpus: pika.CorpusFacts, ID: o.FactID, Store: pika.StoreGraph})
		}
	}
	if len(rows) != n {
		return fmt.Errorf("stored %d of %d facts", len(rows), n)
	}
	if err := vectors.Upsert(ctx, scope, pika.CorpusFacts, rows); err != nil {
		return err
	}
	return db.Acknowledge(ctx, done)
}

func randomUnit(random *rand.Rand, dimensions int) []float32 {
	v, sum := make([]float32, dimensions), 0.0
	for i := range v {
		x := random.NormFloat64()
		v[i], sum = float32(x), sum+x*x
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}
