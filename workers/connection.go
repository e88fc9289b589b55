package workers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/workflows"
)

// DialOptions says how the engine is reached.
type DialOptions struct {
	Address   string // host:port
	Namespace string // Defaults to "default"
	Key       Key    // encrypts payloads; the same for gateways and workers
	OlderKeys []Key  // decrypt what was encrypted before a change of the key
	Log       *slog.Logger
	Tracer    trace.Tracer          // nil: no tracing
	Metrics   client.MetricsHandler // nil: no metrics of the SDK
}

// Connection is a client of the engine together with what reads its payloads.
type Connection struct {
	Client    client.Client
	Namespace string
	data      converter.DataConverter
	failures  converter.FailureConverter
}

// Dial connects to the engine. An engine that does not answer before ctx ends (5 s
// when it has no deadline) is Unavailable. The caller closes the connection.
func Dial(ctx context.Context, o DialOptions) (*Connection, error) {
	data, failures, err := Converters(o.Key, o.OlderKeys...)
	if err != nil {
		return nil, err
	}
	interceptors, err := tracing(o.Tracer)
	if err != nil {
		return nil, err
	}
	namespace := cmp.Or(o.Namespace, client.DefaultNamespace)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := client.DialContext(ctx, client.Options{
		HostPort: o.Address, Namespace: namespace, Logger: sdklog.NewStructuredLogger(o.Log),
		MetricsHandler: o.Metrics, DataConverter: data, FailureConverter: failures, Interceptors: interceptors,
		// What is sent is encrypted, so compressing it again gains nothing.
		ConnectionOptions: client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}},
	})
	if err != nil {
		return nil, pika.Wrap(pika.Unavailable, err, "the workflow engine at %s does not answer", o.Address)
	}
	return &Connection{Client: c, Namespace: namespace, data: data, failures: failures}, nil
}

// Close gives the connection back. Engines and workers on it must have stopped.
func (c *Connection) Close() { c.Client.Close() }

// Healthy returns nil if the engine answers and has the namespace.
func (c *Connection) Healthy(ctx context.Context) error {
	_, err := c.Client.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: c.Namespace})
	var missing *serviceerror.NamespaceNotFound
	var notFound *serviceerror.NotFound
	switch {
	case err == nil:
		return nil
	case errors.As(err, &missing), errors.As(err, &notFound):
		return pika.Wrap(pika.Unavailable, err, "the workflow engine has no namespace %s: make it, or correct TEMPORAL_NAMESPACE", c.Namespace)
	}
	return engineError(ctx, err, "ask after the engine's health")
}

// pollerLife is how long after its last request a worker counts: it asks every minute
// at least.
const pollerLife = 2 * time.Minute

// Worked reports whether a worker takes jobs.
func (c *Connection) Worked(ctx context.Context) (bool, error) {
	answer, err := c.Client.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: c.Namespace, TaskQueue: &taskqueue.TaskQueue{Name: workflows.Queue, Kind: enumspb.TASK_QUEUE_KIND_NORMAL},
		TaskQueueType: enumspb.TASK_QUEUE_TYPE_WORKFLOW,
	})
	if err != nil {
		return false, engineError(ctx, err, "ask after the workers")
	}
	return slices.ContainsFunc(answer.GetPollers(), func(p *taskqueue.PollerInfo) bool {
		return time.Since(p.GetLastAccessTime().AsTime()) < pollerLife
	}), nil
}

// Converters returns what writes and reads every payload and failure: encrypted and
// compressed, messages of failures included.
func Converters(key Key, older ...Key) (converter.DataConverter, converter.FailureConverter, error) {
	codec, err := NewCodec(key, older...)
	if err != nil {
		return nil, nil, err
	}
	data := converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec)
	failures := temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: data, EncodeCommonAttributes: true,
	})
	return data, failures, nil
}

// tracing carries W3C trace context from the request into workflows and activities.
// Baggage stays out: a caller could put a user's text into it.
func tracing(tracer trace.Tracer) ([]interceptor.ClientInterceptor, error) {
	if tracer == nil {
		return nil, nil
	}
	i, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer: tracer, DisableBaggage: true, AllowInvalidParentSpans: true,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare tracing of workflows: %w", err)
	}
	return []interceptor.ClientInterceptor{i}, nil
}
