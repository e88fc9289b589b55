package rules_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/model/rules"
	"github.com/pikamem/pika/text"
)

// labelled is a sentence and the facts it states.
type labelled struct {
	language, sentence string
	facts              map[string]bool
}

// wednesday is the day the labelled sentences are written.
var wednesday = time.Date(2026, time.November, 4, 9, 0, 0, 0, time.UTC)

func labelledSentences(t testing.TB) []labelled {
	t.Helper()
	file, err := os.ReadFile("testdata/labelled.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var list []labelled
	for line := range strings.Lines(string(file)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 3 || strings.HasPrefix(line, "#") {
			continue
		}
		l := labelled{fields[0], fields[1], map[string]bool{}}
		for _, f := range strings.Split(fields[2], "; ") {
			if f != "-" {
				l.facts[text.Fold(f)] = true
			}
		}
		list = append(list, l)
	}
	return list
}

// read extracts from one user message.
func read(t testing.TB, content string) []pika.Candidate {
	t.Helper()
	x, err := rules.New(rules.Options{}).Extract(t.Context(), pika.Chunk{
		Messages:      []pika.ChunkMessage{{Index: 0, Message: pika.Message{Role: pika.RoleUser, Content: content}}},
		ReferenceTime: wednesday,
	})
	if err != nil {
		t.Fatal(err)
	}
	return x.Candidates
}

func label(c pika.Candidate) string {
	s := c.Predicate + "=" + c.Object
	if c.Negated {
		s = "!" + s
	}
	return text.Fold(s)
}

// tally counts what was found against what is there.
type tally struct{ found, right, there, silent, quiet int }

func (t tally) precision() float64 { return float64(t.right) / float64(max(t.found, 1)) }
func (t tally) recall() float64    { return float64(t.right) / float64(max(t.there, 1)) }

func TestPrecisionAndRecall(t *testing.T) {
	t.Parallel()
	tallies := map[string]*tally{"vi": {}, "en": {}}
	sentences := labelledSentences(t)
	for _, l := range sentences {
		n := tallies[l.language]
		n.there += len(l.facts)
		if len(l.facts) == 0 {
			n.silent++
		}
		candidates := read(t, l.sentence)
		if len(l.facts) == 0 && len(candidates) == 0 {
			n.quiet++
		}
		got := map[string]bool{}
		for _, c := range candidates {
			n.found++
			got[label(c)] = true
			if l.facts[label(c)] {
				n.right++
			} else {
				t.Logf("wrong: %q gives %s: %q", l.sentence, label(c), c.Text)
			}
		}
		for want := range l.facts {
			if !got[want] {
				t.Logf("missed: %q: %s", l.sentence, want)
			}
		}
	}
	for language, n := range tallies {
		t.Logf("%s: precision %.3f (%d of %d), recall %.3f (%d of %d), silent on %d of %d sentences without a fact",
			language, n.precision(), n.right, n.found, n.recall(), n.right, n.there, n.quiet, n.silent)
		if n.precision() < 0.95 || n.recall() < 0.85 {
			t.Errorf("%s: precision %.3f, recall %.3f; want at least 0.95 and 0.85", language, n.precision(), n.recall())
		}
		if n.silent < 30 || n.there < 60 {
			t.Errorf("%s: %d sentences without a fact, %d facts; want at least 30 and 60", language, n.silent, n.there)
		}
	}
	if len(sentences) < 150 {
		t.Errorf("%d labelled sentences; want at least 150", len(sentences))
	}
}
