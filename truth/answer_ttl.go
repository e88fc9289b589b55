package truth

import (
	"cmp"
	"slices"

	"github.com/pikamem/pika"
)

// CheckAnswerUse refuses counts of an unknown class and those below 0, and returns the
// others with each class once, in the order of their names.
func CheckAnswerUse(use []pika.AnswerUse) ([]pika.AnswerUse, error) {
	var sums []pika.AnswerUse
	for _, u := range use {
		if err := checkClass(u.Class, u.Hits, u.Misses); err != nil {
			return nil, err
		}
		i, found := slices.BinarySearchFunc(sums, u.Class, func(s pika.AnswerUse, c pika.AnswerClass) int { return cmp.Compare(s.Class, c) })
		if !found {
			sums = slices.Insert(sums, i, pika.AnswerUse{Class: u.Class})
		}
		sums[i].Hits += u.Hits
		sums[i].Misses += u.Misses
	}
	return sums, nil
}

// CheckAnswerTTLs refuses times that no answer can be kept for, and returns the others in
// the order of the names of their classes; of several for one class the last counts.
func CheckAnswerTTLs(ttls []pika.AnswerTTL) ([]pika.AnswerTTL, error) {
	for _, t := range ttls {
		if err := checkClass(t.Class, t.Hits, t.Misses); err != nil {
			return nil, err
		}
		if t.TTL <= 0 {
			return nil, pika.InvalidField("ttl", "must be above 0")
		}
	}
	ttls = LastOfEach(ttls, func(t *pika.AnswerTTL) string { return string(t.Class) })
	slices.SortFunc(ttls, func(a, b pika.AnswerTTL) int { return cmp.Compare(a.Class, b.Class) })
	return ttls, nil
}

func checkClass(c pika.AnswerClass, hits, misses int64) error {
	switch {
	case !slices.Contains(pika.AnswerClasses(), c):
		return pika.InvalidField("class", "must be often, rarely or fresh")
	case hits < 0 || misses < 0:
		return pika.InvalidField("hits", "and misses must not be below 0")
	}
	return nil
}
