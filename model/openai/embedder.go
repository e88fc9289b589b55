package openai

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync/atomic"
	"unicode/utf8"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// maxRequestBytes bounds the text of one call; OpenAI takes 300,000 tokens at most.
const maxRequestBytes = 256 << 10

// Embedder makes vectors with an embeddings endpoint.
type Embedder struct {
	client          *client
	model           pika.EmbeddingModel
	window          int
	prefixes        map[pika.EmbedRole]string
	sendsDimensions atomic.Bool
}

var _ pika.Embedder = (*Embedder)(nil)

// NewEmbedder returns an embedder over one model of one server. When the config
// does not say how long the model's vectors are and the model is none of OpenAI's,
// it asks the server, so it may return any error of Embed. A config that cannot work
// is Invalid and names PIKA_EMBEDDER.
func NewEmbedder(ctx context.Context, config Config) (*Embedder, error) {
	c, err := newClient(config, "PIKA_EMBEDDER")
	if err != nil {
		return nil, err
	}
	known := knownModel(c.config.Model)
	e := &Embedder{client: c, window: known.window, prefixes: known.prefixes}
	if c.config.Window > 0 {
		e.window = c.config.Window
	}
	e.model.Dimensions = known.dimensions
	if d := c.config.Dimensions; d > 0 && d != known.dimensions {
		e.model.Dimensions = d
		e.sendsDimensions.Store(true)
	}
	if e.model.Dimensions == 0 {
		if err := e.discover(ctx); err != nil {
			return nil, fmt.Errorf("ask for the dimensions of the embedding model: %w", err)
		}
	}
	e.model.ID = "openai:" + c.config.Model + "@" + strconv.Itoa(e.model.Dimensions)
	return e, nil
}

func (e *Embedder) discover(ctx context.Context) error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	vectors, err := e.request(ctx, []string{e.prefixes[pika.EmbedQuery] + "pika"})
	if err != nil {
		return err
	}
	e.model.Dimensions = len(vectors[0])
	return nil
}

// Model implements pika.Embedder.
func (e *Embedder) Model() pika.EmbeddingModel { return e.model }

// Embed implements pika.Embedder. Texts are sent in normal form; one over the
// model's window is sent in parts, and its vector is their mean weighted by length.
// An answer with another number of vectors or a vector without direction is
// Unavailable, one with other dimensions Invalid: either would spoil the index.
func (e *Embedder) Embed(ctx context.Context, role pika.EmbedRole, texts []string) ([][]float32, error) {
	if ctx.Err() != nil {
		return nil, ended(ctx)
	}
	if err := checkTexts(role, texts); err != nil {
		return nil, err
	}
	parts, owners := e.parts(role, texts)
	sums := make([][]float64, len(texts))
	for from := 0; from < len(parts); {
		to := batchEnd(parts, from)
		vectors, err := e.request(ctx, parts[from:to])
		if err != nil {
			return nil, fmt.Errorf("embed %d texts: %w", len(texts), err)
		}
		for i, v := range vectors {
			add(&sums[owners[from+i]], v, float64(len(parts[from+i])))
		}
		from = to
	}
	return e.units(sums)
}

func checkTexts(role pika.EmbedRole, texts []string) error {
	if role != pika.EmbedQuery && role != pika.EmbedPassage {
		return pika.InvalidField("role", "must be query or passage")
	}
	if len(texts) == 0 || len(texts) > pika.MaxEmbedBatch {
		return pika.InvalidField("texts", "must hold 1 to %d texts", pika.MaxEmbedBatch)
	}
	for i, t := range texts {
		field := "texts[" + strconv.Itoa(i) + "]"
		switch {
		case !utf8.ValidString(t):
			return pika.InvalidField(field, "must be valid UTF-8")
		case text.Normalize(t) == "":
			return pika.InvalidField(field, "must not be empty")
		}
	}
	return nil
}

// parts returns what is sent, and for each part the text it belongs to.
func (e *Embedder) parts(role pika.EmbedRole, texts []string) (parts []string, owners []int) {
	for i, t := range texts {
		for _, p := range windows(text.Normalize(t), e.window) {
			parts = append(parts, e.prefixes[role]+p)
			owners = append(owners, i)
		}
	}
	return parts, owners
}

// batchEnd is where the call that begins with part from ends.
func batchEnd(parts []string, from int) int {
	size, to := 0, from
	for to < len(parts) && to-from < pika.MaxEmbedBatch && (to == from || size+len(parts[to]) <= maxRequestBytes) {
		size += len(parts[to])
		to++
	}
	return to
}

// request makes one call and returns the vectors in the order of the input.
func (e *Embedder) request(ctx context.Context, input []string) ([][]float32, error) {
	for {
		req := goopenai.EmbeddingRequestStrings{Input: input, Model: goopenai.EmbeddingModel(e.client.config.Model)}
		sent := e.sendsDimensions.Load()
		if sent {
			req.Dimensions = e.model.Dimensions
		}
		var response goopenai.EmbeddingResponse
		raw, err := e.client.call(ctx, func(ctx context.Context) error {
			var err error
			response, err = e.client.api.CreateEmbeddings(ctx, req)
			return err
		})
		if f, ok := failureOf(raw); ok && sent && ctx.Err() == nil && mayBeDialect(f.Status) && f.says("dimension", "matryoshka") {
			e.sendsDimensions.Store(false) // the server has one length only; it is checked below
			continue
		}
		if err != nil {
			return nil, err
		}
		return e.ordered(response.Data, len(input))
	}
}

// ordered puts the vectors of an answer in the order of its input.
func (e *Embedder) ordered(data []goopenai.Embedding, n int) ([][]float32, error) {
	if len(data) != n {
		return nil, pika.Errorf(pika.Unavailable, "the embedding server answered %d vectors for %d texts", len(data), n)
	}
	vectors := make([][]float32, n)
	for _, d := range data {
		switch {
		case d.Index < 0 || d.Index >= n || vectors[d.Index] != nil:
			return nil, pika.Errorf(pika.Unavailable, "the embedding server answered vectors whose indexes do not fit")
		case len(d.Embedding) == 0 || (e.model.Dimensions != 0 && len(d.Embedding) != e.model.Dimensions):
			return nil, pika.Errorf(pika.Invalid, "the embedding model makes vectors of %d dimensions, not %d: check PIKA_EMBEDDER", len(d.Embedding), e.model.Dimensions)
		}
		vectors[d.Index] = d.Embedding
	}
	return vectors, nil
}

// add adds weight times the unit vector of v.
func add(sum *[]float64, v []float32, weight float64) {
	if *sum == nil {
		*sum = make([]float64, len(v))
	}
	length := norm(v)
	for i, x := range v {
		(*sum)[i] += weight * float64(x) / length
	}
}

// units brings the sums to unit length.
func (e *Embedder) units(sums [][]float64) ([][]float32, error) {
	vectors := make([][]float32, len(sums))
	for i, sum := range sums {
		length := norm(sum)
		if length == 0 || math.IsNaN(length) || math.IsInf(length, 0) {
			return nil, pika.Errorf(pika.Unavailable, "the embedding server answered a vector without direction")
		}
		vectors[i] = make([]float32, len(sum))
		for j, x := range sum {
			vectors[i][j] = float32(x / length)
		}
	}
	return vectors, nil
}

func norm[F float32 | float64](v []F) float64 {
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	return math.Sqrt(square)
}
