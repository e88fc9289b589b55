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
		{"con meo cua toi ten gi", "vi", true, false, 0.15},
		{"What is the name of my cat?", "en", false, false, 0.35},
		{"What is order A-55817?", "en", false, true, 0.55},
		{"Biển số xe là 43D1-567.89 phải không", "vi", false, true, 0.35},
		{"What happened in 2023 on 12 May?", "en", false, false, 0.35},
		{"Where is the EpiPen of my DAD?", "en", false, true, 0.55},
		{"WHERE IS THE CAT OF MY DAD", "en", false, false, 0.35},
		{`Who said "never again" to me?`, "en", false, true, 0.55},
		{"私の猫の名前は何ですか", "ja", false, false, 0.35},
	}
	for _, tt := range tests {
		t.Run(tt.question, func(t *testing.T) {
			t.Parallel()
			got := search.NewPlan(question(tt.question), nil, epoch)
			if got.Language != tt.language || got.MissingDiacritics != tt.missing || got.Rare != tt.rare || got.Weights.Keyword != tt.keyword {
				t.Errorf("plan %+v; want %+v", got, tt)
			}
			if !tt.missing && got.Text != tt.question {
				t.Errorf("text %q", got.Text)
			}
		})
	}
}

func TestNewPlanOfMode(t *testing.T) {
	t.Parallel()
	q := question("What is the name of my cat?")
	q.Mode = pika.ModeVector
	if got, want := search.NewPlan(q, nil, epoch).Weights, (search.Weights{Vector: 1}); got != want {
		t.Errorf("mode vector: %+v; want %+v", got, want)
	}
	q.Mode = pika.ModeKeyword
	if got := search.NewPlan(q, nil, epoch).Weights; got.Vector != 0 || got.Graph != 0 || got.Keyword != 1 {
		t.Errorf("mode keyword: %+v", got)
	}
}

// Diacritics that were left out come back from the words of the user's memory first.
func TestNewPlanRestores(t *testing.T) {
	t.Parallel()
	v := search.NewVocabulary([]pika.TermDocuments{{Term: "=mướp", Documents: 3}, {Term: "muop", Documents: 3}})
	if got := search.NewPlan(question("con meo Muop cua toi"), func() *search.Vocabulary { return v }, epoch).Text; got != "con mèo Mướp của tôi" {
		t.Errorf("restored %q", got)
	}
}

func TestNegative(t *testing.T) {
	t.Parallel()
	for q, want := range map[string]bool{
		"What can't I eat?": true, "Foods I avoid": true, "Which one do I no longer use?": true, "Món nào tôi không ăn được?": true,
		"Tôi có nuôi mèo không?": false, "Tôi đã đi Huế chưa?": false, "What do I eat?": false, "knot and note": false,
	} {
		if got := search.NewPlan(question(q), nil, epoch).Negative; got != want {
			t.Errorf("%q negative = %v", q, got)
		}
	}
}

// A decomposed question is the same question.
func TestNewPlanNormalises(t *testing.T) {
	t.Parallel()
	composed, decomposed := search.NewPlan(question("mèo"), nil, epoch), search.NewPlan(question("  me\u0300o "), nil, epoch)
	if diff := cmp.Diff(composed, decomposed); diff != "" {
		t.Errorf("NFC and NFD differ:\n%s", diff)
	}
}
