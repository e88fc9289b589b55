package gateway

import (
	"fmt"
	"net/http"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
)

// How long the engine may take to accept one request, and a model to answer a dry run.
const (
	acceptDeadline = 10 * time.Second
	dryRunDeadline = 60 * time.Second
)

// extractFacts answers POST /v1/extract_facts.
func (s *server) extractFacts(c *call) error {
	query, err := s.readQuery(c)
	if err != nil {
		return err
	}
	var body extractRequest
	doc, err := s.readBody(c, &body)
	if err != nil {
		return err
	}
	if err := checkConversation(body, ""); err != nil {
		return err
	}
	req := body.jobRequest(c.tenant())
	if query.yes("dry_run") {
		return s.dryRun(c, req)
	}
	return s.accept(c, req, doc)
}

// checkConversation checks what a schema cannot say. in is the path of the
// conversation within the body.
func checkConversation(b extractRequest, in string) error {
	first := map[string]int{}
	for i, m := range b.Conversation {
		if m.ID == "" {
			continue
		}
		if at, repeated := first[m.ID]; repeated {
			return pika.InvalidField(fmt.Sprintf("%sconversation[%d].id", in, i), "repeats the id of conversation[%d]; ids are unique within a conversation", at)
		}
		first[m.ID] = i
	}
	if b.CallbackURL != nil {
		return pika.Errorf(pika.Unimplemented, "%scallback_url is part of the contract and not built yet; leave it out or null.", in)
	}
	return nil
}

// accept starts one job and answers 202.
func (s *server) accept(c *call, req pika.JobRequest, doc node) error {
	key, err := idempotencyKey(c.r.Header)
	if err != nil {
		return err
	}
	s.name(&req, key)
	req.BodyHash = bodyHash(s.BodyKey, c.operation.method, c.operation.path, doc)
	ctx, cancel := c.within(acceptDeadline)
	defer cancel()
	started, err := s.Engine.StartJob(ctx, req)
	if err != nil {
		return fmt.Errorf("start a job: %w", err)
	}
	url := statusURL(started.ID)
	c.w.Header().Set("Location", url)
	return c.reply(http.StatusAccepted, accepted{
		Status: "accepted", JobID: started.ID, WorkflowID: started.WorkflowID, StatusURL: url, Replayed: started.Replayed,
	})
}

// name fixes what a request gets at acceptance: ids and time.
func (s *server) name(req *pika.JobRequest, key string) {
	req.ID = pika.RandomID(s.Random)
	if key != "" {
		req.ID, req.Keyed = pika.KeyedJobID(req.Scope.Tenant, key), true
	}
	req.AcceptedAt = s.Now().UTC().Truncate(time.Microsecond)
	extract.FillIDs(req)
}

func statusURL(jobID string) string { return "/v1/jobs/" + jobID + "/status" }

// dryRun answers what a conversation would yield. Nothing is stored or started.
func (s *server) dryRun(c *call, req pika.JobRequest) error {
	if s.DryRun == nil {
		return pika.Errorf(pika.Unimplemented, "dry_run is part of the contract and not built into this program.")
	}
	s.name(&req, "")
	ctx, cancel := c.within(dryRunDeadline)
	defer cancel()
	job, err := s.DryRun(ctx, req)
	if err != nil {
		return fmt.Errorf("extract without storing: %w", upstream(err))
	}
	return c.reply(http.StatusOK, dryRunAnswer{Results: newJobResults(job, s.Extractor)})
}

// upstream keeps a model's refusal of Pika's own key or pace from looking like a
// refusal of the caller.
func upstream(err error) error {
	switch pika.CodeOf(err) {
	case pika.Unauthenticated, pika.Forbidden:
		return unavailable(err, "The language model refuses the key it is called with.")
	case pika.RateLimited:
		e := unavailable(err, "The language model takes no more requests at the moment.")
		e.RetryAfter = time.Second
		return e
	}
	return err
}
