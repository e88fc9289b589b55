package cache

import (
	"context"

	"github.com/pikamem/pika"
)

// WarmResult stands in until the third tier is there.
type WarmResult string

const (
	WarmKept    WarmResult = "kept"
	WarmMade    WarmResult = "made"
	WarmNotKept WarmResult = "not_kept"
)

// Warm stands in until the third tier is there.
func (s *Searcher) Warm(ctx context.Context, scope pika.Scope, q pika.Query) (WarmResult, error) {
	q.Cache = pika.CacheRefresh
	_, err := s.Search(ctx, scope, q)
	return WarmMade, err
}
