package milvus_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/milvus-io/milvus-proto/go-api/v2/commonpb"
	"github.com/milvus-io/milvus-proto/go-api/v2/milvuspb"
	"google.golang.org/grpc/codes"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/milvus"
	"github.com/pikamem/pika/store/milvus/milvustest"
)

// operations are every way a user's request reaches the server, with the method there.
var operations = []struct {
	name, method string
	call         func(context.Context, *milvus.Index) error
}{
	{"Upsert", "Upsert", func(ctx context.Context, x *milvus.Index) error {
		return x.Upsert(ctx, alice, pika.CorpusFacts, []pika.Vector{{ID: "a", Values: unit(1, 0)}, {ID: "b", Values: unit(0, 1)}})
	}},
	{"DeleteVectors", "Delete", func(ctx context.Context, x *milvus.Index) error {
		return x.DeleteVectors(ctx, alice, pika.CorpusFacts, []string{"b"})
	}},
	{"SearchVectors", "Search", func(ctx context.Context, x *milvus.Index) error {
		_, err := x.SearchVectors(ctx, alice, pika.CorpusFacts, unit(1, 0), 1)
		return err
	}},
	{"ListRows", "Query", func(ctx context.Context, x *milvus.Index) error {
		_, err := x.ListRows(ctx, pika.CorpusFacts, pika.RowRange{Limit: 10})
		return err
	}},
	{"DeleteRows", "Delete", func(ctx context.Context, x *milvus.Index) error {
		return x.DeleteRows(ctx, pika.CorpusFacts, []pika.RowKey{{ScopeID: alice.ID(), ID: "b"}})
	}},
	{"Ping", "DescribeCollection", func(ctx context.Context, x *milvus.Index) error { return x.Ping(ctx) }},
}

// impatient sets time limits that a test can wait for.
func impatient(c *milvus.Config) {
	c.SearchTimeout, c.WriteTimeout, c.ListTimeout, c.SetupTimeout = 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond, time.Second
}

// soon is how long an impatient call may take on a busy machine, at most.
const soon = 2 * time.Second

// TestFaults: whatever befalls the server, each operation fails in time with a code
// and a sentence, and works again afterwards.
func TestFaults(t *testing.T) {
	t.Parallel()
	refusal := func(code int32, legacy commonpb.ErrorCode, reason string) milvustest.Fault {
		return milvustest.Fault{Status: &commonpb.Status{Code: code, ErrorCode: legacy, Reason: reason}}
	}
	for name, tt := range map[string]struct {
		fault milvustest.Fault
		code  pika.Code
		says  string
	}{
		"hangs":           {milvustest.Fault{Hang: true}, pika.Timeout, "deadline"},
		"slow":            {milvustest.Fault{Delay: 5 * time.Second}, pika.Timeout, "deadline"},
		"away":            {milvustest.Fault{Code: codes.Unavailable, Message: "connection refused"}, pika.Unavailable, "cannot connect"},
		"wrong password":  {milvustest.Fault{Code: codes.Unauthenticated, Message: "auth check failure"}, pika.Unavailable, "password"},
		"another service": {milvustest.Fault{Code: codes.Unimplemented, Message: "unknown service"}, pika.Unavailable, "Milvus 2.3"},
		"busy":            {milvustest.Fault{Code: codes.ResourceExhausted, Message: "too many requests"}, pika.RateLimited, "later"},
		"rate limited":    {refusal(8, commonpb.ErrorCode_RateLimit, "request is rejected by grpc RateLimiter"), pika.RateLimited, "later"},
		"limited, 2.3":    {refusal(0, commonpb.ErrorCode_RateLimit, "rate limit exceeded[rate=1]"), pika.RateLimited, "later"},
		"memory full":     {refusal(9, commonpb.ErrorCode_ForceDeny, "memory quota exceeded, please allocate more resources"), pika.Unavailable, "full"},
		"disk full":       {refusal(9, commonpb.ErrorCode_DiskQuotaExhausted, "disk quota exceeded"), pika.Unavailable, "full"},
		"not loaded":      {refusal(101, commonpb.ErrorCode_UnexpectedError, "collection not loaded"), pika.Unavailable, "loaded"},
		"not loaded, 2.3": {refusal(65535, commonpb.ErrorCode_UnexpectedError, "fail to search on all shard leaders, err=collection not loaded"), pika.Unavailable, "loaded"},
		"recovering":      {refusal(1, commonpb.ErrorCode_NotReadyServe, "service not ready"), pika.Unavailable, "starting"},
		"no database":     {refusal(800, commonpb.ErrorCode_UnexpectedError, "database not found[database=x]"), pika.Unavailable, "database"},
		"something new":   {refusal(4711, commonpb.ErrorCode_UnexpectedError, "the moon is full"), pika.Unavailable, "refuses"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, _, index := ready(t, impatient)
			for _, o := range operations {
				server.Fail(o.method, tt.fault)
				begun := time.Now()
				err := o.call(t.Context(), index)
				if pika.CodeOf(err) != tt.code || !strings.Contains(message(err), tt.says) {
					t.Errorf("%s = %v; want %s with a sentence about %q", o.name, err, tt.code, tt.says)
				}
				if tt.code == pika.RateLimited && retryAfter(err) <= 0 {
					t.Errorf("%s = %v; want a time to retry after", o.name, err)
				}
				if took := time.Since(begun); took > soon {
					t.Errorf("%s took %s", o.name, took)
				}
				server.Heal()
				if err := o.call(t.Context(), index); err != nil {
					t.Errorf("%s afterwards = %v", o.name, err)
				}
			}
		})
	}
}

