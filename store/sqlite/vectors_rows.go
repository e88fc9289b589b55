package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

// encode returns the BLOB of a vector: its values as little-endian float32.
func encode(values []float32) []byte {
	b := make([]byte, 0, 4*len(values))
	for _, x := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// decode reads the BLOB of a vector into dst.
func decode(dst []float32, blob []byte) error {
	if len(blob) != 4*len(dst) {
		return fmt.Errorf("a stored vector has %d bytes, want %d", len(blob), 4*len(dst))
	}
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(blob[4*i:]))
	}
	return nil
}

func (v *Vectors) insert(ctx context.Context, tx querier, scope pika.Scope, corpus int, rows []pika.Vector) error {
	key, _, err := v.db.scopeKey(ctx, tx, scope, true)
	if err != nil {
		return err
	}
	now := micros(v.db.now())
	for _, r := range rows {
		_, err := tx.ExecContext(ctx, `INSERT INTO vectors (scope, corpus, id, value, written_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (scope, corpus, id) DO UPDATE SET value = excluded.value, written_at = excluded.written_at`,
			key, corpus, r.ID, encode(r.Values), now)
		if err != nil {
			return err
		}
	}
	return nil
}

func (v *Vectors) remove(ctx context.Context, tx querier, scope pika.Scope, corpus int, ids []string) error {
	key, found, err := v.db.scopeKey(ctx, tx, scope, false)
	if err != nil || !found {
		return err
	}
	for _, id := range ids {
		if _, err := tx.ExecContext(ctx, "DELETE FROM vectors WHERE scope = ? AND corpus = ? AND id = ?", key, corpus, id); err != nil {
			return err
		}
	}
	return nil
}

// eachRow calls f with every row of an arena as one snapshot of the file has them,
// in the order of their ids. f must not keep the BLOB.
func (v *Vectors) eachRow(ctx context.Context, k arenaKey, what string, f func(id string, blob []byte) error) error {
	corpus, err := truth.CorpusKey(k.corpus)
	if err != nil {
		return err
	}
	return v.db.read(ctx, what, func(tx querier) error {
		key, found, err := v.db.scopeKey(ctx, tx, k.scope, false)
		if err != nil || !found {
			return err
		}
		rows, err := tx.QueryContext(ctx, "SELECT id, value FROM vectors WHERE scope = ? AND corpus = ? ORDER BY id", key, corpus)
		if err != nil {
			return err
		}
		return errors.Join(scanRows(rows, f), rows.Close())
	})
}

func scanRows(rows *sql.Rows, f func(id string, blob []byte) error) error {
	var id string
	var blob sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&id, &blob); err != nil {
			return err
		}
		if err := f(id, blob); err != nil {
			return err
		}
	}
	return rows.Err()
}

// VectorsOf returns the vectors of ids that are there, in the order of ids.
func (v *Vectors) VectorsOf(ctx context.Context, scope pika.Scope, corpus pika.Corpus, ids []string) ([]pika.Vector, error) {
	if err := pika.CheckIDs("ids", len(ids), pika.MaxVectorBatch); err != nil {
		return nil, err
	}
	var rows []pika.Vector
	err := v.fetch(ctx, arenaKey{scope, corpus}, ids, func(id string, blob []byte) error {
		if blob == nil {
			return nil
		}
		values := make([]float32, v.model.Dimensions)
		rows = append(rows, pika.Vector{ID: id, Values: values})
		return decode(values, blob)
	})
	return rows, err
}

// fetch calls f with what the file has for each of the ids now; blob is nil for an
// id that is not there.
func (v *Vectors) fetch(ctx context.Context, k arenaKey, ids []string, f func(id string, blob []byte) error) error {
	corpus, err := truth.CorpusKey(k.corpus)
	if err != nil {
		return err
	}
	return v.db.read(ctx, "read vectors again", func(tx querier) error {
		key, _, err := v.db.scopeKey(ctx, tx, k.scope, false)
		if err != nil {
			return err
		}
		for _, id := range ids {
			var blob []byte
			err := tx.QueryRowContext(ctx, "SELECT value FROM vectors WHERE scope = ? AND corpus = ? AND id = ?", key, corpus, id).Scan(&blob)
			if err = ignoreNoRows(err); err != nil {
				return err
			}
			if err := f(id, blob); err != nil {
				return err
			}
		}
		return nil
	})
}
