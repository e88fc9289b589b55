// Package keyword is exact BM25: how a text becomes postings, of its words and of the
// concepts it names, how postings are laid out in blocks, and how a query's blocks become
// a ranking.
//
// A facts store keeps the blocks and the statistics of each user's corpus and hands
// them in; formula, tokens and layout stand here once, so that the same corpus gives
// the same ranking in every store. Documents are numbered by the store: 1, 2, 3, … per
// user and corpus, never reused.
//
// What may come in: pure functions over text, blocks and statistics. What may
// not: SQL, contexts, what a question means.
package keyword
