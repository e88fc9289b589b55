package workflows_test

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/activities/activitiestest"
	"github.com/pikamem/pika/devserver/devservertest"
	"github.com/pikamem/pika/workers"
	"github.com/pikamem/pika/workflows"
)

var update = flag.Bool("update", false, "record the histories in testdata on a real server")

// testKey encrypts the payloads of the recorded histories. It protects nothing.
var testKey = workers.Key([]byte("the key of recorded test history"))

func newReplayer(t *testing.T) worker.WorkflowReplayer {
	t.Helper()
	data, failures, err := workers.Converters(testKey)
	if err != nil {
		t.Fatal(err)
	}
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DataConverter: data, FailureConverter: failures})
	if err != nil {
		t.Fatal(err)
	}
	return replayer
}

// TestReplay: the present code continues every job that was begun by the code that
// made the histories in testdata. With -update it records them first: run it so when a
// change of the workflows is on purpose, and keep the old files while jobs of the old
// code may still run.
func TestReplay(t *testing.T) {
	t.Parallel()
	if *update {
		t.Run("record", func(t *testing.T) {
			recordJobs(t)
			recordReconcile(t)
			recordWarming(t)
		})
	}
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded histories in testdata (%v)", err)
	}
	quiet := sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			replayer := newReplayer(t)
			replayer.RegisterWorkflow(workflows.ExtractFacts)
			replayer.RegisterWorkflow(workflows.AddFacts)
			replayer.RegisterWorkflow(workflows.Reconcile)
			replayer.RegisterWorkflow(workflows.WarmCache)
			replayer.RegisterWorkflow(workflows.TuneTTL)
			if err := replayer.ReplayWorkflowHistoryFromJSONFile(quiet, file); err != nil {
				t.Errorf("the code cannot continue a job of this history: %v", err)
			}
		})
	}
}

// TestReplayFindsChangedCode: the test above can fail.
func TestReplayFindsChangedCode(t *testing.T) {
	t.Parallel()
	replayer := newReplayer(t)
	replayer.RegisterWorkflowWithOptions(func(ctx workflow.Context, in workflows.ExtractFactsInput) (workflows.JobResult, error) {
		return workflows.AddFacts(ctx, workflows.AddFactsInput(in))
	}, workflow.RegisterOptions{Name: "ExtractFacts"})
	quiet := sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	if err := replayer.ReplayWorkflowHistoryFromJSONFile(quiet, filepath.Join("testdata", "extract.json")); err == nil {
		t.Error("another workflow replayed the history without an error")
	}
}

// recordJobs writes the histories of jobs.
func recordJobs(t *testing.T) {
	down := pika.Errorf(pika.Unavailable, "down")
	for _, c := range []struct {
		name    string
		request pika.JobRequest
		prepare func(*activitiestest.World)
		cancel  bool
	}{
		{name: "extract", request: activitiestest.Conversation(jobID, "I have a cat", "I have a cat", "I live in Huế")},
		{name: "extract_many_chunks", request: activitiestest.Conversation(jobID, activitiestest.Contents(12, 6000)...)},
		{name: "extract_unread", request: activitiestest.Conversation(jobID, "a"), prepare: func(w *activitiestest.World) {
			w.Find = func(pika.Chunk) (pika.Extraction, error) {
				return pika.Extraction{}, pika.Errorf(pika.Unauthenticated, "the language model refused the key")
			}
		}},
		{name: "extract_projections_down", request: activitiestest.Conversation(jobID, "a", "a"), prepare: func(w *activitiestest.World) {
			w.Fault = failing(down, "Embed", "LinkFacts")
		}},
		{name: "extract_kept_vectors", request: activitiestest.Conversation(jobID, "a", "a"), prepare: func(w *activitiestest.World) {
			w.Fault, w.Find = failing(down, "Upsert", "LinkFacts"), linked
		}},
		{name: "extract_cancelled", request: activitiestest.Conversation(jobID, "a"), cancel: true, prepare: func(w *activitiestest.World) {
			w.Fault = failing(down, "Commit")
		}},
		{name: "add_facts", request: activitiestest.Given(jobID, "I have a cat", "I have a cat", "!")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			world := activitiestest.New()
			if c.prepare != nil {
				c.prepare(world)
			}
			record(t, c.name, c.request, world, c.cancel)
		})
	}
}

