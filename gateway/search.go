package gateway

import (
	"fmt"
	"net/http"
	"time"

	"github.com/pikamem/pika"
)

// searchMargin is what a search may take beyond its own deadline before the gateway
// gives up on it.
const searchMargin = time.Second

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
	answer, err := s.Searcher.Search(ctx, pika.Scope{Tenant: c.tenant(), User: body.UserID}, q)
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	return c.reply(http.StatusOK, newSearchAnswer(answer, s.Now().Sub(c.started)))
}

// checkSearch checks what a schema cannot say.
func checkSearch(b searchRequest) error {
	f := b.Filters
	if f.RecordedAfter != nil && f.RecordedBefore != nil && !f.RecordedBefore.After(*f.RecordedAfter) {
		return pika.InvalidField("filters.recorded_before", "must come after recorded_after")
	}
	switch {
	case b.Rerank == rerankLLM:
		return pika.Errorf(pika.Unimplemented, "rerank llm is part of the contract and not built yet; leave it out or none.")
	case b.Related > 0:
		return pika.Errorf(pika.Unimplemented, "related is part of the contract and not built yet; leave it out or 0.")
	}
	return nil
}
