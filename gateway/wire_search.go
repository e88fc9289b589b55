package gateway

import (
	"strings"
	"time"

	"github.com/pikamem/pika"
)

// searchRequest is the body of POST /v1/search_facts. What is missing or null has
// the defaults of newSearchRequest.
type searchRequest struct {
	UserID            string         `json:"user_id" doc:"Whose memory is asked"`
	Query             string         `json:"query" doc:"The question"`
	Limit             int            `json:"limit,omitempty" default:"10"`
	AsOf              *time.Time     `json:"as_of,omitempty" doc:"What was true then, as known now; null: now"`
	IncludeSuperseded bool           `json:"include_superseded,omitempty"`
	Filters           searchFilters  `json:"filters,omitempty"`
	Mode              pika.Mode      `json:"mode,omitempty" default:"hybrid"`
	Rerank            pika.Rerank    `json:"rerank,omitempty" default:"none" doc:"llm: a language model orders the best 30 facts. It needs a second or so of deadline_ms; without that, or without a model, the order stays and degraded names rerank"`
	Related           int            `json:"related,omitempty" doc:"How many neighbours in the entity graph to return beside each fact"`
	Messages          int            `json:"messages,omitempty" doc:"How many of the user's own messages to return beside the facts"`
	MinScore          float64        `json:"min_score,omitempty"`
	DeadlineMS        int            `json:"deadline_ms,omitempty" doc:"The answer comes before it, with what was found by then; later, by up to twice of it and 250 ms at most, only while the facts themselves cannot be read"`
	Cache             pika.CacheMode `json:"cache,omitempty" default:"default" doc:"default: an answer that still holds may be given again; refresh: a new one is made and kept; off: a new one is made and not kept"`
	Explain           bool           `json:"explain,omitempty" doc:"Show how each score came about"`
}

// searchFilters narrow the facts of an answer; what is empty or null does not filter.
type searchFilters struct {
	Categories     []string   `json:"categories,omitempty"`
	Predicates     []string   `json:"predicates,omitempty"`
	Entities       []string   `json:"entities,omitempty" doc:"Ids or names"`
	Languages      []string   `json:"languages,omitempty"`
	ConversationID string     `json:"conversation_id,omitempty"`
	Metadata       metadata   `json:"metadata,omitempty"`
	RecordedAfter  *time.Time `json:"recorded_after,omitempty" doc:"Exclusive"`
	RecordedBefore *time.Time `json:"recorded_before,omitempty" doc:"Exclusive"`
	MinConfidence  float64    `json:"min_confidence,omitempty"`
}

func newSearchRequest(deadline time.Duration) searchRequest {
	return searchRequest{
		Limit: pika.DefaultSearchLimit, Mode: pika.ModeHybrid, Rerank: pika.RerankNone, Cache: pika.CacheDefault,
		DeadlineMS: int(deadline.Milliseconds()),
	}
}

func (b searchRequest) query() pika.Query {
	f := b.Filters
	return pika.Query{
		Text: b.Query, Limit: b.Limit, Messages: b.Messages, Mode: b.Mode, AsOf: moment(b.AsOf),
		IncludeSuperseded: b.IncludeSuperseded, MinScore: b.MinScore, Rerank: b.Rerank, Related: b.Related, Explain: b.Explain, Cache: b.Cache,
		Deadline: time.Duration(b.DeadlineMS) * time.Millisecond,
		Filters: pika.Filters{
			Categories: f.Categories, Predicates: f.Predicates, Entities: f.Entities, Languages: primaryTags(f.Languages),
			ConversationID: f.ConversationID, Metadata: pika.Metadata(f.Metadata), RecordedAfter: moment(f.RecordedAfter),
			RecordedBefore: moment(f.RecordedBefore), MinConfidence: f.MinConfidence,
		},
	}
}

// primaryTags returns language tags as facts have them: "en" for "en-US" and "EN".
func primaryTags(tags []string) []string {
	for i, t := range tags {
		primary, _, _ := strings.Cut(t, "-")
		tags[i] = strings.ToLower(primary)
	}
	return tags
}

// searchAnswer is the answer of POST /v1/search_facts.
type searchAnswer struct {
	Facts    []factHit    `json:"facts"`
	Messages []messageHit `json:"messages"`
	Cache    cacheState   `json:"cache"`
	Degraded []pika.Leg   `json:"degraded" doc:"What was dropped or came late"`
	TookMS   float64      `json:"took_ms"`
}

