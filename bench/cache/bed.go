package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/projection"
	"github.com/pikamem/pika/search"
	"github.com/pikamem/pika/store/memory"
	"github.com/pikamem/pika/store/sqlite"
)

var scope = pika.Scope{Tenant: "bench", User: "linh"}

func question(text string) pika.Query {
	return pika.Query{Text: text, Limit: 10, Mode: pika.ModeHybrid, Deadline: 5 * time.Second}
}

// bed is a memory in stores of its own, and what keeps answers from it.
type bed struct {
	db        *sqlite.DB
	vectors   *sqlite.Vectors
	embedder  pika.Embedder
	cache     pika.Cache
	freshness *cache.Freshness
	write     *projection.Projections
	scope     pika.Scope
	jobs      int
	close     func()

	now    func() time.Time                  // nil: time.Now
	source func(*search.Engine) cache.Source // between the cache and the search; nil: nothing
}

func open(ctx context.Context, model pika.Embedder, facts []pika.GivenFact) (*bed, error) {
	folder, err := os.MkdirTemp("", "pika-cache-")
	if err != nil {
		return nil, err
	}
	kept := memory.New(memory.Options{})
	b := &bed{cache: kept, scope: scope}
	b.close = func() { _ = os.RemoveAll(folder) }
	if b.db, err = sqlite.Open(ctx, filepath.Join(folder, "pika.db"), sqlite.Options{Relaxed: true}); err != nil {
		b.close()
		return nil, err
	}
	b.embedder = cache.NewEmbedder(model, b.cache, cache.EmbedderOptions{})
	if b.vectors, err = b.db.Vectors(ctx, model.Model(), sqlite.VectorOptions{}); err != nil {
		b.close()
		return nil, err
	}
	b.close = func() {
		_ = errors.Join(b.vectors.Close(), b.db.Close(), kept.Close(), os.RemoveAll(folder))
	}
	b.freshness = cache.NewFreshness(b.db, b.cache, nil)
	b.write = b.projections()
	for part := range slices.Chunk(facts, 100) {
		if _, err := b.add(ctx, part...); err != nil {
			b.close()
			return nil, err
		}
	}
	return b, nil
}

func (b *bed) projections() *projection.Projections {
	return &projection.Projections{Facts: b.db, Messages: b.db, Outbox: b.db, Graph: b.db.Graph(), Index: b.index, Freshness: b.freshness, Now: b.clock}
}

func (b *bed) index() pika.Index { return pika.FixedIndex(b.embedder, b.vectors)() }

// add stores facts as a job does, and returns their ids.
func (b *bed) add(ctx context.Context, given ...pika.GivenFact) ([]string, error) {
	facts, _, err := b.commit(ctx, given...)
	if err != nil {
		return nil, err
	}
	return factIDs(facts), b.finish(ctx, facts)
}

// commit is the first half of a job: the truth has the facts.
func (b *bed) commit(ctx context.Context, given ...pika.GivenFact) ([]pika.Fact, []pika.FactOutcome, error) {
	b.jobs++
	request := pika.JobRequest{ID: fmt.Sprint("job", b.jobs), Scope: b.scope, Facts: given, AcceptedAt: b.clock().UTC()}
	facts, rejected := extract.GivenFacts(request)
	if len(rejected) > 0 {
		return nil, nil, fmt.Errorf("%d facts are refused: %s", len(rejected), rejected[0].Reason)
	}
	outcomes, err := b.db.Commit(ctx, b.scope, pika.Commit{JobID: request.ID, Facts: facts, At: request.AcceptedAt})
	return facts, outcomes, err
}

// finish is the second half: the indexes have them, and whoever keeps answers knows.
func (b *bed) finish(ctx context.Context, facts []pika.Fact) error {
	return errors.Join(
		b.write.WriteFactVectors(ctx, b.scope, projection.Passages(facts)),
		b.write.WriteLinks(ctx, b.scope, extract.Links(facts)),
		b.freshness.Note(ctx, b.scope, pika.Change{Added: factIDs(facts)}))
}

func factIDs(facts []pika.Fact) []string {
	ids := make([]string, len(facts))
	for i := range facts {
		ids[i] = facts[i].ID
	}
	return ids
}

// clock is what time it is for everything in the bed.
func (b *bed) clock() time.Time {
	if b.now == nil {
		return time.Now()
	}
	return b.now()
}

// cold says that no process knows the facts of its users.
var cold bool

// gateway is one process that answers.
type gateway struct {
	*cache.Searcher
	engine *search.Engine
	settle func()
}

// gateway starts one, in the process that writes.
func (b *bed) gateway(ctx context.Context) *gateway {
	sets := cache.NewWorkingSets(cache.WorkingSetOptions{Raw: b.db, Facts: b.db, Keyword: b.db, Changes: b.db})
	config := search.Config{Facts: b.db, Messages: b.db, Keyword: b.db, Graph: b.db.Graph(), Index: b.index, Now: b.clock}
	if !cold {
		config = sets.Before(config)
	}
	g := &gateway{engine: search.New(config)}
	var source cache.Source = g.engine
	if b.source != nil {
		source = b.source(g.engine)
	}
	g.Searcher = cache.NewSearcher(source, cache.SearcherOptions{
		Now: b.clock, Cache: b.cache, Freshness: b.freshness, Changes: b.db, Index: b.index,
		Vectors: func(ctx context.Context, scope pika.Scope, _ pika.EmbeddingModel, ids []string) ([]pika.Vector, error) {
			return b.vectors.VectorsOf(ctx, scope, pika.CorpusFacts, ids)
		},
	})
	g.settle = func() { _ = errors.Join(g.Searcher.Close(), sets.Close()) }
	b.onClose(func() { _ = sets.Close() })
	b.listen(ctx)
	return g
}

// listen lets the process hear of changes, once, until the bed is closed.
func (b *bed) listen(ctx context.Context) {
	if b.freshness.Listening() {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = b.freshness.Run(ctx) })
	for !b.freshness.Listening() {
		time.Sleep(time.Millisecond)
	}
	b.onClose(func() { cancel(); running.Wait() })
}

// onClose has f called when the bed is closed, before what was opened earlier is.
func (b *bed) onClose(f func()) {
	end := b.close
	b.close = func() { f(); end() }
}

func percentile(times []time.Duration, p int) string {
	if len(times) == 0 {
		return "–"
	}
	slices.Sort(times)
	return fmt.Sprintf("%.3f ms", float64(times[(len(times)-1)*p/100].Nanoseconds())/1e6)
}
