package local_test

import (
	"context"
	"sort"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/model/local"
	"github.com/pikamem/pika/text"
)

// recall is how many questions of a kind found their fact among the first one and three.
type recall struct{ first, three, all int }

func (r recall) at1() float64 { return float64(r.first) / float64(r.all) }
func (r recall) at3() float64 { return float64(r.three) / float64(r.all) }

// TestRetrieval asks every question of one memory that holds facts in both
// languages, with and without centring.
func TestRetrieval(t *testing.T) {
	t.Parallel()
	raw := retrieve(t, local.Options{Uncentred: true})
	centred := retrieve(t, local.Options{})
	for _, kind := range kinds {
		t.Logf("%-14s %2d questions  uncentred %.2f / %.2f  centred %.2f / %.2f", kind, raw[kind].all,
			raw[kind].at1(), raw[kind].at3(), centred[kind].at1(), centred[kind].at3())
	}
	for _, kind := range []string{"vi→en", "en→vi"} {
		if centred[kind].at1() <= raw[kind].at1() || centred[kind].at3() < raw[kind].at3() {
			t.Errorf("%s: centring does not improve recall", kind)
		}
	}
	for _, kind := range []string{"vi", "en"} {
		if centred[kind].at3() < raw[kind].at3()-0.06 {
			t.Errorf("%s: centring costs recall@3: %.2f, was %.2f", kind, centred[kind].at3(), raw[kind].at3())
		}
	}
}

var kinds = []string{"vi", "vi plain", "en", "vi→en", "vi plain→en", "en→vi"}

func retrieve(t *testing.T, o local.Options) map[string]*recall {
	t.Helper()
	e := openModel(t, o)
	var texts []string
	for _, f := range facts {
		texts = append(texts, f.text)
	}
	memory := embed(t, e, pika.EmbedPassage, texts)
	found := map[string]*recall{}
	for _, k := range kinds {
		found[k] = &recall{}
	}
	for _, q := range questions {
		found[kindOf(q, q.language)].count(rank(memory, embed(t, e, pika.EmbedQuery, []string{q.text})[0], q.key))
		if q.language == "vi" {
			found[kindOf(q, "vi plain")].count(rank(memory, embed(t, e, pika.EmbedQuery, []string{text.Fold(q.text)})[0], q.key))
		}
	}
	return found
}

func (r *recall) count(rank int) {
	r.all++
	if rank == 0 {
		r.first++
	}
	if rank < 3 {
		r.three++
	}
}

func kindOf(q question, language string) string {
	for _, f := range facts {
		if f.key == q.key && f.language != q.language {
			return language + "→" + f.language
		}
	}
	return language
}

// rank returns how many facts are nearer to the query than the one with the key.
func rank(memory [][]float32, query []float32, key string) int {
	order := make([]int, len(memory))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return dot(memory[order[i]], query) > dot(memory[order[j]], query) })
	for r, i := range order {
		if facts[i].key == key {
			return r
		}
	}
	return len(memory)
}

func dot(a, b []float32) float64 {
	var sum float64
	for i, v := range a {
		sum += float64(v) * float64(b[i])
	}
	return sum
}

func embed(t *testing.T, e pika.Embedder, role pika.EmbedRole, texts []string) [][]float32 {
	t.Helper()
	vectors, err := e.Embed(context.Background(), role, texts)
	if err != nil {
		t.Fatal(err)
	}
	return vectors
}
