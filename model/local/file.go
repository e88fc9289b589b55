package local

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The shape of the one model this package runs; a file of another shape is refused.
const (
	dimensions   = 384
	layerCount   = 12
	headCount    = 12
	headSize     = dimensions / headCount
	feedForward  = 1536
	maxPositions = 512
	maxPieces    = maxPositions - 2 // of one window: <s> and </s> take two places
)

var errFormat = errors.New("not a multilingual-e5-small model file")

// modelFile is the parsed file. Its byte slices point into the file's memory.
type modelFile struct {
	eps     float32
	pieces  pieceTable
	folding map[rune][]rune // how the tokeniser rewrites single code points
	tensors map[string]tensor
}

// tensor is one weight tensor: 32-bit floats or Q4_0 blocks.
type tensor struct {
	quantized bool
	elements  int
	data      []byte
}

// pieceTable is the vocabulary as the file has it.
type pieceTable struct {
	count                      int
	begin, end, padding, other int32 // ids of <s>, </s>, <pad>, <unk>
	offsets, scores, blob      []byte
}

func (p *pieceTable) piece(id int) []byte {
	from := binary.LittleEndian.Uint32(p.offsets[id*4:])
	return p.blob[from:binary.LittleEndian.Uint32(p.offsets[id*4+4:])]
}

func (p *pieceTable) score(id int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(p.scores[id*4:]))
}

// reader takes little-endian values off the front of data; the first read beyond
// the end sets err, and later ones return zeros.
type reader struct {
	data []byte
	err  error
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.data)) {
		r.err, r.data = errFormat, nil
		return make([]byte, min(n, 8))
	}
	head := r.data[:n:n]
	r.data = r.data[n:]
	return head
}

func (r *reader) uint16() uint16 { return binary.LittleEndian.Uint16(r.take(2)) }
func (r *reader) uint32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) int32() int32   { return int32(r.uint32()) }
func (r *reader) uint64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }

func (r *reader) expect(values ...int32) {
	for _, want := range values {
		if got := r.int32(); got != want && r.err == nil {
			r.err = fmt.Errorf("%w: header holds %d where %d belongs", errFormat, got, want)
		}
	}
}

// parse reads the file's four sections.
func parse(data []byte) (*modelFile, error) {
	r := &reader{data: data}
	if !bytes.Equal(r.take(4), []byte("E5S1")) {
		return nil, errFormat
	}
	var f modelFile
	r.expect(1, dimensions, layerCount, headCount, feedForward)
	vocabulary := r.int32()
	r.expect(maxPositions, 2)
	f.eps = math.Float32frombits(r.uint32())
	r.expect(block)
	f.pieces = r.pieces()
	f.folding = r.folding()
	f.tensors = r.tensors(data)
	if r.err == nil && int(vocabulary) < f.pieces.count {
		r.err = fmt.Errorf("%w: %d pieces but %d embeddings", errFormat, f.pieces.count, vocabulary)
	}
	if r.err != nil {
		return nil, r.err
	}
	return &f, nil
}

func (r *reader) pieces() pieceTable {
	p := pieceTable{count: int(r.int32())}
	p.begin, p.end, p.padding, p.other = r.int32(), r.int32(), r.int32(), r.int32()
	size := r.uint64()
	if p.count < 4 || p.count > 1<<20 {
		r.err, r.data = errFormat, nil
		return pieceTable{}
	}
	p.offsets = r.take(uint64(p.count+1) * 4)
	p.scores = r.take(uint64(p.count) * 4)
	p.blob = r.take(size)
	if r.err != nil {
		return pieceTable{}
	}
	return p.checked(r)
}

// checked makes sure that offsets rise and stay within the blob.
func (p pieceTable) checked(r *reader) pieceTable {
	last := uint32(0)
	for i := range p.count + 1 {
		offset := binary.LittleEndian.Uint32(p.offsets[i*4:])
		if offset < last || uint64(offset) > uint64(len(p.blob)) {
			r.err = fmt.Errorf("%w: piece %d lies outside its section", errFormat, i)
			return pieceTable{}
		}
		last = offset
	}
	return p
}

func (r *reader) folding() map[rune][]rune {
	count := r.int32()
	section := &reader{data: r.take(uint64(r.uint32()))}
	m := map[rune][]rune{}
	for range count {
		from := rune(section.uint32())
		to := []rune{}
		for range section.take(1)[0] {
			to = append(to, rune(section.uint32()))
		}
		if section.err != nil {
			r.err = section.err
			return nil
		}
		m[from] = to
	}
	return m
}

func (r *reader) tensors(file []byte) map[string]tensor {
	m := map[string]tensor{}
	for range r.int32() {
		name := string(r.take(uint64(r.uint16())))
		t := tensor{quantized: r.take(1)[0] == 1, elements: int(r.uint32())}
		offset, size := r.uint64(), r.uint64()
		want := uint64(t.elements) * 4
		if t.quantized {
			want = uint64(t.elements) / block * fileBlockBytes
		}
		if r.err != nil || size != want || offset > uint64(len(file)) || size > uint64(len(file))-offset {
			r.err = errFormat
			return nil
		}
		t.data = file[offset : offset+size : offset+size]
		m[name] = t
	}
	return m
}

// floats returns a copy of a tensor of 32-bit floats with n elements.
func (f *modelFile) floats(name string, n int) ([]float32, error) {
	t, ok := f.tensors[name]
	if !ok || t.quantized || t.elements != n {
		return nil, fmt.Errorf("%w: tensor %s is missing or of another shape", errFormat, name)
	}
	x := make([]float32, n)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.data[i*4:]))
	}
	return x, nil
}

// weights returns a Q4_0 tensor of rows·cols elements.
func (f *modelFile) weights(name string, rows, cols int) ([]byte, error) {
	t, ok := f.tensors[name]
	if !ok || !t.quantized || t.elements != rows*cols {
		return nil, fmt.Errorf("%w: tensor %s is missing or of another shape", errFormat, name)
	}
	return t.data, nil
}
