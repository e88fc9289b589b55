package gateway

import (
	"net/http"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
)

// cacheStats is the answer of GET /v1/cache/stats.
type cacheStats struct {
	Caches         []oneCache      `json:"caches"`
	StalePrevented int64           `json:"stale_prevented" doc:"Answers that a cache had and that no longer held"`
	SavedMS        float64         `json:"saved_ms" doc:"Time of searches that a cache answered in their place"`
	Renewed        int64           `json:"renewed" doc:"Answers that were ranked again with what was written since, and given"`
	FalseHits      falseHits       `json:"false_hits"`
	Semantic       []semanticClass `json:"semantic" doc:"What was learnt of answers made from another question's: how often they were what a search found"`
	LLMTokensSaved int64           `json:"llm_tokens_saved" doc:"Read and written by the calls of a language model that a cache answered in their place"`
	TTL            []classTTL      `json:"ttl" doc:"How long answers are kept while nothing changes them, of all processes"`
}

// falseHits estimates how many answers made from another question's are not what a search
// finds.
type falseHits struct {
	Checked int64   `json:"checked" doc:"Answers that were compared with a search afterwards"`
	Wrong   int64   `json:"wrong"`
	Low     float64 `json:"low" doc:"Of all such answers between low and high are wrong, with 95 % confidence (Wilson's interval); 0 to 1"`
	High    float64 `json:"high"`
}

// semanticClass is what was learnt of one class of answers made from another question's.
type semanticClass struct {
	Class   string  `json:"class" enum:"certified,slight,grave,pooled,large" doc:"How much doubt there is that another fact belongs into the answer; large: there is some, and the memory holds more facts than a working set; pooled: not all of the user's vectors were compared, or there is doubt and the question names times"`
	Right   int     `json:"right"`
	Wrong   int     `json:"wrong"`
	Correct float64 `json:"correct" doc:"How probable it is that the next one is right, 0 to 1; such answers are given from 0.99 on"`
}

// classTTL is how long answers of a class are kept, and why.
type classTTL struct {
	Class      pika.AnswerClass `json:"class" enum:"often,rarely,fresh" doc:"often: asked for often; fresh: one of its facts is new; rarely: all others"`
	TTLSeconds float64          `json:"ttl_seconds" doc:"At most; a user who writes often has less"`
	Hits       int64            `json:"hits" doc:"Askings that found a former answer kept, of those that the last tuning read"`
	Misses     int64            `json:"misses" doc:"Askings that came after its time, of the same"`
	Reason     string           `json:"reason" doc:"What the last tuning decided; empty: nothing yet"`
	TunedAt    *time.Time       `json:"tuned_at" doc:"null: never"`
}

func newClassTTL(t pika.AnswerTTL) classTTL {
	shown := classTTL{Class: t.Class, TTLSeconds: t.TTL.Seconds(), Hits: t.Hits, Misses: t.Misses, Reason: t.Reason}
	if !t.TunedAt.IsZero() {
		at := t.TunedAt.UTC()
		shown.TunedAt = &at
	}
	return shown
}

// oneCache is what one cache of this process did since it started.
type oneCache struct {
	Name      cache.Name `json:"name" enum:"l1,l2_exact,semantic,l3,precomputed,working_set,embedding,llm,llm_semantic"`
	Hits      int64      `json:"hits"`
	Misses    int64      `json:"misses"`
	HitRate   float64    `json:"hit_rate" doc:"0 to 1; 0 if it was never asked"`
	MeanAgeMS int64      `json:"mean_age_ms" doc:"How long ago the answers that were given had been made or brought up to date; 0 for what holds no answers"`
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
	answer := cacheStats{Caches: []oneCache{}, TTL: []classTTL{}, StalePrevented: stats.StalePrevented, SavedMS: float64(stats.Saved.Microseconds()) / 1000, LLMTokensSaved: stats.LLMTokensSaved}
	f := stats.FalseHits
	answer.Renewed, answer.FalseHits, answer.Semantic = stats.Renewed, falseHits{f.Checked, f.Wrong, f.Low, f.High}, []semanticClass{}
	for _, c := range stats.Semantic {
		answer.Semantic = append(answer.Semantic, semanticClass(c))
	}
	for _, one := range stats.Caches {
		o := oneCache{Name: one.Name, Hits: one.Hits, Misses: one.Misses, MeanAgeMS: one.Age.Milliseconds(), Entries: one.Entries, Bytes: one.Bytes, Evictions: one.Evictions}
		if asked := o.Hits + o.Misses; asked > 0 {
			o.HitRate = float64(o.Hits) / float64(asked)
		}
		answer.Caches = append(answer.Caches, o)
	}
	for _, t := range stats.TTLs {
		answer.TTL = append(answer.TTL, newClassTTL(t))
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

// warming is the body of POST /v1/cache/warm.
type warming struct {
	UserID string `json:"user_id,omitempty" doc:"Whose questions are answered ahead; without it those of all who asked lately"`
}

// warmAccepted is the answer of POST /v1/cache/warm.
type warmAccepted struct {
	Status     string `json:"status" enum:"accepted"`
	WorkflowID string `json:"workflow_id" doc:"The workflow that does it"`
}

// warmCache answers POST /v1/cache/warm.
func (s *server) warmCache(c *call) error {
	if _, err := s.readQuery(c); err != nil {
		return err
	}
	var body warming
	if _, err := s.readBody(c, &body); err != nil {
		return err
	}
	if s.Warm == nil {
		return unimplemented(c)
	}
	ctx, cancel := c.within(readDeadline)
	defer cancel()
	id, err := s.Warm(ctx, pika.Scope{Tenant: c.tenant(), User: body.UserID})
	if err != nil {
		return err
	}
	return c.reply(http.StatusAccepted, warmAccepted{Status: "accepted", WorkflowID: id})
}
