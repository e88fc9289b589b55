package gateway

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/pikamem/pika"
)

// role is what a key allows.
type role int

const (
	roleNone role = iota // open to everyone
	roleRead
	roleWrite
	roleAdmin
)

func (r role) String() string { return [...]string{"none", "read", "write", "admin"}[r] }

// handler answers a request or returns an error, never both.
type handler func(c *call) error

// operation is one method of one path of the contract.
type operation struct {
	method, path string
	id           string // camelCase, for generated clients
	tag          string
	summary      string
	note         string // what else a caller must know
	role         role
	query        []*huma.Param // what may stand behind the question mark
	keyed        bool          // takes Idempotency-Key
	body         any           // a value of the request's type; nil: no body
	example      any           // of the body
	status       int           // of the usual answer
	answer       any           // a value of the answer's type; nil: no JSON
	also         map[int]any   // answers of other statuses that are no problems
	contentType  string        // of the answer; defaults to application/json
	run          handler       // nil: in the contract, not built yet
}

// register makes an operation part of the document and of the router.
func (s *server) register(api huma.API, o operation) {
	op := s.describe(o)
	api.OpenAPI().AddOperation(op)
	run := o.run
	if run == nil {
		run = unimplemented
	}
	if o.body != nil {
		s.schemas[o.id] = op.RequestBody.Content[mediaJSON].Schema
	}
	api.Adapter().Handle(op, func(ctx huma.Context) {
		r, w := humachi.Unwrap(ctx)
		c := callOf(r.Context())
		c.w, c.r, c.route, c.operation = w, r, o.path, &o
		if err := s.allowed(c, o.role); err != nil {
			s.fail(c, w, err)
			return
		}
		if err := run(c); err != nil {
			s.fail(c, w, err)
		}
	})
}

func unimplemented(c *call) error {
	return pika.Errorf(pika.Unimplemented, "%s %s is part of the contract and not built yet.", c.operation.method, c.operation.path)
}

// describe writes an operation in the words of OpenAPI.
func (s *server) describe(o operation) *huma.Operation {
	op := &huma.Operation{
		Method: o.method, Path: o.path, OperationID: o.id, Tags: []string{o.tag}, Summary: o.summary,
		Parameters: append(pathParams(o.path), o.query...), Responses: map[string]*huma.Response{}, Security: security(o.role),
	}
	if o.keyed {
		op.Parameters = append(op.Parameters, idempotencyParam())
	}
	if o.body != nil {
		media := &huma.MediaType{Schema: s.schema(o.body), Example: o.example}
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{mediaJSON: media}}
	}
	problems := s.response("A problem document", "application/problem+json", problem{})
	op.Responses["default"] = problems
	if o.role > roleNone {
		op.Description = "Needs a key with the role " + o.role.String() + "."
		op.Responses["401"], op.Responses["403"] = problems, problems
	}
	if o.note != "" {
		op.Description = strings.TrimSpace(op.Description + " " + o.note)
	}
	if o.run == nil {
		op.Description += " Not built yet: answers 501 with code `unimplemented`."
		op.Responses["501"] = problems
		return op
	}
	op.Responses[statusName(o.status)] = s.response(http.StatusText(o.status), o.contentType, o.answer)
	for status, answer := range o.also {
		op.Responses[statusName(status)] = s.response(http.StatusText(status), mediaJSON, answer)
	}
	return op
}

func (s *server) response(description, contentType string, answer any) *huma.Response {
	r := &huma.Response{Description: description}
	if contentType == "" {
		contentType = mediaJSON
	}
	switch {
	case answer != nil:
		r.Content = map[string]*huma.MediaType{contentType: {Schema: s.schema(answer)}}
	case contentType != mediaJSON:
		r.Content = map[string]*huma.MediaType{contentType: {Schema: &huma.Schema{Type: huma.TypeString}}}
	}
	return r
}

func (s *server) schema(v any) *huma.Schema {
	t := reflect.TypeOf(v)
	return s.registry.Schema(t, true, t.Name())
}