type cacheState struct {
	Tier     pika.Tier      `json:"tier"`
	AgeMS    int64          `json:"age_ms"`
	Decision *cacheDecision `json:"decision,omitempty" doc:"With explain: whether the answer could be made from that to another question of the user, and why or why not"`
}

// cacheDecision is pika.CacheDecision as callers see it.
type cacheDecision struct {
	Question   string  `json:"question" doc:"The other question, asked by the same user"`
	Kind       string  `json:"kind,omitempty" enum:"form,synonym,diacritics,typo" doc:"In what the two differ, if they ask the same"`
	Refused    string  `json:"refused,omitempty" doc:"Why the answer was not made from the other's: what tells the two apart (negation, antonym, number, date, unit, quantifier, tense, owner, scope, asked, entity, direction, content, order), or gone: its answer is not kept any more, not_ranked: it cannot be ranked again, not_certain"`
	Similarity float64 `json:"similarity,omitempty" doc:"Cosine of the two"`
	Certified  bool    `json:"certified" doc:"No other fact can be in the answer"`
	Correct    float64 `json:"correct,omitempty" doc:"How probable it is that such answers are what a search finds, by those that were compared; they are given from 0.99 on"`
	Given      bool    `json:"given" doc:"The answer was made from the other's"`
}

func newDecision(d *pika.CacheDecision) *cacheDecision {
	if d == nil {
		return nil
	}
	shown := cacheDecision(*d)
	return &shown
}

type factHit struct {
	factFields
	Score   float64           `json:"score" doc:"0 to 1, comparable within one answer"`
	Related []relatedFact     `json:"related" doc:"Neighbours in the entity graph, nearest first"`
	Explain *pika.Explanation `json:"explain" doc:"null unless asked for. score is 1/(1+e^(2-s)), where s is the sum of the addends; their unit is one standard deviation of the cosines, and 0 says that a part found or changed nothing"`
}

type relatedFact struct {
	FactID string   `json:"fact_id"`
	Text   string   `json:"text"`
	Path   []string `json:"path" doc:"Names of the entities walked, from the fact to the neighbour"`
}

func newRelated(facts []pika.RelatedFact) []relatedFact {
	related := make([]relatedFact, len(facts))
	for i, f := range facts {
		related[i] = relatedFact{FactID: f.FactID, Text: f.Text, Path: append([]string{}, f.Path...)}
	}
	return related
}

// newExplanation shows an explanation without addends as one with none: {}, not null.
func newExplanation(e *pika.Explanation) *pika.Explanation {
	if e == nil || e.Addends != nil {
		return e
	}
	shown := *e
	shown.Addends = map[string]float64{}
	return &shown
}

type messageHit struct {
	ConversationID string    `json:"conversation_id"`
	MessageID      string    `json:"message_id"`
	Role           pika.Role `json:"role"`
	Name           string    `json:"name"`
	Content        string    `json:"content"`
	Timestamp      time.Time `json:"timestamp"`
	Score          float64   `json:"score"`
}

func newSearchAnswer(a pika.Answer, took time.Duration) searchAnswer {
	view := searchAnswer{
		Facts: make([]factHit, len(a.Facts)), Messages: make([]messageHit, len(a.Messages)),
		Cache: cacheState{Tier: a.Tier, AgeMS: a.AgeMS, Decision: newDecision(a.Decision)}, Degraded: append([]pika.Leg{}, a.Degraded...),
		TookMS: float64(took.Microseconds()) / 1000,
	}
	if view.Cache.Tier == "" {
		view.Cache.Tier = pika.TierNone
	}
	for i, h := range a.Facts {
		view.Facts[i] = factHit{factFields: newFactFields(h.Fact), Score: h.Score, Related: newRelated(h.Related), Explain: newExplanation(h.Explain)}
	}
	for i, h := range a.Messages {
		m := h.Message
		view.Messages[i] = messageHit{
			ConversationID: m.ConversationID, MessageID: m.MessageID, Role: m.Role, Name: m.Name, Content: m.Content,
			Timestamp: m.At.UTC(), Score: h.Score,
		}
	}
	return view
}
