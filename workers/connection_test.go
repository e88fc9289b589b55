package workers_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities/activitiestest"
	"github.com/pikamem/pika/workers"
	"github.com/pikamem/pika/workflows"
)

// frontend answers as a Temporal cluster with one namespace and one poller would.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer
	namespace string
	polled    time.Time // when a worker asked for jobs; zero: never
}

func (f *frontend) check(namespace string) error {
	if namespace != f.namespace {
		return serviceerror.ToStatus(serviceerror.NewNamespaceNotFound(namespace)).Err()
	}
	return nil
}

func (f *frontend) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{}, nil
}

func (f *frontend) DescribeNamespace(_ context.Context, r *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{}, f.check(r.GetNamespace())
}

func (f *frontend) StartWorkflowExecution(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	return &workflowservice.StartWorkflowExecutionResponse{}, f.check(r.GetNamespace())
}

func (f *frontend) DescribeTaskQueue(_ context.Context, r *workflowservice.DescribeTaskQueueRequest) (*workflowservice.DescribeTaskQueueResponse, error) {
	answer := &workflowservice.DescribeTaskQueueResponse{}
	if !f.polled.IsZero() && r.GetTaskQueue().GetName() == workflows.Queue {
		answer.Pollers = []*taskqueue.PollerInfo{{LastAccessTime: timestamppb.New(f.polled)}}
	}
	return answer, f.check(r.GetNamespace())
}

// dialFrontend connects to a frontend's namespace.
func dialFrontend(t *testing.T, f *frontend, namespace string) *workers.Connection {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, f)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	c, err := workers.Dial(t.Context(), workers.DialOptions{Address: listener.Addr().String(), Namespace: namespace, Key: keyA, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestMissingNamespace(t *testing.T) {
	t.Parallel()
	f := &frontend{namespace: "pika"}
	if err := dialFrontend(t, f, "pika").Healthy(t.Context()); err != nil {
		t.Errorf("Healthy() = %v where the namespace exists", err)
	}
	c := dialFrontend(t, f, "pyka")
	if err := c.Healthy(t.Context()); pika.CodeOf(err) != pika.Unavailable || !strings.Contains(err.Error(), "no namespace pyka") {
		t.Errorf("Healthy() = %v, want Unavailable with the namespace's name", err)
	}
	engine := workers.NewEngine(t.Context(), workers.EngineOptions{Connection: c, Log: quiet})
	if _, err := engine.StartJob(t.Context(), activitiestest.Conversation(jobID(t, "a"), "x")); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("StartJob() = %v, want Unavailable", err)
	}
}

func TestWorked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		polled time.Time
		want   bool
	}{
		"never": {time.Time{}, false}, "now": {time.Now(), true}, "long ago": {time.Now().Add(-time.Hour), false},
	} {
		connection := dialFrontend(t, &frontend{namespace: "pika", polled: c.polled}, "pika")
		if got, err := connection.Worked(t.Context()); got != c.want || err != nil {
			t.Errorf("%s: Worked() = %v, %v", name, got, err)
		}
	}
	if _, err := dialFrontend(t, &frontend{namespace: "pika"}, "pyka").Worked(t.Context()); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Worked() without the namespace = %v", err)
	}
}
