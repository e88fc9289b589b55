package local

import (
	"bytes"
	"math"
	"slices"
	"unicode/utf8"
)

// spaceMark is how the vocabulary writes a space.
const spaceMark = '\u2581'

// unknownPenalty is how much less than the rarest piece a character costs that no
// piece covers.
const unknownPenalty = 10

// tokenizer cuts text into the pieces of a unigram language model: of all ways to
// cut it, the one whose pieces' log probabilities have the highest sum.
type tokenizer struct {
	table        pieceTable
	folding      map[rune][]rune
	slots        []uint64 // open addressing: high half of the hash, then id + 1
	longest      int      // bytes of the longest piece
	unknownScore float32
}

func newTokenizer(table pieceTable, folding map[rune][]rune) *tokenizer {
	t := &tokenizer{table: table, folding: folding}
	size := 1
	for size < table.count*2 {
		size *= 2
	}
	t.slots = make([]uint64, size)
	lowest := float32(math.Inf(1))
	for id := range table.count {
		lowest = min(lowest, table.score(id))
		t.insert(id)
	}
	t.unknownScore = lowest - unknownPenalty
	return t
}

// The FNV-1a hash, which can grow with a substring byte by byte.
const (
	hashStart = 14695981039346656037
	hashPrime = 1099511628211
)

func extendHash(h uint64, s []byte) uint64 {
	for _, c := range s {
		h = (h ^ uint64(c)) * hashPrime
	}
	return h
}

// slotOf folds the hash's high half into the slot number: its low bits alone
// depend on too little of the text.
func (t *tokenizer) slotOf(h uint64) int { return int((h ^ h>>32) & uint64(len(t.slots)-1)) }

const highHalf = 0xffffffff << 32

func (t *tokenizer) insert(id int) {
	piece := t.table.piece(id)
	t.longest = max(t.longest, len(piece))
	if len(piece) == 0 || t.table.score(id) >= 0 {
		return // <s>, <mask> and their like have no probability: no text may produce them
	}
	h := extendHash(hashStart, piece)
	i := t.slotOf(h)
	for t.slots[i] != 0 {
		i = (i + 1) & (len(t.slots) - 1)
	}
	t.slots[i] = h&highHalf | uint64(id+1)
}

// find returns the id of the piece with hash h and bytes s, or −1.
func (t *tokenizer) find(h uint64, s []byte) int {
	for i := t.slotOf(h); t.slots[i] != 0; i = (i + 1) & (len(t.slots) - 1) {
		id := int(uint32(t.slots[i])) - 1
		if t.slots[i]&highHalf == h&highHalf && bytes.Equal(t.table.piece(id), s) {
			return id
		}
	}
	return -1
}

// pieces returns the ids of the pieces of text, which is in NFC.
func (t *tokenizer) pieces(text string) []int32 {
	marked := t.mark(text)
	steps := t.bestCut(marked)
	var ids []int32
	for at := len(marked); at > 0; {
		ids = append(ids, steps[at].id)
		at = int(steps[at].from)
	}
	slices.Reverse(ids)
	return ids
}

// mark rewrites code points as the model's normaliser does, makes runs of spaces
// one mark, and puts a mark in front.
func (t *tokenizer) mark(text string) []byte {
	marked := utf8.AppendRune(make([]byte, 0, len(text)+len(text)/4+8), spaceMark)
	spaced := true
	add := func(r rune) {
		if r == ' ' {
			if !spaced {
				marked = utf8.AppendRune(marked, spaceMark)
			}
			spaced = true
			return
		}
		marked = utf8.AppendRune(marked, r)
		spaced = false
	}
	for _, r := range text {
		if to, ok := t.folding[r]; ok {
			for _, r := range to {
				add(r)
			}
			continue
		}
		add(r)
	}
	return marked
}

// step is the best way to reach a position: the piece that ends there.
type step struct {
	score float32
	from  int32
	id    int32
}

// bestCut is the Viterbi pass: for every position the best last piece. Positions
// within a character are unreachable.
func (t *tokenizer) bestCut(s []byte) []step {
	steps := make([]step, len(s)+1)
	for i := range steps[1:] {
		steps[i+1].score = float32(math.Inf(-1))
	}
	for from, r := 0, rune(0); from < len(s); {
		var size int
		if r, size = utf8.DecodeRune(s[from:]); r == utf8.RuneError && size == 0 {
			break
		}
		t.extend(s, from, size, steps)
		from += size
	}
	return steps
}

// extend tries every piece that starts at from; size is the first character's.
func (t *tokenizer) extend(s []byte, from, size int, steps []step) {
	score := steps[from].score
	h := uint64(hashStart)
	end := min(from+t.longest, len(s))
	for at := from; at < end; {
		next := at + 1
		for next < len(s) && !utf8.RuneStart(s[next]) {
			next++
		}
		if next > end {
			break
		}
		h = extendHash(h, s[at:next])
		at = next
		if id := t.find(h, s[from:at]); id >= 0 {
			steps[at].offer(score+t.table.score(id), from, id)
		}
	}
	steps[from+size].offer(score+t.unknownScore, from, int(t.table.other))
}

func (s *step) offer(score float32, from, id int) {
	if score > s.score {
		*s = step{score: score, from: int32(from), id: int32(id)}
	}
}
