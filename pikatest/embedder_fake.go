package pikatest

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// NewEmbedder returns a deterministic pika.Embedder for tests: the hashed bag of a
// text's folded terms, so that texts which share words are near. The roles make no
// difference. dims must be at least 1; below some 64, unlike words often coincide.
func NewEmbedder(dims int) pika.Embedder {
	return bagOfTerms{pika.EmbeddingModel{ID: fmt.Sprintf("bag-of-terms-%d/1", dims), Dimensions: dims}}
}

type bagOfTerms struct{ model pika.EmbeddingModel }

func (b bagOfTerms) Model() pika.EmbeddingModel { return b.model }

func (b bagOfTerms) Embed(ctx context.Context, role pika.EmbedRole, texts []string) ([][]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	if role != pika.EmbedQuery && role != pika.EmbedPassage {
		return nil, pika.InvalidField("role", "must be query or passage")
	}
	if len(texts) < 1 || len(texts) > pika.MaxEmbedBatch {
		return nil, pika.InvalidField("texts", "must be 1 to %d", pika.MaxEmbedBatch)
	}
	vectors := make([][]float32, len(texts))
	for i, s := range texts {
		if s == "" || !utf8.ValidString(s) {
			return nil, pika.InvalidField(fmt.Sprintf("texts[%d]", i), "must be valid UTF-8 and not empty")
		}
		vectors[i] = b.vector(s)
	}
	return vectors, nil
}

// vector counts the folded terms, each in a dimension and with a sign of its own. A
// text without terms counts as one term.
func (b bagOfTerms) vector(s string) []float32 {
	v := make([]float32, b.model.Dimensions)
	for _, term := range text.Terms(s) {
		if !strings.HasPrefix(term, "=") {
			b.count(v, term)
		}
	}
	if !unitLength(v) {
		clear(v)
		b.count(v, text.Normalize(s))
		unitLength(v)
	}
	return v
}

func (b bagOfTerms) count(v []float32, term string) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(term)) // a hash never fails
	sum := h.Sum64()
	sum ^= sum >> 29 // FNV's low bits alone are poorly mixed
	if at := sum >> 1 % uint64(len(v)); sum&1 == 0 {
		v[at]++
	} else {
		v[at]--
	}
}

// unitLength scales v and reports whether it could: a zero vector it cannot.
func unitLength(v []float32) bool {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return false
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return true
}
