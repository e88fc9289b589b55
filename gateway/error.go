package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pikamem/pika"
)

// statuses is the one table from code to HTTP status.
var statuses = map[pika.Code]int{
	pika.Invalid:         http.StatusUnprocessableEntity,
	pika.Unauthenticated: http.StatusUnauthorized,
	pika.Forbidden:       http.StatusForbidden,
	pika.NotFound:        http.StatusNotFound,
	pika.Conflict:        http.StatusConflict,
	pika.Precondition:    http.StatusPreconditionFailed,
	pika.Method:          http.StatusMethodNotAllowed,
	pika.MediaType:       http.StatusUnsupportedMediaType,
	pika.TooLarge:        http.StatusRequestEntityTooLarge,
	pika.RateLimited:     http.StatusTooManyRequests,
	pika.Overloaded:      http.StatusServiceUnavailable,
	pika.Unavailable:     http.StatusServiceUnavailable,
	pika.Timeout:         http.StatusGatewayTimeout,
	pika.Unimplemented:   http.StatusNotImplemented,
	pika.Internal:        http.StatusInternalServerError,
}

// fallbackDetails stand in for messages that are missing or must not be shown.
var fallbackDetails = map[pika.Code]string{
	pika.Internal:    "Something went wrong inside Pika. The log names this request_id.",
	pika.Timeout:     "The answer did not come in time. Try again later.",
	pika.Unavailable: "A part of Pika that this needs does not answer at the moment. Try again later.",
	pika.Overloaded:  "Pika has more work than it can finish in time. Try again later.",
}

// errUnreadable marks an Invalid error as one of syntax: 400 in place of 422.
var errUnreadable = errors.New("unreadable")

// unreadable makes the error for a request that cannot be read at all.
func unreadable(field, message string) *pika.Error {
	e := pika.InvalidField(field, "%s", message)
	e.Err = errUnreadable
	return e
}

// problem is an RFC 9457 problem document. It doubles as the answer of every error.
type problem struct {
	Type      string            `json:"type" doc:"about:blank: title and status say it all"`
	Title     string            `json:"title"`
	Status    int               `json:"status"`
	Code      pika.Code         `json:"code" doc:"What kind of failure this is, for programs"`
	Detail    string            `json:"detail" doc:"What happened, for people"`
	RequestID string            `json:"request_id"`
	Errors    []pika.FieldError `json:"errors" doc:"Which fields of the request are wrong, and what is allowed there"`
}

// newProblem turns an error into the document a caller may see.
func newProblem(err error, requestID string) problem {
	code := pika.CodeOf(err)
	status, known := statuses[code]
	if !known {
		code, status = pika.Internal, http.StatusInternalServerError
	}
	if errors.Is(err, errUnreadable) {
		status = http.StatusBadRequest
	}
	p := problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code,
		RequestID: requestID, Errors: []pika.FieldError{},
	}
	var e *pika.Error
	if errors.As(err, &e) && code == e.Code && e.Shown() {
		p.Detail = e.Message
		p.Errors = append(p.Errors, e.Fields...)
	}
	if p.Detail == "" {
		p.Detail = fallbackDetails[code]
	}
	if p.Detail == "" {
		p.Detail = p.Title
	}
	return p
}

// retryUnavailable is when a caller may ask again for what did not answer, in seconds.
const retryUnavailable = "5"

// retryAfter returns the value of the Retry-After header, "" for none.
func retryAfter(err error) string {
	var e *pika.Error
	errors.As(err, &e)
	code := pika.CodeOf(err)
	switch {
	case e != nil && e.RetryAfter > 0:
		return strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds())))
	case code == pika.Overloaded || code == pika.RateLimited:
		return "1"
	case code == pika.Unavailable || code == pika.Timeout:
		return retryUnavailable
	}
	return ""
}

// statusClientGone is what proxies log for a caller that went away: no fault of Pika's.
const statusClientGone = 499

// fail answers a request with a problem document and logs what is Pika's own fault.
func (s *server) fail(c *call, w http.ResponseWriter, err error) {
	p := newProblem(err, c.id)
	if c.ctx().Err() != nil {
		p.Status, p.Title = statusClientGone, "Client Closed Request" // nobody reads it, metrics count it
	}
	if p.Status >= http.StatusInternalServerError {
		s.logFailure(c, p, err)
	}
	if c.written() {
		return
	}
	if p.Status == http.StatusUnauthorized && w.Header().Get(headerAuthenticate) == "" {
		w.Header().Set(headerAuthenticate, challenge)
	}
	if after := retryAfter(err); after != "" {
		w.Header().Set("Retry-After", after)
	}
	writeJSON(w, p.Status, "application/problem+json", p)
}

func (s *server) logFailure(c *call, p problem, err error) {
	level := slog.LevelWarn
	switch p.Code {
	case pika.Internal:
		level = slog.LevelError
	case pika.Unimplemented, pika.Overloaded:
		level = slog.LevelDebug
	}
	s.Log.Log(c.ctx(), level, "request failed", "request_id", c.id, "route", c.route, "code", p.Code, "error", err)
}

// writeJSON writes an answer. The header goes out with the first byte, so a value
// that cannot be encoded panics and becomes a 500.
func writeJSON(w http.ResponseWriter, status int, contentType string, v any) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // no answer is HTML, and nosniff says so
	if err := encoder.Encode(v); err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	w.Write(body.Bytes()) // an error here means that the caller has gone
}

// invalid makes one error of many fields.
func invalid(fields []pika.FieldError) *pika.Error {
	named := make([]string, 0, 3)
	for _, f := range fields[:min(len(fields), 3)] {
		named = append(named, f.Field+": "+f.Message)
	}
	e := pika.Errorf(pika.Invalid, "%s", strings.Join(named, "; "))
	if more := len(fields) - len(named); more > 0 {
		e.Message += "; and " + strconv.Itoa(more) + " more"
	}
	e.Fields = fields
	return e
}

// unavailable makes an error whose message callers may read.
func unavailable(cause error, format string, args ...any) *pika.Error {
	e := pika.Wrap(pika.Unavailable, cause, format, args...)
	e.Public = true
	return e
}

// overloaded makes the error for work that is refused early.
func overloaded(after time.Duration) *pika.Error {
	return &pika.Error{Code: pika.Overloaded, Message: fallbackDetails[pika.Overloaded], RetryAfter: after}
}
