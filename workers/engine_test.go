package workers_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities/activitiestest"
	"github.com/pikamem/pika/devserver/devservertest"
	"github.com/pikamem/pika/workers"
	"github.com/pikamem/pika/workflows"
)

// workerVariable makes the test binary play a worker that gets stuck in the model
// and is then killed.
const workerVariable = "PIKA_TEST_WORKER"

func TestMain(m *testing.M) {
	if address := os.Getenv(workerVariable); address != "" {
		playWorker(address)
		return
	}
	os.Exit(m.Run())
}

var quiet = slog.New(slog.DiscardHandler)

func playWorker(address string) {
	connection, err := workers.Dial(context.Background(), workers.DialOptions{Address: address, Key: keyA, Log: quiet})
	if err != nil {
		panic(err)
	}
	world := activitiestest.New()
	world.Find = func(pika.Chunk) (pika.Extraction, error) {
		fmt.Println("stuck")
		select {}
	}
	_ = workers.New(options(connection, world)).Run(context.Background())
}

func options(c *workers.Connection, w *activitiestest.World) workers.Options {
	return workers.Options{
		Connection: c, Log: quiet, Truth: w.Truth(), Model: w.Model(), Indexes: w.Indexes(),
		StopTimeout: time.Second,
	}
}

// dial connects to a server for the length of the test.
func dial(t *testing.T, address string) (*workers.Connection, *workers.Engine) {
	t.Helper()
	c, err := workers.Dial(t.Context(), workers.DialOptions{Address: address, Key: keyA, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, workers.NewEngine(t.Context(), workers.EngineOptions{Connection: c, Log: quiet})
}

// work runs workers until the test ends or stop is called.
func work(t *testing.T, c *workers.Connection, w *activitiestest.World) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- workers.New(options(c, w)).Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// jobID returns a job id of its own for each test and name.
func jobID(t *testing.T, name string) string { return pika.DeriveID(t.Name(), name) }

func start(t *testing.T, e *workers.Engine, r pika.JobRequest) pika.StartedJob {
	t.Helper()
	started, err := e.StartJob(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return started
}

func describe(t *testing.T, e *workers.Engine, id string) pika.Job {
	t.Helper()
	job, err := e.DescribeJob(t.Context(), activitiestest.Scope().Tenant, id)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

// await polls until the engine says that a job has ended.
func await(t *testing.T, e *workers.Engine, id string) pika.Job {
	t.Helper()
	var job pika.Job
	activitiestest.Eventually(t, "the job ends", func() bool {
		job = describe(t, e, id)
		return job.Status.Final()
	})
	return job
}

func TestEngine(t *testing.T) {
	t.Parallel()
	server := devservertest.Start(t)
	connection, engine := dial(t, server.Address())
	world := activitiestest.New()
	world.Find = func(chunk pika.Chunk) (pika.Extraction, error) {
		if chunk.Messages[0].Content == "refused" {
			return pika.Extraction{}, pika.Errorf(pika.Unauthenticated, "the language model refused the key")
		}
		return activitiestest.Everything(chunk)
	}
	work(t, connection, world)
	activitiestest.Eventually(t, "the worker asks for jobs", func() bool {
		worked, err := connection.Worked(t.Context())
		return worked && err == nil
	})
	elsewhere, err := workers.Dial(t.Context(), workers.DialOptions{Address: server.Address(), Namespace: "absent", Key: keyA, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(elsewhere.Close)
	if err := elsewhere.Healthy(t.Context()); pika.CodeOf(err) != pika.Unavailable || !strings.Contains(err.Error(), "no namespace absent") {
		t.Errorf("Healthy() in a namespace that is absent = %v", err)
	}

	t.Run("a job runs to its end", func(t *testing.T) {
		r := activitiestest.Conversation(jobID(t, "a"), "Tôi có con mèo tên Mướp", "I live in Huế")
		r.Batch = &pika.BatchPosition{ID: r.ID, Index: 0, Size: 2}
		started := start(t, engine, r)
		if started.Replayed || started.WorkflowID != workflows.JobWorkflowID(r.Scope.Tenant, r.ID) {
			t.Errorf("started = %+v", started)
		}
		job := await(t, engine, r.ID)
		if job.Status != pika.Completed || job.Error != nil || job.EndedAt == nil || job.Progress.Percent != 100 ||
			job.Scope != r.Scope || job.Kind != r.Kind || *job.Batch != *r.Batch || !job.CreatedAt.Equal(r.AcceptedAt) {
			t.Errorf("job = %+v", job)
		}
		if got := world.Texts(); !slices.Contains(got, "I live in Huế") {
			t.Errorf("facts = %v", got)
		}
		if record, _ := world.Job(r.Scope.Tenant, r.ID); record.Status != pika.Completed || record.WorkflowID != started.WorkflowID {
			t.Errorf("record = %+v", record)
		}
		noPlaintext(t, connection, started.WorkflowID, "Mướp", "Huế", "M\\u01b0")
		findable(t, connection, r)
	})

	t.Run("the same key", func(t *testing.T) {
		r := activitiestest.Conversation(jobID(t, "k"), "one")
		r.Keyed = true
		start(t, engine, r)
		if again := start(t, engine, r); !again.Replayed || again.ID != r.ID {
			t.Errorf("the same body again = %+v, want replayed", again)
		}
		await(t, engine, r.ID)
		if again := start(t, engine, r); !again.Replayed {
			t.Errorf("the same body after the end = %+v, want replayed", again)
		}
		r.BodyHash = "another"
		if _, err := engine.StartJob(t.Context(), r); pika.CodeOf(err) != pika.Conflict {
			t.Errorf("another body: %v, want Conflict", err)
		}
	})

	t.Run("20 posts at once with one key are one job", func(t *testing.T) {
		r := activitiestest.Conversation(jobID(t, "p"), "parallel")
		var wait sync.WaitGroup
		var mu sync.Mutex
		first := 0
		for range 20 {
			wait.Go(func() {
				started, err := engine.StartJob(t.Context(), r)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if !started.Replayed {
					first++
				}
			})
		}
		wait.Wait()
		if first != 1 {
			t.Errorf("%d of 20 were first, want 1", first)
		}
		await(t, engine, r.ID)
	})

	t.Run("a job that fails", func(t *testing.T) {
		r := activitiestest.Conversation(jobID(t, "f"), "refused")
		start(t, engine, r)
		job := await(t, engine, r.ID)
		want := pika.JobError{Code: pika.Unauthenticated, Message: "the language model refused the key"}
		if job.Status != pika.JobFailed || job.Error == nil || *job.Error != want {
			t.Errorf("job = %+v, error %+v, want %+v", job, job.Error, want)
		}
	})

	t.Run("given facts", func(t *testing.T) {
		r := activitiestest.Given(jobID(t, "g"), activitiestest.Contents(300, 200)...)
		start(t, engine, r)
		if job := await(t, engine, r.ID); job.Status != pika.Completed {
			t.Errorf("job = %+v", job)
		}
	})

	t.Run("the largest conversation", func(t *testing.T) {
		r := activitiestest.Conversation(jobID(t, "l"), activitiestest.Contents(200, 5000)...)
		start(t, engine, r)
		if job := await(t, engine, r.ID); job.Status != pika.Completed {
			t.Errorf("job = %+v", job)
		}
	})

	t.Run("what is not there", func(t *testing.T) {
		if _, err := engine.DescribeJob(t.Context(), "default", jobID(t, "none")); pika.CodeOf(err) != pika.NotFound {
			t.Errorf("an unknown job: %v, want NotFound", err)
		}
		r := activitiestest.Conversation(jobID(t, "kind"), "x")
		r.Kind = "erase"
		if _, err := engine.StartJob(t.Context(), r); pika.CodeOf(err) != pika.Unimplemented {
			t.Errorf("an unknown kind: %v, want Unimplemented", err)
		}
	})

	t.Run("a context that has ended", func(t *testing.T) {
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		r := activitiestest.Conversation(jobID(t, "c"), "x")
		for _, ctx := range []context.Context{cancelled, late} {
			if _, err := engine.StartJob(ctx, r); !errors.Is(err, ctx.Err()) {
				t.Errorf("StartJob() = %v, want %v", err, ctx.Err())
			}
			if _, err := engine.DescribeJob(ctx, r.Scope.Tenant, r.ID); !errors.Is(err, ctx.Err()) {
				t.Errorf("DescribeJob() = %v, want %v", err, ctx.Err())
			}
		}
		if _, err := engine.DescribeJob(t.Context(), r.Scope.Tenant, r.ID); pika.CodeOf(err) != pika.NotFound {
			t.Errorf("the job after StartJob() with an ended context: %v, want NotFound", err)
		}
	})
}

// noPlaintext checks that the engine's whole record of a job holds none of the words.
func noPlaintext(t *testing.T, c *workers.Connection, workflowID string, words ...string) {
	t.Helper()
	described, err := c.Client.DescribeWorkflowExecution(t.Context(), workflowID, "")
	if err != nil {
		t.Fatal(err)
	}
	record, err := proto.Marshal(described)
	if err != nil {
		t.Fatal(err)
	}
	for events := c.Client.GetWorkflowHistory(t.Context(), workflowID, "", false, 0); events.HasNext(); {
		event, err := events.Next()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := proto.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		record = append(record, raw...)
	}
	for _, w := range words {
		if bytes.Contains(record, []byte(w)) {
			t.Errorf("%q can be read in the engine", w)
		}
	}
}

// findable checks that a job is found by its search attributes.
func findable(t *testing.T, c *workers.Connection, r pika.JobRequest) {
	t.Helper()
	query := fmt.Sprintf("PikaScope='%s' AND PikaJobKind='extract' AND PikaState='completed' AND WorkflowId='%s'",
		r.Scope.ID(), workflows.JobWorkflowID(r.Scope.Tenant, r.ID))
	activitiestest.Eventually(t, "the job is found by its search attributes", func() bool {
		found, err := c.Client.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		return err == nil && len(found.GetExecutions()) == 1
	})
}

func TestJobWaitsForItsWorkers(t *testing.T) {
	t.Parallel()
	server := devservertest.Start(t)
	connection, engine := dial(t, server.Address())
	r := activitiestest.Conversation(jobID(t, "a"), "x")
	start(t, engine, r)
	job := describe(t, engine, r.ID)
	if job.Status != pika.Processing || job.Progress.Stage != pika.StageAccepted || job.EndedAt != nil {
		t.Errorf("job = %+v, want accepted", job)
	}
	world := activitiestest.New()
	release := make(chan struct{})
	world.Find = func(chunk pika.Chunk) (pika.Extraction, error) {
		<-release
		return activitiestest.Everything(chunk)
	}
	work(t, connection, world)
	activitiestest.Eventually(t, "the progress shows", func() bool {
		return describe(t, engine, r.ID).Progress == pika.Progress{Stage: pika.StageExtracting, Percent: 5, Total: 1}
	})
	close(release)
	if job := await(t, engine, r.ID); job.Status != pika.Completed {
		t.Errorf("job = %+v", job)
	}
}

func TestCancelledJob(t *testing.T) {
	t.Parallel()
	server := devservertest.Start(t)
	connection, engine := dial(t, server.Address())
	world := activitiestest.New()
	world.Fault = func(ctx context.Context, method string) error {
		if method != "Extract" {
			return nil
		}
		<-ctx.Done() // the cancellation comes with a heartbeat
		return pika.Wrap(pika.Unavailable, ctx.Err(), "the language model does not answer")
	}
	work(t, connection, world)
	r := activitiestest.Conversation(jobID(t, "a"), "x")
	started := start(t, engine, r)
	activitiestest.Eventually(t, "the model is asked", func() bool { return world.Calls("Extract") == 1 })
	if err := connection.Client.CancelWorkflow(t.Context(), started.WorkflowID, ""); err != nil {
		t.Fatal(err)
	}
	if job := await(t, engine, r.ID); job.Status != pika.Cancelled || job.Error != nil {
		t.Errorf("job = %+v, want cancelled", job)
	}
	if record, _ := world.Job(r.Scope.Tenant, r.ID); record.Status != pika.Cancelled {
		t.Errorf("record = %+v, want cancelled", record)
	}
}

// TestWorkerKilledInAStep kills a worker with SIGKILL while it asks the model. The
// missing heartbeats tell, and another worker goes on.
func TestWorkerKilledInAStep(t *testing.T) {
	t.Parallel()
	server := devservertest.Start(t)
	connection, engine := dial(t, server.Address())
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), workerVariable+"="+server.Address())
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = victim.Process.Kill() })
	r := activitiestest.Conversation(jobID(t, "a"), "x", "y")
	start(t, engine, r)
	var word string
	if _, err := fmt.Fscan(out, &word); err != nil || word != "stuck" {
		t.Fatalf("the worker said %q (%v)", word, err)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait()
	begun := time.Now()
	world := activitiestest.New()
	work(t, connection, world)
	if job := await(t, engine, r.ID); job.Status != pika.Completed {
		t.Errorf("job = %+v", job)
	}
	t.Logf("completed %v after the kill", time.Since(begun))
	if n := world.Calls("PutMessages"); n != 0 {
		t.Errorf("the finished step ran %d times again", n)
	}
	if got := len(world.Texts()); got != 2 {
		t.Errorf("%d facts, want 2", got)
	}
}

func TestEngineDown(t *testing.T) {
	t.Parallel()
	server := devservertest.Start(t)
	connection, _ := dial(t, server.Address())
	engine := workers.NewEngine(t.Context(), workers.EngineOptions{Connection: connection, Log: quiet, CallTimeout: 500 * time.Millisecond})
	server.Stop()
	r := activitiestest.Conversation(jobID(t, "a"), "x")
	_, err := engine.StartJob(t.Context(), r)
	var e *pika.Error
	if !errors.As(err, &e) || e.Code != pika.Unavailable || e.RetryAfter <= 0 {
		t.Errorf("StartJob() = %v, want Unavailable with RetryAfter", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := engine.DescribeJob(ctx, r.Scope.Tenant, r.ID); pika.CodeOf(err) != pika.Timeout || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("DescribeJob() = %v, want Timeout", err)
	}
	if err := connection.Healthy(ctx); err == nil {
		t.Error("Healthy() = nil")
	}
	if _, err := workers.Dial(ctx, workers.DialOptions{Address: server.Address(), Key: keyA, Log: quiet}); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Dial() = %v, want Unavailable", err)
	}
}
