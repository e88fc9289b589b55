package pika

import (
	"strconv"
	"time"
)

// JobKind says what a job does.
type JobKind string

// The kinds of job.
const (
	JobExtract  JobKind = "extract"   // POST /v1/extract_facts
	JobAddFacts JobKind = "add_facts" // POST /v1/facts
)

// JobStatus is the state of a job.
type JobStatus string

// The states of a job. Completed, JobFailed and Cancelled are final.
const (
	Processing JobStatus = "processing"
	Completed  JobStatus = "completed"
	JobFailed  JobStatus = "failed"
	Cancelled  JobStatus = "cancelled"
)

// Final reports whether the job has ended.
func (s JobStatus) Final() bool { return s == Completed || s == JobFailed || s == Cancelled }

// JobStatuses lists every JobStatus once.
func JobStatuses() []JobStatus { return []JobStatus{Processing, Completed, JobFailed, Cancelled} }

// Stage is the step a job is at.
type Stage string

// The stages, in their order.
const (
	StageAccepted   Stage = "accepted"
	StageExtracting Stage = "extracting"
	StageEmbedding  Stage = "embedding"
	StageStoring    Stage = "storing"
	StageCompleted  Stage = "completed"
)

// Progress is how far a job is. Done and Total count chunks.
type Progress struct {
	Stage   Stage `json:"stage"`
	Percent int   `json:"percent"`
	Done    int   `json:"done"`
	Total   int   `json:"total"`
}

// Store names one of the three stores a fact is written to.
type Store string

// The stores of a fact.
const (
	StoreFacts   Store = "facts"
	StoreVectors Store = "vectors"
	StoreGraph   Store = "graph"
)

// StoreState is the state of a fact in one store.
type StoreState string

// The states of a fact in a store.
const (
	StoreOK      StoreState = "ok"
	StorePending StoreState = "pending" // it lags and is repaired in the background
	StoreFailed  StoreState = "failed"
)

// FactOutcome is what became of one candidate of a job.
type FactOutcome struct {
	FactID     string               `json:"fact_id"` // with Duplicate the id of the known fact
	Text       string               `json:"text"`
	Outcome    Verdict              `json:"outcome"`
	Reason     string               `json:"reason"`
	Supersedes []string             `json:"supersedes"`
	Stores     map[Store]StoreState `json:"stores"` // empty for what is not stored
}

// Tokens counts what a language model read and wrote, in the model's own tokens.
type Tokens struct {
	Prompt     int `json:"prompt"`
	Completion int `json:"completion"`
}

// Add returns the sum of two counts.
func (t Tokens) Add(o Tokens) Tokens {
	return Tokens{Prompt: t.Prompt + o.Prompt, Completion: t.Completion + o.Completion}
}

// LLMCache says whether the answers of a language model came from the cache.
type LLMCache string

// The states of the LLM cache for one job: Exact and Semantic only if every chunk hit.
const (
	LLMCacheMiss     LLMCache = "miss"
	LLMCacheExact    LLMCache = "exact"
	LLMCacheSemantic LLMCache = "semantic"
)

// JobSummary is what a job reports beside its facts.
type JobSummary struct {
	Extractor      string   `json:"extractor"`
	Degraded       []string `json:"degraded"` // llm: the rules extractor worked in its place
	LLMCache       LLMCache `json:"llm_cache"`
	Tokens         Tokens   `json:"tokens"`
	TokensSaved    Tokens   `json:"tokens_saved"`              // of calls that the LLM cache answered in their place
	UnreadMessages []int    `json:"unread_messages,omitempty"` // indexes of messages whose chunk yielded no usable answer
}

// JobError says why a job failed, in words for the caller.
type JobError struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
}

// Job is one accepted request.
type Job struct {
	ID         string
	WorkflowID string
	Scope      Scope
	Kind       JobKind
	Batch      *BatchPosition // nil: not part of a batch
	Status     JobStatus
	Progress   Progress
	Facts      []FactOutcome // in the order of chunk and item; filled by Jobs.Get, empty in lists
	Summary    JobSummary
	Error      *JobError // only with JobFailed
	CreatedAt  time.Time
	EndedAt    *time.Time
}

// BatchPosition is a job's place in its batch. The batch's id is the id of its first
// job, and BatchJobID derives the others, so a batch needs no row of its own.
type BatchPosition struct {
	ID    string `json:"id"`
	Index int    `json:"index"`
	Size  int    `json:"size"`
}

// BatchJobID returns the id of the index-th job of a batch.
func BatchJobID(batchID string, index int) string {
	if index == 0 {
		return batchID
	}
	return DeriveID("batch", batchID, strconv.Itoa(index))
}

// KeyedJobID returns the id of the job that an idempotency key names.
func KeyedJobID(tenant, idempotencyKey string) string {
	return DeriveID("job", tenant, idempotencyKey)
}

// FactID returns the id of a candidate: the same on every retry, never reused.
func FactID(scope Scope, jobID string, chunk, item int) string {
	return DeriveID("fact", scope.ID(), jobID, strconv.Itoa(chunk), strconv.Itoa(item))
}

// JobRequest is everything a job needs, fixed when it is accepted.
type JobRequest struct {
	ID             string         `json:"id"`
	Scope          Scope          `json:"scope"`
	Kind           JobKind        `json:"kind"`
	Keyed          bool           `json:"keyed"`     // the id comes from an idempotency key
	BodyHash       string         `json:"body_hash"` // of method, path and body; decides replay or conflict
	Batch          *BatchPosition `json:"batch,omitempty"`
	AcceptedAt     time.Time      `json:"accepted_at"`
	Priority       Priority       `json:"priority"`
	ConversationID string         `json:"conversation_id,omitempty"`
	Conversation   []Message      `json:"conversation,omitempty"` // JobExtract: ids filled in
	Context        []Message      `json:"context,omitempty"`
	ReferenceTime  *time.Time     `json:"reference_time,omitempty"`
	Metadata       Metadata       `json:"metadata,omitempty"`
	Facts          []GivenFact    `json:"facts,omitempty"` // JobAddFacts
}

// GivenFact is a fact a caller adds without an extractor.
type GivenFact struct {
	Candidate
	Sources  []Source `json:"sources"` // takes the place of Candidate.Sources
	Metadata Metadata `json:"metadata,omitempty"`
}

// Priority is how urgent a job is.
type Priority string

// The priorities.
const (
	PriorityHigh   Priority = "high"
	PriorityNormal Priority = "normal"
	PriorityLow    Priority = "low"
)
