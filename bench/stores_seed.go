package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
)

// perCommit is how many facts are seeded at once.
const perCommit = 100

// storesUser is a user with facts first … first+facts−1 of the made-up ones.
type storesUser struct {
	scope        pika.Scope
	first, facts int
	embedded     bool // its vectors are made of its texts, not at random
}

// storesUsers are the users of a run: many small ones, some to commit to, and some large
// ones with real vectors.
type storesUsers struct {
	small, commit, thousand []storesUser
	tenThousand             storesUser
}

// newStoresUsers: the tenant is the one a pika without keys uses; the names are this
// run's own, for the graph is shared with whoever else uses the server.
func newStoresUsers(quick bool, run string) storesUsers {
	b, next := &bed{quick: quick}, 0
	make := func(kind string, i, facts int, embedded bool) storesUser {
		u := storesUser{pika.Scope{Tenant: pika.DefaultTenant, User: run + "-" + kind + "-" + strconv.Itoa(i)}, next, facts, embedded}
		next += facts
		return u
	}
	var all storesUsers
	for i := range b.scale(1000) {
		all.small = append(all.small, make("small", i, 100, false))
	}
	for i := range b.scale(20) {
		all.commit = append(all.commit, make("commit", i, 100, false))
	}
	for i := range 3 {
		all.thousand = append(all.thousand, make("thousand", i, b.scale(1000), true))
	}
	all.tenThousand = make("ten-thousand", 0, b.scale(10_000), true)
	return all
}

func (u storesUsers) all() []storesUser {
	return append(append(append(append([]storesUser{}, u.small...), u.commit...), u.thousand...), u.tenThousand)
}

// facts counts the seeded facts.
func (u storesUsers) facts() int {
	n := 0
	for _, user := range u.all() {
		n += user.facts
	}
	return n
}

// candidates returns a user's facts from the i-th to before the j-th, with the same ids
// whenever and wherever they are made, and their job.
func (u storesUser) candidates(i, j int, at time.Time) (job string, facts []pika.Fact) {
	request := pika.JobRequest{ID: pika.DeriveID("bench", u.scope.ID(), strconv.Itoa(i)), Scope: u.scope, Kind: pika.JobAddFacts, AcceptedAt: at}
	for n := u.first + i; n < u.first+j; n++ {
		person, thing, place := partsOfFact(n)
		request.Facts = append(request.Facts, pika.GivenFact{Candidate: pika.Candidate{
			Text: madeUpFact(n), Predicate: "has", Object: thing, Confidence: 1,
			Entities: []pika.Entity{{Name: person, Type: "person"}, {Name: place, Type: "place"}},
		}})
	}
	facts, _ = extract.GivenFacts(request)
	return request.ID, facts
}

// randomVectors returns the random vectors of facts, the same for the same number.
func randomVectors(facts []pika.Fact, first, dimensions int) []pika.Vector {
	rows := make([]pika.Vector, len(facts))
	for i, f := range facts {
		random := rand.New(rand.NewPCG(7, uint64(first+i)))
		rows[i] = pika.Vector{ID: f.ID, Values: randomUnit(random, dimensions)}
	}
	return rows
}

// seed writes every user's facts into both columns, one column after the other; the
// texts are embedded once, before. What it prints is no benchmark: bulk loading through
// the ports, four users at once.
func (s *storesBench) seed(ctx context.Context, embedder pika.Embedder) error {
	vectors, err := s.embedAll(ctx, embedder)
	if err != nil {
		return err
	}
	for _, c := range s.columns() {
		start := time.Now()
		if err := s.seedColumn(ctx, c, vectors); err != nil {
			return fmt.Errorf("seed the %s stores: %w", c.name, err)
		}
		fmt.Printf("Seeded the %s stores with %d facts of %d users in %.0f s\n", c.name, s.users.facts(), len(s.users.all()), time.Since(start).Seconds())
	}
	indexed, err := s.servers.Settle(ctx, s.users.facts())
	if err != nil {
		return err
	}
	fmt.Printf("Rows of facts in Milvus: %s\n", indexed)
	return nil
}

// embedAll returns the vectors of the users whose texts are embedded, by fact id.
func (s *storesBench) embedAll(ctx context.Context, embedder pika.Embedder) (map[string][]float32, error) {
	const batch = 64
	vectors := map[string][]float32{}
	for _, u := range s.users.all() {
		if !u.embedded {
			continue
		}
		_, facts := u.candidates(0, u.facts, time.Time{})
		for i := 0; i < u.facts; i += batch {
			part := facts[i:min(i+batch, u.facts)]
			texts := make([]string, len(part))
			for j := range part {
				texts[j] = part[j].Text
			}
			values, err := embedder.Embed(ctx, pika.EmbedPassage, texts)
			if err != nil {
				return nil, err
			}
			for j := range part {
				vectors[part[j].ID] = values[j]
			}
		}
		fmt.Fprintf(os.Stderr, "  embedded the %d facts of %s\n", u.facts, u.scope.User)
	}
	return vectors, nil
}

func (s *storesBench) seedColumn(ctx context.Context, c *column, vectors map[string][]float32) error {
	const atOnce, step = 4, 100
	var seeded atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, u := range s.users.all() {
		group.Go(func() error {
			if err := s.seedUser(ctx, c, u, vectors); err != nil {
				return err
			}
			if n := seeded.Add(1); n%step == 0 {
				fmt.Fprintf(os.Stderr, "  %s: seeded %d of %d users\n", c.name, n, len(s.users.all()))
			}
			return nil
		})
	}
	return group.Wait()
}

func (s *storesBench) seedUser(ctx context.Context, c *column, u storesUser, vectors map[string][]float32) error {
	at := time.Now().UTC().Add(-time.Hour)
	for i := 0; i < u.facts; i += perCommit {
		j := min(i+perCommit, u.facts)
		job, facts := u.candidates(i, j, at)
		rows := randomVectors(facts, u.first+i, s.model.Dimensions)
		for k := range rows {
			if values := vectors[rows[k].ID]; values != nil {
				rows[k].Values = values
			}
		}
		if _, err := s.write(ctx, c, u.scope, job, facts, rows, at); err != nil {
			return err
		}
		if err := c.truth.Acknowledge(ctx, owed(u.scope, facts)); err != nil {
			return err
		}
	}
	return nil
}

// owed are the items that a job acknowledges once both projections have its facts.
func owed(scope pika.Scope, facts []pika.Fact) []pika.OutboxItem {
	var items []pika.OutboxItem
	for _, f := range facts {
		for _, store := range []pika.Store{pika.StoreVectors, pika.StoreGraph} {
			items = append(items, pika.OutboxItem{Scope: scope, Corpus: pika.CorpusFacts, ID: f.ID, Store: store})
		}
	}
	return items
}
