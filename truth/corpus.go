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
func CheckSearch(corpus pika.Corpus, query pika.KeywordQuery, limit int) (key int, err error) {
	if limit < 1 || limit > pika.MaxKeywordLimit {
		return 0, pika.InvalidField("limit", "must be 1–%d", pika.MaxKeywordLimit)
	}
	if err := checkQuery(query); err != nil {
		return 0, err
	}
	return CorpusKey(corpus)
}

func checkQuery(query pika.KeywordQuery) error {
	if len(query) > pika.MaxKeywordGroups {
		return pika.InvalidField("query", "must have at most %d groups", pika.MaxKeywordGroups)
	}
	all := 0
	for _, group := range query {
		if all += len(group); all > pika.MaxKeywordTerms {
			return pika.InvalidField("query", "must have at most %d alternatives", pika.MaxKeywordTerms)
		}
		for _, a := range group {
			switch {
			case a.Term == "" || len(a.Term) > pika.MaxTermBytes:
				return pika.InvalidField("query", "has a term of %d bytes; it must have 1–%d", len(a.Term), pika.MaxTermBytes)
			case !(a.Weight > 0 && a.Weight <= pika.MaxTermWeight): // so that NaN is refused too
				return pika.InvalidField("query", "has the weight %v; it must be above 0 and at most %d", a.Weight, pika.MaxTermWeight)
			}
		}
	}
	return nil
}

// CheckVocabulary applies the rules of Keyword.Vocabulary and returns the corpus' key.
func CheckVocabulary(corpus pika.Corpus, limit int) (key int, err error) {
	if limit < 1 || limit > pika.MaxVocabulary {
		return 0, pika.InvalidField("limit", "must be 1–%d", pika.MaxVocabulary)
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
