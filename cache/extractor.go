package cache

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pikamem/pika"
)

var _ pika.Extractor = (*Extractor)(nil)

// maxExtractionBytes is the largest answer that is kept: one that is larger is rarer
// than the many small ones it would push out.
const maxExtractionBytes = 256 << 10

// ExtractorOptions are the settings of an Extractor; the zero value is usable.
type ExtractorOptions struct {
	// TTL is how long an answer is kept. Defaults to 5 min.
	TTL time.Duration
	// Deadline bounds one call of the inner extractor, all its attempts together: the
	// call is shared, so no one caller's deadline can. Defaults to 5 min.
	Deadline time.Duration
	// Metrics defaults to counters that nobody reads.
	Metrics *Metrics
}

// Extractor is a pika.Extractor that pays once for equal chunks: those within the
// TTL are answered from the cache, those that come at the same time share one call.
// Only chunks of one scope can be equal. An answer that leaves messages unread is
// shared but not kept.
type Extractor struct {
	inner         pika.Extractor
	promptVersion string
	cache         pika.Cache
	ttl           time.Duration
	metrics       *Metrics
	flights       flights[answer]
}

// answer is an extraction as it is stored. Every caller decodes a copy of its own.
type answer struct {
	encoded []byte
	cached  bool
}

// NewExtractor returns an Extractor in front of inner. promptVersion must change
// whenever inner would answer the same chunk otherwise: with its prompt, its schema,
// its rules.
func NewExtractor(inner pika.Extractor, promptVersion string, c pika.Cache, o ExtractorOptions) *Extractor {
	e := &Extractor{
		inner:         inner,
		promptVersion: promptVersion,
		cache:         c,
		ttl:           cmp.Or(o.TTL, 5*time.Minute),
		metrics:       o.Metrics,
		flights:       flights[answer]{deadline: cmp.Or(o.Deadline, 5*time.Minute)},
	}
	if e.metrics == nil {
		e.metrics = NewMetrics(nil)
	}
	return e
}

// Name implements pika.Extractor.
func (e *Extractor) Name() string { return e.inner.Name() }

// Extract implements pika.Extractor. An answer that was not paid for by this call has
// Cache LLMCacheExact and no Tokens.
func (e *Extractor) Extract(ctx context.Context, chunk pika.Chunk) (pika.Extraction, error) {
	if err := ctx.Err(); err != nil {
		return pika.Extraction{}, pika.Wrap(pika.CodeOf(err), err, "the call was given up before it began")
	}
	key := extractionKey(e.inner.Name(), e.promptVersion, chunk)
	a, led, err := e.flights.do(ctx, key, func(ctx context.Context) (answer, error) {
		return e.answer(ctx, key, chunk)
	})
	if err != nil {
		return pika.Extraction{}, err
	}
	extraction, err := decodeExtraction(a.encoded)
	if err != nil {
		return pika.Extraction{}, err
	}
	if led && !a.cached {
		e.metrics.count(LLM, 0, 1)
		extraction.Cache = cmp.Or(extraction.Cache, pika.LLMCacheMiss)
		return extraction, nil
	}
	e.metrics.count(LLM, 1, 0)
	extraction.Cache, extraction.Tokens = pika.LLMCacheExact, pika.Tokens{}
	return extraction, nil
}

// answer looks the chunk up and, if it is not there, asks the inner extractor. The
// look-up is part of the shared call: whoever comes just after one has ended finds
// its answer stored.
func (e *Extractor) answer(ctx context.Context, key string, chunk pika.Chunk) (answer, error) {
	if b, ok := e.lookUp(ctx, key); ok {
		return answer{encoded: b, cached: true}, nil
	}
	extraction, err := e.inner.Extract(ctx, chunk)
	if err != nil {
		return answer{}, err
	}
	b, err := json.Marshal(extraction)
	if err != nil {
		return answer{}, fmt.Errorf("encode an extraction: %w", err)
	}
	if len(extraction.Unread) == 0 && len(b) <= maxExtractionBytes {
		e.store(ctx, key, b)
	}
	return answer{encoded: b}, nil
}

// lookUp returns the stored answer; one that cannot be read is as good as none.
func (e *Extractor) lookUp(ctx context.Context, key string) ([]byte, bool) {
	ctx, cancel := context.WithTimeout(ctx, cacheDeadline)
	defer cancel()
	values, err := e.cache.GetValues(ctx, key)
	if err != nil {
		return nil, false
	}
	b, ok := values[key]
	if !ok {
		return nil, false
	}
	_, err = decodeExtraction(b)
	return b, err == nil
}

// store keeps an answer if it can: one that is lost is only paid for again.
func (e *Extractor) store(ctx context.Context, key string, b []byte) {
	ctx, cancel := context.WithTimeout(ctx, cacheDeadline)
	defer cancel()
	_ = e.cache.SetValue(ctx, key, b, e.ttl)
}

func decodeExtraction(b []byte) (pika.Extraction, error) {
	var extraction pika.Extraction
	if err := json.Unmarshal(b, &extraction); err != nil {
		return extraction, fmt.Errorf("decode an extraction: %w", err)
	}
	return extraction, nil
}
