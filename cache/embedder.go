package cache

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/maypok86/otter/v2"
	"github.com/maypok86/otter/v2/stats"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

var _ pika.Embedder = (*Embedder)(nil)

// cacheDeadline bounds what a decorator waits for its cache: beyond it, asking the
// source is the better use of the caller's time.
const cacheDeadline = 100 * time.Millisecond

// EmbedderOptions are the settings of an Embedder; the zero value is usable.
type EmbedderOptions struct {
	TTL     time.Duration // how long a vector is kept. Defaults to 24 h
	Local   int64         // bytes of vectors kept in the process, before the cache; 0: none
	Metrics *Metrics      // Defaults to counters that nobody reads
}

// Embedder is a pika.Embedder that remembers the vectors of texts, for all users
// together. Texts with the same normal form (package text) have the same vector,
// and a text that stands several times in one call is embedded once.
type Embedder struct {
	inner   pika.Embedder
	cache   pika.Cache
	ttl     time.Duration
	local   *otter.Cache[string, []float32] // nil: none
	metrics *Metrics
}

// NewEmbedder returns an Embedder in front of inner.
func NewEmbedder(inner pika.Embedder, c pika.Cache, o EmbedderOptions) *Embedder {
	e := &Embedder{inner: inner, cache: c, ttl: cmp.Or(o.TTL, 24*time.Hour), metrics: o.Metrics}
	if e.metrics == nil {
		e.metrics = NewMetrics(nil)
	}
	if o.Local > 0 {
		e.local = otter.Must(&otter.Options[string, []float32]{
			MaximumWeight:    uint64(o.Local),
			Weigher:          func(k string, v []float32) uint32 { return uint32(len(k) + 4*len(v) + localOverhead) },
			ExpiryCalculator: otter.ExpiryWriting[string, []float32](e.ttl),
			StatsRecorder:    stats.NewCounter(),
		})
		e.metrics.sizes.add(Embedding, func() size { return sizeOfCache(e.local) })
	}
	return e
}

// Model implements pika.Embedder.
func (e *Embedder) Model() pika.EmbeddingModel { return e.inner.Model() }

// Embed implements pika.Embedder.
func (e *Embedder) Embed(ctx context.Context, role pika.EmbedRole, texts []string) ([][]float32, error) {
	if err := checkTexts(ctx, role, texts); err != nil {
		return nil, err
	}
	model := e.inner.Model()
	keys, byKey := make([]string, len(texts)), map[string]string{}
	for i, t := range texts {
		normal := cmp.Or(text.Normalize(t), t) // white space alone has no normal form
		keys[i] = embeddingKey(model, role, normal)
		byKey[keys[i]] = normal
	}
	vectors := e.lookUp(ctx, model, byKey)
	missing := missingKeys(keys, vectors)
	e.metrics.count(Embedding, len(texts)-len(missing), len(missing))
	if err := e.embed(ctx, role, missing, byKey, vectors); err != nil {
		return nil, err
	}
	return inOrder(keys, vectors), nil
}

func checkTexts(ctx context.Context, role pika.EmbedRole, texts []string) error {
	if err := ctx.Err(); err != nil {
		return pika.Wrap(pika.CodeOf(err), err, "the call was given up before it began")
	}
	if len(texts) < 1 || len(texts) > pika.MaxEmbedBatch {
		return pika.InvalidField("texts", "has %d members; it must have 1–%d", len(texts), pika.MaxEmbedBatch)
	}
	if role != pika.EmbedQuery && role != pika.EmbedPassage {
		return pika.InvalidField("role", "must be query or passage")
	}
	for i, t := range texts {
		if t == "" || !utf8.ValidString(t) {
			return pika.InvalidField(fmt.Sprintf("texts[%d]", i), "must be valid UTF-8 and not empty")
		}
	}
	return nil
}

// lookUp returns the vectors that are in the process or in the cache, by key. A value that
// is no unit vector of the model is as good as none.
func (e *Embedder) lookUp(ctx context.Context, model pika.EmbeddingModel, byKey map[string]string) map[string][]float32 {
	vectors := make(map[string][]float32, len(byKey))
	keys := make([]string, 0, len(byKey))
	for k := range byKey {
		if e.local != nil {
			if v, ok := e.local.GetIfPresent(k); ok {
				vectors[k] = slices.Clone(v)
				continue
			}
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return vectors
	}
	ctx, cancel := context.WithTimeout(ctx, cacheDeadline)
	defer cancel()
	values, err := e.cache.GetValues(ctx, keys...)
	if err != nil {
		return vectors
	}
	for k, b := range values {
		if v, ok := decodeVector(b, model.Dimensions); ok {
			vectors[k] = v
			e.remember(k, v)
		}
	}
	return vectors
}

func (e *Embedder) remember(key string, vector []float32) {
	if e.local != nil {
		e.local.Set(key, slices.Clone(vector))
	}
}

// missingKeys returns the keys without a vector, each once, in their order.
func missingKeys(keys []string, vectors map[string][]float32) []string {
	var missing []string
	asked := map[string]bool{}
	for _, k := range keys {
		if _, ok := vectors[k]; !ok && !asked[k] {
			asked[k] = true
			missing = append(missing, k)
		}
	}
	return missing
}

// embed adds the vectors of the missing keys and stores them.
func (e *Embedder) embed(ctx context.Context, role pika.EmbedRole, missing []string, byKey map[string]string, vectors map[string][]float32) error {
	if len(missing) == 0 {
		return nil
	}
	texts := make([]string, len(missing))
	for i, k := range missing {
		texts[i] = byKey[k]
	}
	made, err := e.inner.Embed(ctx, role, texts)
	if err != nil {
		return fmt.Errorf("embed %d texts: %w", len(texts), err)
	}
	for i, k := range missing {
		vectors[k] = made[i]
		e.remember(k, made[i])
	}
	e.store(ctx, missing, vectors)
	return nil
}

// store gives up at the first vector that is not taken: a cache that is ill should
// not be asked 256 times.
func (e *Embedder) store(ctx context.Context, keys []string, vectors map[string][]float32) {
	ctx, cancel := context.WithTimeout(ctx, cacheDeadline)
	defer cancel()
	for _, k := range keys {
		if e.cache.SetValue(ctx, k, encodeVector(vectors[k]), e.ttl) != nil {
			return
		}
	}
}

// inOrder returns the vectors of keys; no two results share memory.
func inOrder(keys []string, vectors map[string][]float32) [][]float32 {
	ordered := make([][]float32, len(keys))
	given := map[string]bool{}
	for i, k := range keys {
		ordered[i] = vectors[k]
		if given[k] {
			ordered[i] = slices.Clone(vectors[k])
		}
		given[k] = true
	}
	return ordered
}

// encodeVector returns the values as little-endian float32.
func encodeVector(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

func decodeVector(b []byte, dimensions int) ([]float32, bool) {
	if len(b) != 4*dimensions {
		return nil, false
	}
	v := make([]float32, dimensions)
	var squares float64
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		squares += float64(v[i]) * float64(v[i])
	}
	return v, math.Abs(squares-1) < 1e-3
}
