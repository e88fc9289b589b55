package projection

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/pikamem/pika"
)

// LowRecall is the recall below which an index counts as degraded.
const LowRecall = 0.95

// How an index is probed.
const (
	probeDepth = 10 // nearest vectors that are compared
	// probeAsked is how many hits the index is asked for: as many as a search asks for at
	// first, because an approximate index walks wider for more.
	probeAsked = 400
	// probeTie is how far an exact score may be below the tenth best and count as equal:
	// some ten times the rounding of a float32 sum over a thousand dimensions.
	probeTie = 1e-5
	// probeMoving is how many unsettled rows a user may have. Those with more are left out:
	// the index could not be compared with anything that stands still.
	probeMoving = pika.MaxVectorBatch - 1
)

// Recall is what a probe found: the share of the exact ten nearest vectors that the
// index finds. The questions are vectors of the users' own.
type Recall struct {
	Mean    float64   `json:"mean"`
	Worst   float64   `json:"worst"` // of one question
	Users   int       `json:"users"` // a user's facts and messages count apart
	Queries int       `json:"queries"`
	Skipped int       `json:"skipped,omitempty"` // users left out: too many rows, or too many in motion
	At      time.Time `json:"at"`
}

// Low reports whether the index counts as degraded. Without data it does not.
func (r Recall) Low() bool { return r.Queries > 0 && r.Mean < LowRecall }

// String returns the recall in a sentence.
func (r Recall) String() string {
	if r.Queries == 0 {
		return "there is nothing to probe the vector index with yet"
	}
	return fmt.Sprintf("recall@%d of the vector index is %.3f (worst %.2f) over %d questions of %d users", probeDepth, r.Mean, r.Worst, r.Queries, r.Users)
}

// Prober compares the index's answers with exact ones from the vectors that the truth
// keeps, for sampled users: an approximate index that lost rows, or ranks wrongly,
// answers as quickly and surely as one that did not.
type Prober struct {
	Index   func() pika.Index
	Census  pika.Census
	Raw     pika.RawVectors
	Log     *slog.Logger // Defaults to no log
	Metrics *Metrics     // nil: none

	Every   time.Duration    // between probes of Run. Defaults to 10 min
	Users   int              // sampled of each corpus. Defaults to 10
	Queries int              // of each user. Defaults to 3
	MaxRows int              // of a user; those with more are left out. Defaults to 50,000
	Random  func() uint64    // Defaults to math/rand/v2
	Settle  time.Duration    // how long after its acknowledgement a row is left out. Defaults to 1 min
	Now     func() time.Time // Defaults to time.Now

	mu   sync.Mutex
	last *Recall
}

// Run probes at once and then every p.Every, until ctx ends. It returns nil: ending is
// not a failure.
func (p *Prober) Run(ctx context.Context) error {
	every := cmp.Or(p.Every, 10*time.Minute)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		p.round(ctx, every)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// round probes once and remembers and reports the result.
func (p *Prober) round(ctx context.Context, limit time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	recall, err := p.Probe(ctx)
	log := p.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	switch {
	case err != nil && ctx.Err() == nil:
		log.Warn("the vector index could not be probed", "code", pika.CodeOf(err), "error", err)
	case err != nil:
	case recall.Low():
		log.Warn("the vector index finds too little", "recall", recall.Mean, "worst", recall.Worst, "queries", recall.Queries, "users", recall.Users)
	default:
		log.Debug("vector index probed", "recall", recall.Mean, "queries", recall.Queries)
	}
}

// State returns the last recall and when it was measured; ok is false if there is none
// yet. A probe that fails leaves the last one.
func (p *Prober) State() (recall Recall, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil {
		return Recall{}, false
	}
	return *p.last, true
}

// Degraded returns, in a sentence for an operator, why the index counts as degraded,
// and "" if it does not, or nothing is known.
func (p *Prober) Degraded() string {
	recall, ok := p.State()
	if !ok || !recall.Low() {
		return ""
	}
	return fmt.Sprintf("%s at %s, below %.2f: answers miss facts; run `pika reconcile`, and if that does not help check the index's configuration",
		recall, recall.At.UTC().Format(time.RFC3339), LowRecall)
}

// Probe measures the recall once and remembers it for State. A truth or an index that
// does not answer is an error.
func (p *Prober) Probe(ctx context.Context) (Recall, error) {
	total := Recall{Worst: 1}
	var sum float64
	index := p.Index()
	for _, corpus := range []pika.Corpus{pika.CorpusFacts, pika.CorpusMessages} {
		scopes, err := p.sample(ctx, index, corpus)
		if err != nil {
			return Recall{}, err
		}
		for _, scope := range scopes {
			recalls, err := p.probeUser(ctx, index, scope, corpus)
			if err != nil {
				return Recall{}, err
			}
			if len(recalls) == 0 {
				total.Skipped++
				continue
			}
			total.Users++
			for _, r := range recalls {
				total.Queries++
				total.Worst = min(total.Worst, r)
				sum += r
			}
		}
	}
	total.At = p.now()
	if total.Queries > 0 {
		total.Mean = sum / float64(total.Queries)
		p.Metrics.probed(total.Mean)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = &total
	return total, nil
}

// sample returns users that have rows in a corpus, each once. A user is as likely as
// the gap before its id is wide, which says nothing about its data.
func (p *Prober) sample(ctx context.Context, index pika.Index, corpus pika.Corpus) ([]pika.Scope, error) {
	var ids []string
	for range cmp.Or(p.Users, 10) {
		id, err := p.userFrom(ctx, index, corpus, fmt.Sprintf("%016x", p.random()))
		if err != nil {
			return nil, err
		}
		if id == "" {
			return nil, nil // the corpus is empty
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	var scopes map[string]pika.Scope
	err := within(ctx, pageTimeout, func(ctx context.Context) (err error) {
		scopes, err = p.Census.ScopesByID(ctx, ids)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find %d users: %w", len(ids), err)
	}
	var sampled []pika.Scope
	for _, id := range ids {
		if scope, ok := scopes[id]; ok {
			sampled = append(sampled, scope)
		}
	}
	return sampled, nil
}

// userFrom returns the first scope id at or after hex that has a row, or the first of
// all; none: "".
func (p *Prober) userFrom(ctx context.Context, index pika.Index, corpus pika.Corpus, hex string) (string, error) {
	from := hex[:8] + "-" + hex[8:12] + "-" + hex[12:]
	for _, from := range []string{from, ""} {
		var rows []pika.Row
		err := within(ctx, pageTimeout, func(ctx context.Context) (err error) {
			rows, err = p.Census.WantedRows(ctx, pika.StoreVectors, corpus, index.Model.EmbeddingModel, pika.RowRange{FromScope: from, Limit: 1})
			return err
		})
		if err != nil {
			return "", fmt.Errorf("sample a user: %w", err)
		}
		if len(rows) > 0 {
			return rows[0].ScopeID, nil
		}
	}
	return "", nil
}

func (p *Prober) random() uint64 {
	if p.Random == nil {
		return rand.Uint64()
	}
	return p.Random()
}

func (p *Prober) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}
