package postgres

import (
	"context"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/truth"
)

var _ pika.Keyword = (*DB)(nil)

// SearchKeyword implements pika.Keyword.
func (db *DB) SearchKeyword(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query pika.KeywordQuery, limit int) ([]pika.Scored, error) {
	key, err := truth.CheckSearch(corpus, query, limit)
	if err != nil {
		return nil, err
	}
	if len(query) == 0 {
		return nil, notBegun(ctx, "search keywords")
	}
	var hits []pika.Scored
	err = db.do(ctx, operation{what: "search keywords", access: tenantOf(scope), search: true}, func(ctx context.Context, t *tx) error {
		ranking, err := rank(ctx, t, scope, key, query)
		if err != nil {
			return err
		}
		hits = nil
		return t.finish(ctx, identify(&hits, scope, corpus, ranking.Top(limit), limit)...)
	})
	if err != nil {
		return nil, err
	}
	return keyword.Cut(hits, limit), nil
}

// rank feeds the corpus' statistics and the terms' blocks into the formula.
func rank(ctx context.Context, t *tx, scope pika.Scope, corpus int, q pika.KeywordQuery) (*keyword.Ranking, error) {
	x := newIndex(scope, corpus)
	terms := keyword.QueryTerms(q)
	blocks := make(map[string][][]byte, len(terms))
	err := t.run(ctx, x.load(), query(func(s scan) error {
		var term string
		var block []byte
		err := s(&term, &block)
		blocks[term] = append(blocks[term], block)
		return err
	}, "SELECT term, block FROM postings WHERE scope = $1 AND corpus = $2 AND term = ANY($3)", scope.ID(), corpus, terms))
	if err != nil {
		return nil, err
	}
	ranking := keyword.NewRanking(x.statistics)
	return ranking, ranking.AddQuery(q, blocks)
}

// identify makes the statements that give the hits their ids. Of those that tie for the
// last places, which may be all of a user's documents, only as many are read as there
// are places.
func identify(scored *[]pika.Scored, scope pika.Scope, corpus pika.Corpus, hits []keyword.Hit, limit int) []statement {
	sure, tied := keyword.Split(hits, limit)
	var statements []statement
	for _, part := range []struct {
		hits  []keyword.Hit
		limit int
	}{{sure, len(sure)}, {tied, limit - len(sure)}} {
		if len(part.hits) > 0 {
			statements = append(statements, identifyPart(scored, scope, corpus, part.hits, part.limit))
		}
	}
	return statements
}

var identifyQueries = map[pika.Corpus]string{
	pika.CorpusFacts:    "SELECT document, id FROM facts WHERE scope = $1 AND document = ANY($2) ORDER BY id LIMIT $3",
	pika.CorpusMessages: "SELECT document, id FROM messages WHERE scope = $1 AND document = ANY($2) ORDER BY id LIMIT $3",
}

func identifyPart(scored *[]pika.Scored, scope pika.Scope, corpus pika.Corpus, hits []keyword.Hit, limit int) statement {
	scores := make(map[int64]float64, len(hits))
	for _, h := range hits {
		scores[int64(h.Document)] = h.Score
	}
	read := func(s scan) (pika.Scored, error) {
		var document int64
		var hit pika.Scored
		err := s(&document, &hit.ID)
		hit.Score = scores[document]
		return hit, err
	}
	return collect(scored, read, identifyQueries[corpus], scope.ID(), column(hits, func(h *keyword.Hit) int64 { return int64(h.Document) }), limit)
}
