package sqlite

import (
	"context"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.Rows = (*Vectors)(nil)

// heldVectors lists the rows of the index, of all users; ?5 is the corpus.
const heldVectors = `SELECT scopes.id, w.id, w.written_at, w.value
	FROM scopes CROSS JOIN vectors AS w ON w.scope = scopes.key AND w.corpus = ?5` + inRange

// ListRows implements pika.Rows. Rows written by the first version of the schema say
// that they were written in 1970.
func (v *Vectors) ListRows(ctx context.Context, corpus pika.Corpus, r pika.RowRange) ([]pika.Row, error) {
	number, err := truth.CorpusKey(corpus)
	if err != nil {
		return nil, err
	}
	if err := pika.CheckRange(r); err != nil {
		return nil, err
	}
	var rows []pika.Row
	err = v.db.read(ctx, "list vectors", func(tx querier) (err error) {
		rows, err = listRange(ctx, tx, r, heldVectors, []any{number}, v.readHeld())
		return err
	})
	return rows, err
}

// readHeld returns what makes a row of a line of heldVectors. It uses one buffer for
// the values of all lines.
func (v *Vectors) readHeld() func(scan rowScan) (pika.Row, error) {
	values := make([]float32, v.model.Dimensions)
	var blob []byte
	return func(scan rowScan) (pika.Row, error) {
		var row pika.Row
		var written int64
		err := scan(&row.ScopeID, &row.ID, &written, &blob)
		if err == nil {
			err = decode(values, blob)
		}
		row.At, row.Digest = fromMicros(written), pika.VectorDigest(values)
		return row, err
	}
}

// DeleteRows implements pika.Rows. All rows go in one transaction, and no search that
// begins after it sees them.
func (v *Vectors) DeleteRows(ctx context.Context, corpus pika.Corpus, keys []pika.RowKey) error {
	number, err := truth.CorpusKey(corpus)
	if err != nil {
		return err
	}
	if err := pika.CheckIDs("keys", len(keys), pika.MaxPageLimit); err != nil {
		return err
	}
	ids, scopes, err := v.known(ctx, keys)
	if err != nil {
		return err
	}
	edits := make(map[arenaKey]edit, len(scopes))
	for id, scope := range scopes {
		edits[arenaKey{scope, corpus}] = edit{drop: ids[id]}
	}
	return v.changeAll(ctx, edits, "delete rows of vectors", func(tx querier) error {
		for id, scope := range scopes {
			if err := v.remove(ctx, tx, scope, number, ids[id]); err != nil {
				return err
			}
		}
		return nil
	})
}

// known returns the ids of keys by the ids of their scopes, and the scopes that the
// file knows: every row is in one of them.
func (v *Vectors) known(ctx context.Context, keys []pika.RowKey) (ids map[string][]string, scopes map[string]pika.Scope, err error) {
	ids = byScope(keys)
	list := make([]string, 0, len(ids))
	for id := range ids {
		list = append(list, id)
	}
	scopes, err = v.db.ScopesByID(ctx, list)
	return ids, scopes, err
}
