package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/truth"
)

// vocabularyPage is how many blocks a vocabulary is read in at once.
const vocabularyPage = 4096

// blocksPage returns a page of a corpus' blocks as one text, in the order of the primary
// key: a line per block, with the term, the block's key and the block in hexadecimal
// digits. A row of its own for each block would take three times as long: what is slow is
// not SQLite but the way of a row to Go. No term holds a space or a line break.
const blocksPage = `SELECT group_concat(term || ' ' || first || ' ' || hex(block), char(10)) FROM (
	SELECT term, first, block FROM postings WHERE scope = ? AND corpus = ? AND (term, first) > (?, ?) ORDER BY term, first LIMIT ?)`

// Vocabulary implements pika.Keyword.
func (db *DB) Vocabulary(ctx context.Context, scope pika.Scope, corpus pika.Corpus, limit int) ([]pika.TermDocuments, error) {
	c, err := truth.CheckVocabulary(corpus, limit)
	if err != nil {
		return nil, err
	}
	var terms []pika.TermDocuments
	err = db.read(ctx, "read a vocabulary", func(tx querier) error {
		key, found, err := db.scopeKey(ctx, tx, scope, false)
		if err != nil || !found {
			return err
		}
		vocabulary := keyword.NewVocabulary(limit)
		err = readBlocks(ctx, tx, key, c, vocabulary)
		terms = vocabulary.Terms()
		return err
	})
	return terms, err
}

// readBlocks counts all blocks of a corpus into a vocabulary.
func readBlocks(ctx context.Context, tx querier, scope int64, corpus int, v *keyword.Vocabulary) error {
	term, first := "", int64(-1)
	for {
		var page sql.Null[string]
		err := tx.QueryRowContext(ctx, blocksPage, scope, corpus, term, first, vocabularyPage).Scan(&page)
		if err != nil || !page.Valid {
			return err
		}
		if term, first, err = addPage(v, page.V); err != nil {
			return err
		}
	}
}

// addPage counts a page's blocks in and returns the key of the last.
func addPage(v *keyword.Vocabulary, page string) (term string, first int64, err error) {
	var block []byte
	var rest, number string
	for line := range strings.SplitSeq(page, "\n") {
		term, rest, _ = strings.Cut(line, " ")
		number, rest, _ = strings.Cut(rest, " ")
		if block, err = hex.AppendDecode(block[:0], []byte(rest)); err != nil {
			return "", 0, err
		}
		term = strings.Clone(term) // lest a short term hold the whole page in memory
		v.Add(term, block)
	}
	first, err = strconv.ParseInt(number, 10, 64)
	return term, first, err
}

// KeywordState implements pika.Keyword.
func (db *DB) KeywordState(ctx context.Context, scope pika.Scope) (pika.KeywordState, error) {
	var corpora []keyword.CorpusState
	err := db.read(ctx, "read the keyword state", func(tx querier) (err error) {
		corpora, err = readCorpusStates(ctx, tx, scope)
		return err
	})
	if err != nil {
		return pika.KeywordState{}, err
	}
	return keyword.State(corpora), nil
}

func readCorpusStates(ctx context.Context, tx querier, scope pika.Scope) (corpora []keyword.CorpusState, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT k.corpus, k.documents, k.total_length, k.next, k.version FROM keyword_statistics k
		JOIN scopes s ON s.key = k.scope WHERE s.id = ? ORDER BY k.corpus`, scope.ID())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c keyword.CorpusState
		var corpus int
		if err := rows.Scan(&corpus, &c.Documents, &c.TotalLength, &c.Next, &c.Version); err != nil {
			return nil, err
		}
		c.Corpus = truth.CorpusOf(corpus)
		corpora = append(corpora, c)
	}
	return corpora, rows.Err()
}
