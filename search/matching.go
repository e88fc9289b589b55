package search

import (
	"context"

	"github.com/pikamem/pika"
)

// maxMatching is up to how many facts a filter may leave for the legs to be confined to
// them. Where it leaves more, enough of the best hits pass.
const maxMatching = pika.MaxPageLimit

// matching is what the filters of a search leave, as the truth says.
type matching struct {
	known chan struct{} // closed when the next two are set
	ids   []string      // of the facts that may pass; nil: too many, or not known
	set   map[string]bool
}

// confines reports whether any filter is one that Facts.Matching looks at.
func confines(f pika.Filters) bool {
	return len(f.Categories)+len(f.Predicates)+len(f.Languages)+len(f.Entities) > 0 ||
		len(f.Metadata) > 0 || f.ConversationID != "" || f.RecordedAfter != nil || f.RecordedBefore != nil || f.MinConfidence > 0
}

// match asks the truth which facts the filters leave. Without its answer the legs find
// what they find, and the filters decide at hydration.
func (s *run) match() {
	defer close(s.matching.known)
	ids, err := guarded(s.legCtx, s.Engine.facts, func(ctx context.Context) ([]string, error) {
		ids, all, err := s.config.Facts.Matching(ctx, s.scope, s.query.Filters, maxMatching)
		if err != nil || !all {
			return nil, err
		}
		return append([]string{}, ids...), nil
	})
	if err != nil {
		s.incomplete.Store(true)
		s.config.Log.Debug("a search is not confined to what its filters leave", "code", string(pika.CodeOf(err)), "error", err)
		return
	}
	s.matching.ids = ids
	if ids == nil {
		return
	}
	s.matching.set = make(map[string]bool, len(ids))
	for _, id := range ids {
		s.matching.set[id] = true
	}
}

// left returns the ids that the filters leave in a corpus, in a list and in a set; nil:
// no leg is to be confined.
func (s *run) left(ctx context.Context, corpus pika.Corpus) ([]string, map[string]bool) {
	if s.matching == nil || corpus != pika.CorpusFacts {
		return nil, nil
	}
	select {
	case <-s.matching.known:
		return s.matching.ids, s.matching.set
	case <-ctx.Done():
		s.incomplete.Store(true)
		return nil, nil
	}
}

// confine keeps the hits that are in a set; nil: all of them.
func confine(hits []pika.Scored, set map[string]bool) []pika.Scored {
	if set == nil {
		return hits
	}
	kept := []pika.Scored{}
	for _, h := range hits {
		if set[h.ID] {
			kept = append(kept, h)
		}
	}
	return kept
}
