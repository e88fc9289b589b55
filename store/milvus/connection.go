package milvus

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path"
	"time"

	grpcretry "github.com/grpc-ecosystem/go-grpc-middleware/retry"
	"github.com/milvus-io/milvus-proto/go-api/v2/commonpb"
	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/keepalive"
)

// retries of a request that the server did not take: a connection that has just
// broken is made anew at once; a server that is away must be reported, not waited for.
const (
	retries    = 2
	retryPause = 50 * time.Millisecond
)

// connect returns a client that connects when it is first used, and again after the
// server was away; it needs no server now.
func connect(c Config, m *metrics) (*client.GrpcClient, error) {
	// Without WithBlock and with DisableConn nothing here waits for the network.
	made, err := client.NewClient(context.Background(), client.Config{
		Address: c.Address, Username: c.Username, Password: c.Password, APIKey: c.APIKey,
		DBName: c.Database, EnableTLSAuth: c.TLS,
		DisableConn:    true,
		DialOptions:    dialOptions(m),
		RetryRateLimit: &client.RetryRateLimitOption{},
	})
	if err != nil {
		return nil, err
	}
	grpcClient, ok := made.(*client.GrpcClient)
	if !ok {
		return nil, fmt.Errorf("the SDK made a %T", made)
	}
	return grpcClient, nil
}

// dialOptions replace the SDK's, which block, retry for minutes and ping so often
// that servers close idle connections.
func dialOptions(m *metrics) []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 5 * time.Second}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: 2 * time.Second,
		}),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(math.MaxInt32),
			grpcretry.WithMax(retries),
			grpcretry.WithBackoff(grpcretry.BackoffLinear(retryPause)),
		),
		grpc.WithChainUnaryInterceptor(m.observe, readStatus),
	}
}

// statusError is a request that the server answered with a refusal. The SDK keeps
// its text only; the codes say more.
type statusError struct {
	code   int32 // of servers from 2.3 on; 0: not given
	legacy commonpb.ErrorCode
	reason string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("milvus status %d (%s): %s", e.code, e.legacy, e.reason)
}

// errNoDeadline is a defect of this package: without a deadline a call to a server
// that hangs never returns.
var errNoDeadline = errors.New("a request without a deadline")

// readStatus turns refusals into a statusError, before the SDK makes text of them.
func readStatus(ctx context.Context, method string, request, reply any, c *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	if _, ok := ctx.Deadline(); !ok {
		return errNoDeadline
	}
	if err := invoke(ctx, method, request, reply, c, options...); err != nil {
		return err
	}
	status := statusOf(reply)
	legacy := status.GetErrorCode() //lint:ignore SA1019 servers of 2.2 and before send no other code, later ones both
	if legacy == commonpb.ErrorCode_Success && status.GetCode() == 0 {
		return nil
	}
	return &statusError{code: status.GetCode(), legacy: legacy, reason: status.GetReason()}
}

func statusOf(reply any) *commonpb.Status {
	switch r := reply.(type) {
	case *commonpb.Status:
		return r
	case interface{ GetStatus() *commonpb.Status }:
		return r.GetStatus()
	}
	return nil
}

// methodName returns the last part of a gRPC method.
func methodName(method string) string { return path.Base(method) }
