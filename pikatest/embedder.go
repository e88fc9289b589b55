package pikatest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/pikamem/pika"
)

// Embedder is the conformance suite of pika.Embedder. open is called once per case.
func Embedder(t *testing.T, open func(t *testing.T) pika.Embedder) {
	for name, test := range map[string]func(*testing.T, pika.Embedder){
		"model":          embedModel,
		"unit vectors":   embedUnitVectors,
		"order":          embedOrder,
		"batch mates":    embedBatchMates,
		"Unicode form":   embedUnicodeForm,
		"similar texts":  embedSimilarTexts,
		"long text":      embedLongText,
		"limits":         embedLimits,
		"invalid":        embedInvalid,
		"cancelled":      embedCancelled,
		"cancelled late": embedCancelledLate,
		"concurrent use": embedConcurrent,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// embedTexts are of every kind that a memory holds.
var embedTexts = []string{
	"Tôi có con mèo tên Mướp",
	"I have a cat named Mướp",
	"toi thich an pho bo",
	"Chị ấy dị ứng với tôm",
	"The meeting moved to Thursday at 3:45 pm",
	"我喜欢喝绿茶",
	"deadline của project là thứ Sáu",
	"a",
	"🙂",
	"\u00a0tab\tand\nnewline ",
}

// vectorTolerance is how far two vectors of one text may lie apart in any element.
const vectorTolerance = 1e-4

func mustEmbed(t *testing.T, e pika.Embedder, role pika.EmbedRole, texts ...string) [][]float32 {
	t.Helper()
	vectors, err := e.Embed(context.Background(), role, texts)
	if err != nil {
		t.Fatalf("Embed(%s, %d texts) = %v", role, len(texts), err)
	}
	if len(vectors) != len(texts) {
		t.Fatalf("Embed(%s, %d texts) returned %d vectors", role, len(texts), len(vectors))
	}
	return vectors
}

func sameVector(a, b []float32) bool {
	for i := range a {
		if math.Abs(float64(a[i]-b[i])) > vectorTolerance {
			return false
		}
	}
	return len(a) == len(b)
}

func similarity(a, b []float32) float64 {
	var sum float64
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func embedModel(t *testing.T, e pika.Embedder) {
	m := e.Model()
	if m.ID == "" || m.Dimensions < 1 {
		t.Errorf("Model() = %+v, want an ID and dimensions", m)
	}
	mustEmbed(t, e, pika.EmbedPassage, "one text")
	if again := e.Model(); again != m {
		t.Errorf("Model() = %+v after Embed, was %+v", again, m)
	}
}

func embedUnitVectors(t *testing.T, e pika.Embedder) {
	for _, role := range []pika.EmbedRole{pika.EmbedQuery, pika.EmbedPassage} {
		for i, v := range mustEmbed(t, e, role, embedTexts...) {
			if len(v) != e.Model().Dimensions {
				t.Errorf("%s %d has %d dimensions, want %d", role, i, len(v), e.Model().Dimensions)
			}
			if length := math.Sqrt(similarity(v, v)); !(math.Abs(length-1) < 1e-3) {
				t.Errorf("%s %d has length %g, want 1", role, i, length)
			}
		}
	}
}

func embedOrder(t *testing.T, e pika.Embedder) {
	forward := mustEmbed(t, e, pika.EmbedPassage, embedTexts...)
	reversed := make([]string, len(embedTexts))
	for i, s := range embedTexts {
		reversed[len(reversed)-1-i] = s
	}
	for i, v := range mustEmbed(t, e, pika.EmbedPassage, reversed...) {
		if !sameVector(v, forward[len(forward)-1-i]) {
			t.Errorf("text %d has another vector when the order is reversed", len(forward)-1-i)
		}
	}
}

func embedBatchMates(t *testing.T, e pika.Embedder) {
	together := mustEmbed(t, e, pika.EmbedQuery, append(embedTexts[:len(embedTexts):len(embedTexts)], embedTexts...)...)
	for i, s := range embedTexts {
		alone := mustEmbed(t, e, pika.EmbedQuery, s)[0]
		if !sameVector(alone, together[i]) || !sameVector(alone, together[i+len(embedTexts)]) {
			t.Errorf("text %d has another vector alone than among others", i)
		}
	}
}

func embedUnicodeForm(t *testing.T, e pika.Embedder) {
	for i, s := range embedTexts {
		v := mustEmbed(t, e, pika.EmbedPassage, norm.NFC.String(s), norm.NFD.String(s))
		if !sameVector(v[0], v[1]) {
			t.Errorf("text %d has another vector in NFD than in NFC", i)
		}
	}
}

func embedSimilarTexts(t *testing.T, e pika.Embedder) {
	v := mustEmbed(t, e, pika.EmbedPassage, "my cat sleeps on the sofa", "my cat often sleeps on the sofa", "interest rates rose by two percent")
	if near, far := similarity(v[0], v[1]), similarity(v[0], v[2]); near <= far {
		t.Errorf("a near text scores %g, a far one %g", near, far)
	}
}

func embedLongText(t *testing.T, e pika.Embedder) {
	long := strings.Repeat("the river is high and the road is closed today ", 1_000)
	v := mustEmbed(t, e, pika.EmbedPassage, long, long+strings.Repeat("giông bão ngoài khơi ", 500), "short")
	if sameVector(v[0], v[1]) {
		t.Error("the end of a long text changes nothing: it was cut")
	}
	if length := math.Sqrt(similarity(v[0], v[0])); !(math.Abs(length-1) < 1e-3) {
		t.Errorf("a long text's vector has length %g, want 1", length)
	}
}

func embedLimits(t *testing.T, e pika.Embedder) {
	texts := make([]string, pika.MaxEmbedBatch+1)
	for i := range texts {
		texts[i] = fmt.Sprintf("t%d", i%7)
	}
	vectors := mustEmbed(t, e, pika.EmbedPassage, texts[:pika.MaxEmbedBatch]...)
	if !sameVector(vectors[0], vectors[7]) {
		t.Error("equal texts of a full batch have different vectors")
	}
	for _, n := range []int{0, pika.MaxEmbedBatch + 1} {
		if _, err := e.Embed(context.Background(), pika.EmbedPassage, texts[:n]); pika.CodeOf(err) != pika.Invalid {
			t.Errorf("Embed of %d texts = %v, want invalid", n, err)
		}
	}
}

func embedInvalid(t *testing.T, e pika.Embedder) {
	for name, c := range map[string]struct {
		role  pika.EmbedRole
		texts []string
	}{
		"empty text":         {pika.EmbedQuery, []string{"a", ""}},
		"invalid UTF-8":      {pika.EmbedQuery, []string{"ph\xc6"}},
		"unknown role":       {"document", []string{"a"}},
		"no role":            {"", []string{"a"}},
		"surrogate in UTF-8": {pika.EmbedPassage, []string{"\xed\xa0\x80"}},
	} {
		if v, err := e.Embed(context.Background(), c.role, c.texts); pika.CodeOf(err) != pika.Invalid || v != nil {
			t.Errorf("%s: Embed() = %d vectors, %v, want invalid", name, len(v), err)
		}
	}
}

func embedCancelled(t *testing.T, e pika.Embedder) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if v, err := e.Embed(ctx, pika.EmbedQuery, []string{"a"}); !errors.Is(err, context.Canceled) || v != nil {
		t.Errorf("Embed() = %d vectors, %v, want context.Canceled", len(v), err)
	}
}

// A context that ends midway either lets the whole call succeed or gives no vector.
func embedCancelledLate(t *testing.T, e pika.Embedder) {
	ctx, cancel := context.WithCancel(context.Background())
	texts := make([]string, pika.MaxEmbedBatch)
	for i := range texts {
		texts[i] = strings.Repeat(embedTexts[i%len(embedTexts)]+" ", 3)
	}
	go cancel()
	switch v, err := e.Embed(ctx, pika.EmbedPassage, texts); {
	case err == nil && len(v) == len(texts), errors.Is(err, context.Canceled) && v == nil:
	default:
		t.Errorf("Embed() = %d vectors, %v", len(v), err)
	}
}

func embedConcurrent(t *testing.T, e pika.Embedder) {
	want := mustEmbed(t, e, pika.EmbedQuery, embedTexts...)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			at := worker % len(embedTexts)
			texts := append(embedTexts[at:len(embedTexts):len(embedTexts)], embedTexts[:at]...)
			vectors, err := e.Embed(context.Background(), pika.EmbedQuery, texts)
			if err != nil {
				t.Errorf("Embed() = %v", err)
				return
			}
			for i, v := range vectors {
				if !sameVector(v, want[(i+at)%len(want)]) {
					t.Errorf("worker %d got another vector of text %d", worker, (i+at)%len(want))
				}
			}
		})
	}
	wg.Wait()
}
