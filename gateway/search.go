package gateway

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

// searchMargin is what a search may take beyond its own deadline before the gateway
// gives up on it.
const searchMargin = time.Second

// shortDeadline is below what reading a memory that is well may take on a busy machine.
const shortDeadline = 50 * time.Millisecond

// searchFacts answers POST /v1/search_facts.
func (s *server) searchFacts(c *call) error {
	if _, err := s.readQuery(c); err != nil {
		return err
	}
	body := newSearchRequest(s.DefaultDeadline)
	if _, err := s.readBody(c, &body); err != nil {
		return err
	}
	if err := checkSearch(body); err != nil {
		return err
	}
	q := body.query()
	ctx, cancel := c.within(q.Deadline + searchMargin)
	defer cancel()
	answer, err := s.search(ctx, pika.Scope{Tenant: c.tenant(), User: body.UserID}, q)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, newSearchAnswer(answer, s.Now().Sub(c.started)))
}

// search asks a user's memory.
func (s *server) search(ctx context.Context, scope pika.Scope, q pika.Query) (pika.Answer, error) {
	answer, err := s.Searcher.Search(ctx, scope, q)
	switch {
	case pika.CodeOf(err) == pika.Unavailable && search.Late(err) && q.Deadline < shortDeadline:
		return answer, unavailable(err, "The memory was not read within %d ms. Allow more with deadline_ms.", q.Deadline.Milliseconds())
	case pika.CodeOf(err) == pika.Unavailable:
		return answer, unavailable(err, "The memory cannot be read at the moment. Try again later.")
	case err != nil:
		return answer, fmt.Errorf("search: %w", err)
	}
	return answer, nil
}

// checkSearch checks what a schema cannot say.
func checkSearch(b searchRequest) error {
	f := b.Filters
	if f.RecordedAfter != nil && f.RecordedBefore != nil && !f.RecordedBefore.After(*f.RecordedAfter) {
		return pika.InvalidField("filters.recorded_before", "must come after recorded_after")
	}
	return nil
}
