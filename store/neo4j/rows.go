package neo4j

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"

	"github.com/pikamem/pika"
)

// listFacts reads facts in the order of their keys, which is that of scope and fact.
// The keys bound what is read, by the index and nothing else: a filter would compare
// them with the parameters in the order of UTF-16. Scopes are ASCII, so that it does
// not matter there; they settle what a bound that is no whole id of a scope leaves
// open. Of a fact that is removed while it is read properties may be missing: it does
// not count towards the limit.
const listFacts = `MATCH (f:Fact) USING INDEX SEEK f:Fact(key)
WHERE f.key >= $from AND f.key < $to AND f.key <> $after
  AND f.scope >= $from_scope AND f.scope >= $after_scope AND ($to_scope = '' OR f.scope < $to_scope)
  AND f.digest IS NOT NULL AND f.written_at IS NOT NULL
RETURN f.scope, f.fact, f.digest, f.written_at
ORDER BY f.key LIMIT $limit`

// ListRows implements pika.Rows. Bounds that are not UTF-8 are Invalid. It asks the
// server that takes writes, as others of a cluster may lag behind.
func (g *Graph) ListRows(ctx context.Context, corpus pika.Corpus, r pika.RowRange) ([]pika.Row, error) {
	if err := checkCorpus(corpus); err != nil {
		return nil, err
	}
	if err := pika.CheckRange(r); err != nil {
		return nil, err
	}
	for _, s := range []string{r.FromScope, r.ToScope, r.After.ScopeID, r.After.ID} {
		if !utf8.ValidString(s) {
			return nil, pika.InvalidField("range", "holds a bound that is not UTF-8")
		}
	}
	records, err := g.read(ctx, "list facts of the graph", g.config.WriteTimeout, neo4j.AccessModeWrite, listFacts, rangeParams(r))
	if err != nil {
		return nil, err
	}
	rows := make([]pika.Row, len(records))
	for i, record := range records {
		if rows[i], err = readRow(record); err != nil {
			return nil, pika.Wrap(pika.Internal, fmt.Errorf("list facts of the graph: %w", err), "")
		}
	}
	return rows, nil
}

// lastKey is above every key: keys begin with the hexadecimal digits of a scope.
const lastKey = "\U0010ffff"

// rangeParams: a scope that is not below FromScope has no key below it, and one below
// ToScope no key above it. If ToScope is longer than an id of a scope, the scope that
// it begins with may be below it: the keys end behind that one's.
func rangeParams(r pika.RowRange) map[string]any {
	from, after, to := max(r.FromScope, r.After.ScopeID), "", r.ToScope
	if len(r.After.ScopeID) == scopeBytes {
		after = keyOf(r.After.ScopeID, r.After.ID)
		from = max(r.FromScope, after)
	}
	if len(to) > scopeBytes {
		to = to[:scopeBytes] + "0" // the byte after the separator
	}
	if to == "" || !utf8.ValidString(to) {
		to = lastKey
	}
	return map[string]any{
		"from": from, "to": to, "after": after, "limit": r.Limit,
		"from_scope": r.FromScope, "to_scope": r.ToScope, "after_scope": r.After.ScopeID,
	}
}

func readRow(record *neo4j.Record) (pika.Row, error) {
	scope, scopeOK := record.Values[0].(string)
	fact, factOK := record.Values[1].(string)
	digest, digestOK := record.Values[2].(int64)
	at, atOK := record.Values[3].(int64)
	if !scopeOK || !factOK || !digestOK || !atOK {
		return pika.Row{}, fmt.Errorf("a fact has properties of types %T, %T, %T, %T", record.Values[0], record.Values[1], record.Values[2], record.Values[3])
	}
	return pika.Row{RowKey: pika.RowKey{ScopeID: scope, ID: fact}, Digest: digest, At: time.UnixMilli(at).UTC()}, nil
}

// DeleteRows implements pika.Rows. More than 500 keys are several transactions. A key
// that no row can have is like a missing one.
func (g *Graph) DeleteRows(ctx context.Context, corpus pika.Corpus, keys []pika.RowKey) error {
	if err := checkCorpus(corpus); err != nil {
		return err
	}
	if err := pika.CheckIDs("keys", len(keys), pika.MaxPageLimit); err != nil {
		return err
	}
	return g.delete(ctx, "delete rows of the graph", slices.Clone(keys))
}

// checkCorpus: the graph knows facts only.
func checkCorpus(c pika.Corpus) error {
	if c != pika.CorpusFacts {
		return pika.InvalidField("corpus", "must be facts: the graph holds nothing else")
	}
	return nil
}