func record(t *testing.T, name string, request pika.JobRequest, world *activitiestest.World, cancel bool) {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	server := devservertest.Start(t)
	connection, err := workers.Dial(t.Context(), workers.DialOptions{Address: server.Address(), Key: testKey, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connection.Close)
	runWorkers(t, workers.Options{
		Connection: connection, Log: quiet, Truth: world.Truth(), Model: world.Model(), Indexes: world.Indexes(),
	})
	engine := workers.NewEngine(t.Context(), workers.EngineOptions{Connection: connection, Log: quiet})
	started, err := engine.StartJob(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	if cancel {
		activitiestest.Eventually(t, "the facts are being written", func() bool { return world.Calls("Commit") > 2 })
		if err := connection.Client.CancelWorkflow(t.Context(), started.WorkflowID, ""); err != nil {
			t.Fatal(err)
		}
	}
	_ = connection.Client.GetWorkflow(t.Context(), started.WorkflowID, "").Get(t.Context(), nil) // some fail on purpose
	keep(t, connection, name, started.WorkflowID)
}

// recordReconcile records the history of a run whose first attempt fails.
func recordReconcile(t *testing.T) {
	world := activitiestest.New()
	failed := false
	world.Fault = func(_ context.Context, method string) error {
		if method == "WantedRows" && !failed {
			failed = true
			return pika.Errorf(pika.Unavailable, "down")
		}
		return nil
	}
	recordRun(t, "reconcile", workflows.ReconcileID, workflows.Reconcile, activities.ReconcileInput{}, upkeep(world))
}

// recordWarming records the histories of runs whose first attempt fails.
func recordWarming(t *testing.T) {
	for _, c := range []struct {
		name, id     string
		workflow, in any
	}{
		{"warm_cache", workflows.WarmCacheID, workflows.WarmCache, activities.WarmInput{Tenant: "t", User: "u"}},
		{"tune_ttl", workflows.TuneTTLID, workflows.TuneTTL, activities.TuneInput{}},
	} {
		recordRun(t, c.name, c.id, c.workflow, c.in, warming(&asked{failures: 1}))
	}
}

// recordRun runs a workflow to its end, with its steps on all queues, and keeps its history.
func recordRun(t *testing.T, name, id string, run, in, steps any) {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	server := devservertest.Start(t)
	connection, err := workers.Dial(t.Context(), workers.DialOptions{Address: server.Address(), Key: testKey, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connection.Close)
	for _, queue := range []string{workflows.Queue, workflows.WarmQueue} {
		w := worker.New(connection.Client, queue, worker.Options{Interceptors: []interceptor.WorkerInterceptor{workers.NewErrorInterceptor(quiet)}})
		w.RegisterWorkflow(run)
		w.RegisterActivity(steps)
		if err := w.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.Stop)
	}
	started, err := connection.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: workflows.Queue}, run, in)
	if err != nil {
		t.Fatal(err)
	}
	if err := started.Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	keep(t, connection, name, id)
}

// keep writes a workflow's history into testdata.
func keep(t *testing.T, connection *workers.Connection, name, workflowID string) {
	t.Helper()
	history := &historypb.History{}
	for events := connection.Client.GetWorkflowHistory(t.Context(), workflowID, "", false, 0); events.HasNext(); {
		event, err := events.Next()
		if err != nil {
			t.Fatal(err)
		}
		history.Events = append(history.Events, event)
	}
	content, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(history)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("testdata", name+".json"), anonymous(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// anonymous removes the names of machine and process from a history: they are in the
// identities of workers and in the names of their own queues.
func anonymous(history []byte) []byte {
	history = regexp.MustCompile(`"identity":\s*"[^"]*"`).ReplaceAll(history, []byte(`"identity": "recorder"`))
	return regexp.MustCompile(`"name":\s*"[^":]+:[0-9a-f-]{36}"`).ReplaceAll(history, []byte(`"name": "recorder:sticky"`))
}
