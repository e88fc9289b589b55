package workers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/workflows"
)

// EngineOptions are the choices of an Engine.
type EngineOptions struct {
	Connection   *Connection
	Log          *slog.Logger
	ModelAttempt time.Duration // the longest honest attempt at one chunk. Defaults to 90 s
	CallTimeout  time.Duration // of one call of the engine. Defaults to 5 s
}

// Engine runs jobs as Temporal workflows.
type Engine struct {
	connection *Connection
	settings   workflows.Settings
	timeout    time.Duration
	log        *slog.Logger
}

var _ pika.Engine = (*Engine)(nil)

// NewEngine returns an engine. It registers the search attributes of jobs; where
// that is refused it says so in the log and goes on without them.
func NewEngine(ctx context.Context, o EngineOptions) *Engine {
	e := &Engine{
		connection: o.Connection, log: o.Log, timeout: cmp.Or(o.CallTimeout, 5*time.Second),
		settings: workflows.Settings{ModelAttempt: o.ModelAttempt},
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	if err := registerSearchAttributes(ctx, o.Connection); err != nil {
		o.Log.Warn("jobs cannot be found by search attributes in the workflow engine", "error", err)
	} else {
		e.settings.Indexed = true
	}
	return e
}

// jobMemo is what the engine keeps of a job outside its history, encrypted like it.
type jobMemo struct {
	BodyHash  string              `json:"body_hash"`
	User      string              `json:"user"`
	Kind      pika.JobKind        `json:"kind"`
	Batch     *pika.BatchPosition `json:"batch,omitempty"`
	CreatedAt time.Time           `json:"created_at"`
}

const memoKey = "job"

// StartJob implements pika.Engine.
func (e *Engine) StartJob(caller context.Context, r pika.JobRequest) (pika.StartedJob, error) {
	ctx, cancel := context.WithTimeout(caller, e.timeout)
	defer cancel()
	started := pika.StartedJob{ID: r.ID, WorkflowID: workflows.JobWorkflowID(r.Scope.Tenant, r.ID)}
	err := e.start(ctx, r, e.settings)
	var invalid *serviceerror.InvalidArgument
	if e.settings.Indexed && errors.As(err, &invalid) {
		// A cluster that has just learned the search attributes may not take them yet.
		plain := e.settings
		plain.Indexed = false
		err = e.start(ctx, r, plain)
	}
	switch {
	case err == nil:
		return started, nil
	case temporal.IsWorkflowExecutionAlreadyStartedError(err):
		started.Replayed = true
		if err := e.sameBody(ctx, started.WorkflowID, r.BodyHash); err != nil {
			return pika.StartedJob{}, engineError(caller, err, "read the job that has this id")
		}
		return started, nil
	}
	return pika.StartedJob{}, engineError(caller, err, "start a job")
}

func (e *Engine) start(ctx context.Context, r pika.JobRequest, s workflows.Settings) error {
	options := client.StartWorkflowOptions{
		ID:                                       workflows.JobWorkflowID(r.Scope.Tenant, r.ID),
		TaskQueue:                                workflows.Queue,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		Memo: map[string]any{memoKey: jobMemo{
			BodyHash: r.BodyHash, User: r.Scope.User, Kind: r.Kind, Batch: r.Batch, CreatedAt: r.AcceptedAt,
		}},
		StaticSummary: summary(r),
		Priority:      priority(r),
	}
	if s.Indexed {
		options.TypedSearchAttributes = temporal.NewSearchAttributes(
			workflows.TenantAttribute.ValueSet(r.Scope.Tenant),
			workflows.ScopeAttribute.ValueSet(r.Scope.ID()),
			workflows.KindAttribute.ValueSet(string(r.Kind)),
			workflows.StateAttribute.ValueSet(string(pika.Processing)),
		)
	}
	var err error
	switch r.Kind {
	case pika.JobExtract:
		_, err = e.connection.Client.ExecuteWorkflow(ctx, options, workflows.ExtractFacts, workflows.ExtractFactsInput{Request: r, Settings: s})
	case pika.JobAddFacts:
		_, err = e.connection.Client.ExecuteWorkflow(ctx, options, workflows.AddFacts, workflows.AddFactsInput{Request: r, Settings: s})
	default:
		err = pika.Errorf(pika.Unimplemented, "jobs of kind %q are not built yet", r.Kind)
	}
	return err
}

// sameBody returns nil if the job that has the id was started with the same body.
func (e *Engine) sameBody(ctx context.Context, workflowID, bodyHash string) error {
	described, err := e.connection.Client.DescribeWorkflow(ctx, workflowID, "")
	if err != nil {
		return err
	}
	memo, err := e.memo(described)
	if err != nil {
		return err
	}
	if memo.BodyHash != bodyHash {
		return pika.Errorf(pika.Conflict, "this Idempotency-Key was used with another body before")
	}
	return nil
}

func (e *Engine) memo(d *client.WorkflowExecutionDescription) (jobMemo, error) {
	var memo jobMemo
	payload := d.Memo.GetFields()[memoKey]
	if payload == nil {
		return memo, pika.Errorf(pika.NotFound, "no such job")
	}
	if err := e.connection.data.FromPayload(payload, &memo); err != nil {
		// It is never the caller's fault, whatever the codec says of the payload.
		return memo, pika.Wrap(pika.Unavailable, err, "the workflow engine holds a job that cannot be decrypted: PIKA_PAYLOAD_KEY is another than when the job was accepted")
	}
	return memo, nil
}

// summary is what the engine's own pages show of a job: numbers, no text.
func summary(r pika.JobRequest) string {
	if r.Kind == pika.JobAddFacts {
		return fmt.Sprintf("add %d facts", len(r.Facts))
	}
	return fmt.Sprintf("extract facts from %d messages", len(r.Conversation))
}

// lowestPriority is that of what may wait, in Temporal's numbers.
const lowestPriority = 5

// maxFairnessKey is how many bytes Temporal takes.
const maxFairnessKey = 64

// priority orders jobs by urgency and shares the workers evenly among tenants.
func priority(r pika.JobRequest) temporal.Priority {
	p := temporal.Priority{PriorityKey: 3, FairnessKey: r.Scope.Tenant}
	switch r.Priority {
	case pika.PriorityHigh:
		p.PriorityKey = 1
	case pika.PriorityLow:
		p.PriorityKey = lowestPriority
	}
	if len(p.FairnessKey) > maxFairnessKey {
		p.FairnessKey = pika.DeriveID("tenant", r.Scope.Tenant)
	}
	return p
}
