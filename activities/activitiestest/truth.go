package activitiestest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/pikamem/pika"
)

type (
	facts struct{ *World }

	messages struct{ *World }
	jobs     struct{ *World }
	outbox   struct{ *World }
)

var (
	_ pika.Facts    = facts{}
	_ pika.Messages = messages{}
	_ pika.Jobs     = jobs{}
	_ pika.Outbox   = outbox{}
)

func (w facts) Commit(ctx context.Context, scope pika.Scope, c pika.Commit) ([]pika.FactOutcome, error) {
	if err := w.enter(ctx, "Commit"); err != nil {
		return nil, err
	}
	defer w.mu.Unlock()
	k := key(c.JobID, "/", c.Chunk)
	if known, ok := w.commits[k]; ok {
		return known, nil
	}
	if len(c.Facts) > pika.MaxFactsPerCommit {
		return nil, pika.Errorf(pika.Invalid, "too many facts")
	}
	outcomes := []pika.FactOutcome{}
	for _, f := range c.Facts {
		outcomes = append(outcomes, w.decide(scope, f, c.At))
	}
	w.commits[k] = append(outcomes, c.Rejected...)
	return w.commits[k], nil
}

func (w facts) decide(scope pika.Scope, f pika.Fact, at time.Time) pika.FactOutcome {
	var known []pika.Fact
	id := scope.ID()
	for k, have := range w.facts {
		if strings.HasPrefix(k, id) {
			known = append(known, have)
		}
	}
	d := pika.Decide(f, known)
	if d.Verdict == pika.Duplicate {
		return pika.FactOutcome{FactID: d.DuplicateOf, Text: f.Text, Outcome: d.Verdict, Reason: d.Reason}
	}
	d.Fact.RecordedAt = at
	w.facts[key(scope.ID(), "/", f.ID)] = d.Fact
	w.note(scope, pika.CorpusFacts, f.ID, pika.StoreVectors, pika.StoreGraph)
	return pika.FactOutcome{FactID: f.ID, Text: f.Text, Outcome: d.Verdict}
}

// Store puts facts into the truth as they are, owed to the projections, without the
// decisions of a commit.
func (w *World) Store(scope pika.Scope, facts ...pika.Fact) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range facts {
		w.facts[key(scope.ID(), "/", f.ID)] = f
		w.note(scope, pika.CorpusFacts, f.ID, pika.StoreVectors, pika.StoreGraph)
	}
}

// note puts rows into the outbox. The world is locked.
func (w *World) note(scope pika.Scope, corpus pika.Corpus, id string, stores ...pika.Store) {
	w.scopes[scope.ID()] = scope
	for _, store := range stores {
		w.outbox[pika.OutboxItem{Scope: scope, Corpus: corpus, ID: id, Store: store}] = w.now()
	}
}

func (w facts) Get(ctx context.Context, scope pika.Scope, ids []string) ([]pika.Fact, error) {
	if err := w.enter(ctx, "Get"); err != nil {
		return nil, err
	}
	defer w.mu.Unlock()
	var found []pika.Fact
	for _, id := range ids {
		if f, ok := w.facts[key(scope.ID(), "/", id)]; ok {
			found = append(found, f)
		}
	}
	return found, nil
}

func (w facts) Delete(ctx context.Context, tenant, id string, _ time.Time) (pika.Scope, error) {
	if err := w.enter(ctx, "Delete"); err != nil {
		return pika.Scope{}, err
	}
	defer w.mu.Unlock()
	for k, f := range w.facts {
		scope := pika.Scope{Tenant: tenant, User: f.UserID}
		if f.ID == id && k == key(scope.ID(), "/", id) {
			delete(w.facts, k)
			w.note(scope, pika.CorpusFacts, id, pika.StoreVectors, pika.StoreGraph)
			return scope, nil
		}
	}
	return pika.Scope{}, pika.Errorf(pika.NotFound, "no such fact")
}

func (w facts) Find(context.Context, string, string) (pika.Fact, error) {
	return pika.Fact{}, pika.Errorf(pika.Unimplemented, "not part of the write path")
}

