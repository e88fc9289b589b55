package keyword

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// BlockSize is the most postings one block holds. Larger blocks make reads cheaper
// and each added or removed document dearer.
const BlockSize = 128

// Posting says that a term stands in a document.
type Posting struct {
	Document uint32 // number of the document
	Count    uint32 // how often the term stands there; at least 1
	Length   uint32 // terms of the document with repeats; at least Count
}

var errBlock = errors.New("a posting block is damaged")

// AppendBlock appends the encoded postings to dst. They must be sorted by Document,
// without repeats. Each posting is three variable-length integers (encoding/binary):
// the distance from the previous document number, the count less 1, and the length
// less the count.
func AppendBlock(dst []byte, postings []Posting) []byte {
	var previous uint32
	for _, p := range postings {
		dst = binary.AppendUvarint(dst, uint64(p.Document-previous))
		dst = binary.AppendUvarint(dst, uint64(p.Count-1))
		dst = binary.AppendUvarint(dst, uint64(p.Length-p.Count))
		previous = p.Document
	}
	return dst
}

// DecodeBlock appends a block's postings to dst. A block that AppendBlock could not
// have made of 1–BlockSize sorted postings is an error.
func DecodeBlock(dst []Posting, block []byte) ([]Posting, error) {
	start := len(dst)
	var previous uint64
	for len(block) > 0 {
		if len(dst)-start == BlockSize {
			return nil, errBlock
		}
		var values [3]uint64
		for i := range values {
			v, n := binary.Uvarint(block)
			if n <= 0 || v > math.MaxUint32 {
				return nil, errBlock
			}
			values[i], block = v, block[n:]
		}
		document, count := previous+values[0], values[1]+1
		length := count + values[2]
		if document > math.MaxUint32 || count > math.MaxUint32 || length > math.MaxUint32 || (values[0] == 0 && len(dst) > start) {
			return nil, errBlock
		}
		dst = append(dst, Posting{Document: uint32(document), Count: uint32(count), Length: uint32(length)})
		previous = document
	}
	if len(dst) == start {
		return nil, errBlock
	}
	return dst, nil
}

// postingsIn returns how many postings a block holds, without decoding them: each is
// three numbers, and the last byte of a number alone has no high bit.
func postingsIn(block []byte) int {
	ends := 0
	for _, b := range block {
		if b < 0x80 {
			ends++
		}
	}
	return ends / 3
}

// Block is a block as a store keeps it: First is the lowest document number the
// block may hold, and with the term the block's key.
type Block struct {
	First uint32
	Data  []byte
}

// Extend returns the blocks to write when documents are added to a term: last is the
// term's block with the highest First, nil if it has none. added must be sorted, and
// every number in it higher than any in last. The first block returned has last's key
// if there was room in it.
func Extend(last *Block, added []Posting) ([]Block, error) {
	var blocks []Block
	if last != nil {
		postings, err := DecodeBlock(nil, last.Data)
		if err != nil {
			return nil, err
		}
		if room := min(BlockSize-len(postings), len(added)); room > 0 {
			data := AppendBlock(nil, append(postings, added[:room]...))
			blocks = append(blocks, Block{First: last.First, Data: data})
			added = added[room:]
		}
	}
	for part := range slices.Chunk(added, BlockSize) {
		blocks = append(blocks, Block{First: part[0].Document, Data: AppendBlock(nil, part)})
	}
	return blocks, nil
}

// Remove returns a block's data without a document: empty data means that the block
// holds nothing more and goes. ok is false if the document is not in the block.
func Remove(data []byte, document uint32) (rest []byte, ok bool, err error) {
	postings, err := DecodeBlock(nil, data)
	if err != nil {
		return nil, false, err
	}
	i, ok := slices.BinarySearchFunc(postings, document, func(p Posting, d uint32) int {
		return int(int64(p.Document) - int64(d))
	})
	if !ok {
		return data, false, nil
	}
	return AppendBlock(nil, slices.Delete(postings, i, i+1)), true, nil
}
