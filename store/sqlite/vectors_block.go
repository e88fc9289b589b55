package sqlite

const (
	// blockRows is how many rows one block holds: small enough that a block is a
	// fair unit of work, large enough that a scan runs at the speed of memory.
	blockRows = 1024
	// rowOverhead is what an id and its place in the table cost beside the values.
	rowOverhead = 64
	// arenaOverhead is what an arena without rows costs.
	arenaOverhead = 1024
)

// rowSet holds vectors by id, packed in blocks of contiguous values. Rows have no
// order: a deleted row's place is taken by the last one, so there are never holes.
// It is not safe for concurrent use by itself.
type rowSet struct {
	dimensions int
	blocks     [][]float32
	ids        idTable
}

func newRowSet(dimensions int) *rowSet {
	return &rowSet{dimensions: dimensions, ids: newIDTable()}
}

func (r *rowSet) len() int { return r.ids.len() }

// size returns the bytes the rows occupy.
func (r *rowSet) size() int64 {
	size := int64(arenaOverhead + rowOverhead*r.len())
	for _, b := range r.blocks {
		size += 4 * int64(cap(b))
	}
	return size
}

// row returns the values of one row, to be read or written in place.
func (r *rowSet) row(i int) []float32 {
	start := i % blockRows * r.dimensions
	return r.blocks[i/blockRows][start : start+r.dimensions : start+r.dimensions]
}

// place returns the values of the row with the id, a new one if there is none, to
// be filled by the caller.
func (r *rowSet) place(id string) []float32 {
	if i, ok := r.ids.find(id); ok {
		return r.row(i)
	}
	i := r.ids.add(id)
	if i%blockRows == 0 {
		r.blocks = append(r.blocks, nil)
	}
	last := &r.blocks[len(r.blocks)-1]
	if len(*last) == cap(*last) {
		*last = grow(*last, r.dimensions)
	}
	*last = (*last)[:len(*last)+r.dimensions]
	return r.row(i)
}

// grow doubles a block, up to a full one.
func grow(block []float32, dimensions int) []float32 {
	rows := min(max(2*len(block)/dimensions, 8), blockRows)
	return append(make([]float32, 0, rows*dimensions), block...)
}

func (r *rowSet) delete(id string) {
	i, ok := r.ids.find(id)
	if !ok {
		return
	}
	last := r.len() - 1
	copy(r.row(i), r.row(last))
	r.ids.delete(i)
	if last%blockRows == 0 {
		r.blocks = r.blocks[:len(r.blocks)-1]
		return
	}
	b := &r.blocks[len(r.blocks)-1]
	*b = (*b)[:len(*b)-r.dimensions]
}

// trim gives back the unused end of the last block.
func (r *rowSet) trim() {
	if n := len(r.blocks); n > 0 {
		r.blocks[n-1] = append(make([]float32, 0, len(r.blocks[n-1])), r.blocks[n-1]...)
	}
}
