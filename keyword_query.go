package pika

// Alternative is one way in which a word of a question may stand in a text.
type Alternative struct {
	Term   string  // as package keyword makes them, of 1–MaxTermBytes bytes
	Weight float64 // above 0, at most MaxTermWeight
}

// KeywordQuery is a question in terms, one group for each of its words: the ways the
// word may stand in a text. Package keyword makes the plain query of a text. At most
// MaxKeywordGroups groups with MaxKeywordTerms alternatives in all.
type KeywordQuery [][]Alternative

// TermDocuments says in how many documents of a corpus a term stands.
type TermDocuments struct {
	Term      string
	Documents int
}
