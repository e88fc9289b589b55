package search_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

func TestNewPlan(t *testing.T) {
	t.Parallel()
	tests := []struct {
		question string
		language string
		missing  bool
		rare     bool
		keyword  float64
	}{
		{"Thú cưng của tôi tên gì?", "vi", false, false, 0.15},
		{"con meo cua toi ten gi", "vi", true, false, 2},
		{"What is the name of my cat?", "en", false, false, 0.30},
		{"What is order A-55817?", "en", false, true, 0.50},
		{"Biển số xe là 43D1-567.89 phải không", "vi", false, true, 0.35},
		{"What happened in 2023 on 12 May?", "en", false, false, 0.30},
		{"Where is the EpiPen of my DAD?", "en", false, true, 0.50},
		{"WHERE IS THE CAT OF MY DAD", "en", false, false, 0.30},
		{`Who said "never again" to me?`, "en", false, true, 0.50},
		{"私の猫の名前は何ですか", "ja", false, false, 0.30},
	}
	for _, tt := range tests {
		t.Run(tt.question, func(t *testing.T) {
			t.Parallel()
			want := search.Plan{
				Text: tt.question, Language: tt.language, MissingDiacritics: tt.missing, Rare: tt.rare,
				Weights: search.Weights{Vector: 1, Keyword: tt.keyword},
			}
			got := search.NewPlan(question(tt.question))
			if diff := cmp.Diff(want, got, approximately); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewPlanOfMode(t *testing.T) {
	t.Parallel()
	q := question("What is the name of my cat?")
	q.Mode = pika.ModeVector
	if got, want := search.NewPlan(q).Weights, (search.Weights{Vector: 1}); got != want {
		t.Errorf("mode vector: %+v; want %+v", got, want)
	}
	q.Mode = pika.ModeKeyword
	if got, want := search.NewPlan(q).Weights, (search.Weights{Keyword: 0.30}); got != want {
		t.Errorf("mode keyword: %+v; want %+v", got, want)
	}
}

// A decomposed question is the same question.
func TestNewPlanNormalises(t *testing.T) {
	t.Parallel()
	composed, decomposed := search.NewPlan(question("mèo")), search.NewPlan(question("  me\u0300o "))
	if diff := cmp.Diff(composed, decomposed); diff != "" {
		t.Errorf("NFC and NFD differ:\n%s", diff)
	}
}
