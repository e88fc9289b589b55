package truth

import "github.com/pikamem/pika"

// The integers that stand for the corpora in every table.
const (
	FactsKey    = 1
	MessagesKey = 2
)

// CorpusKey returns the integer of a corpus; Invalid for what is none.
func CorpusKey(c pika.Corpus) (int, error) {
	switch c {
	case pika.CorpusFacts:
		return FactsKey, nil
	case pika.CorpusMessages:
		return MessagesKey, nil
	}
	return 0, pika.CheckCorpus(c)
}

// CorpusOf returns the corpus of an integer that CorpusKey made.
func CorpusOf(key int) pika.Corpus {
	if key == FactsKey {
		return pika.CorpusFacts
	}
	return pika.CorpusMessages
}

// CheckSearch applies the rules of Keyword.SearchKeyword and returns the corpus' key.
func CheckSearch(corpus pika.Corpus, query string, limit int) (key int, err error) {
	switch {
	case limit < 1 || limit > pika.MaxKeywordLimit:
		return 0, pika.InvalidField("limit", "must be 1–%d", pika.MaxKeywordLimit)
	case len(query) > pika.MaxQueryBytes:
		return 0, pika.InvalidField("query", "must be at most %d bytes", pika.MaxQueryBytes)
	}
	return CorpusKey(corpus)
}

// Owed returns the projections that a fact is owed to: the graph knows only facts with
// entities.
func Owed(f *pika.Fact) []pika.Store {
	if len(f.Entities) == 0 {
		return []pika.Store{pika.StoreVectors}
	}
	return []pika.Store{pika.StoreVectors, pika.StoreGraph}
}

// NoFact is the answer about a fact that is not there.
func NoFact() *pika.Error { return pika.Errorf(pika.NotFound, "there is no such fact") }

// NoJob is the answer about a job that is not there.
func NoJob() *pika.Error { return pika.Errorf(pika.NotFound, "there is no such job") }
