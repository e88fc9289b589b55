// Package milvustest is a Milvus server in the process of a test: it speaks the wire
// protocol, keeps rows in memory, answers exactly, and fails as it is told to.
//
// It is for what a real server cannot be made to do at will: being away, hanging,
// answering in part, having a graphics card. What may come in: the requests package
// milvus makes, and faults. What may not: a claim that something works with Milvus;
// that is tested with a real one.
package milvustest

import (
	"context"
	"net"
	"path"
	"sync"
	"testing"
	"time"

	"github.com/milvus-io/milvus-proto/go-api/v2/milvuspb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/milvus-io/milvus-proto/go-api/v2/commonpb"
)

// Server is the server. It may be used by many goroutines.
type Server struct {
	address string

	mutex    sync.Mutex
	listener *grpc.Server
	served   sync.WaitGroup
	faults   map[string]Fault
	requests map[string][]any

	data data
}

// Fault is what befalls requests. The members are tried in their order.
type Fault struct {
	// Times is how many requests are befallen; 0: all until Heal.
	Times int
	// Hang keeps the request until its caller gives up.
	Hang bool
	// Delay is waited before anything else happens.
	Delay time.Duration
	// Code answers with an error of the transport.
	Code    codes.Code
	Message string
	// Status answers with a refusal, as Milvus gives most of its errors.
	Status *commonpb.Status
	// Change alters the right answer.
	Change func(answer any)
}

// Start starts a server on a loopback address for the length of a test.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{address: "127.0.0.1:0", faults: map[string]Fault{}, requests: map[string][]any{}, data: newData()}
	s.Restart(t)
	t.Cleanup(s.Stop)
	return s
}

// Address returns host and port, the same after every Restart.
func (s *Server) Address() string { return s.address }

// Restart starts a stopped server again, with the rows it had.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.address = listener.Addr().String()
	server := grpc.NewServer(grpc.UnaryInterceptor(s.intercept))
	milvuspb.RegisterMilvusServiceServer(server, &service{data: &s.data})
	s.listener = server
	s.served.Go(func() { _ = server.Serve(listener) }) // it returns nil or that it was stopped
}

// Stop breaks every connection, as the death of a server does.
func (s *Server) Stop() {
	s.mutex.Lock()
	server := s.listener
	s.mutex.Unlock()
	server.Stop()
	s.served.Wait()
}

// Fail lets a fault befall the requests of a method, of all if method is empty.
func (s *Server) Fail(method string, f Fault) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.faults[method] = f
}

// Heal ends every fault.
func (s *Server) Heal() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	clear(s.faults)
}

// Requests returns the requests of a method so far, oldest first.
func (s *Server) Requests(method string) []any {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]any(nil), s.requests[method]...)
}

// Misroute makes the server put upserted rows into the partition that belongs to their
// primary key instead of their partition key: under the filter by partition key most
// are not found, as on Milvus 2.3.5.
func (s *Server) Misroute() { s.data.change(func(d *data) { d.misroute = true }) }

// NeverBuild makes the server accept a kind of index and never finish it.
func (s *Server) NeverBuild(indexType string) {
	s.data.change(func(d *data) { d.neverBuilt[indexType] = true })
}

// Unload takes every collection out of service; with loading they are on their way back.
func (s *Server) Unload(loading bool) {
	s.data.change(func(d *data) {
		for _, c := range d.collections {
			c.loaded, c.loading = false, loading
		}
	})
}

// Collections returns the names of the collections.
func (s *Server) Collections() []string { return s.data.names() }

// intercept records requests and lets faults befall them.
func (s *Server) intercept(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	method := path.Base(info.FullMethod)
	f, befallen := s.record(method, request)
	if !befallen {
		return handle(ctx, request)
	}
	if err := f.wait(ctx); err != nil {
		return nil, err
	}
	if f.Code != codes.OK {
		return nil, status.Error(f.Code, f.Message)
	}
	answer, err := handle(ctx, request)
	if err == nil && f.Status != nil {
		setStatus(answer, f.Status)
	}
	if err == nil && f.Change != nil {
		f.Change(answer)
	}
	return answer, err
}

func (s *Server) record(method string, request any) (Fault, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.requests[method] = append(s.requests[method], request)
	for _, key := range []string{method, ""} {
		f, ok := s.faults[key]
		if !ok {
			continue
		}
		switch f.Times {
		case 0:
		case 1:
			delete(s.faults, key)
		default:
			s.faults[key] = f.less()
		}
		return f, true
	}
	return Fault{}, false
}

func (f Fault) less() Fault {
	f.Times--
	return f
}

func (f Fault) wait(ctx context.Context) error {
	var late <-chan time.Time
	if !f.Hang {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-late:
		return nil
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
}

// setStatus puts a refusal into an answer.
func setStatus(answer any, refusal *commonpb.Status) {
	switch a := answer.(type) {
	case *commonpb.Status:
		a.ErrorCode, a.Code, a.Reason = refusal.ErrorCode, refusal.Code, refusal.Reason
	case *milvuspb.MutationResult:
		a.Status = refusal
	case *milvuspb.SearchResults:
		a.Status = refusal
	case *milvuspb.QueryResults:
		a.Status = refusal
	case *milvuspb.BoolResponse:
		a.Status = refusal
	case *milvuspb.DescribeCollectionResponse:
		a.Status = refusal
	case *milvuspb.DescribeIndexResponse:
		a.Status = refusal
	case *milvuspb.GetLoadStateResponse:
		a.Status = refusal
	}
}
