package gateway

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pikamem/pika"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const (
	headerRequestID      = "X-Request-ID"
	headerIdempotencyKey = "Idempotency-Key"
	routeUnmatched       = "unmatched"
)

// begin gives the request its call and its id.
func (s *server) begin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(headerRequestID)
		if !validRequestID(id) {
			id = pika.RandomID(s.Random)
		}
		c := &call{id: id, route: routeUnmatched, started: s.Now(), leave: func() {}, recorder: &recorder{ResponseWriter: w}}
		h := w.Header()
		h.Set(headerRequestID, id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
		c.w, c.r = c.recorder, r
		next.ServeHTTP(c.recorder, r)
	})
}

func validRequestID(id string) bool {
	return len(id) >= 1 && len(id) <= 128 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-'
	})
}

// trace continues the caller's trace (W3C traceparent) with a span that names the
// route, never the path: paths hold ids of users.
func (s *server) trace(next http.Handler) http.Handler {
	var traceContext propagation.TraceContext
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := traceContext.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := otel.Tracer("github.com/pikamem/pika/gateway").Start(ctx, "HTTP", trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		c := callOf(ctx)
		next.ServeHTTP(w, r.WithContext(ctx))
		if span.IsRecording() {
			describeSpan(span, c, r.Method)
		}
	})
}

func describeSpan(span trace.Span, c *call, method string) {
	method = knownMethod(method)
	span.SetName(method + " " + c.route)
	span.SetAttributes(
		attribute.String("http.request.method", method), attribute.String("http.route", c.route),
		attribute.Int("http.response.status_code", c.recorder.status), attribute.String("pika.request_id", c.id),
	)
	if c.recorder.status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
}

// observe counts and times the request, and logs it without any text of a user.
func (s *server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now() // the process's own time, whatever clock the answers use
		next.ServeHTTP(w, r)
		c := callOf(r.Context())
		took := time.Since(started)
		s.metrics.observe(c.route, r.Method, c.recorder.status, took)
		s.Log.LogAttrs(r.Context(), slog.LevelDebug, "request", slog.String("request_id", c.id), slog.String("method", knownMethod(r.Method)),
			slog.String("route", c.route), slog.Int("status", c.recorder.status), slog.Duration("took", took))
	})
}

// recoverPanic turns a panic into a 500. Of the panic's value only the type is
// logged, unless it is an error of the runtime: others may hold text of a user.
func (s *server) recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			c := callOf(r.Context())
			s.fail(c, w, pika.Errorf(pika.Internal, "panic of type %T%s\n%s", v, runtimeText(v), debug.Stack()))
			if c.written() && c.recorder.status < http.StatusInternalServerError {
				panic(http.ErrAbortHandler) // half an answer must not look whole
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func runtimeText(v any) string {
	if e, ok := v.(interface {
		error
		RuntimeError()
	}); ok {
		return ": " + e.Error()
	}
	return ""
}

// checkHost refuses requests that a browser was led to send by a foreign name that
// resolves to this machine (DNS rebinding). Where a key is needed there is nothing to
// refuse: the browser has none to send.
func (s *server) checkHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host := hostName(r.Host); s.keyless() && !loopbackHost(host) && !slices.Contains(s.Hosts, host) {
			s.fail(callOf(r.Context()), w, pika.Errorf(pika.Forbidden,
				"Pika without keys answers only requests addressed to a loopback name or to its configured host."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostName returns a Host header without port, in lower case.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

func loopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || (ip != nil && ip.IsLoopback())
}

// limit refuses early what could not be finished in time. Health, metrics and docs
// are always answered.
func (s *server) limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !underAPI(r) {
			next.ServeHTTP(w, r)
			return
		}
		c := callOf(r.Context())
		leave, ok := s.inFlight.enter()
		if !ok {
			s.fail(c, w, overloaded(time.Second))
			return
		}
		defer leave()
		c.leave = leave
		next.ServeHTTP(w, r)
	})
}

// statusLabel is a status as a metric's label.
func statusLabel(status int) string {
	if status == 0 {
		return "none" // the caller went away before an answer began
	}
	return strconv.Itoa(status)
}
