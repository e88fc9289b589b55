package search

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pikamem/pika"
)

// run is one search under way. Its contexts are members because facts and messages
// share them: legs ends before answer does.
type run struct {
	*Engine
	scope     pika.Scope
	query     pika.Query
	now       time.Time
	plan      Plan
	questions []string // the plan's: the whole, then its parts
	index     pika.Index
	ctx       context.Context // until the truth must have been read
	firstCtx  context.Context // … read at all, so that there is an answer
	legCtx    context.Context // until the legs must have answered

	matching *matching // nil: no filter confines the legs

	learning   sync.Once
	learned    chan struct{} // closed when vocabulary is set
	vocabulary *Vocabulary   // nil: it could not be read

	embedding sync.WaitGroup // done when the next two are set
	vectors   [][]float32    // the embedded questions, made once for both corpora
	vectorErr error

	ofParts [][]Evidence // what was found among facts for the parts of the plan

	incomplete atomic.Bool // the vocabulary, or what filters leave, was not known in time
	silent     atomic.Bool // the graph leg says nothing, as too many facts touch an entity of the question

	mu       sync.Mutex
	degraded map[pika.Leg]bool
}

func newRun(e *Engine, scope pika.Scope, q pika.Query, ctx, legCtx context.Context) *run {
	s := &run{
		Engine: e, scope: scope, query: q, now: e.config.Now(), index: e.config.Index(),
		ctx: ctx, firstCtx: ctx, legCtx: legCtx, learned: make(chan struct{}), degraded: map[pika.Leg]bool{},
	}
	if confines(q.Filters) {
		s.matching = &matching{known: make(chan struct{})}
		go s.match()
	}
	s.plan = NewPlan(q, func() *Vocabulary { return s.knownWords(legCtx) }, s.now)
	s.questions = s.plan.questions()
	if s.plan.Weights.Vector > 0 {
		s.embedding.Go(s.embed)
	}
	return s
}

// learn reads the user's vocabulary. Without it the question is taken as it was typed,
// which the answer does not need to name: nothing is left out.
func (s *run) learn() {
	defer close(s.learned)
	v, err := s.vocabularies.of(s.legCtx, s.scope)
	if err != nil {
		s.incomplete.Store(true)
		s.config.Log.Debug("a question is read without the user's vocabulary", "code", string(pika.CodeOf(err)), "error", err)
		return
	}
	s.vocabulary = v
}

// knownWords waits for the user's vocabulary, at most a share of the time: nil without.
func (s *run) knownWords(ctx context.Context) *Vocabulary {
	s.learning.Do(func() { go s.learn() })
	select {
	case <-s.learned: // also if ctx has ended since
		return s.vocabulary
	default:
	}
	patience, cancel := context.WithTimeout(ctx, vocabularyPatience(ctx))
	defer cancel()
	select {
	case <-s.learned:
		return s.vocabulary
	case <-patience.Done():
		s.incomplete.Store(true)
		return nil
	}
}

// vocabularyPatience is how long a leg waits for the vocabulary: a third of its time.
func vocabularyPatience(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Second
	}
	return time.Until(deadline) / 3
}

func (s *run) embed() {
	texts := make([]string, len(s.questions))
	for i, q := range s.questions {
		texts[i] = embedded(q)
	}
	vectors, err := guardedFor(s.legCtx, s.Engine.embedder, fairShareOf(texts), func(ctx context.Context) ([][]float32, error) {
		return s.index.Embedder.Embed(ctx, pika.EmbedQuery, texts)
	})
	if err == nil && len(vectors) != len(s.questions) {
		err = pika.Errorf(pika.Internal, "the embedder returned %d vectors for %d texts", len(vectors), len(s.questions))
	}
	if err != nil {
		s.degrade(pika.LegEmbedder, err)
		s.vectorErr = err
		return
	}
	s.vectors = vectors
}

// fairShareOf is how long embedding texts may take before its lateness tells of the embedder
// and not of the texts: whoever asks long questions must not close it to the others.
func fairShareOf(texts []string) time.Duration {
	length := 0
	for _, t := range texts {
		length += len(t)
	}
	return fairShare * time.Duration(1+length/shortQuestions)
}

// shortQuestions is how long, in bytes, texts are that any embedder has read within fairShare.
const shortQuestions = 200

// What is embedded of a long question: its beginning and its end, where people say what
// they ask. The time that an embedder takes grows faster than the text: one of 2,048 bytes
// would take more than a search has, and the time of others with it.
const (
	embeddedHead = 384 // bytes
	embeddedTail = 256
)

func embedded(question string) string {
	if len(question) <= embeddedHead+embeddedTail {
		return question
	}
	head, tail := question[:embeddedHead], question[len(question)-embeddedTail:]
	return strings.ToValidUTF8(head, "") + " " + strings.ToValidUTF8(tail, "")
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
	if errors.Is(err, errLate) || s.ctx.Err() != nil {
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
		keep: FactFilter(s.scope, s.query, s.now),
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
