package devserver

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"
)

// stopTimeout is how long the server may take to end by itself.
const stopTimeout = 5 * time.Second

// child is one process of the server.
type child struct {
	cmd    *exec.Cmd
	output *tail
	ended  chan struct{} // closed when the process is gone
	err    error         // how it ended; valid after ended
}

// launch starts a process of the server and waits until it is healthy.
func (s *Server) launch(ctx context.Context) (*child, error) {
	c, err := s.spawn()
	if err != nil {
		return nil, err
	}
	if err := s.awaitHealthy(ctx, c); err != nil {
		c.stop()
		if c.output.foundPortTaken() {
			err = fmt.Errorf("%w: %w", errPortTaken, err)
		}
		return nil, fmt.Errorf("start the local workflow server: %w%s", err, c.output.quote())
	}
	s.set(c.cmd.Process.Pid, nil)
	return c, nil
}

// spawn starts the process in a process group of its own, so that Ctrl-C reaches
// only Pika, which then stops the server in good order. The guard ends it when Pika
// dies without a chance to.
func (s *Server) spawn() (*child, error) {
	c := &child{output: newTail(s.options.Log), ended: make(chan struct{})}
	c.cmd = exec.Command(s.binary, s.arguments()...)
	c.cmd.Dir = s.options.DataDir
	c.cmd.Stdout, c.cmd.Stderr = c.output, c.output
	c.cmd.WaitDelay = time.Second
	c.cmd.SysProcAttr = childAttributes()

	started := make(chan error, 1)
	go c.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", s.binary, err)
	}
	if err := s.writePID(c.cmd.Process.Pid); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// run starts the process and waits for its end, on one thread of the operating
// system that lives as long: on Linux the process dies with the thread that started
// it.
func (c *child) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(c.ended)
	if err := c.cmd.Start(); err != nil {
		started <- err
		return
	}
	guard, err := newGuard(c.cmd.Process.Pid)
	if err != nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
		started <- err
		return
	}
	started <- nil
	c.err = c.cmd.Wait()
	guard.release()
}

// stop ends the process and returns when it is gone.
func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.ended:
		return
	case <-time.After(stopTimeout):
	}
	_ = c.cmd.Process.Kill()
	<-c.ended
}

func (c *child) exitError() error {
	if c.err == nil {
		return errors.New("it ended by itself")
	}
	return fmt.Errorf("it ended: %w", c.err)
}

// awaitHealthy polls until the server takes calls for the namespace.
func (s *Server) awaitHealthy(ctx context.Context, c *child) error {
	probe, err := client.NewLazyClient(client.Options{
		HostPort: s.Address(), Namespace: s.options.Namespace, Logger: sdklog.NewStructuredLogger(s.options.Log),
	})
	if err != nil {
		return fmt.Errorf("prepare a client: %w", err)
	}
	defer probe.Close()
	var last error
	for {
		if last = s.configure(ctx, probe); last == nil {
			return nil
		}
		select {
		case <-c.ended:
			return c.exitError()
		case <-ctx.Done():
			return fmt.Errorf("it is not healthy in time: %w", last)
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// configure checks that the server answers and sets how long ended jobs are
// remembered.
func (s *Server) configure(ctx context.Context, probe client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, err := probe.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return err
	}
	_, err := probe.WorkflowService().UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: s.options.Namespace,
		Config:    &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(s.options.Retention)},
	})
	return err
}

// quote returns the last lines of the server's own words for an error message.
func (t *tail) quote() string {
	text := strings.TrimSpace(t.String())
	if text == "" {
		return ""
	}
	return "; its last words: " + text
}
