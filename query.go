package pika

import "time"

// Mode says which legs a search uses.
type Mode string

// The modes.
const (
	ModeHybrid  Mode = "hybrid"
	ModeVector  Mode = "vector"
	ModeKeyword Mode = "keyword"
)

// Rerank says who has the last word on the order of the best facts.
type Rerank string

// The rerankers. The zero value is RerankNone.
const (
	RerankNone Rerank = "none"
	RerankLLM  Rerank = "llm"
)

// CacheMode says what a search may take from caches of answers.
type CacheMode string

// The modes. The zero value is CacheDefault.
const (
	CacheDefault CacheMode = "default" // an answer that still holds
	CacheRefresh CacheMode = "refresh" // nothing; the new answer takes the old one's place
	CacheOff     CacheMode = "off"     // nothing, and nothing is left there
)

// Query is one search in one user's memory.
type Query struct {
	Text              string
	Limit             int // facts, 1–MaxSearchLimit
	Messages          int // messages, 0–MaxSearchMessages
	Mode              Mode
	AsOf              *time.Time // what was true then, as known now; nil: now
	IncludeSuperseded bool
	Filters           Filters
	MinScore          float64 // 0–1
	Rerank            Rerank
	Related           int // graph neighbours of each fact, 0–MaxRelated
	Explain           bool
	Cache             CacheMode
	Deadline          time.Duration // from the start of the search
}

// Filters narrow the facts of an answer. Empty members do not filter; a fact must
// pass all others. Within one list any member may match.
type Filters struct {
	Categories     []string
	Predicates     []string
	Entities       []string // entity ids or names (compared folded)
	Languages      []string
	ConversationID string
	Metadata       Metadata
	RecordedAfter  *time.Time // exclusive
	RecordedBefore *time.Time // exclusive
	MinConfidence  float64
}

// Leg is one way of finding, and the name it bears in Answer.Degraded.
type Leg string

// The legs and the parts whose absence degrades an answer.
const (
	LegVectors  Leg = "vectors"
	LegKeyword  Leg = "keyword"
	LegGraph    Leg = "graph"
	LegRerank   Leg = "rerank"
	LegFacts    Leg = "facts"
	LegCache    Leg = "cache"
	LegEmbedder Leg = "embedder"
)

// LegScore is a hit's place in one leg: Rank from 1, Score as the leg counts it.
type LegScore struct {
	Rank  int     `json:"rank"`
	Score float64 `json:"score"`
}

// Explanation shows how a hit's score came about; nil members: the leg did not find it.
// Addends are what each leg and each rule of the ranking gave to the strength, by name,
// in standard deviations of the vector leg; Fused is the score of their sum.
type Explanation struct {
	Vector  *LegScore          `json:"vector"`
	Keyword *LegScore          `json:"keyword"`
	Graph   *LegScore          `json:"graph"`
	Addends map[string]float64 `json:"addends"`
	Fused   float64            `json:"fused"`
}

// FactHit is a fact of an answer.
type FactHit struct {
	Fact    Fact
	Score   float64 // 0–1, comparable within one answer
	Related []RelatedFact
	Explain *Explanation
}

// RelatedFact is a neighbour of a fact in the entity graph.
type RelatedFact struct {
	FactID string
	Text   string
	Path   []string // names of the entities walked, from the fact to the neighbour
}

// MessageHit is a message of an answer.
type MessageHit struct {
	Message StoredMessage
	Score   float64
}

// Tier is where an answer came from.
type Tier string

// The tiers.
const (
	TierNone        Tier = "none"        // no cache answered
	TierL1          Tier = "l1"          // the memory of this process
	TierL2Exact     Tier = "l2_exact"    // the cache that processes share, by the same question
	TierL2Semantic  Tier = "l2_semantic" // the same, by a question that asks the same
	TierL3          Tier = "l3"          // the cache beside the truth
	TierPrecomputed Tier = "precomputed" // made before anybody asked, and given for the first time
)

// Answer is the result of a search, best first.
type Answer struct {
	Facts    []FactHit
	Messages []MessageHit
	Tier     Tier
	AgeMS    int64
	Degraded []Leg // sorted, without repeats

	// Decision is what was decided about giving the answer to another question, if the query
	// asks for explanations and one was looked at.
	Decision *CacheDecision `json:"-"`
}

// CacheDecision says whether the answer to a question could be made from another's.
type CacheDecision struct {
	Question   string  `json:"question"`             // the other question, asked by the same user
	Kind       string  `json:"kind,omitempty"`       // in what the two differ, if they ask the same: form, synonym, diacritics, typo
	Refused    string  `json:"refused,omitempty"`    // the guard that told them apart, or gone, not_ranked, not_certain
	Similarity float64 `json:"similarity,omitempty"` // cosine of the two
	Certified  bool    `json:"certified"`            // no other fact can be in the answer
	Correct    float64 `json:"correct,omitempty"`    // how probable it is that the answer is right, by those checked before; 0–1
	Given      bool    `json:"given"`                // the answer was made from the other's
}
