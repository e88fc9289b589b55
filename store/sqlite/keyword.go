package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/truth"
)

var _ pika.Keyword = (*DB)(nil)

// SearchKeyword implements pika.Keyword.
func (db *DB) SearchKeyword(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query pika.KeywordQuery, limit int) ([]pika.Scored, error) {
	c, err := truth.CheckSearch(corpus, query, limit)
	if err != nil {
		return nil, err
	}
	var hits []pika.Scored
	err = db.read(ctx, "search keywords", func(tx querier) error {
		key, found, err := db.scopeKey(ctx, tx, scope, false)
		if err != nil || !found || len(query) == 0 {
			return err
		}
		ranking, err := rank(ctx, tx, key, c, query)
		if err != nil {
			return err
		}
		hits, err = identifyTop(ctx, tx, key, corpus, ranking.Top(limit), limit)
		return err
	})
	return keyword.Cut(hits, limit), err
}

// rank feeds the corpus' statistics and the terms' blocks into the formula.
func rank(ctx context.Context, tx querier, scope int64, corpus int, query pika.KeywordQuery) (*keyword.Ranking, error) {
	statistics, _, err := loadStatistics(ctx, tx, scope, corpus)
	if err != nil {
		return nil, err
	}
	blocks, err := loadBlocks(ctx, tx, scope, corpus, keyword.QueryTerms(query))
	if err != nil {
		return nil, err
	}
	ranking := keyword.NewRanking(statistics)
	return ranking, ranking.AddQuery(query, blocks)
}

func loadBlocks(ctx context.Context, tx querier, scope int64, corpus int, terms []string) (map[string][][]byte, error) {
	rows, err := tx.QueryContext(ctx, `SELECT term, block FROM postings
		WHERE scope = ? AND corpus = ? AND term IN (SELECT value FROM json_each(?))`, scope, corpus, jsonList(terms))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	blocks := make(map[string][][]byte, len(terms))
	for rows.Next() {
		var term string
		var block []byte
		if err := rows.Scan(&term, &block); err != nil {
			return nil, err
		}
		blocks[term] = append(blocks[term], block)
	}
	return blocks, rows.Err()
}

// The queries that turn document numbers into ids, those with the lowest ids first.
// The plus keeps SQLite from walking all of a user's rows in the order of ids.
var identifyQueries = map[pika.Corpus]string{
	pika.CorpusFacts: `SELECT document, id FROM facts
		WHERE scope = ? AND document IN (SELECT value FROM json_each(?)) ORDER BY +id LIMIT ?`,
	pika.CorpusMessages: `SELECT document, id FROM messages
		WHERE scope = ? AND document IN (SELECT value FROM json_each(?)) ORDER BY +id LIMIT ?`,
}

// identifyTop gives the hits their ids. Of those that tie for the last places, which
// may be all of a user's documents, it reads only as many as there are places.
func identifyTop(ctx context.Context, tx querier, scope int64, corpus pika.Corpus, hits []keyword.Hit, limit int) ([]pika.Scored, error) {
	sure, tied := keyword.Split(hits, limit)
	best, err := identify(ctx, tx, scope, corpus, sure, len(sure))
	if err != nil {
		return nil, err
	}
	lowest, err := identify(ctx, tx, scope, corpus, tied, limit-len(sure))
	return append(best, lowest...), err
}

