package gateway

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pikamem/pika"
)

// keyRequest is the body of POST /v1/api_keys.
type keyRequest struct {
	Name string       `json:"name" doc:"What its owner calls it"`
	Role pika.KeyRole `json:"role" doc:"What its holder may do; each role may what the ones before may"`
}

// keyView is a key as lists show it.
type keyView struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	Role      pika.KeyRole `json:"role" enum:"read,write,admin"`
	CreatedAt time.Time    `json:"created_at"`
	RevokedAt *time.Time   `json:"revoked_at" doc:"null while it is valid"`
}

// madeKey is the answer that shows a key, once.
type madeKey struct {
	keyView
	Key string `json:"key" doc:"The key itself: it is shown once and stored nowhere"`
}

func newKeyView(k pika.APIKey) keyView {
	return keyView{ID: k.ID, Name: k.Name, Role: k.Role, CreatedAt: k.CreatedAt.UTC(), RevokedAt: k.RevokedAt}
}

func (s *server) apiKeys() []operation {
	const path, tag = "/v1/api_keys", "Keys"
	return []operation{
		{
			method: http.MethodGet, path: path, id: "listKeys", tag: tag, summary: "The tenant's keys, oldest first, revoked ones too",
			role: roleAdmin, query: pageParams(), status: http.StatusOK, answer: list[keyView]{}, run: s.listKeys,
		},
		{
			method: http.MethodPost, path: path, id: "createKey", tag: tag, summary: "Make a key; the answer alone shows it",
			role: roleAdmin, body: keyRequest{}, example: map[string]any{"name": "my app", "role": "write"},
			status: http.StatusCreated, answer: madeKey{}, run: s.createKey,
		},
		{
			method: http.MethodDelete, path: path, id: "revokeKey", tag: tag, summary: "Revoke a key: at once here, within 30 s on other gateways",
			role: roleAdmin, query: []*huma.Param{required(queryParam("id", "Which key", textSchema(1, pika.MaxIDBytes, formatID)))},
			status: http.StatusNoContent, run: s.revokeKey,
		},
	}
}

// book returns the keys, or says why there are none.
func (s *server) book() (*KeyBook, error) {
	if s.Keys == nil {
		return nil, pika.Errorf(pika.Unimplemented, "This Pika was started without a store of keys.")
	}
	return s.Keys, nil
}

// listKeys answers GET /v1/api_keys. Keys are never removed, so an id is a good cursor.
func (s *server) listKeys(c *call) error {
	query, err := s.readQuery(c)
	if err != nil {
		return err
	}
	book, err := s.book()
	if err != nil {
		return err
	}
	keys, err := book.List(c.ctx(), c.tenant())
	if err != nil {
		return err
	}
	page := query.page()
	if page.Cursor != "" {
		at := slices.IndexFunc(keys, func(k pika.APIKey) bool { return k.ID == page.Cursor })
		if at < 0 {
			return pika.InvalidField("cursor", "is none that this list made")
		}
		keys = keys[at+1:]
	}
	next := ""
	if len(keys) > page.Limit {
		keys = keys[:page.Limit]
		next = keys[page.Limit-1].ID
	}
	var items []keyView
	for _, k := range keys {
		items = append(items, newKeyView(k))
	}
	return c.reply(http.StatusOK, newList(items, next))
}

// createKey answers POST /v1/api_keys: a key of the caller's own tenant.
func (s *server) createKey(c *call) error {
	if _, err := s.readQuery(c); err != nil {
		return err
	}
	var body keyRequest
	if _, err := s.readBody(c, &body); err != nil {
		return err
	}
	book, err := s.book()
	if err != nil {
		return err
	}
	key, stored, err := book.Create(c.ctx(), NewKey{Tenant: c.tenant(), Role: body.Role, Name: body.Name})
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, madeKey{keyView: newKeyView(stored), Key: key})
}

// revokeKey answers DELETE /v1/api_keys?id=.
func (s *server) revokeKey(c *call) error {
	query, err := s.readQuery(c)
	if err != nil {
		return err
	}
	book, err := s.book()
	if err != nil {
		return err
	}
	id := strings.ToLower(query["id"])
	if !pika.IsID(id) {
		return failNotFound("API key")
	}
	if err := book.Revoke(c.ctx(), c.tenant(), id); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
