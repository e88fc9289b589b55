package search_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

var approximately = cmpopts.EquateApprox(0, 1e-4)

func hits(pairs ...any) []pika.Scored {
	var s []pika.Scored
	for i := 0; i < len(pairs); i += 2 {
		s = append(s, pika.Scored{ID: pairs[i].(string), Score: pairs[i+1].(float64)})
	}
	return s
}

func evidence(wv, wk float64, vectors, keyword []pika.Scored) []search.Evidence {
	return []search.Evidence{
		{Leg: pika.LegVectors, Weight: wv, Scale: search.CosineScale(vectors), Hits: vectors},
		{Leg: pika.LegKeyword, Weight: wk, Scale: search.BM25Scale(keyword), Hits: keyword},
	}
}

type fused struct {
	ID    string
	Score float64
}

func order(candidates []search.Candidate) []fused {
	var f []fused
	for _, c := range candidates {
		f = append(f, fused{c.ID, search.ScoreOf(c.Strength)})
	}
	return f
}

func TestFuse(t *testing.T) {
	t.Parallel()
	cosines := hits("a", 0.90, "b", 0.84, "c", 0.82, "d", 0.80, "e", 0.79)
	tests := []struct {
		name string
		in   []search.Evidence
		want []fused
	}{
		{"nothing", evidence(1, 0.3, nil, nil), nil},
		// mean 0.83, deviation √0.00152: a stands 1.7955 deviations above.
		{"vectors alone", evidence(1, 0.3, cosines, nil), []fused{{"a", 0.4490}, {"b", 0.1489}, {"c", 0.0948}, {"d", 0.0590}, {"e", 0.0463}}},
		{"keyword alone", evidence(1, 0.3, nil, hits("x", 6.0, "y", 1.0)), []fused{{"x", 0.4502}, {"y", 0.1545}}},
		{"a strong match of words overtakes", evidence(1, 0.3, cosines, hits("d", 9.0)), []fused{{"d", 0.4826}, {"a", 0.4490}, {"b", 0.1489}, {"c", 0.0948}, {"e", 0.0463}}},
		{"a weak one does not", evidence(1, 0.3, cosines, hits("d", 1.0)), []fused{{"a", 0.4490}, {"b", 0.1489}, {"c", 0.0948}, {"d", 0.0780}, {"e", 0.0463}}},
		{"no vector counts as the last one's", evidence(1, 0.3, cosines, hits("new", 6.0)), []fused{{"a", 0.4490}, {"new", 0.2269}, {"b", 0.1489}, {"c", 0.0948}, {"d", 0.0590}, {"e", 0.0463}}},
		{"a long question is scaled down", evidence(1, 0.3, nil, hits("x", 60.0, "y", 30.0)), []fused{{"x", 0.8320}, {"y", 0.4502}}},
		{"equal ones by id", evidence(1, 0.3, hits("b", 0.8, "c", 0.8, "a", 0.8), nil), []fused{{"a", 0.1192}, {"b", 0.1192}, {"c", 0.1192}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, order(search.Fuse(tt.in)), approximately); diff != "" {
				t.Errorf("Fuse (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFuseKeepsPlaces(t *testing.T) {
	t.Parallel()
	got := search.Fuse(evidence(1, 0.3, hits("a", 0.9, "b", 0.8), hits("b", 4.0)))
	want := map[string][]*pika.LegScore{
		"a": {{Rank: 1, Score: 0.9}, nil},
		"b": {{Rank: 2, Score: 0.8}, {Rank: 1, Score: 4}},
	}
	for _, c := range got {
		if diff := cmp.Diff(want[c.ID], c.Legs); diff != "" {
			t.Errorf("places of %s (-want +got):\n%s", c.ID, diff)
		}
	}
}

// Whatever the legs return, scores are within 0–1, fall, and do not depend on chance.
func TestFuseProperties(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		e := evidence(random.Float64(), random.Float64(), someHits(random), someHits(random))
		got := search.Fuse(e)
		if !slices.IsSortedFunc(got, func(a, b search.Candidate) int {
			switch {
			case a.Strength > b.Strength:
				return -1
			case a.Strength < b.Strength:
				return 1
			}
			return 0
		}) {
			t.Fatal("scores rise")
		}
		for _, c := range got {
			if score := search.ScoreOf(c.Strength); math.IsNaN(score) || score < 0 || score > 1 {
				t.Fatalf("score %v", score)
			}
		}
		if diff := cmp.Diff(got, search.Fuse(e)); diff != "" {
			t.Fatalf("a second time differs:\n%s", diff)
		}
	}
}

// Each part's answer comes up, and a document that only a part found is there too.
func TestFuseParts(t *testing.T) {
	t.Parallel()
	whole := evidence(1, 0.3, hits("a", 0.90, "b", 0.89, "c", 0.85, "d", 0.84, "e", 0.80), nil)
	first := evidence(1, 0.3, hits("d", 0.95, "a", 0.80, "b", 0.79, "c", 0.78, "e", 0.78), nil)
	second := evidence(1, 0.3, nil, hits("new", 12.0))
	alone, together := search.Fuse(whole), search.Fuse(whole, first, second)
	rank := func(candidates []search.Candidate, id string) int {
		return slices.IndexFunc(candidates, func(c search.Candidate) bool { return c.ID == id })
	}
	if rank(together, "d") >= rank(alone, "d") || rank(together, "new") < 0 {
		t.Errorf("alone %v, with parts %v: want d higher, and new", order(alone), order(together))
	}
	for _, c := range together {
		if len(c.Legs) != len(whole) {
			t.Errorf("%s has %d places", c.ID, len(c.Legs))
		}
	}
}

func someHits(random *rand.Rand) []pika.Scored {
	var s []pika.Scored
	for _, i := range random.Perm(50)[:random.IntN(50)] {
		s = append(s, pika.Scored{ID: string(rune('A' + i)), Score: random.Float64() * 30})
	}
	slices.SortFunc(s, func(a, b pika.Scored) int { return int(math.Copysign(1, b.Score-a.Score)) })
	return s
}

func BenchmarkPlanAndFuse(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	var vectors, keyword []pika.Scored
	for i := range 400 {
		vectors = append(vectors, pika.Scored{ID: pika.DeriveID(string(rune(i))), Score: 0.9 - float64(i)/4000})
	}
	for i := range 200 {
		keyword = append(keyword, pika.Scored{ID: pika.DeriveID(string(rune(random.IntN(800)))), Score: 12 - float64(i)/20})
	}
	var took []time.Duration
	for b.Loop() {
		started := time.Now()
		p := search.NewPlan(question("hoi thang 3 nam ngoai toi mua xe gi o Da Nang va di cho nao?"), nil, epoch)
		p.KeywordQuery(p.Text, nil)
		search.Fuse(evidence(p.Weights.Vector, p.Weights.Keyword, vectors, keyword))
		took = append(took, time.Since(started))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
