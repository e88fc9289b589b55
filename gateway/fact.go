package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/pikamem/pika"
)

// addFacts answers POST /v1/facts.
func (s *server) addFacts(c *call) error {
	if _, err := s.readQuery(c); err != nil {
		return err
	}
	var body factsRequest
	doc, err := s.readBody(c, &body)
	if err != nil {
		return err
	}
	req := pika.JobRequest{
		Scope: pika.Scope{Tenant: c.tenant(), User: body.UserID}, Kind: pika.JobAddFacts,
		Priority: pika.PriorityNormal, Facts: make([]pika.GivenFact, len(body.Facts)),
	}
	for i, given := range body.Facts {
		if given.ValidFrom != nil && given.ValidTo != nil && !given.ValidTo.After(*given.ValidFrom) {
			return pika.InvalidField(fmt.Sprintf("facts[%d].valid_to", i), "must come after valid_from")
		}
		req.Facts[i] = given.fact()
	}
	return s.accept(c, req, doc)
}

// listFacts answers GET /v1/facts.
func (s *server) listFacts(c *call) error {
	query, err := s.readQuery(c)
	if err != nil {
		return err
	}
	ctx, cancel := c.within(readDeadline)
	defer cancel()
	filter := pika.ListFacts{
		IncludeSuperseded: query.yes("include_superseded"), Category: query["category"],
		Predicate: query["predicate"], ConversationID: query["conversation_id"],
	}
	page, err := s.Facts.List(ctx, pika.Scope{Tenant: c.tenant(), User: query["user_id"]}, filter, query.page())
	if err != nil {
		return fmt.Errorf("list facts: %w", err)
	}
	var items []factView
	for _, f := range page.Items {
		items = append(items, newFactView(f))
	}
	return c.reply(http.StatusOK, newList(items, page.Next))
}

// getFact answers GET /v1/facts/{id} with an ETag, or 304 to a caller who has it.
func (s *server) getFact(c *call) error {
	if _, err := s.readQuery(c); err != nil {
		return err
	}
	id, err := pathID(c, "id", "fact")
	if err != nil {
		return err
	}
	ctx, cancel := c.within(readDeadline)
	defer cancel()
	fact, err := s.Facts.Find(ctx, c.tenant(), id)
	if err != nil {
		return fmt.Errorf("find a fact: %w", err)
	}
	view := newFactView(fact)
	tag := entityTag(view)
	c.w.Header().Set("ETag", tag)
	if hasTag(c.r.Header.Values("If-None-Match"), tag) {
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return c.reply(http.StatusOK, view)
}

// entityTag is equal for equal facts: the start of the hash of what is shown.
func entityTag(view factView) string {
	shown, err := json.Marshal(view)
	if err != nil {
		panic(err) // strings, numbers, booleans and times of the store
	}
	sum := sha256.Sum256(shown)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// hasTag compares weakly, as RFC 9110 wants for If-None-Match.
func hasTag(headers []string, tag string) bool {
	for _, header := range headers {
		for given := range strings.SplitSeq(header, ",") {
			given = strings.TrimPrefix(strings.TrimSpace(given), "W/")
			if given == tag || given == "*" {
				return true
			}
		}
	}
	return false
}

// deleteFact answers DELETE /v1/facts/{id}.
func (s *server) deleteFact(c *call) error {
	if _, err := s.readQuery(c); err != nil {
		return err
	}
	id, err := pathID(c, "id", "fact")
	if err != nil {
		return err
	}
	ctx, cancel := c.within(acceptDeadline)
	defer cancel()
	if err := s.Forget(ctx, c.tenant(), id); err != nil {
		return fmt.Errorf("forget a fact: %w", err)
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
