package sqlite

import (
	"context"
	"slices"

	"github.com/pikamem/pika"
)

var _ pika.Rows = (*Graph)(nil)

// heldLinks lists which facts touch which entities, of all users, the entities of a
// fact one after the other. It is inRange's query with another name for the fact.
const heldLinks = `SELECT scopes.id, w.fact, w.written_at, w.predicate, w.entity, w.position
	FROM scopes CROSS JOIN adjacency AS w INDEXED BY adjacency_fact ON w.scope = scopes.key
	WHERE scopes.id >= ?1 AND scopes.id < ?2 AND w.fact >= ?3 ORDER BY scopes.id, w.fact LIMIT ?4`

// ListRows implements pika.Rows. Rows written by the first version of the schema say
// that they were written in 1970.
func (g *Graph) ListRows(ctx context.Context, corpus pika.Corpus, r pika.RowRange) ([]pika.Row, error) {
	if err := checkGraphCorpus(corpus); err != nil {
		return nil, err
	}
	if err := pika.CheckRange(r); err != nil {
		return nil, err
	}
	l := linkRows{limit: r.Limit}
	err := g.db.read(ctx, "list links", func(tx querier) error {
		return eachInRange(ctx, tx, r, -1, heldLinks, nil, l.read)
	})
	if err != nil {
		return nil, err
	}
	l.finish()
	return l.rows, nil
}

func checkGraphCorpus(corpus pika.Corpus) error {
	if corpus != pika.CorpusFacts {
		return pika.InvalidField("corpus", "must be facts: the graph knows nothing else")
	}
	return nil
}

// linkRows makes rows of the lines of heldLinks.
type linkRows struct {
	limit int
	rows  []pika.Row
	link  pika.Link // of the last row, its entities in the order of their lines
	order []int     // the positions of the link's entities
}

func (l *linkRows) read(scan rowScan) (more bool, err error) {
	var row pika.Row
	var written int64
	var predicate, entity string
	var position int
	if err := scan(&row.ScopeID, &row.ID, &written, &predicate, &entity, &position); err != nil {
		return false, err
	}
	if n := len(l.rows); n == 0 || l.rows[n-1].RowKey != row.RowKey {
		if n == l.limit {
			return false, nil
		}
		l.finish()
		row.At = fromMicros(written)
		l.rows = append(l.rows, row)
		l.link, l.order = pika.Link{FactID: row.ID, Predicate: predicate}, nil
	}
	at, _ := slices.BinarySearch(l.order, position)
	l.order = slices.Insert(l.order, at, position)
	l.link.Entities = slices.Insert(l.link.Entities, at, entity)
	return true, nil
}

// finish gives the last row its digest: all its lines were read.
func (l *linkRows) finish() {
	if n := len(l.rows); n > 0 {
		l.rows[n-1].Digest = pika.LinkDigest(l.link)
	}
}

// DeleteRows implements pika.Rows.
func (g *Graph) DeleteRows(ctx context.Context, corpus pika.Corpus, keys []pika.RowKey) error {
	if err := checkGraphCorpus(corpus); err != nil {
		return err
	}
	if err := pika.CheckIDs("keys", len(keys), pika.MaxPageLimit); err != nil {
		return err
	}
	return g.db.write(ctx, "delete rows of the graph", func(tx querier) error {
		for id, facts := range byScope(keys) {
			if err := unlinkAll(ctx, tx, id, facts); err != nil {
				return err
			}
		}
		return nil
	})
}

func unlinkAll(ctx context.Context, tx querier, scopeID string, facts []string) error {
	var key int64
	err := tx.QueryRowContext(ctx, "SELECT key FROM scopes WHERE id = ?", scopeID).Scan(&key)
	if err != nil {
		return ignoreNoRows(err)
	}
	for _, fact := range facts {
		if err := unlink(ctx, tx, key, fact); err != nil {
			return err
		}
	}
	return nil
}
