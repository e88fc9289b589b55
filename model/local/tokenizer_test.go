package local

import (
	"encoding/binary"
	"math"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// smallVocabulary has ids 0–3 for the marks and then the pieces in order.
func smallVocabulary(pieces map[string]float32, order []string) *tokenizer {
	table := pieceTable{begin: 0, padding: 1, end: 2, other: 3}
	add := func(s string, score float32) {
		table.offsets = binary.LittleEndian.AppendUint32(table.offsets, uint32(len(table.blob)))
		table.scores = binary.LittleEndian.AppendUint32(table.scores, math.Float32bits(score))
		table.blob = append(table.blob, s...)
		table.count++
	}
	for _, s := range []string{"<s>", "<pad>", "</s>", "<unk>"} {
		add(s, 0)
	}
	for _, s := range order {
		add(s, pieces[s])
	}
	table.offsets = binary.LittleEndian.AppendUint32(table.offsets, uint32(len(table.blob)))
	return newTokenizer(table, map[rune][]rune{'\t': {' '}, 'ﬁ': {'f', 'i'}, '\u200b': {}})
}

func testTokenizer() *tokenizer {
	return smallVocabulary(map[string]float32{
		"▁": -3, "▁mèo": -5, "m": -6, "è": -6, "o": -6, "mèo": -7, "▁m": -6, "èo": -6, "fi": -4,
	}, []string{"▁", "▁mèo", "m", "è", "o", "mèo", "▁m", "èo", "fi"})
}

func TestPieces(t *testing.T) {
	t.Parallel()
	tok := testTokenizer()
	for _, c := range []struct {
		text string
		want []string
	}{
		{"mèo", []string{"▁mèo"}},
		{"mèo  \tmèo", []string{"▁mèo", "▁mèo"}},
		{"mèom", []string{"▁mèo", "m"}},
		{"mo", []string{"▁m", "o"}},
		{"ﬁ", []string{"▁", "fi"}},
		{"m\u200bèo", []string{"▁mèo"}},
		{"m猫o", []string{"▁m", "<unk>", "o"}},
		{"<s>", []string{"▁", "<unk>", "<unk>", "<unk>"}},
		{"", []string{"▁"}},
	} {
		var got []string
		for _, id := range tok.pieces(c.text) {
			got = append(got, string(tok.table.piece(int(id))))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("pieces(%q) differ (-want +got):\n%s", c.text, diff)
		}
	}
}

func FuzzPieces(f *testing.F) {
	tok := testTokenizer()
	for _, s := range []string{"mèo", "\tﬁ", "<s> </s>", "▁▁", "e\u0301", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ids := tok.pieces(s)
		if len(ids) == 0 || len(ids) > 3*utf8.RuneCountInString(s)+1 {
			t.Errorf("pieces(%q) returned %d pieces", s, len(ids))
		}
		for _, id := range ids {
			if id < 0 || int(id) >= tok.table.count {
				t.Errorf("pieces(%q) returned id %d", s, id)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	header := []byte("E5S1")
	for _, v := range []uint32{1, dimensions, layerCount, headCount, feedForward, 5, maxPositions, 2, 0, block, 4, 0, 2, 1, 3} {
		header = binary.LittleEndian.AppendUint32(header, v)
	}
	f.Add([]byte{})
	f.Add(header)
	f.Add(append(header, make([]byte, 200)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := parse(data)
		if err != nil {
			return
		}
		if n, err := newNetwork(file); err == nil && n == nil {
			t.Error("newNetwork returned nothing")
		}
	})
}
