package search

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/pikamem/pika"
)

// run is one search under way. Its contexts are members because facts and messages
// share them: legs ends before answer does.
type run struct {
	*Engine
	scope  pika.Scope
	query  pika.Query
	plan   Plan
	index  pika.Index
	ctx    context.Context // until the truth must have been read
	legCtx context.Context // until the legs must have answered

	embedding sync.WaitGroup // done when the next two are set
	vector    []float32      // the embedded question, made once for both corpora
	vectorErr error

	mu       sync.Mutex
	degraded map[pika.Leg]bool
}

func newRun(e *Engine, scope pika.Scope, q pika.Query, ctx, legCtx context.Context) *run {
	s := &run{
		Engine: e, scope: scope, query: q, plan: NewPlan(q), index: e.config.Index(),
		ctx: ctx, legCtx: legCtx, degraded: map[pika.Leg]bool{},
	}
	if s.plan.Weights.Vector > 0 {
		s.embedding.Go(s.embed)
	}
	return s
}

func (s *run) embed() {
	vectors, err := guarded(s.legCtx, s.embedder, func(ctx context.Context) ([][]float32, error) {
		return s.index.Embedder.Embed(ctx, pika.EmbedQuery, []string{s.plan.Text})
	})
	if err == nil && len(vectors) != 1 {
		err = pika.Errorf(pika.Internal, "the embedder returned %d vectors for one text", len(vectors))
	}
	if err != nil {
		s.degrade(pika.LegEmbedder, err)
		s.vectorErr = err
		return
	}
	s.vector = vectors[0]
}

// degrade names a part in the answer. The first time it says why in the log, but not
// what the guard only repeats, and softly what a caller's short deadline may cause.
func (s *run) degrade(leg pika.Leg, err error) {
	s.mu.Lock()
	known := s.degraded[leg]
	s.degraded[leg] = true
	s.mu.Unlock()
	if known || errors.Is(err, errOpen) || errors.Is(err, errFull) || errors.Is(err, context.Canceled) {
		return
	}
	level := slog.LevelWarn
	if errors.Is(err, errLate) {
		level = slog.LevelDebug
	}
	s.config.Log.Log(s.ctx, level, "search leg dropped", "leg", string(leg), "code", string(pika.CodeOf(err)), "error", err)
}

func (s *run) degradedLegs() []pika.Leg {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.degraded))
}

// factSource and messageSource say how to read each corpus from the truth.
func (s *run) factSource() source[pika.Fact] {
	return source[pika.Fact]{
		corpus: pika.CorpusFacts,
		read: func(ctx context.Context, ids []string) ([]pika.Fact, error) {
			return s.config.Facts.Get(ctx, s.scope, ids)
		},
		id:   func(f *pika.Fact) string { return f.ID },
		keep: FactFilter(s.scope, s.query, s.config.Now()),
	}
}

func (s *run) messageSource() source[pika.StoredMessage] {
	return source[pika.StoredMessage]{
		corpus: pika.CorpusMessages,
		read: func(ctx context.Context, keys []string) ([]pika.StoredMessage, error) {
			return s.config.Messages.GetMessages(ctx, s.scope, keys)
		},
		id:   func(m *pika.StoredMessage) string { return m.Key },
		keep: MessageFilter(s.query),
	}
}
