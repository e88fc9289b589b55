package activitiestest

import (
	"context"
	"hash/fnv"
	"math"
	"time"

	"github.com/pikamem/pika"
)

type (
	graph    struct{ *World }
	embedder struct {
		*World
		model pika.EmbeddingModel
	}
	extractor struct{ *World }
)

var (
	_ pika.Graph     = graph{}
	_ pika.Rows      = graph{}
	_ pika.Embedder  = embedder{}
	_ pika.Extractor = extractor{}
)

// linkRow is a row of the graph.
type linkRow struct {
	link pika.Link
	at   time.Time
}

func (w graph) LinkFacts(ctx context.Context, scope pika.Scope, links []pika.Link) error {
	if err := w.enter(ctx, "LinkFacts"); err != nil {
		return err
	}
	defer w.mu.Unlock()
	for _, l := range links {
		w.links[pika.RowKey{ScopeID: scope.ID(), ID: l.FactID}] = linkRow{l, w.now()}
	}
	return nil
}

func (w graph) UnlinkFacts(ctx context.Context, scope pika.Scope, ids []string) error {
	if err := w.enter(ctx, "UnlinkFacts"); err != nil {
		return err
	}
	defer w.mu.Unlock()
	for _, id := range ids {
		delete(w.links, pika.RowKey{ScopeID: scope.ID(), ID: id})
	}
	return nil
}

func (w graph) ListRows(ctx context.Context, corpus pika.Corpus, r pika.RowRange) ([]pika.Row, error) {
	if err := w.enter(ctx, "ListLinks"); err != nil {
		return nil, err
	}
	defer w.mu.Unlock()
	if corpus != pika.CorpusFacts {
		return nil, pika.InvalidField("corpus", "must be facts")
	}
	var rows []pika.Row
	for k, l := range w.links {
		rows = append(rows, pika.Row{RowKey: k, Digest: pika.LinkDigest(l.link), At: l.at})
	}
	return cut(rows, r), nil
}

func (w graph) DeleteRows(ctx context.Context, _ pika.Corpus, keys []pika.RowKey) error {
	if err := w.enter(ctx, "DeleteLinks"); err != nil {
		return err
	}
	defer w.mu.Unlock()
	for _, k := range keys {
		delete(w.links, k)
	}
	return nil
}

func (w graph) Expand(context.Context, pika.Scope, []string, int, int) ([]pika.GraphHit, error) {
	return nil, pika.Errorf(pika.Unimplemented, "not part of the write path")
}

// EmbeddingModel is the model of the world's index.
func EmbeddingModel() pika.EmbeddingModel { return pika.EmbeddingModel{ID: "hash", Dimensions: 2} }

// Embedder returns an embedder that names itself after a model and makes the vectors
// of Embedding, with zeros in any further dimensions.
func (w *World) Embedder(model pika.EmbeddingModel) pika.Embedder { return embedder{w, model} }

func (w embedder) Model() pika.EmbeddingModel { return w.model }

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
		rows[i] = append(Embedding(t), make([]float32, w.model.Dimensions-2)...)
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
