package truth

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/pikamem/pika"
)

// AskedQuery is what a call of NoteSearches adds to one row.
type AskedQuery struct {
	Scope    pika.Scope
	Key      string
	Question string // the id that EncodeQuery derives
	Query    string // as EncodeQuery writes it

	Searches, Warmed, Read float64
	CountedAt              int64  // when they count as what they are, in microseconds
	AskedAt                *int64 // of the last search that a caller asked for; nil: of none
}

// Asked checks what is given to NoteSearches and makes rows of it, each key of a user once,
// in the order of the scopes' ids and then of keys.
func Asked(searches []pika.NotedSearch) ([]AskedQuery, error) {
	if len(searches) > pika.MaxNotedSearches {
		return nil, pika.InvalidField("searches", "must be at most %d", pika.MaxNotedSearches)
	}
	rows := make([]AskedQuery, 0, len(searches))
	for _, s := range searches {
		row, err := asked(s)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b AskedQuery) int {
		return cmp.Or(cmp.Compare(a.Scope.ID(), b.Scope.ID()), cmp.Compare(a.Key, b.Key))
	})
	merged := rows[:0]
	for _, r := range rows {
		if last := len(merged) - 1; last >= 0 && merged[last].Scope == r.Scope && merged[last].Key == r.Key {
			merged[last].add(r)
			continue
		}
		merged = append(merged, r)
	}
	return merged, nil
}

func asked(s pika.NotedSearch) (AskedQuery, error) {
	if err := CheckAnswerKey(s.Scope, s.Key); err != nil {
		return AskedQuery{}, err
	}
	if s.Searches < 0 || s.Warmed < 0 || s.Read < 0 {
		return AskedQuery{}, pika.InvalidField("searches", "has a count below 0")
	}
	query, question, err := EncodeQuery(s.Query)
	row := AskedQuery{
		Scope: s.Scope, Key: s.Key, Question: question, Query: query,
		Searches: float64(s.Searches), Warmed: float64(s.Warmed), Read: float64(s.Read), CountedAt: Micros(s.At),
	}
	if s.Searches > 0 {
		row.AskedAt = &row.CountedAt
	}
	return row, err
}

// CheckAnswerKey refuses an answer of nobody, and one without a key.
func CheckAnswerKey(scope pika.Scope, key string) error {
	switch {
	case scope.Tenant == "":
		return pika.InvalidField("tenant", "is empty")
	case key == "" || len(key) > MaxAnswerKey:
		return pika.InvalidField("key", "must have 1–%d bytes", MaxAnswerKey)
	}
	return nil
}

// MaxAnswerKey is how many bytes the key of an answer may have.
const MaxAnswerKey = 256

func (a *AskedQuery) add(b AskedQuery) {
	at := max(a.CountedAt, b.CountedAt)
	a.Searches = Decayed(a.Searches, at-a.CountedAt) + Decayed(b.Searches, at-b.CountedAt)
	a.Warmed = Decayed(a.Warmed, at-a.CountedAt) + Decayed(b.Warmed, at-b.CountedAt)
	a.Read = Decayed(a.Read, at-a.CountedAt) + Decayed(b.Read, at-b.CountedAt)
	if b.AskedAt != nil && (a.AskedAt == nil || *a.AskedAt < *b.AskedAt) {
		a.AskedAt = b.AskedAt
	}
	a.CountedAt = at
}

// Decayed is what is left of a count after a time in microseconds, not below 0:
//
//	count × 2^(−age / pika.SearchHalfLife)
//
// A count below one in a billion is none: powers of numbers so small are an error in some
// databases.
func Decayed(count float64, age int64) float64 {
	if count < leastCount {
		return 0
	}
	return count * math.Pow(0.5, math.Min(float64(age)/float64(HalfLife), mostHalfLives))
}

// The bounds of Decayed.
const (
	leastCount    = 1e-9
	mostHalfLives = 60
)

// HalfLife is pika.SearchHalfLife in microseconds.
const HalfLife = int64(pika.SearchHalfLife / time.Microsecond)

// CheckKeptAnswer applies the limits of QueryCache.KeepAnswer.
func CheckKeptAnswer(scope pika.Scope, a pika.KeptAnswer) error {
	if len(a.Value) == 0 || len(a.Value) > pika.MaxKeptAnswerBytes {
		return pika.InvalidField("value", "must have 1–%d bytes", pika.MaxKeptAnswerBytes)
	}
	return CheckAnswerKey(scope, a.Key)
}

// CheckAnswerKeys applies the limits of QueryCache.KeptAnswers.
func CheckAnswerKeys(keys []string) error {
	if len(keys) < 1 || len(keys) > pika.MaxKeptKeys {
		return pika.InvalidField("keys", "must be 1–%d", pika.MaxKeptKeys)
	}
	return nil
}

// CheckLimit applies the limit of a list that has no pages.
func CheckLimit(limit int) error {
	if limit < 1 || limit > pika.MaxPageLimit {
		return pika.InvalidField("limit", "must be 1–%d", pika.MaxPageLimit)
	}
	return nil
}
