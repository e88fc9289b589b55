package gateway

import (
	"net/http"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
)

// cacheStats is the answer of GET /v1/cache/stats.
type cacheStats struct {
	Caches         []oneCache `json:"caches"`
	StalePrevented int64      `json:"stale_prevented" doc:"Answers that a cache had and that no longer held"`
	SavedMS        float64    `json:"saved_ms" doc:"Time of searches that a cache answered in their place"`
	LLMTokensSaved int64      `json:"llm_tokens_saved" doc:"Read and written by the calls of a language model that a cache answered in their place"`
}

// oneCache is what one cache of this process did since it started.
type oneCache struct {
	Name      cache.Name `json:"name" enum:"l1,l2_exact,semantic,l3,precomputed,working_set,embedding,llm,llm_semantic"`
	Hits      int64      `json:"hits"`
	Misses    int64      `json:"misses"`
	HitRate   float64    `json:"hit_rate" doc:"0 to 1; 0 if it was never asked"`
	Entries   int        `json:"entries" doc:"In this process; 0 for a cache that is elsewhere"`
	Bytes     int64      `json:"bytes"`
	Evictions int64      `json:"evictions" doc:"Given up for want of room"`
}

// showCacheStats answers GET /v1/cache/stats.
func (s *server) showCacheStats(c *call) error {
	if _, err := s.readQuery(c); err != nil {
		return err
	}
	stats := s.CacheStats()
	answer := cacheStats{Caches: []oneCache{}, StalePrevented: stats.StalePrevented, SavedMS: float64(stats.Saved.Microseconds()) / 1000, LLMTokensSaved: stats.LLMTokensSaved}
	for _, one := range stats.Caches {
		o := oneCache{Name: one.Name, Hits: one.Hits, Misses: one.Misses, Entries: one.Entries, Bytes: one.Bytes, Evictions: one.Evictions}
		if asked := o.Hits + o.Misses; asked > 0 {
			o.HitRate = float64(o.Hits) / float64(asked)
		}
		answer.Caches = append(answer.Caches, o)
	}
	return c.reply(http.StatusOK, answer)
}

// invalidation is the body and the answer of POST /v1/cache/invalidate.
type invalidation struct {
	UserID string `json:"user_id" doc:"Whose answers are not given again"`
}

// invalidateCache answers POST /v1/cache/invalidate.
func (s *server) invalidateCache(c *call) error {
	if _, err := s.readQuery(c); err != nil {
		return err
	}
	var body invalidation
	if _, err := s.readBody(c, &body); err != nil {
		return err
	}
	ctx, cancel := c.within(readDeadline)
	defer cancel()
	if err := s.Invalidate(ctx, pika.Scope{Tenant: c.tenant(), User: body.UserID}); err != nil {
		return unavailable(err, "The answers could not be given up at the moment. Try again later.")
	}
	return c.reply(http.StatusOK, body)
}
