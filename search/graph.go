package search

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/lexicon"
	"github.com/pikamem/pika/text"
)

const (
	// graphDepth is how many facts the graph leg reads. An entity that as many touch,
	// such as the user's own name, tells no fact from another.
	graphDepth = 100
	// longestName bounds, in words, the names that are looked for in a question.
	longestName = 3
)

// graphScale keeps the hits as they are: 1 for a fact that touches an entity.
func graphScale([]pika.Scored) Scale { return Scale{Factor: 1} }

// findGraph returns the facts that touch the entities which the question names.
func (s *run) findGraph(ctx context.Context, limit int) ([]pika.Scored, bool, error) {
	seeds := s.seeds()
	if len(seeds) == 0 {
		return nil, true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, graphPatience(ctx))
	defer cancel()
	found, err := guarded(ctx, s.Engine.graph, func(ctx context.Context) ([]pika.GraphHit, error) {
		return s.config.Graph.Expand(ctx, s.scope, seeds, 1, limit)
	})
	if err != nil || len(found) == limit {
		s.silent.Store(err == nil)
		return nil, true, err
	}
	hits := make([]pika.Scored, len(found))
	for i, h := range found {
		hits[i] = pika.Scored{ID: h.FactID, Score: 1}
	}
	return hits, true, nil
}

// graphPatience is how long the graph may take: half of the legs' time. It only adds to
// what the others find, and what is left is needed for reading the answer.
func graphPatience(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Second
	}
	return time.Until(deadline) / 2
}

// Seeds returns the ids of the entities that a question may name, at most
// pika.MaxGraphSeeds: runs of up to three words, those written with capitals first. An
// entity's id follows from its name, so nothing needs to be looked up.
func Seeds(scope pika.Scope, question, language string) []string {
	words := strings.FieldsFunc(question, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) })
	var capital, other []string
	for n := min(longestName, len(words)); n > 0; n-- {
		for i := 0; i+n <= len(words); i++ {
			run := words[i : i+n]
			if lexicon.FunctionWord(strings.ToLower(run[0]), language) || lexicon.FunctionWord(strings.ToLower(run[n-1]), language) {
				continue
			}
			name := text.Fold(strings.Join(run, " "))
			if i > 0 && unicode.IsUpper([]rune(run[0])[0]) && unicode.IsUpper([]rune(run[n-1])[0]) {
				capital = append(capital, name)
			} else {
				other = append(other, name)
			}
		}
	}
	return seedIDs(scope, append(capital, other...))
}

func seedIDs(scope pika.Scope, names []string) []string {
	var ids []string
	known := map[string]bool{}
	for _, name := range names {
		if !known[name] && len(ids) < pika.MaxGraphSeeds {
			known[name] = true
			ids = append(ids, pika.EntityID(scope, name))
		}
	}
	return ids
}
