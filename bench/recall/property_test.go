package main

import (
	"slices"
	"testing"

	"github.com/pikamem/pika"
)

// mostLost is the share of questions whose right fact may leave the first ten when as
// many facts again, about other things of the same person, are remembered.
const mostLost = 0.04

// TestIrrelevantFacts doubles the memory with facts about other things and looks whether
// the right ones are still found.
func TestIrrelevantFacts(t *testing.T) {
	both, err := readCorpus()
	if err != nil {
		t.Fatal(err)
	}
	alone := both
	alone.facts = slices.DeleteFunc(slices.Clone(both.facts), func(f pika.Fact) bool {
		return !slices.ContainsFunc(both.evidence[f.ID], func(id string) bool { return id[0] == 't' })
	})
	before, after := foundOf(t, alone), foundOf(t, both)
	lost, n := 0, 0
	for question := range before {
		n++
		if !after[question] {
			lost++
			t.Logf("lost: %s", question)
		}
	}
	if n < 100 || float64(lost) > mostLost*float64(n) {
		t.Errorf("%d of %d right answers left the first ten; at most %.0f %% may", lost, n, mostLost*100)
	}
}

// openRecorded loads a set with the recorded vectors.
func openRecorded(t *testing.T, s set) *bed {
	t.Helper()
	embedder, err := readRecorded(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	b, err := open(t.Context(), embedder, s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// foundOf returns the questions of the half "tune" that have a right fact in the first ten.
func foundOf(t *testing.T, s set) map[string]bool {
	t.Helper()
	b := openRecorded(t, s)
	defer b.close()
	found := map[string]bool{}
	for _, q := range s.questions {
		if q.half != "tune" || dependsOnVocabulary(q) {
			continue
		}
		r, err := byEngine(pika.ModeHybrid)(t.Context(), b, q.text, 10)
		if err != nil {
			t.Fatal(err)
		}
		if b.reciprocal(r.facts, q.evidence) > 0 {
			found[q.text] = true
		}
	}
	return found
}

// dependsOnVocabulary reports whether a question may be read otherwise in another memory,
// so that its vector is not among the recorded ones.
func dependsOnVocabulary(q query) bool { return q.class == "no_diacritics" || q.class == "typo" }

// TestDeterministic asks every tenth question twice, in stores of their own.
func TestDeterministic(t *testing.T) {
	s, err := readCorpus()
	if err != nil {
		t.Fatal(err)
	}
	answers := [2][]string{}
	for i := range answers {
		b := openRecorded(t, s)
		for j := 0; j < len(s.questions); j += 10 {
			r, err := byEngine(pika.ModeHybrid)(t.Context(), b, s.questions[j].text, depth)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range r.facts {
				answers[i] = append(answers[i], h.ID)
			}
		}
		b.close()
	}
	if !slices.Equal(answers[0], answers[1]) {
		t.Error("the same questions have other answers the second time")
	}
}