func (w facts) List(context.Context, pika.Scope, pika.ListFacts, pika.PageRequest) (pika.Page[pika.Fact], error) {
	return pika.Page[pika.Fact]{}, pika.Errorf(pika.Unimplemented, "not part of the write path")
}

func (w facts) Matching(context.Context, pika.Scope, pika.Filters, int) ([]string, bool, error) {
	return nil, false, pika.Errorf(pika.Unimplemented, "not part of the write path")
}

func (w facts) History(context.Context, string, string) ([]pika.Revision, error) {
	return nil, pika.Errorf(pika.Unimplemented, "not part of the write path")
}

func (w messages) PutMessages(ctx context.Context, scope pika.Scope, put []pika.StoredMessage) error {
	if err := w.enter(ctx, "PutMessages"); err != nil {
		return err
	}
	defer w.mu.Unlock()
	for _, m := range put {
		k := key(scope.ID(), "/", m.Key)
		if have, ok := w.messages[k]; ok && have.ContentHash == m.ContentHash {
			continue
		}
		w.messages[k] = m
		w.note(scope, pika.CorpusMessages, m.Key, pika.StoreVectors)
	}
	return nil
}

func (w messages) GetMessages(ctx context.Context, scope pika.Scope, keys []string) ([]pika.StoredMessage, error) {
	if err := w.enter(ctx, "GetMessages"); err != nil {
		return nil, err
	}
	defer w.mu.Unlock()
	var found []pika.StoredMessage
	for _, k := range keys {
		if m, ok := w.messages[key(scope.ID(), "/", k)]; ok {
			found = append(found, m)
		}
	}
	return found, nil
}

func (w jobs) Begin(ctx context.Context, job pika.Job) error {
	if err := w.enter(ctx, "Begin"); err != nil {
		return err
	}
	defer w.mu.Unlock()
	k := key(job.Scope.Tenant, "/", job.ID)
	if _, ok := w.jobs[k]; !ok {
		w.jobs[k] = job
	}
	return nil
}

func (w jobs) End(ctx context.Context, job pika.Job) error {
	if err := w.enter(ctx, "End"); err != nil {
		return err
	}
	defer w.mu.Unlock()
	k := key(job.Scope.Tenant, "/", job.ID)
	if have, ok := w.jobs[k]; !ok || !have.Status.Final() {
		w.jobs[k] = job
	}
	return nil
}

func (w jobs) GetJob(_ context.Context, tenant, id string) (pika.Job, error) {
	if job, ok := w.Job(tenant, id); ok {
		return job, nil
	}
	return pika.Job{}, pika.Errorf(pika.NotFound, "no such job")
}

func (w jobs) ListJobs(context.Context, string, pika.ListJobs, pika.PageRequest) (pika.Page[pika.Job], error) {
	return pika.Page[pika.Job]{}, pika.Errorf(pika.Unimplemented, "not part of the write path")
}

func (w outbox) PendingItems(ctx context.Context, before time.Time, limit int) ([]pika.OutboxItem, error) {
	if err := w.enter(ctx, "PendingItems"); err != nil {
		return nil, err
	}
	defer w.mu.Unlock()
	var items []pika.OutboxItem
	for item, since := range w.outbox {
		if since.Before(before) {
			item.Since = since
			items = append(items, item)
		}
	}
	slices.SortFunc(items, func(a, b pika.OutboxItem) int { return a.Since.Compare(b.Since) })
	return items[:min(limit, len(items))], nil
}

func (w outbox) Acknowledge(ctx context.Context, items []pika.OutboxItem) error {
	if err := w.enter(ctx, "Acknowledge"); err != nil {
		return err
	}
	defer w.mu.Unlock()
	for _, item := range items {
		since := item.Since
		item.Since = time.Time{}
		if !since.IsZero() && w.outbox[item].After(since) {
			continue
		}
		delete(w.outbox, item)
		w.settle(item)
	}
	return nil
}
