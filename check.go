package pika

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// unitTolerance is how far a squared length may be from 1 to count as unit length:
// some ten times the rounding of a float32 sum over a thousand dimensions.
const unitTolerance = 1e-5

// UnitVector returns values with unit length: as they are if they have it, else scaled
// into a new slice. Its errors say what is wrong in words for the caller.
func UnitVector(values []float32, dimensions int) ([]float32, error) {
	if len(values) != dimensions {
		return nil, fmt.Errorf("has %d dimensions; the model has %d", len(values), dimensions)
	}
	var squares float64
	for _, x := range values {
		squares += float64(x) * float64(x)
	}
	switch {
	case math.IsNaN(squares) || math.IsInf(squares, 0):
		return nil, errors.New("holds a value that is not a finite number")
	case squares == 0:
		return nil, errors.New("has length 0")
	case math.Abs(squares-1) <= unitTolerance:
		return values, nil
	}
	scale := 1 / math.Sqrt(squares)
	scaled := make([]float32, len(values))
	for i, x := range values {
		scaled[i] = float32(float64(x) * scale)
	}
	return scaled, nil
}

// CheckVectorRows applies the rules of Vectors.Upsert: it returns the rows with unit
// length, one per id, the last one given, in the order the ids first stand.
func CheckVectorRows(rows []Vector, dimensions int) ([]Vector, error) {
	if len(rows) > MaxVectorBatch {
		return nil, InvalidField("rows", "has %d members; at most %d are allowed", len(rows), MaxVectorBatch)
	}
	checked := make([]Vector, 0, len(rows))
	place := make(map[string]int, len(rows))
	for i, r := range rows {
		values, err := UnitVector(r.Values, dimensions)
		if err != nil {
			return nil, InvalidField(fmt.Sprintf("rows[%d].values", i), "%s", err)
		}
		if at, repeated := place[r.ID]; repeated {
			checked[at].Values = values
			continue
		}
		place[r.ID] = len(checked)
		checked = append(checked, Vector{ID: r.ID, Values: values})
	}
	return checked, nil
}

// CheckVectorSearch applies the rules of Vectors.SearchVectors and returns the query
// with unit length.
func CheckVectorSearch(corpus Corpus, query []float32, dimensions, limit int) ([]float32, error) {
	if err := CheckCorpus(corpus); err != nil {
		return nil, err
	}
	if limit < 1 || limit > MaxVectorLimit {
		return nil, InvalidField("limit", "is %d; it must be 1–%d", limit, MaxVectorLimit)
	}
	query, err := UnitVector(query, dimensions)
	if err != nil {
		return nil, InvalidField("query", "%s", err)
	}
	return query, nil
}

// CheckCorpus refuses what is no corpus.
func CheckCorpus(c Corpus) error {
	if c != CorpusFacts && c != CorpusMessages {
		return InvalidField("corpus", "must be facts or messages")
	}
	return nil
}

// CheckIDs refuses a list that is over its limit.
func CheckIDs(field string, n, limit int) error {
	if n > limit {
		return InvalidField(field, "has %d members; at most %d are allowed", n, limit)
	}
	return nil
}

// CheckLinks applies the rules of Graph.LinkFacts.
func CheckLinks(links []Link) error {
	if err := CheckIDs("links", len(links), MaxFactsPerCommit); err != nil {
		return err
	}
	for i, l := range links {
		switch {
		case l.FactID == "":
			return InvalidField(fmt.Sprintf("links[%d].fact_id", i), "is empty")
		case len(l.Entities) == 0:
			return InvalidField(fmt.Sprintf("links[%d].entities", i), "is empty")
		case slices.Contains(l.Entities, ""):
			return InvalidField(fmt.Sprintf("links[%d].entities", i), "holds an empty id")
		}
	}
	return nil
}

// CheckExpand applies the rules of Graph.Expand.
func CheckExpand(seeds []string, depth, limit int) error {
	switch {
	case len(seeds) < 1 || len(seeds) > MaxGraphSeeds:
		return InvalidField("seeds", "has %d members; it must have 1–%d", len(seeds), MaxGraphSeeds)
	case depth < 1 || depth > 2:
		return InvalidField("depth", "is %d; it must be 1 or 2", depth)
	case limit < 1 || limit > MaxGraphHits:
		return InvalidField("limit", "is %d; it must be 1–%d", limit, MaxGraphHits)
	}
	return nil
}

// CheckRange applies the rules of RowRange.
func CheckRange(r RowRange) error {
	if r.Limit < 1 || r.Limit > MaxPageLimit {
		return InvalidField("limit", "is %d; it must be 1–%d", r.Limit, MaxPageLimit)
	}
	return nil
}

// CheckEpochs applies the rules of Cache.SetEpochs.
func CheckEpochs(epochs map[string]string) error {
	if err := CheckIDs("epochs", len(epochs), MaxEpochBuckets); err != nil {
		return err
	}
	for bucket, epoch := range epochs {
		if bucket == "" || epoch == "" {
			return InvalidField("epochs", "holds an empty bucket or epoch")
		}
	}
	return nil
}

// ContextError says that ctx ended before or while a store did something: Timeout or
// Unavailable, with the context's own error in its chain. store is a noun for the
// caller ("the database"), what names the operation for the log ("commit facts").
func ContextError(err error, store, what string) *Error {
	cause := fmt.Errorf("%s: %w", what, err)
	if errors.Is(err, context.DeadlineExceeded) {
		return Wrap(Timeout, cause, "the deadline passed before %s answered", store)
	}
	return Wrap(Unavailable, cause, "the request was cancelled")
}

// NotBegun reports a context that ended before an operation touched anything.
func NotBegun(ctx context.Context, store, what string) error {
	if err := ctx.Err(); err != nil {
		return ContextError(err, store, what)
	}
	return nil
}
