// Package corpus reads the project's bilingual corpus, one person's memory and questions
// about it, for benchmarks that fill memories of their own with it.
//
// What may come in: reading the files of bench/recall/corpus. What may not: what is
// measured with them.
package corpus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/pikamem/pika"
)

// Folder is where the corpus is, from the root of the repository.
const Folder = "bench/recall/corpus"

// Read reads the facts and questions of both halves, in an order that is always the same
// and mixes their classes.
func Read(folder string) (facts []pika.GivenFact, questions []string, err error) {
	for _, half := range []string{"tune", "report"} {
		err = errors.Join(err,
			Lines(filepath.Join(folder, half, "facts.jsonl"), func(line []byte) error {
				var c pika.Candidate
				err := json.Unmarshal(line, &c)
				c.Confidence, c.Sources = 1, nil
				if c.ValidFrom != nil && c.ValidTo != nil && !c.ValidTo.After(*c.ValidFrom) {
					c.ValidTo = nil // the API takes no empty interval
				}
				facts = append(facts, pika.GivenFact{Candidate: c})
				return err
			}),
			Lines(filepath.Join(folder, half, "queries.jsonl"), func(line []byte) error {
				var q struct{ Text string }
				err := json.Unmarshal(line, &q)
				questions = append(questions, q.Text)
				return err
			}))
	}
	random := rand.New(rand.NewPCG(1, 1)) // questions of one class stand together
	random.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
	random.Shuffle(len(questions), func(i, j int) { questions[i], questions[j] = questions[j], questions[i] })
	return facts, questions, err
}

// Lines calls each with every line of a file.
func Lines(path string, each func([]byte) error) error {
	file, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for line := range bytes.Lines(file) {
		if err := each(line); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}
