package search

import (
	"context"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/pikamem/pika"
	"golang.org/x/sync/singleflight"
)

// vocabularyBytes bounds the vocabularies in memory, of all users together.
const vocabularyBytes = 32 << 20

// vocabularyTime bounds one reading of a vocabulary.
const vocabularyTime = 5 * time.Second

// vocabularies keeps the vocabularies of the users that were searched last.
type vocabularies struct {
	keyword pika.Keyword
	guard   *guard
	cache   *otter.Cache[pika.Scope, known]
	reading singleflight.Group
}

// known is a vocabulary and the state of the memory that it was made from.
type known struct {
	state      string
	vocabulary *Vocabulary
}

func newVocabularies(k pika.Keyword, g *guard) *vocabularies {
	return &vocabularies{keyword: k, guard: g, cache: otter.Must(&otter.Options[pika.Scope, known]{
		MaximumWeight: vocabularyBytes,
		Weigher:       func(_ pika.Scope, k known) uint32 { return uint32(k.vocabulary.size) + bytesPerTerm },
	})}
}

var corpora = []pika.Corpus{pika.CorpusFacts, pika.CorpusMessages}

// of returns the user's vocabulary as of now: the one in memory if nothing was written
// since. A large one may take longer to read than a search has: it is read on when ctx
// has ended, once for all searches that wait for it, and is there for the next.
func (v *vocabularies) of(ctx context.Context, scope pika.Scope) (*Vocabulary, error) {
	state, err := guarded(ctx, v.guard, func(ctx context.Context) (pika.KeywordState, error) { return v.keyword.KeywordState(ctx, scope) })
	if err != nil {
		return nil, fmt.Errorf("look whether the vocabulary changed: %w", err)
	}
	if k, ok := v.cache.GetIfPresent(scope); ok && k.state == state.Token {
		return k.vocabulary, nil
	}
	result := v.reading.DoChan(scope.ID()+state.Token, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), vocabularyTime)
		defer cancel()
		made, err := guarded(ctx, v.guard, func(ctx context.Context) (*Vocabulary, error) { return v.read(ctx, scope) })
		if err == nil {
			made.facts, made.length = state.Documents[pika.CorpusFacts], state.Lengths[pika.CorpusFacts]
			v.cache.Set(scope, known{state.Token, made})
		}
		return made, err
	})
	select {
	case r := <-result:
		made, _ := r.Val.(*Vocabulary)
		return made, r.Err
	case <-ctx.Done():
		return nil, fmt.Errorf("read the vocabulary: %w: %w", errLate, ctx.Err())
	}
}

func (v *vocabularies) read(ctx context.Context, scope pika.Scope) (*Vocabulary, error) {
	lists := make([][]pika.TermDocuments, len(corpora))
	for i, c := range corpora {
		var err error
		if lists[i], err = v.keyword.Vocabulary(ctx, scope, c, pika.MaxVocabulary); err != nil {
			return nil, fmt.Errorf("read the vocabulary: %w", err)
		}
	}
	return NewVocabulary(lists...), nil
}
