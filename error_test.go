package pika_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/pikamem/pika"
)

func TestCodeOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want pika.Code
	}{
		"nil":          {nil, ""},
		"plain":        {errors.New("x"), pika.Internal},
		"own":          {pika.Errorf(pika.NotFound, "no"), pika.NotFound},
		"wrapped":      {fmt.Errorf("read: %w", pika.Errorf(pika.Conflict, "no")), pika.Conflict},
		"outermost":    {pika.Wrap(pika.Unavailable, pika.Errorf(pika.Timeout, "x"), "y"), pika.Unavailable},
		"deadline":     {fmt.Errorf("read: %w", context.DeadlineExceeded), pika.Timeout},
		"cancelled":    {context.Canceled, pika.Unavailable},
		"joined":       {errors.Join(errors.New("x"), pika.Errorf(pika.TooLarge, "y")), pika.TooLarge},
		"over context": {pika.Wrap(pika.Internal, context.Canceled, "x"), pika.Internal},
	} {
		if got := pika.CodeOf(c.err); got != c.want {
			t.Errorf("%s: CodeOf = %q; want %q", name, got, c.want)
		}
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	cause := errors.New("the cause")
	for want, err := range map[string]*pika.Error{
		"not_found":                         pika.Errorf(pika.NotFound, ""),
		"not_found: no fact 7":              pika.Errorf(pika.NotFound, "no fact %d", 7),
		"unavailable: later: the cause":     pika.Wrap(pika.Unavailable, cause, "later"),
		"invalid: a: too long; a: too long": pika.InvalidField("a", "too long"),
		"invalid: 100%; b: is wrong":        {Code: pika.Invalid, Message: "100%", Fields: []pika.FieldError{{Field: "b", Message: "is wrong"}}},
		"internal: the cause":               pika.Wrap(pika.Internal, cause, ""),
		"invalid: c[3].role: must be 1–9; c[3].role: must be 1–9": pika.InvalidField("c[3].role", "must be %d–%d", 1, 9),
	} {
		if got := err.Error(); got != want {
			t.Errorf("Error() = %q; want %q", got, want)
		}
		if errors.Is(err, cause) != (err.Err != nil) {
			t.Errorf("%q: the cause is not found", want)
		}
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	seen := map[pika.Code]bool{}
	for _, c := range pika.Codes() {
		if c == "" || seen[c] {
			t.Errorf("code %q is empty or listed twice", c)
		}
		seen[c] = true
	}
	if !seen[pika.Internal] || len(seen) != 15 {
		t.Errorf("%d codes; want 15", len(seen))
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	hidden := map[pika.Code]bool{pika.Unavailable: true, pika.Timeout: true, pika.Overloaded: true, pika.Internal: true}
	for _, code := range pika.Codes() {
		if got := pika.Errorf(code, "m").Shown(); got == hidden[code] {
			t.Errorf("%s: shown %v", code, got)
		}
		if got := (&pika.Error{Code: code, Public: true}).Shown(); got == (code == pika.Internal) {
			t.Errorf("%s, for callers: shown %v", code, got)
		}
	}
}
