package search

import (
	"context"
	"fmt"

	"github.com/maypok86/otter/v2"
	"github.com/pikamem/pika"
)

// vocabularyBytes bounds the vocabularies in memory, of all users together.
const vocabularyBytes = 32 << 20

// vocabularies keeps the vocabularies of the users that were searched last.
type vocabularies struct {
	keyword pika.Keyword
	cache   *otter.Cache[pika.Scope, known]
}

// known is a vocabulary and the state of the memory that it was made from.
type known struct {
	state      string
	vocabulary *Vocabulary
}

func newVocabularies(k pika.Keyword) *vocabularies {
	return &vocabularies{keyword: k, cache: otter.Must(&otter.Options[pika.Scope, known]{
		MaximumWeight: vocabularyBytes,
		Weigher:       func(_ pika.Scope, k known) uint32 { return uint32(k.vocabulary.size) + bytesPerTerm },
	})}
}

var corpora = []pika.Corpus{pika.CorpusFacts, pika.CorpusMessages}

// of returns the user's vocabulary as of now: the one in memory if nothing was written
// since.
func (v *vocabularies) of(ctx context.Context, scope pika.Scope) (*Vocabulary, error) {
	state := ""
	for _, c := range corpora {
		token, err := v.keyword.KeywordState(ctx, scope, c)
		if err != nil {
			return nil, fmt.Errorf("look whether the vocabulary changed: %w", err)
		}
		state += token + "\n"
	}
	if k, ok := v.cache.GetIfPresent(scope); ok && k.state == state {
		return k.vocabulary, nil
	}
	lists := make([][]pika.TermDocuments, len(corpora))
	for i, c := range corpora {
		var err error
		if lists[i], err = v.keyword.Vocabulary(ctx, scope, c, pika.MaxVocabulary); err != nil {
			return nil, fmt.Errorf("read the vocabulary: %w", err)
		}
	}
	made := NewVocabulary(lists...)
	v.cache.Set(scope, known{state, made})
	return made, nil
}
