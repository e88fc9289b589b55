package pika

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Code says what kind of failure an Error is. Two tables translate it and nothing
// else does: Code to HTTP status (package gateway) and Code to Temporal failure
// (package workers).
type Code string

// The codes, as they appear in the `code` member of a problem document.
const (
	Invalid         Code = "invalid"         // the input breaks a stated rule; Fields says which
	Unauthenticated Code = "unauthenticated" // no key, or an unknown one
	Forbidden       Code = "forbidden"       // the key's role does not suffice
	NotFound        Code = "not_found"       // no such thing in this tenant and scope
	Conflict        Code = "conflict"        // it exists already with other content
	Precondition    Code = "precondition"    // If-Match is missing or does not hold
	Method          Code = "method"          // the path exists, the method does not
	MediaType       Code = "media_type"      // the body is not of an accepted type
	TooLarge        Code = "too_large"       // the body is over its limit
	RateLimited     Code = "rate_limited"    // the caller asks too often; see RetryAfter
	Overloaded      Code = "overloaded"      // Pika refuses work it could not finish; see RetryAfter
	Unavailable     Code = "unavailable"     // a part that is needed does not answer
	Timeout         Code = "timeout"         // a deadline passed
	Unimplemented   Code = "unimplemented"   // in the contract, not built yet
	Internal        Code = "internal"        // a defect; its text never reaches a caller
)

// Codes lists every Code once, in the order above, so that tests can walk the tables.
func Codes() []Code {
	return []Code{
		Invalid, Unauthenticated, Forbidden, NotFound, Conflict, Precondition, Method, MediaType,
		TooLarge, RateLimited, Overloaded, Unavailable, Timeout, Unimplemented, Internal,
	}
}

// FieldError names one field of the input and says what is allowed there.
type FieldError struct {
	Field   string `json:"field"`   // path in the caller's own words: conversation[3].role
	Message string `json:"message"` // what is wrong and what is allowed
}

// Error is the one error type that crosses package borders.
//
// Message is written for people and holds no text of a user and no secret; Err is the
// cause, for the log only. Callers of the API see Message, but never that of Internal,
// and that of Unavailable, Timeout and Overloaded only with Public: there stores, models
// and the engine say which server does not answer, for the log and /readyz.
type Error struct {
	Code       Code
	Message    string
	Fields     []FieldError
	RetryAfter time.Duration // 0: not known
	Public     bool          // Message was written for callers of the API and names no part of Pika
	Err        error
}

// Error returns the code, the message and the cause. It is for logs; callers of the
// API see Message at most.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Message != "" {
		s += ": " + e.Message
	}
	for _, f := range e.Fields {
		s += "; " + f.Field + ": " + f.Message
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error with a message for people.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes an Error that carries err as its cause under a message for people.
func Wrap(code Code, err error, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Err: err}
}

// InvalidField makes an Invalid error that names one field.
func InvalidField(field, format string, args ...any) *Error {
	m := fmt.Sprintf(format, args...)
	return &Error{Code: Invalid, Message: field + ": " + m, Fields: []FieldError{{Field: field, Message: m}}}
}

// Shown reports whether a caller of the API may read the error's message.
func (e *Error) Shown() bool {
	switch e.Code {
	case Internal:
		return false
	case Unavailable, Timeout, Overloaded:
		return e.Public
	}
	return true
}

// CodeOf returns the code of the outermost *Error in err's chain. Without one, a
// passed deadline is Timeout, a cancelled context Unavailable, anything else
// Internal. CodeOf(nil) is "".
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	case errors.Is(err, context.Canceled):
		return Unavailable
	}
	return Internal
}
