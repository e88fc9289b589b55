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
	// TTL is how long an answer is kept at first; each reuse doubles it, up to an hour
	// since the model was asked (or TTL, if that is longer). Defaults to 5 min.
	TTL time.Duration
	// Deadline bounds one call of the inner extractor, all its attempts together: the
	// call is shared, so no one caller's deadline can. Defaults to 5 min.
	Deadline time.Duration
	// Embedder compares chunks that differ in greetings and noise only. Nil: an answer is
	// reused for equal chunks alone.
	Embedder pika.Embedder
	// Now is the clock that answers end by. Defaults to time.Now.
	Now func() time.Time
	// Metrics defaults to counters that nobody reads.
	Metrics *Metrics
}

// Extractor is a pika.Extractor that pays once for equal chunks: those within the
// TTL are answered from the cache, those that come at the same time share one call.
// Only chunks of one scope can be equal. An answer that leaves messages unread is
// shared but not kept.
//
// With an Embedder, chunks that say the same count as equal too: those of one scope,
// reference day, context, metadata and extractor, whose messages have the same speakers,
// times, words, names and numbers in the same order once greetings and noise are left out
// (lexicon.Clean), and lie close together in meaning. What was found in one holds for the
// other unless it names what was noise.
type Extractor struct {
	inner         pika.Extractor
	promptVersion string
	cache         pika.Cache
	ttl           time.Duration
	now           func() time.Time
	embedder      pika.Embedder // nil: equal chunks alone
	guards        []chunkGuard
	likeness      []likenessGuard
	metrics       *Metrics
	flights       flights[answer]
}

// answer is an encoded extraction. Every caller decodes a copy of its own.
type answer struct {
	encoded []byte
	from    pika.LLMCache
}

// reading is one chunk that is read.
type reading struct {
	chunk    pika.Chunk
	key      string
	form     *chunkForm // nil: equal chunks alone
	alikeKey string     // names the chunks of its form; empty: it has none
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
		now:           o.Now,
		embedder:      o.Embedder,
		guards:        chunkGuards,
		likeness:      likenessGuards,
		metrics:       o.Metrics,
		flights:       flights[answer]{deadline: cmp.Or(o.Deadline, 5*time.Minute)},
	}
	if e.metrics == nil {
		e.metrics = NewMetrics(nil)
	}
	if e.now == nil {
		e.now = time.Now
	}
	return e
}

// Name implements pika.Extractor.
func (e *Extractor) Name() string { return e.inner.Name() }

// Extract implements pika.Extractor. An answer that was not paid for by this call has
// Cache LLMCacheExact or LLMCacheSemantic, no Tokens, and in Saved what it took when the
// model was asked.
func (e *Extractor) Extract(ctx context.Context, chunk pika.Chunk) (pika.Extraction, error) {
	if err := ctx.Err(); err != nil {
		return pika.Extraction{}, pika.Wrap(pika.CodeOf(err), err, "the call was given up before it began")
	}
	key := extractionKey(e.inner.Name(), e.promptVersion, chunk)
	a, led, err := e.flights.do(ctx, key, func(ctx context.Context) (answer, error) {
		return e.answer(ctx, e.newReading(key, chunk))
	})
	if err != nil {
		return pika.Extraction{}, err
	}
	extraction, err := decodeExtraction(a.encoded)
	if err != nil {
		return pika.Extraction{}, err
	}
	return e.given(extraction, a.from, led), nil
}

// given counts an answer and says where it is from. Who joined a call of the model has it
// for nothing.
func (e *Extractor) given(extraction pika.Extraction, from pika.LLMCache, led bool) pika.Extraction {
	if led && from != pika.LLMCacheExact {
		e.metrics.count(LLM, 0, 1)
	} else {
		e.metrics.count(LLM, 1, 0)
	}
	if led && from == pika.LLMCacheMiss {
		extraction.Cache = cmp.Or(extraction.Cache, pika.LLMCacheMiss)
		return extraction
	}
	if from == pika.LLMCacheMiss {
		from = pika.LLMCacheExact
	}
	e.metrics.countTokens(extraction.Tokens)
	extraction.Cache, extraction.Saved, extraction.Tokens = from, extraction.Tokens, pika.Tokens{}
	return extraction
}

func (e *Extractor) newReading(key string, chunk pika.Chunk) *reading {
	r := &reading{chunk: chunk, key: key}
	if e.embedder != nil {
		r.form = newChunkForm(e.inner.Name(), e.promptVersion, chunk)
		r.alikeKey = r.form.key(e.guards)
	}
	return r
}

// answer looks the chunk up and, if neither it nor one that says the same is there, asks
// the inner extractor. The look-up is part of the shared call: whoever comes just after
// one has ended finds its answer stored.
func (e *Extractor) answer(ctx context.Context, r *reading) (answer, error) {
	values := e.values(ctx, r.key, r.alikeKey)
	if k := e.readExtraction(values[r.key]); k != nil {
		if longer, ok := e.prolonged(*k); ok {
			e.keep(ctx, r, longer)
		}
		return encoded(k.Extraction, pika.LLMCacheExact)
	}
	if r.alikeKey != "" {
		k := e.readAlike(ctx, r, values[r.alikeKey])
		if k != nil {
			e.metrics.count(LLMSemantic, 1, 0)
			return encoded(k.Extraction, pika.LLMCacheSemantic)
		}
		e.metrics.count(LLMSemantic, 0, 1)
	}
	extraction, err := e.inner.Extract(ctx, r.chunk)
	if err != nil {
		return answer{}, err
	}
	e.keep(ctx, r, keptExtraction{MadeAt: e.now(), TTL: e.ttl, Extraction: extraction})
	return encoded(extraction, pika.LLMCacheMiss)
}

// readAlike returns the extraction of a chunk that says the same, with the sources of
// this one, and keeps it for both; nil: there is none.
func (e *Extractor) readAlike(ctx context.Context, r *reading, stored []byte) *keptExtraction {
	known := decodeAlike(stored, r.form)
	if known == nil {
		return nil
	}
	k := e.readExtraction(e.values(ctx, known.Key)[known.Key])
	if k == nil {
		return nil
	}
	for _, g := range e.likeness {
		if !g.passes(ctx, e.embedder, known, k.Extraction, r.form) {
			return nil
		}
	}
	here, ok := moved(k.Extraction, known, r.form)
	if !ok {
		return nil
	}
	longer, _ := e.prolonged(*k)
	if b, err := json.Marshal(longer); err == nil {
		_ = e.store(ctx, known.Key, b, longer.until().Sub(e.now()))
	}
	longer.Extraction = here
	e.keep(ctx, r, longer)
	return &longer
}

func encoded(extraction pika.Extraction, from pika.LLMCache) (answer, error) {
	b, err := json.Marshal(extraction)
	if err != nil {
		return answer{}, fmt.Errorf("encode an extraction: %w", err)
	}
	return answer{encoded: b, from: from}, nil
}

func decodeExtraction(b []byte) (pika.Extraction, error) {
	var extraction pika.Extraction
	if err := json.Unmarshal(b, &extraction); err != nil {
		return extraction, fmt.Errorf("decode an extraction: %w", err)
	}
	return extraction, nil
}
