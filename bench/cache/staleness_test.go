package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/bench/corpus"
	"github.com/pikamem/pika/pikatest"
)

func readTestCorpus(t *testing.T) ([]pika.GivenFact, []string) {
	t.Helper()
	facts, questions, err := corpus.Read(filepath.Join("..", "..", corpus.Folder))
	if err != nil {
		t.Fatal(err)
	}
	return facts, questions
}

// TestStaleness: over two instances on one truth, in random interleavings of writes and
// searches, no answer is older than the API promises.
func TestStaleness(t *testing.T) {
	t.Parallel()
	facts, questions := readTestCorpus(t)
	all := stalenesses(200, 1)
	results := make([]counted, len(all))
	for i, s := range all {
		c, err := s.run(t.Context(), pikatest.NewEmbedder(128), facts, questions, t.Output())
		if err != nil {
			t.Fatal(err)
		}
		results[i] = c
		if c.interleavings != 100 || c.tiers[pika.TierL1] < c.searches/20 || c.tiers[pika.TierL2Exact] < c.searches/20 || c.writes < c.searches/10 || c.within == 0 {
			t.Errorf("messages %s: the interleavings prove little: %+v", s.name, c)
		}
	}
	if err := printStaleness(t.Output(), all, results); err != nil {
		t.Error(err)
	}
}

// TestStalenessIsSeen: where messages are lost, an answer that is held to what holds where
// they come is found out.
func TestStalenessIsSeen(t *testing.T) {
	t.Parallel()
	facts, questions := readTestCorpus(t)
	s := staleness{name: "lost, held to none", lost: true, bound: latest, interleavings: 50, seed: 2}
	c, err := s.run(t.Context(), pikatest.NewEmbedder(128), facts, questions, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	if c.past == 0 || len(c.failures) == 0 {
		t.Errorf("nothing is stale where nobody is told of writes: %+v", c)
	}
}
