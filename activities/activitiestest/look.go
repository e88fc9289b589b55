package activitiestest

import (
	"slices"
	"strings"

	"github.com/pikamem/pika"
)

// Calls returns how often a method of a port was called.
func (w *World) Calls(method string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[method]
}

// Job returns a job as the jobs store has it; ok says whether it does.
func (w *World) Job(tenant, id string) (job pika.Job, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	job, ok = w.jobs[key(tenant, "/", id)]
	return job, ok
}

// Outcomes returns the outcomes of all chunks of a job, sorted by text.
func (w *World) Outcomes(jobID string) []pika.FactOutcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []pika.FactOutcome
	for k, outcomes := range w.commits {
		if strings.HasPrefix(k, jobID) {
			all = append(all, outcomes...)
		}
	}
	slices.SortFunc(all, func(a, b pika.FactOutcome) int { return strings.Compare(a.Text+a.FactID, b.Text+b.FactID) })
	return all
}

// Texts returns the texts of all live facts, sorted.
func (w *World) Texts() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	texts := []string{}
	for _, f := range w.facts {
		texts = append(texts, f.Text)
	}
	slices.Sort(texts)
	return texts
}

// FactIDs returns the ids of all live facts, sorted.
func (w *World) FactIDs() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := []string{}
	for _, f := range w.facts {
		ids = append(ids, f.ID)
	}
	slices.Sort(ids)
	return ids
}

// Indexed returns the ids in the vector index of a corpus, sorted.
func (w *World) Indexed(corpus pika.Corpus) []string { return w.index.IDs(corpus) }

// Vector returns the vector of an id.
func (w *World) Vector(scope pika.Scope, corpus pika.Corpus, id string) []float32 {
	return w.index.Vector(scope, corpus, id)
}

// Kept returns the ids whose vectors of a model the truth keeps, sorted.
func (w *World) Kept(corpus pika.Corpus, model pika.EmbeddingModel) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := []string{}
	for k := range w.raw {
		if k.corpus == corpus && k.model == model {
			ids = append(ids, k.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// Linked returns the ids of the facts in the graph, sorted.
func (w *World) Linked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := []string{}
	for _, l := range w.links {
		ids = append(ids, l.link.FactID)
	}
	slices.Sort(ids)
	return ids
}

// Pending returns how many rows of a store wait in the outbox.
func (w *World) Pending(store pika.Store) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for item := range w.outbox {
		if item.Store == store {
			n++
		}
	}
	return n
}
