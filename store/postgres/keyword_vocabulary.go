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
func (db *DB) KeywordState(ctx context.Context, scope pika.Scope, corpus pika.Corpus) (string, error) {
	key, err := truth.CorpusKey(corpus)
	if err != nil {
		return "", err
	}
	var s keyword.Statistics
	var next uint32
	var version int
	err = db.do(ctx, operation{what: "read the keyword state", access: tenantOf(scope), search: true}, func(ctx context.Context, t *tx) error {
		s, next, version = keyword.Statistics{}, 0, 0
		return t.finish(ctx, into("SELECT documents, total_length, next, version FROM keyword_statistics WHERE scope = $1 AND corpus = $2",
			[]any{scope.ID(), key}, &s.Documents, &s.TotalLength, &next, &version))
	})
	if err != nil {
		return "", err
	}
	return keyword.State(s, next, version), nil
}