func retryAfter(err error) time.Duration {
	var e *pika.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.RetryAfter
}

// TestCallerGivesUp: the caller's own deadline counts, and its cancellation.
func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	server, _, index := ready(t, nil)
	server.Fail("", milvustest.Fault{Hang: true})
	for _, o := range operations {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := o.call(ctx, index)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || pika.CodeOf(err) != pika.Timeout {
			t.Errorf("%s past the caller's deadline = %v; want timeout", o.name, err)
		}
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if err := o.call(ctx, index); !errors.Is(err, context.Canceled) {
			t.Errorf("%s when the caller leaves = %v; want context.Canceled", o.name, err)
		}
	}
}

// TestServerDiesAndReturns: opened without a server, or while it is dead, everything
// fails fast; the same store works when the server is there.
func TestServerDiesAndReturns(t *testing.T) {
	t.Parallel()
	server, config := fakeServer(t)
	server.Stop()
	begun := time.Now()
	store := open(t, config)
	index := store.Index(model("m"))
	if took := time.Since(begun); took > time.Second {
		t.Errorf("Open without a server took %s", took)
	}
	dead := func(when string) {
		for _, o := range operations {
			begun := time.Now()
			err := o.call(t.Context(), index)
			if pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "cannot connect") {
				t.Errorf("%s %s = %v; want unavailable: cannot connect", o.name, when, err)
			}
			if took := time.Since(begun); took > soon {
				t.Errorf("%s %s took %s", o.name, when, took)
			}
		}
	}
	dead("before the server was ever there")
	server.Restart(t)
	eventually(t, "migrate", func() error { return store.Migrate(t.Context(), model("m")) })
	for _, o := range operations {
		if err := o.call(t.Context(), index); err != nil {
			t.Errorf("%s = %v", o.name, err)
		}
	}
	server.Stop()
	dead("after the server died")
	server.Restart(t)
	for _, o := range operations {
		eventually(t, o.name, func() error { return o.call(t.Context(), index) })
	}
}

// eventually repeats f until it succeeds: a connection is not made anew in the very
// moment its server is back.
func eventually(t *testing.T, what string, f func() error) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s = %v", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestHiccup: one refused connection is not worth an error.
func TestHiccup(t *testing.T) {
	t.Parallel()
	server, _, index := ready(t, nil)
	for _, o := range operations {
		server.Fail(o.method, milvustest.Fault{Code: codes.Unavailable, Message: "transport is closing", Times: 1})
		if err := o.call(t.Context(), index); err != nil {
			t.Errorf("%s = %v; want it repeated", o.name, err)
		}
	}
}

// TestPartialAnswers: an answer that says success and holds less than it must is none.
func TestPartialAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		method, operation string
		change            func(any)
	}{
		"rows not taken": {"Upsert", "Upsert", func(answer any) {
			ids := answer.(*milvuspb.MutationResult).IDs.GetStrId()
			ids.Data = ids.Data[:1]
		}},
		"scores missing": {"Search", "SearchVectors", func(answer any) {
			results := answer.(*milvuspb.SearchResults).Results
			results.Ids.GetStrId().Data = append(results.Ids.GetStrId().Data, "x")
			results.Ids.GetStrId().Data[0] = "no key of ours"
		}},
		"rows of others": {"Search", "SearchVectors", func(answer any) {
			answer.(*milvuspb.SearchResults).Results.Ids.GetStrId().Data[0] = pika.Scope{Tenant: "acme", User: "bob"}.ID() + "/a"
		}},
		"a column missing": {"Query", "ListRows", func(answer any) {
			results := answer.(*milvuspb.QueryResults)
			results.FieldsData = results.FieldsData[:2]
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, _, index := ready(t, nil)
			for _, o := range operations[:1] {
				if err := o.call(t.Context(), index); err != nil {
					t.Fatal(err)
				}
			}
			server.Fail(tt.method, milvustest.Fault{Change: tt.change})
			for _, o := range operations {
				if err := o.call(t.Context(), index); o.name == tt.operation && err == nil {
					t.Errorf("%s = nil; want an error", o.name)
				}
			}
		})
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	_, store, index := ready(t, nil)
	for range 2 {
		if err := store.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
	for _, o := range operations {
		if err := o.call(t.Context(), index); pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "closed") {
			t.Errorf("%s = %v; want unavailable: closed", o.name, err)
		}
	}
}
