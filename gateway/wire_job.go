package gateway

import (
	"maps"
	"slices"
	"time"

	"github.com/pikamem/pika"
)

// jobHead is what every view of a job shows.
type jobHead struct {
	JobID       string         `json:"job_id"`
	WorkflowID  string         `json:"workflow_id"`
	UserID      string         `json:"user_id"`
	Status      pika.JobStatus `json:"status" enum:"processing,completed,failed,cancelled"`
	Progress    pika.Progress  `json:"progress"`
	Error       *pika.JobError `json:"error" doc:"Why the job failed"`
	CreatedAt   time.Time      `json:"created_at"`
	CompletedAt *time.Time     `json:"completed_at"`
}

// jobStatus is the answer of the status endpoints.
type jobStatus struct {
	jobHead
	Results *jobResults `json:"results" doc:"null until the job has ended"`
}

// jobResults says what became of every item.
type jobResults struct {
	Facts          []pika.FactOutcome `json:"facts"`
	Counts         outcomeCounts      `json:"counts"`
	Extractor      string             `json:"extractor"`
	Degraded       []string           `json:"degraded" doc:"llm: the rules extractor worked in its place"`
	LLMCache       pika.LLMCache      `json:"llm_cache" enum:"miss,exact,semantic"`
	Tokens         pika.Tokens        `json:"tokens"`
	TokensSaved    pika.Tokens        `json:"tokens_saved" doc:"Of calls that the cache answered in their place"`
	UnreadMessages []int              `json:"unread_messages" doc:"Indexes of messages whose chunk yielded no usable answer"`
}

type outcomeCounts struct {
	Stored      int `json:"stored"`
	Duplicate   int `json:"duplicate"`
	Superseding int `json:"superseding"`
	Rejected    int `json:"rejected"`
	Failed      int `json:"failed"`
}

// batchStatus is the answer of GET /v1/batches/{batch_id}.
type batchStatus struct {
	BatchID string         `json:"batch_id"`
	Status  pika.JobStatus `json:"status" enum:"processing,completed,failed,cancelled"`
	Jobs    []jobHead      `json:"jobs"`
}

// list is one page of anything.
type list[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"next_cursor" doc:"null on the last page"`
}

func newList[T any](items []T, next string) list[T] {
	l := list[T]{Items: items}
	if items == nil {
		l.Items = []T{}
	}
	if next != "" {
		l.NextCursor = &next
	}
	return l
}

func newJobHead(j pika.Job) jobHead {
	return jobHead{
		JobID: j.ID, WorkflowID: j.WorkflowID, UserID: j.Scope.User, Status: j.Status, Progress: j.Progress,
		Error: j.Error, CreatedAt: j.CreatedAt.UTC(), CompletedAt: j.EndedAt,
	}
}

// newJobStatus shows a job; extractor stands in for the name of one that never ran.
func newJobStatus(j pika.Job, extractor string) jobStatus {
	s := jobStatus{jobHead: newJobHead(j)}
	if j.Status.Final() {
		results := newJobResults(j, extractor)
		s.Results = &results
	}
	return s
}

func newJobResults(j pika.Job, extractor string) jobResults {
	r := jobResults{
		Facts: make([]pika.FactOutcome, len(j.Facts)), Extractor: j.Summary.Extractor,
		Degraded: append([]string{}, j.Summary.Degraded...), LLMCache: j.Summary.LLMCache, Tokens: j.Summary.Tokens,
		TokensSaved: j.Summary.TokensSaved, UnreadMessages: append([]int{}, j.Summary.UnreadMessages...),
	}
	if r.Extractor == "" && j.Kind != pika.JobAddFacts {
		r.Extractor = extractor
	}
	if r.Extractor == extractorRules && !slices.Contains(r.Degraded, degradedLLM) {
		r.Degraded = append(r.Degraded, degradedLLM)
	}
	if r.LLMCache == "" {
		r.LLMCache = pika.LLMCacheMiss
	}
	for i, f := range j.Facts {
		r.Facts[i] = wholeOutcome(f)
		r.Counts.add(f.Outcome)
	}
	return r
}

const (
	extractorRules = "rules"
	degradedLLM    = "llm"
)

// reasonDeleted stands with what was stored and has no text any more.
const reasonDeleted = "deleted since"

// wholeOutcome fills what JSON would show as null, and says why a text is missing.
func wholeOutcome(f pika.FactOutcome) pika.FactOutcome {
	if f.Text == "" && f.Reason == "" && f.Outcome != pika.Rejected && f.Outcome != pika.Failed {
		f.Reason = reasonDeleted
	}
	f.Supersedes = append([]string{}, f.Supersedes...)
	f.Stores = maps.Clone(f.Stores)
	if f.Stores == nil {
		f.Stores = map[pika.Store]pika.StoreState{}
	}
	return f
}

func (c *outcomeCounts) add(v pika.Verdict) {
	switch v {
	case pika.Stored:
		c.Stored++
	case pika.Duplicate:
		c.Duplicate++
	case pika.Superseding:
		c.Superseding++
	case pika.Rejected:
		c.Rejected++
	case pika.Failed:
		c.Failed++
	}
}
