package gateway

import (
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/pikamem/pika"
)

// metadata is the wire form of pika.Metadata.
type metadata map[string]any

var _ huma.SchemaProvider = metadata(nil)

// Schema describes a flat object; the checks stand in checker.metadata.
func (metadata) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, Format: formatMetadata,
		Description:          "A flat object of strings, numbers and booleans, at most 8 KiB as JSON; null: none",
		AdditionalProperties: r.Schema(reflect.TypeFor[any](), false, ""),
	}
}

// extractRequest is the body of POST /v1/extract_facts.
type extractRequest struct {
	UserID         string         `json:"user_id" doc:"Whose memory this is"`
	ConversationID string         `json:"conversation_id,omitempty" doc:"Derived from what was said when it is missing"`
	Conversation   []message      `json:"conversation"`
	Context        []message      `json:"context,omitempty" doc:"Read by the extractor, never extracted from"`
	ReferenceTime  *time.Time     `json:"reference_time,omitempty" doc:"Anchors relative dates; a message's own timestamp comes first"`
	Metadata       metadata       `json:"metadata,omitempty"`
	CallbackURL    *string        `json:"callback_url,omitempty" doc:"Not built yet: anything but null answers 501"`
	Priority       *pika.Priority `json:"priority,omitempty"`
}

// message is one turn of a conversation.
type message struct {
	ID        string     `json:"id,omitempty" doc:"Derived from what was said when it is missing"`
	Role      pika.Role  `json:"role"`
	Name      string     `json:"name,omitempty" doc:"Who speaks"`
	Content   string     `json:"content"`
	Timestamp *time.Time `json:"timestamp,omitempty"`
}

// batchRequest is the body of POST /v1/extract_facts/batch.
type batchRequest struct {
	Conversations []extractRequest `json:"conversations"`
}

// accepted is the 202 answer of a job.
type accepted struct {
	Status     string `json:"status"`
	JobID      string `json:"job_id"`
	WorkflowID string `json:"workflow_id"`
	StatusURL  string `json:"status_url"`
	Replayed   bool   `json:"replayed,omitempty" doc:"The same request under the same Idempotency-Key was accepted before"`
}

// acceptedBatch is the 202 answer of a batch.
type acceptedBatch struct {
	Status   string        `json:"status"`
	BatchID  string        `json:"batch_id"`
	Jobs     []acceptedJob `json:"jobs"`
	Replayed bool          `json:"replayed,omitempty" doc:"The same request under the same Idempotency-Key was accepted before"`
}

type acceptedJob struct {
	JobID      string `json:"job_id"`
	WorkflowID string `json:"workflow_id"`
	StatusURL  string `json:"status_url"`
}

// dryRunAnswer is the answer of POST /v1/extract_facts?dry_run=true.
type dryRunAnswer struct {
	Results jobResults `json:"results"`
}

// jobRequest turns one checked conversation into a request without an id.
func (b extractRequest) jobRequest(tenant string) pika.JobRequest {
	r := pika.JobRequest{
		Scope: pika.Scope{Tenant: tenant, User: b.UserID}, Kind: pika.JobExtract, Priority: pika.PriorityNormal,
		ConversationID: b.ConversationID, Conversation: messages(b.Conversation), Context: messages(b.Context),
		ReferenceTime: moment(b.ReferenceTime), Metadata: pika.Metadata(b.Metadata),
	}
	if b.Priority != nil {
		r.Priority = *b.Priority
	}
	return r
}

func messages(wire []message) []pika.Message {
	if len(wire) == 0 {
		return nil
	}
	ms := make([]pika.Message, len(wire))
	for i, m := range wire {
		ms[i] = pika.Message(m)
		ms[i].Timestamp = moment(m.Timestamp)
	}
	return ms
}
