package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"github.com/pikamem/pika"
)

// readBody reads a request's body into v, whose present content are the defaults. It
// returns the document for hashing. Nothing of an unchecked body reaches v.
func (s *server) readBody(c *call, v any) (node, error) {
	raw, err := rawBody(c)
	if err != nil {
		return node{}, err
	}
	doc, err := parseJSON(raw)
	if err != nil {
		return node{}, err
	}
	if faults := check(s.registry, s.schemas[c.operation.id], &doc, ""); len(faults) > 0 {
		return node{}, invalid(faults)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return node{}, pika.Wrap(pika.Internal, err, "decode a checked body")
	}
	return doc, nil
}

func rawBody(c *call) ([]byte, error) {
	if err := checkMediaType(c.r.Header); err != nil {
		return nil, err
	}
	tooLarge := pika.Errorf(pika.TooLarge, "The body is over %d bytes.", pika.MaxBodyBytes)
	if c.r.ContentLength > pika.MaxBodyBytes {
		return nil, tooLarge
	}
	raw, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, pika.MaxBodyBytes))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge
	case err != nil:
		return nil, unreadable("body", "ended before it was whole")
	}
	return raw, nil
}

// checkMediaType wants JSON, named as such. A browser sends no other site's form or
// script with that type unless it was allowed to, and it never is.
func checkMediaType(h http.Header) error {
	mediaType, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset := params["charset"]
	switch {
	case err != nil || mediaType != mediaJSON || len(h.Values("Content-Type")) > 1:
		return pika.Errorf(pika.MediaType, "The Content-Type must be %s.", mediaJSON)
	case charset != "" && !strings.EqualFold(charset, "utf-8"):
		return pika.Errorf(pika.MediaType, "JSON is read as UTF-8 only.")
	}
	if encoding := h.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return pika.Errorf(pika.MediaType, "A body with a Content-Encoding is not read.")
	}
	return nil
}

// params are the checked query parameters of a request.
type params map[string]string

// readQuery checks what stands behind the question mark against the operation's
// parameters. Unknown ones and repeated ones are refused.
func (s *server) readQuery(c *call) (params, error) {
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return nil, unreadable("query", "is not percent-encoded as it must be")
	}
	var faults []pika.FieldError
	read := params{}
	for _, p := range c.operation.query {
		given, there := values[p.Name]
		delete(values, p.Name)
		switch {
		case !there && p.Required:
			faults = append(faults, pika.FieldError{Field: p.Name, Message: "is required"})
		case len(given) > 1:
			faults = append(faults, pika.FieldError{Field: p.Name, Message: "must not be given twice"})
		case there:
			faults = append(faults, s.checkParam(p, given[0])...)
			read[p.Name] = given[0]
		}
	}
	for name := range values {
		faults = append(faults, pika.FieldError{Field: shown(name), Message: "is not a known parameter here"})
	}
	if len(faults) > 0 {
		return nil, invalid(faults[:min(len(faults), maxFieldErrors)])
	}
	return read, nil
}

func (s *server) checkParam(p *huma.Param, value string) []pika.FieldError {
	if invalidUTF8([]byte(value)) >= 0 {
		return []pika.FieldError{{Field: p.Name, Message: "must be valid UTF-8"}}
	}
	n := node{kind: kindString, text: value}
	switch {
	case p.Schema.Type == huma.TypeInteger && isInteger(value):
		n.kind = kindNumber
	case p.Schema.Type == huma.TypeBoolean && (value == "true" || value == "false"):
		n.kind = kindBool
	}
	return check(s.registry, p.Schema, &n, p.Name)
}

func isInteger(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// integer returns a checked whole number.
func (p params) integer(name string, otherwise int) int {
	n, err := strconv.Atoi(p[name])
	if err != nil { // it was checked, so it is missing
		return otherwise
	}
	return n
}

// yes returns a checked boolean.
func (p params) yes(name string) bool { return p[name] == "true" }

// page returns the page that limit and cursor ask for.
func (p params) page() pika.PageRequest {
	return pika.PageRequest{Limit: p.integer("limit", pika.DefaultPageLimit), Cursor: p["cursor"]}
}

// pathID returns an id from the path. Ids that Pika cannot have made are NotFound.
func pathID(c *call, name, what string) (string, error) {
	id, err := pathText(c, name)
	if err != nil {
		return "", err
	}
	if id = strings.ToLower(id); !pika.IsID(id) {
		return "", failNotFound(what)
	}
	return id, nil
}

// pathText returns an id of the caller's own from the path.
func pathText(c *call, name string) (string, error) {
	id := chi.URLParam(c.r, name)
	if c.r.URL.RawPath != "" {
		var err error
		if id, err = url.PathUnescape(id); err != nil {
			return "", unreadable(name, "is not percent-encoded as it must be")
		}
	}
	switch message := checkID(id); {
	case invalidUTF8([]byte(id)) >= 0:
		return "", pika.InvalidField(name, "must be valid UTF-8")
	case len(id) == 0 || len(id) > pika.MaxIDBytes:
		return "", pika.InvalidField(name, "must be 1 to %d bytes", pika.MaxIDBytes)
	case message != "":
		return "", pika.InvalidField(name, "%s", message)
	}
	return id, nil
}

// idempotencyKey returns the caller's key, "" for none.
func idempotencyKey(h http.Header) (string, error) {
	given := h.Values(headerIdempotencyKey)
	if len(given) == 0 {
		return "", nil
	}
	unseen := func(r rune) bool { return r <= ' ' || r > '~' }
	if len(given) > 1 || len(given[0]) < 1 || len(given[0]) > pika.MaxIdempotencyKeyBytes || strings.ContainsFunc(given[0], unseen) {
		return "", pika.InvalidField(headerIdempotencyKey, "must be one key of 1 to %d visible ASCII characters", pika.MaxIdempotencyKeyBytes)
	}
	return given[0], nil
}
