package gateway

import (
	"context"
	"fmt"
	"net/http"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

// contextAnswer is the answer of GET /v1/users/{user_id}/context.
type contextAnswer struct {
	Text    string   `json:"text" doc:"Facts and quoted messages, one a line, the most useful first; empty if there is nothing"`
	FactIDs []string `json:"fact_ids" doc:"The facts in the text"`
	Tokens  int      `json:"tokens" doc:"How many tokens of a language model the text takes at most"`

	Degraded []pika.Leg `json:"degraded" doc:"What was dropped or came late; with it an empty text does not mean that there is nothing"`
}

// leastFactTokens is what no line of a block takes less of. It bounds how many facts are
// read for a block.
const leastFactTokens = 4

// getContext answers GET /v1/users/{user_id}/context.
func (s *server) getContext(c *call) error {
	query, err := s.readQuery(c)
	if err != nil {
		return err
	}
	user, err := pathText(c, "user_id")
	if err != nil {
		return err
	}
	scope := pika.Scope{Tenant: c.tenant(), User: user}
	tokens := query.integer("max_tokens", pika.DefaultContextTokens)
	answer, err := s.remembered(c, scope, query["query"], tokens)
	if err != nil {
		return err
	}
	block := search.Pack(scope, answer, s.Now(), tokens)
	return c.reply(http.StatusOK, contextAnswer{Text: block.Text, FactIDs: append([]string{}, block.FactIDs...), Tokens: block.Tokens, Degraded: append([]pika.Leg{}, answer.Degraded...)})
}

// remembered finds what a block may hold: the answer to a question, or without one the
// current facts that were recorded last.
func (s *server) remembered(c *call, scope pika.Scope, question string, tokens int) (pika.Answer, error) {
	if question == "" {
		ctx, cancel := c.within(readDeadline)
		defer cancel()
		return s.latest(ctx, scope, min(pika.MaxPageLimit, 1+tokens/leastFactTokens))
	}
	ctx, cancel := c.within(s.DefaultDeadline + searchMargin)
	defer cancel()
	return s.search(ctx, scope, pika.Query{
		Text: question, Limit: pika.MaxSearchLimit, Messages: pika.MaxSearchMessages, Mode: pika.ModeHybrid,
		Rerank: pika.RerankNone, Deadline: s.DefaultDeadline,
	})
}

func (s *server) latest(ctx context.Context, scope pika.Scope, limit int) (pika.Answer, error) {
	page, err := s.Facts.List(ctx, scope, pika.ListFacts{}, pika.PageRequest{Limit: limit})
	if err != nil {
		return pika.Answer{}, fmt.Errorf("list facts: %w", err)
	}
	var answer pika.Answer
	for _, f := range page.Items {
		answer.Facts = append(answer.Facts, pika.FactHit{Fact: f})
	}
	return answer, nil
}
