package postgres

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

// index is what a transaction knows of one user's keyword index and what it changes
// there: the blocks it may touch are read in one statement, changed here, and written
// in one.
type index struct {
	scope  pika.Scope
	corpus int

	statistics keyword.Statistics
	next       uint32 // the number of the next document
	blocks     map[blockKey][]byte
	begins     map[string][]uint32 // by term: where its loaded blocks begin
	last       map[string]uint32   // by term: where its last block begins
	changed    map[blockKey]bool
	counted    bool // statistics or next changed
}

type blockKey struct {
	term  string
	first uint32
}

func newIndex(scope pika.Scope, corpus int) *index {
	return &index{
		scope: scope, corpus: corpus, next: 1,
		blocks: map[blockKey][]byte{}, begins: map[string][]uint32{}, last: map[string]uint32{}, changed: map[blockKey]bool{},
	}
}

// load makes the statement that reads the statistics.
func (x *index) load() statement {
	return into("SELECT documents, total_length, next FROM keyword_statistics WHERE scope = $1 AND corpus = $2",
		[]any{x.scope.ID(), x.corpus}, &x.statistics.Documents, &x.statistics.TotalLength, &x.next)
}

// loadLast makes the statements that read the statistics and the last block of each term.
func (x *index) loadLast(terms []string) []statement {
	if len(terms) == 0 {
		return []statement{x.load()}
	}
	ends := slices.Repeat([]int64{math.MaxUint32}, len(terms))
	return []statement{x.load(), x.loadHolding(terms, ends)}
}

// loadHolding makes the statement that reads of each term the block that holds the
// document beside it, or would: the last one that begins at or before it.
func (x *index) loadHolding(terms []string, documents []int64) statement {
	return query(x.keep, `SELECT t.term, p.first, p.block, t.document
		FROM unnest($3::text[], $4::bigint[]) AS t (term, document)
		CROSS JOIN LATERAL (SELECT first, block FROM postings
			WHERE scope = $1 AND corpus = $2 AND term = t.term COLLATE "C" AND first <= t.document ORDER BY first DESC LIMIT 1) p`,
		x.scope.ID(), x.corpus, terms, documents)
}

func (x *index) keep(s scan) error {
	var key blockKey
	var block []byte
	var document int64
	if err := s(&key.term, &key.first, &block, &document); err != nil {
		return err
	}
	if _, loaded := x.blocks[key]; !loaded {
		x.begins[key.term] = append(x.begins[key.term], key.first)
	}
	x.blocks[key] = block
	if document == math.MaxUint32 {
		x.last[key.term] = key.first
	}
	return nil
}

// add indexes documents under the numbers that follow and returns the first. The last
// blocks of their terms must be loaded.
func (x *index) add(documents []keyword.Document) (first uint32, err error) {
	first = x.next
	if len(documents) == 0 {
		return first, nil
	}
	keyword.Number(documents, first)
	if err := x.addPostings(documents); err != nil {
		return 0, err
	}
	x.statistics.Add(documents...)
	x.next, x.counted = first+uint32(len(documents)), true
	return first, nil
}

// addPostings indexes documents with numbers above all that are indexed.
func (x *index) addPostings(documents []keyword.Document) error {
	added := keyword.Postings(documents)
	for _, term := range slices.Sorted(maps.Keys(added)) {
		if err := x.extend(term, added[term]); err != nil {
			return err
		}
	}
	return nil
}

func (x *index) extend(term string, added []keyword.Posting) error {
	var last *keyword.Block
	if first, ok := x.last[term]; ok {
		if data := x.blocks[blockKey{term, first}]; len(data) > 0 {
			last = &keyword.Block{First: first, Data: data}
		}
	}
	blocks, err := keyword.Extend(last, added)
	for _, b := range blocks {
		x.set(blockKey{term, b.First}, b.Data)
		x.last[term] = b.First
	}
	return err
}

func (x *index) set(key blockKey, data []byte) {
	x.blocks[key], x.changed[key] = data, true
}

// countFacts counts facts for the index.
func countFacts(facts []pika.Fact) []keyword.Document {
	return column(facts, func(f *pika.Fact) keyword.Document { return keyword.Count(f.Text) })
}

// termsOf returns the distinct terms of documents.
func termsOf(documents []keyword.Document) []string {
	return slices.Sorted(maps.Keys(keyword.Postings(documents)))
}

// holding returns the terms of documents, each beside the number of its document.
func holding(documents []keyword.Document) (terms []string, numbers []int64) {
	for _, d := range documents {
		for _, t := range d.Terms {
			terms, numbers = append(terms, t.Term), append(numbers, int64(d.Number))
		}
	}
	return terms, numbers
}

// remove takes documents out, which must be what was indexed. The blocks that hold them
// must be loaded.
func (x *index) remove(documents []keyword.Document) error {
	for _, d := range documents {
		for _, t := range d.Terms {
			if err := x.removeTerm(t.Term, d.Number); err != nil {
				return err
			}
		}
		x.counted = true
	}
	x.statistics.Remove(documents...)
	return nil
}

func (x *index) removeTerm(term string, document uint32) error {
	key, ok := x.holder(term, document)
	if !ok || len(x.blocks[key]) == 0 {
		return nil
	}
	rest, ok, err := keyword.Remove(x.blocks[key], document)
	if err != nil || !ok {
		return err
	}
	x.set(key, rest)
	return nil
}

// holder returns the loaded block of the term that begins last at or before document.
func (x *index) holder(term string, document uint32) (found blockKey, ok bool) {
	for _, first := range x.begins[term] {
		if first <= document && (!ok || first > found.first) {
			found, ok = blockKey{term, first}, true
		}
	}
	return found, ok
}

// save makes the statements that write what changed.
func (x *index) save() []statement {
	var terms, goneTerms []string
	var firsts, goneFirsts []int64
	var blocks [][]byte
	for _, key := range slices.SortedFunc(maps.Keys(x.changed), func(a, b blockKey) int {
		return cmp.Or(cmp.Compare(a.term, b.term), cmp.Compare(a.first, b.first))
	}) {
		if data := x.blocks[key]; len(data) == 0 {
			goneTerms, goneFirsts = append(goneTerms, key.term), append(goneFirsts, int64(key.first))
		} else {
			terms, firsts, blocks = append(terms, key.term), append(firsts, int64(key.first)), append(blocks, data)
		}
	}
	id := x.scope.ID()
	var statements []statement
	if len(terms) > 0 {
		statements = append(statements, exec(`INSERT INTO postings (scope, corpus, tenant, term, first, block)
			SELECT $1, $2, $3, * FROM unnest($4::text[], $5::bigint[], $6::bytea[])
			ON CONFLICT (scope, corpus, term, first) DO UPDATE SET block = excluded.block`,
			id, x.corpus, x.scope.Tenant, terms, firsts, blocks))
	}
	if len(goneTerms) > 0 {
		statements = append(statements, exec(`DELETE FROM postings p USING unnest($3::text[], $4::bigint[]) AS g (term, first)
			WHERE p.scope = $1 AND p.corpus = $2 AND p.term = g.term COLLATE "C" AND p.first = g.first`, id, x.corpus, goneTerms, goneFirsts))
	}
	if x.counted {
		statements = append(statements, exec(`INSERT INTO keyword_statistics (scope, corpus, tenant, documents, total_length, next, version)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (scope, corpus) DO UPDATE
			SET documents = excluded.documents, total_length = excluded.total_length, next = excluded.next`,
			id, x.corpus, x.scope.Tenant, x.statistics.Documents, x.statistics.TotalLength, int64(x.next), keyword.Version))
	}
	return statements
}
