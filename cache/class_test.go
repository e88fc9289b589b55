package cache

import (
	"maps"
	"math"
	"testing"

	"github.com/pikamem/pika/search"
)

// Only what is certain is given before it was compared with searches.
func TestClassesOfAnswers(t *testing.T) {
	t.Parallel()
	known := &classes{counts: maps.Clone(learntBefore)}
	for _, tt := range []struct {
		name  string
		made  search.Transferred
		class answerClass
		given bool
	}{
		{"no doubt", search.Transferred{Doubt: -1, Facts: 9000}, certified, true},
		{"some", search.Transferred{Doubt: 1, Lead: 1, Facts: 300}, slight, false},
		{"much", search.Transferred{Doubt: 9, Lead: 1}, grave, false},
		{"two first facts", search.Transferred{Doubt: 1, Lead: 0.01}, grave, false},
		{"vectors that were not compared", search.Transferred{Doubt: math.Inf(1)}, pooled, false},
		{"a large memory", search.Transferred{Doubt: 1, Lead: 1, Facts: maxWorkingSet + 1}, large, false},
	} {
		class := classOfAnswer(tt.made)
		if given := known.correct(class) >= leastCorrect; class != tt.class || given != tt.given {
			t.Errorf("%s: %s, given: %v", tt.name, class, given)
		}
	}
}
