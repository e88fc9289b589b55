package cache

import (
	"context"
	"encoding/json"
	"time"

	"github.com/pikamem/pika"
)

// longestExtractionTTL bounds how long repetitions keep an extraction, counted from when
// the model was asked: however often a wrong one is asked for, it ends.
const longestExtractionTTL = time.Hour

// keptExtraction is an extraction as it is stored, with the tokens that it took.
type keptExtraction struct {
	MadeAt     time.Time       `json:"made_at"`
	TTL        time.Duration   `json:"ttl"` // since MadeAt, in nanoseconds
	Extraction pika.Extraction `json:"extraction"`
}

func (k *keptExtraction) until() time.Time { return k.MadeAt.Add(k.TTL) }

// prolonged returns k kept twice as long, as a chunk that is repeated once is likely to be
// again, and whether that is longer.
func (e *Extractor) prolonged(k keptExtraction) (keptExtraction, bool) {
	ttl := max(min(2*k.TTL, longestExtractionTTL), k.TTL)
	longer := ttl > k.TTL
	k.TTL = ttl
	return k, longer
}

// readExtraction returns the extraction that is stored, nil: none that can be read and is in
// time.
func (e *Extractor) readExtraction(b []byte) *keptExtraction {
	var k keptExtraction
	if json.Unmarshal(b, &k) != nil || k.TTL <= 0 || !e.now().Before(k.until()) {
		return nil
	}
	return &k
}

// values returns what is stored under keys, empty ones left out.
func (e *Extractor) values(ctx context.Context, keys ...string) map[string][]byte {
	var asked []string
	for _, k := range keys {
		if k != "" {
			asked = append(asked, k)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, cacheDeadline)
	defer cancel()
	values, err := e.cache.GetValues(ctx, asked...)
	if err != nil {
		return nil
	}
	return values
}

// keep stores an extraction if it can, and for chunks of the same form where it is: what is
// lost is only paid for again.
func (e *Extractor) keep(ctx context.Context, r *reading, k keptExtraction) {
	b, err := json.Marshal(k)
	if err != nil || len(b) > maxExtractionBytes || len(k.Extraction.Unread) > 0 {
		return
	}
	ttl := k.until().Sub(e.now())
	if ttl <= 0 || e.store(ctx, r.key, b, ttl) != nil || r.alikeKey == "" {
		return
	}
	if a := newAlike(r.key, r.form); a != nil {
		if b, err := json.Marshal(a); err == nil {
			_ = e.store(ctx, r.alikeKey, b, ttl)
		}
	}
}

func (e *Extractor) store(ctx context.Context, key string, b []byte, ttl time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, cacheDeadline)
	defer cancel()
	return e.cache.SetValue(ctx, key, b, ttl)
}
