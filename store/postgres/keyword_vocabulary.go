package postgres

import (
	"context"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/truth"
)

// Vocabulary implements pika.Keyword.
func (db *DB) Vocabulary(ctx context.Context, scope pika.Scope, corpus pika.Corpus, limit int) ([]pika.TermDocuments, error) {
	key, err := truth.CheckVocabulary(corpus, limit)
	if err != nil {
		return nil, err
	}
	var vocabulary *keyword.Vocabulary
	err = db.do(ctx, operation{what: "read a vocabulary", access: tenantOf(scope), search: true}, func(ctx context.Context, t *tx) error {
		vocabulary = keyword.NewVocabulary(limit)
		return t.finish(ctx, query(func(s scan) error {
			var term string
			var block []byte
			err := s(&term, &block)
			vocabulary.Add(term, block)
			return err
		}, "SELECT term, block FROM postings WHERE scope = $1 AND corpus = $2 ORDER BY term, first", scope.ID(), key))
	})
	if err != nil {
		return nil, err
	}
	return vocabulary.Terms(), nil
}

// KeywordState implements pika.Keyword.
func (db *DB) KeywordState(ctx context.Context, scope pika.Scope) (pika.KeywordState, error) {
	var corpora []keyword.CorpusState
	err := db.do(ctx, operation{what: "read the keyword state", access: tenantOf(scope), search: true}, func(ctx context.Context, t *tx) error {
		corpora = nil
		return t.finish(ctx, query(func(s scan) error {
			var c keyword.CorpusState
			var corpus int
			err := s(&corpus, &c.Documents, &c.TotalLength, &c.Next, &c.Version)
			c.Corpus = truth.CorpusOf(corpus)
			corpora = append(corpora, c)
			return err
		}, "SELECT corpus, documents, total_length, next, version FROM keyword_statistics WHERE scope = $1 ORDER BY corpus", scope.ID()))
	})
	if err != nil {
		return pika.KeywordState{}, err
	}
	return keyword.State(corpora), nil
}
