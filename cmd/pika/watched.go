package main

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/pikamem/pika"
)

// watchedExtractor remembers how the last call of the language model ended, so that
// /readyz can say that it does not answer.
type watchedExtractor struct {
	pika.Extractor
	failure atomic.Pointer[string] // nil: it answered, or was not asked
}

// Extract implements pika.Extractor.
func (w *watchedExtractor) Extract(ctx context.Context, chunk pika.Chunk) (pika.Extraction, error) {
	extraction, err := w.Extractor.Extract(ctx, chunk)
	switch code := pika.CodeOf(err); {
	case err == nil:
		w.failure.Store(nil)
	case errors.Is(err, context.Canceled):
	case code == pika.Unavailable, code == pika.Timeout, code == pika.RateLimited, code == pika.Unauthenticated, code == pika.Forbidden:
		said := message(err)
		w.failure.Store(&said)
	}
	return extraction, err
}
