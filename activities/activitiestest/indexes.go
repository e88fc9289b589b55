package activitiestest

import (
	"context"
	"hash/fnv"
	"math"

	"github.com/pikamem/pika"
)

type (
	vectors struct{ *World }

	graph     struct{ *World }
	embedder  struct{ *World }
	extractor struct{ *World }
)

var (
	_ pika.Vectors   = vectors{}
	_ pika.Graph     = graph{}
	_ pika.Embedder  = embedder{}
	_ pika.Extractor = extractor{}
)

func (w vectors) Upsert(ctx context.Context, scope pika.Scope, corpus pika.Corpus, rows []pika.Vector) error {
	if err := w.enter(ctx, "Upsert"); err != nil {
		return err
	}
	defer w.mu.Unlock()
	for _, r := range rows {
		w.vectors[key(scope.ID(), "/", corpus, "/", r.ID)] = r.Values
	}
	return nil
}

func (w vectors) DeleteVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, ids []string) error {
	if err := w.enter(ctx, "DeleteVectors"); err != nil {
		return err
	}
	defer w.mu.Unlock()
	for _, id := range ids {
		delete(w.vectors, key(scope.ID(), "/", corpus, "/", id))
	}
	return nil
}

func (w vectors) SearchVectors(context.Context, pika.Scope, pika.Corpus, []float32, int) ([]pika.Scored, error) {
	return nil, pika.Errorf(pika.Unimplemented, "not part of the write path")
}

func (w graph) LinkFacts(ctx context.Context, scope pika.Scope, links []pika.Link) error {
	if err := w.enter(ctx, "LinkFacts"); err != nil {
		return err
	}
	defer w.mu.Unlock()
	for _, l := range links {
		w.links[key(scope.ID(), "/", l.FactID)] = l
	}
	return nil
}

func (w graph) UnlinkFacts(ctx context.Context, scope pika.Scope, ids []string) error {
	if err := w.enter(ctx, "UnlinkFacts"); err != nil {
		return err
	}
	defer w.mu.Unlock()
	for _, id := range ids {
		delete(w.links, key(scope.ID(), "/", id))
	}
	return nil
}

func (w graph) Expand(context.Context, pika.Scope, []string, int, int) ([]pika.GraphHit, error) {
	return nil, pika.Errorf(pika.Unimplemented, "not part of the write path")
}

func (w embedder) Model() pika.EmbeddingModel { return pika.EmbeddingModel{ID: "hash", Dimensions: 2} }

func (w embedder) Embed(ctx context.Context, _ pika.EmbedRole, texts []string) ([][]float32, error) {
	if err := w.enter(ctx, "Embed"); err != nil {
		return nil, err
	}
	defer w.mu.Unlock()
	if len(texts) == 0 || len(texts) > pika.MaxEmbedBatch {
		return nil, pika.Errorf(pika.Invalid, "1 to %d texts, not %d", pika.MaxEmbedBatch, len(texts))
	}
	rows := make([][]float32, len(texts))
	for i, t := range texts {
		rows[i] = Embedding(t)
	}
	return rows, nil
}

// Embedding returns the unit vector the world's embedder gives a text.
func Embedding(text string) []float32 {
	h := fnv.New32a()
	h.Write([]byte(text))
	angle := float64(h.Sum32()) / math.MaxUint32 * 2 * math.Pi
	return []float32{float32(math.Cos(angle)), float32(math.Sin(angle))}
}

func (w extractor) Name() string { return "openai:fake" }

func (w extractor) Extract(ctx context.Context, chunk pika.Chunk) (pika.Extraction, error) {
	if err := w.enter(ctx, "Extract"); err != nil {
		return pika.Extraction{}, err
	}
	w.mu.Unlock()
	if w.Find != nil {
		return w.Find(chunk)
	}
	return Everything(chunk)
}

// Everything finds one candidate per message of a chunk: what it says.
func Everything(chunk pika.Chunk) (pika.Extraction, error) {
	found := pika.Extraction{Tokens: pika.Tokens{Prompt: 10, Completion: 5}, Cache: pika.LLMCacheMiss}
	for _, m := range chunk.Messages {
		found.Candidates = append(found.Candidates, pika.Candidate{
			Text: m.Content, Subject: pika.DefaultSubject, Predicate: pika.DefaultPredicate,
			Category: pika.DefaultCategory, Sources: []int{m.Index}, Confidence: 1, Language: "en",
			Entities: []pika.Entity{},
		})
	}
	return found, nil
}
