package cache

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/pikamem/pika"
)

// What is known of questions that the truth does not know yet.
const (
	maxAsked   = 10_000          // questions; further ones are not counted
	askedEvery = 5 * time.Second // how often they are written
	askedTime  = 2 * time.Second // how long writing a batch of them may take

	// A batch is small, and a pause follows it, so that searches do not wait for the store.
	askedBatch = 50
	askedPause = 50 * time.Millisecond
)

// asked counts questions until they are written beside the truth.
type asked struct {
	mu    sync.Mutex
	byKey map[string]*pika.NotedSearch
}

// add counts. Counts of a question that there is no room for are lost.
func (a *asked) add(n pika.NotedSearch) {
	a.mu.Lock()
	defer a.mu.Unlock()
	known, ok := a.byKey[n.Key]
	if !ok {
		if len(a.byKey) < maxAsked {
			added := n
			a.byKey[n.Key] = &added
		}
		return
	}
	known.Searches += n.Searches
	known.Warmed += n.Warmed
	known.Read += n.Read
	if n.At.After(known.At) {
		known.At = n.At
	}
}

// take returns what was counted since the last time.
func (a *asked) take() []pika.NotedSearch {
	a.mu.Lock()
	defer a.mu.Unlock()
	taken := make([]pika.NotedSearch, 0, len(a.byKey))
	for _, n := range a.byKey {
		taken = append(taken, *n)
	}
	clear(a.byKey)
	return taken
}

// write writes what was counted, in small batches with a rest after each; at once if rest is
// nil. What cannot be written is counted again for the next time.
func (a *asked) write(ctx context.Context, to pika.QueryCache, rest func(), log *slog.Logger) {
	taken, size := a.take(), askedBatch
	if rest == nil {
		size = pika.MaxNotedSearches
	}
	for len(taken) > 0 {
		batch := taken[:min(len(taken), size)]
		if err := noteWithin(ctx, to, batch); err != nil {
			log.Debug("what is asked is not written yet", "code", string(pika.CodeOf(err)), "error", err)
			for _, n := range taken {
				a.add(n)
			}
			return
		}
		if taken = taken[len(batch):]; len(taken) > 0 && rest != nil {
			rest()
		}
	}
}

func noteWithin(ctx context.Context, to pika.QueryCache, batch []pika.NotedSearch) error {
	ctx, cancel := context.WithTimeout(ctx, askedTime)
	defer cancel()
	return to.NoteSearches(ctx, batch)
}

// warmable reports whether a question is one to make answers to ahead: plain, and not of a
// time or a conversation that is soon another one.
func warmable(q pika.Query) bool {
	f := q.Filters
	return q.AsOf == nil && q.Messages == 0 && q.Related == 0 && !q.Explain && (q.Rerank == pika.RerankNone || q.Rerank == "") &&
		f.ConversationID == "" && len(f.Metadata) == 0 && f.RecordedAfter == nil && f.RecordedBefore == nil
}
