package cache

import (
	"context"
	"slices"
	"time"

	"github.com/pikamem/pika"
)

// GuardNames lists what keeps chunks that say different things apart.
func GuardNames() []string {
	var list []string
	for _, g := range chunkGuards {
		list = append(list, g.name)
	}
	for _, g := range likenessGuards {
		list = append(list, g.name)
	}
	return list
}

// Without switches one guard off.
func (e *Extractor) Without(name string) *Extractor {
	e.guards = slices.DeleteFunc(slices.Clone(e.guards), func(g chunkGuard) bool { return g.name == name })
	e.likeness = slices.DeleteFunc(slices.Clone(e.likeness), func(g likenessGuard) bool { return g.name == name })
	return e
}

// Early reports whether an answer that took so long to make, and ends in left, is to be made
// anew.
func Early(took, left time.Duration, random float64) bool {
	now := time.Now()
	a := &keptAnswer{Took: took, Soft: now.Add(left), Until: now.Add(left + time.Hour)}
	return a.early(now, random)
}

// LongestWait is how long a search with a deadline waits for another.
func LongestWait(deadline time.Duration) time.Duration {
	return (&request{query: pika.Query{Deadline: deadline}}).longestWait()
}

// WithVersion lets what is called with the context know a version of a memory.
func WithVersion(ctx context.Context, scope pika.Scope, version int64) context.Context {
	return withVersion(ctx, scope, version)
}
