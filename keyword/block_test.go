package keyword_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika/keyword"
)

func TestBlockRoundTrip(t *testing.T) {
	t.Parallel()
	for name, postings := range map[string][]keyword.Posting{
		"one":      {{Document: 1, Count: 1, Length: 1}},
		"number 0": {{Document: 0, Count: 1, Length: 9}, {Document: 1, Count: 1, Length: 1}},
		"gaps":     {{Document: 3, Count: 2, Length: 40}, {Document: 300, Count: 1, Length: 1}, {Document: 70_000, Count: 9, Length: 9}},
		"largest":  {{Document: math.MaxUint32, Count: math.MaxUint32, Length: math.MaxUint32}},
		"full":     sequence(1, keyword.BlockSize),
	} {
		got, err := keyword.DecodeBlock(nil, keyword.AppendBlock(nil, postings))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(postings, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func sequence(first uint32, n int) []keyword.Posting {
	postings := make([]keyword.Posting, n)
	for i := range postings {
		postings[i] = keyword.Posting{Document: first + uint32(i), Count: 1, Length: 10}
	}
	return postings
}

func TestDecodeDamagedBlock(t *testing.T) {
	t.Parallel()
	whole := keyword.AppendBlock(nil, sequence(200, 2))
	for name, block := range map[string][]byte{
		"empty":           {},
		"cut":             whole[:len(whole)-1],
		"cut in a number": whole[:1],
		"same document":   {5, 0, 0, 0, 0, 0},
		"too large":       {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0, 0},
		"too long number": {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0, 0},
		"too many":        keyword.AppendBlock(nil, sequence(1, keyword.BlockSize+1)),
		"length overflow": {1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f},
	} {
		if got, err := keyword.DecodeBlock(nil, block); err == nil {
			t.Errorf("%s: DecodeBlock = %v; want an error", name, got)
		}
	}
}

func TestExtend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		last, added int
		want        []int // postings per block
	}{
		"new term":            {0, 3, []int{3}},
		"new term, many":      {0, 300, []int{128, 128, 44}},
		"room":                {100, 20, []int{120}},
		"room to the brim":    {100, 28, []int{128}},
		"more than room":      {100, 30, []int{128, 2}},
		"full":                {128, 1, []int{1}},
		"room, then two more": {127, 130, []int{128, 128, 1}},
	} {
		var last *keyword.Block
		if c.last > 0 {
			last = &keyword.Block{First: 1, Data: keyword.AppendBlock(nil, sequence(1, c.last))}
		}
		blocks, err := keyword.Extend(last, sequence(1000, c.added))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var sizes []int
		var all []keyword.Posting
		for _, b := range blocks {
			before := len(all)
			if all, err = keyword.DecodeBlock(all, b.Data); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			sizes = append(sizes, len(all)-before)
			if b.First > all[before].Document {
				t.Errorf("%s: a block that begins at %d holds document %d", name, b.First, all[before].Document)
			}
		}
		if diff := cmp.Diff(c.want, sizes); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if !slices.IsSortedFunc(all, func(a, b keyword.Posting) int { return int(a.Document) - int(b.Document) }) {
			t.Errorf("%s: documents are out of order", name)
		}
	}
	if _, err := keyword.Extend(&keyword.Block{Data: []byte{1}}, sequence(5, 1)); err == nil {
		t.Error("Extend of a damaged block succeeds")
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	data := keyword.AppendBlock(nil, sequence(10, 4))
	for _, document := range []uint32{9, 14} {
		if rest, ok, err := keyword.Remove(data, document); ok || err != nil || !slices.Equal(rest, data) {
			t.Errorf("Remove(%d) = %v, %t, %v; want the block as it was", document, rest, ok, err)
		}
	}
	left := 4
	for _, document := range []uint32{10, 13, 11, 12} {
		var ok bool
		var err error
		if data, ok, err = keyword.Remove(data, document); !ok || err != nil {
			t.Fatalf("Remove(%d) = %t, %v", document, ok, err)
		}
		left--
		if got, _ := keyword.DecodeBlock(nil, data); len(got) != left {
			t.Errorf("after Remove(%d) %d postings are left; want %d", document, len(got), left)
		}
	}
	if len(data) != 0 {
		t.Errorf("an emptied block holds %v", data)
	}
}

// FuzzDecodeBlock checks that no bytes make the decoder panic, and that what it
// accepts is sorted and survives a round trip.
func FuzzDecodeBlock(f *testing.F) {
	f.Add(keyword.AppendBlock(nil, sequence(1, 3)))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 1, 0, 0})
	f.Fuzz(func(t *testing.T, block []byte) {
		postings, err := keyword.DecodeBlock(nil, block)
		if err != nil {
			return
		}
		if len(postings) == 0 || len(postings) > keyword.BlockSize {
			t.Fatalf("%d postings", len(postings))
		}
		for i, p := range postings {
			if p.Count == 0 || p.Length < p.Count || (i > 0 && p.Document <= postings[i-1].Document) {
				t.Fatalf("posting %d is %+v", i, p)
			}
		}
		again, err := keyword.DecodeBlock(nil, keyword.AppendBlock(nil, postings))
		if err != nil || !slices.Equal(again, postings) {
			t.Fatalf("a round trip gives %v, %v; want %v", again, err, postings)
		}
	})
}

// FuzzEncodeBlock checks the other direction with postings drawn from a seed.
func FuzzEncodeBlock(f *testing.F) {
	f.Add(uint64(1), uint8(3))
	f.Fuzz(func(t *testing.T, seed uint64, n uint8) {
		random := rand.New(rand.NewPCG(seed, 0))
		var want []keyword.Posting
		var document uint32
		for range 1 + n%keyword.BlockSize {
			document += 1 + random.Uint32()>>(8+random.IntN(24))
			count := 1 + random.Uint32()>>(1+random.IntN(31))
			want = append(want, keyword.Posting{Document: document, Count: count, Length: count + random.Uint32()>>(1+random.IntN(31))})
		}
		if !slices.IsSortedFunc(want, func(a, b keyword.Posting) int { return int(int64(a.Document) - int64(b.Document)) }) {
			t.Skip("the numbers ran over")
		}
		got, err := keyword.DecodeBlock(nil, keyword.AppendBlock(nil, want))
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("a round trip gives %v, %v; want %v", got, err, want)
		}
	})
}
