package main

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pikamem/pika"
)

// cuts are the lengths of answers that recall is measured at.
var cuts = []int{1, 5, 10, 30}

// measures are what one arm made of one question.
type measures struct {
	recall     [4]float64 // of the evidence in the first facts, at each cut: of as much as fits
	merged     [4]float64 // of the evidence in the first of facts and messages by score
	reciprocal float64    // of the rank of the first evidence, among facts and messages by score
	facts10    float64    // ten facts
	messages10 float64    // ten messages
	inAll      float64    // ten in all: the highest scores of both
	ofEach     float64    // ten of each
	took       time.Duration
	tokens     int // of the first ten facts' texts
}

func (b *bed) measure(r ranking, evidence []string) measures {
	m := measures{took: r.took}
	for i, k := range cuts {
		fits := float64(len(evidence)) / float64(min(len(evidence), k))
		m.recall[i] = min(1, fits*covered(evidence, b.union(first(r.facts, k))))
	}
	merged := slices.Concat(r.facts, r.messages)
	slices.SortStableFunc(merged, func(x, y pika.Scored) int { return cmp.Compare(y.Score, x.Score) })
	for i, k := range cuts {
		m.merged[i] = covered(evidence, b.union(first(merged, k)))
	}
	m.reciprocal = b.reciprocal(merged, evidence)
	facts, messages := b.union(first(r.facts, 10)), b.union(first(r.messages, 10))
	m.facts10, m.messages10 = covered(evidence, facts), covered(evidence, messages)
	m.inAll = covered(evidence, b.union(first(merged, 10)))
	maps.Copy(facts, messages)
	m.ofEach = covered(evidence, facts)
	return m
}

func first(hits []pika.Scored, k int) []pika.Scored { return hits[:min(k, len(hits))] }

// union is the evidence that some hits prove together.
func (b *bed) union(hits []pika.Scored) map[string]bool {
	u := map[string]bool{}
	for _, h := range hits {
		for _, e := range b.evidence[h.ID] {
			u[e] = true
		}
	}
	return u
}

func covered(evidence []string, found map[string]bool) float64 {
	wanted := slices.Compact(slices.Sorted(slices.Values(evidence)))
	n := 0
	for _, e := range wanted {
		if found[e] {
			n++
		}
	}
	return float64(n) / float64(len(wanted))
}

func (b *bed) reciprocal(hits []pika.Scored, evidence []string) float64 {
	for i, h := range hits {
		if slices.ContainsFunc(b.evidence[h.ID], func(e string) bool { return slices.Contains(evidence, e) }) {
			return 1 / float64(i+1)
		}
	}
	return 0
}

// sample is what an arm made of many questions.
type sample []measures

func (s sample) mean(of func(measures) float64) float64 {
	var sum float64
	for _, m := range s {
		sum += of(m)
	}
	return sum / float64(len(s))
}

// interval is the 95 % percentile bootstrap interval of a mean over the questions (Efron
// and Tibshirani, An Introduction to the Bootstrap, 1993, §13.3), from a fixed seed.
func (s sample) interval(of func(measures) float64) (low, high float64) {
	const rounds = 1000
	random := rand.New(rand.NewPCG(1, 2))
	means := make([]float64, rounds)
	for i := range means {
		for range s {
			means[i] += of(s[random.IntN(len(s))])
		}
		means[i] /= float64(len(s))
	}
	slices.Sort(means)
	return means[rounds*25/1000], means[rounds*975/1000]
}

func (s sample) percentile(p float64) time.Duration {
	took := make([]time.Duration, len(s))
	for i, m := range s {
		took[i] = m.took
	}
	slices.Sort(took)
	return took[min(int(p*float64(len(took))), len(took)-1)]
}

// results are samples by class of question and arm.
type results map[string]map[string]sample

func (r results) add(class, arm string, m measures) {
	if r[class] == nil {
		r[class] = map[string]sample{}
	}
	r[class][arm] = append(r[class][arm], m)
}