func identify(ctx context.Context, tx querier, scope int64, corpus pika.Corpus, hits []keyword.Hit, limit int) ([]pika.Scored, error) {
	if len(hits) == 0 {
		return nil, nil
	}
	scores := make(map[uint32]float64, len(hits))
	for _, h := range hits {
		scores[h.Document] = h.Score
	}
	rows, err := tx.QueryContext(ctx, identifyQueries[corpus], scope, jsonList(slices.Collect(maps.Keys(scores))), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	scored := make([]pika.Scored, 0, min(limit, len(hits)))
	for rows.Next() {
		var document uint32
		var id string
		if err := rows.Scan(&document, &id); err != nil {
			return nil, err
		}
		scored = append(scored, pika.Scored{ID: id, Score: scores[document]})
	}
	return scored, rows.Err()
}

// jsonList makes one SQL argument of many values, so that a query's text does not
// depend on how many there are.
func jsonList[T string | uint32 | [2]string](values []T) string {
	b, err := json.Marshal(values)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return string(b)
}

func loadStatistics(ctx context.Context, tx querier, scope int64, corpus int) (s keyword.Statistics, next uint32, err error) {
	err = tx.QueryRowContext(ctx, "SELECT documents, total_length, next FROM keyword_statistics WHERE scope = ? AND corpus = ?", scope, corpus).
		Scan(&s.Documents, &s.TotalLength, &next)
	if errors.Is(err, sql.ErrNoRows) {
		return s, 1, nil
	}
	return s, next, err
}

func saveStatistics(ctx context.Context, tx querier, scope int64, corpus int, s keyword.Statistics, next uint32) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO keyword_statistics (scope, corpus, documents, total_length, next, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
		ON CONFLICT DO UPDATE SET documents = ?3, total_length = ?4, next = ?5`, scope, corpus, s.Documents, s.TotalLength, next, keyword.Version)
	return err
}

// addDocuments indexes documents under the numbers that follow and returns the first.
func addDocuments(ctx context.Context, tx querier, scope int64, corpus int, documents []keyword.Document) (first uint32, err error) {
	statistics, first, err := loadStatistics(ctx, tx, scope, corpus)
	if err != nil || len(documents) == 0 {
		return first, err
	}
	keyword.Number(documents, first)
	if err := addPostings(ctx, tx, scope, corpus, documents); err != nil {
		return 0, err
	}
	statistics.Add(documents...)
	return first, saveStatistics(ctx, tx, scope, corpus, statistics, first+uint32(len(documents)))
}

// addPostings indexes documents with numbers above all that are indexed.
func addPostings(ctx context.Context, tx querier, scope int64, corpus int, documents []keyword.Document) error {
	added := keyword.Postings(documents)
	for _, term := range slices.Sorted(maps.Keys(added)) {
		if err := extendTerm(ctx, tx, scope, corpus, term, added[term]); err != nil {
			return err
		}
	}
	return nil
}

func extendTerm(ctx context.Context, tx querier, scope int64, corpus int, term string, added []keyword.Posting) error {
	last, err := lastBlock(ctx, tx, scope, corpus, term, 1<<32-1)
	if err != nil {
		return err
	}
	blocks, err := keyword.Extend(last, added)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		if err := saveBlock(ctx, tx, scope, corpus, term, b); err != nil {
			return err
		}
	}
	return nil
}

// lastBlock returns the term's block that holds document, or would: the last one that
// begins at or before it. It is nil if there is none.
func lastBlock(ctx context.Context, tx querier, scope int64, corpus int, term string, document uint32) (*keyword.Block, error) {
	var b keyword.Block
	err := tx.QueryRowContext(ctx, `SELECT first, block FROM postings
		WHERE scope = ? AND corpus = ? AND term = ? AND first <= ? ORDER BY first DESC LIMIT 1`, scope, corpus, term, document).
		Scan(&b.First, &b.Data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &b, err
}

func saveBlock(ctx context.Context, tx querier, scope int64, corpus int, term string, b keyword.Block) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO postings (scope, corpus, term, first, block) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT DO UPDATE SET block = ?5`, scope, corpus, term, b.First, b.Data)
	return err
}

// removeDocument takes a document out of the index. It must be what was indexed.
func removeDocument(ctx context.Context, tx querier, scope int64, corpus int, d keyword.Document) error {
	for _, t := range d.Terms {
		if err := removeTerm(ctx, tx, scope, corpus, t.Term, d.Number); err != nil {
			return err
		}
	}
	statistics, next, err := loadStatistics(ctx, tx, scope, corpus)
	if err != nil {
		return err
	}
	statistics.Remove(d)
	return saveStatistics(ctx, tx, scope, corpus, statistics, next)
}

func removeTerm(ctx context.Context, tx querier, scope int64, corpus int, term string, document uint32) error {
	b, err := lastBlock(ctx, tx, scope, corpus, term, document)
	if err != nil || b == nil {
		return err
	}
	rest, ok, err := keyword.Remove(b.Data, document)
	if err != nil || !ok {
		return err
	}
	if len(rest) > 0 {
		return saveBlock(ctx, tx, scope, corpus, term, keyword.Block{First: b.First, Data: rest})
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM postings WHERE scope = ? AND corpus = ? AND term = ? AND first = ?", scope, corpus, term, b.First)
	return err
}
