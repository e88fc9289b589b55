package sqlite

import (
	"context"

	"github.com/pikamem/pika"
)

// Rows is a set of rows in memory, for tests of sets too large to write to a file in a test.
type Rows struct{ set *rowSet }

// NewRows returns an empty set.
func NewRows(dimensions int) Rows { return Rows{newRowSet(dimensions)} }

// Set puts a row in.
func (r Rows) Set(id string, values []float32) { copy(r.set.place(id), values) }

// Delete takes a row out.
func (r Rows) Delete(id string) { r.set.delete(id) }

// Trim gives unused memory back.
func (r Rows) Trim() { r.set.trim() }

// Len returns the number of rows.
func (r Rows) Len() int { return r.set.len() }

// Bytes returns what the set says it occupies.
func (r Rows) Bytes() int64 { return r.set.size() }

// Nearest searches.
func (r Rows) Nearest(ctx context.Context, query []float32, limit int) ([]pika.Scored, error) {
	return r.set.nearest(ctx, query, limit)
}
