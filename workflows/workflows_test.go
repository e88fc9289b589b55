package workflows_test

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities/activitiestest"
	"github.com/pikamem/pika/workers"
	"github.com/pikamem/pika/workflows"
)

const jobID = "3f1e8f6a-0000-4000-8000-000000000001"

// run is one job in Temporal's test environment over a world in memory.
type run struct {
	env   *testsuite.TestWorkflowEnvironment
	world *activitiestest.World
}

func newRun(t *testing.T) *run {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(quiet))
	r := &run{env: suite.NewTestWorkflowEnvironment(), world: activitiestest.New()}
	r.env.SetWorkerOptions(worker.Options{
		Interceptors: []interceptor.WorkerInterceptor{workers.NewErrorInterceptor(quiet)},
	})
	r.env.SetTestTimeout(time.Minute)
	r.env.RegisterActivity(r.world.Truth())
	r.env.RegisterActivity(r.world.Model())
	r.env.RegisterActivity(r.world.Indexes())
	return r
}

func (r *run) extract(t *testing.T, request pika.JobRequest) (workflows.JobResult, error) {
	t.Helper()
	r.env.ExecuteWorkflow(workflows.ExtractFacts, workflows.ExtractFactsInput{Request: request})
	return r.result(t)
}

func (r *run) add(t *testing.T, request pika.JobRequest) (workflows.JobResult, error) {
	t.Helper()
	r.env.ExecuteWorkflow(workflows.AddFacts, workflows.AddFactsInput{Request: request})
	return r.result(t)
}

func (r *run) result(t *testing.T) (result workflows.JobResult, err error) {
	t.Helper()
	if !r.env.IsWorkflowCompleted() {
		t.Fatal("the workflow did not end")
	}
	if err = r.env.GetWorkflowError(); err == nil {
		err = r.env.GetWorkflowResult(&result)
	}
	return result, err
}

// job returns the job's record, which must have ended with status.
func (r *run) job(t *testing.T, status pika.JobStatus) pika.Job {
	t.Helper()
	job, ok := r.world.Job(activitiestest.Scope().Tenant, jobID)
	if !ok || job.Status != status {
		t.Fatalf("the job's record is %+v (%v), want status %s", job, ok, status)
	}
	return job
}

// failing makes methods of the world return an error.
func failing(err error, methods ...string) func(context.Context, string) error {
	return func(_ context.Context, method string) error {
		for _, m := range methods {
			if m == method {
				return err
			}
		}
		return nil
	}
}

func TestExtractFacts(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	result, err := r.extract(t, activitiestest.Conversation(jobID, "I have a cat", "I live in Huế", "I have a cat"))
	if err != nil {
		t.Fatal(err)
	}
	want := workflows.JobResult{Status: pika.Completed, Stored: 2, Duplicates: 1}
	if diff := cmp.Diff(want, result); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	job := r.job(t, pika.Completed)
	wantSummary := pika.JobSummary{
		Extractor: "openai:fake", Degraded: []string{}, LLMCache: pika.LLMCacheMiss,
		Tokens: pika.Tokens{Prompt: 10, Completion: 5},
	}
	if diff := cmp.Diff(wantSummary, job.Summary); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	if want := (pika.Progress{Stage: pika.StageCompleted, Percent: 100, Done: 1, Total: 1}); job.Progress != want {
		t.Errorf("progress = %+v, want %+v", job.Progress, want)
	}
	if diff := cmp.Diff([]string{"I have a cat", "I live in Huế"}, r.world.Texts()); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	// The duplicate's rows are gone from the projections again, and nothing is pending.
	if diff := cmp.Diff(r.world.FactIDs(), r.world.Indexed(pika.CorpusFacts)); diff != "" {
		t.Errorf("vectors (-facts +indexed):\n%s", diff)
	}
	if diff := cmp.Diff(r.world.FactIDs(), r.world.Linked()); diff != "" {
		t.Errorf("graph (-facts +linked):\n%s", diff)
	}
	if got := len(r.world.Indexed(pika.CorpusMessages)); got != 3 {
		t.Errorf("%d messages indexed, want 3", got)
	}
	if v, g := r.world.Pending(pika.StoreVectors), r.world.Pending(pika.StoreGraph); v+g != 0 {
		t.Errorf("pending = %d vectors, %d graph, want none", v, g)
	}
}

func TestExtractFactsManyChunks(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	var now, most atomic.Int32
	r.world.Find = func(chunk pika.Chunk) (pika.Extraction, error) {
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(time.Millisecond) // so that chunks in flight meet
		defer now.Add(-1)
		return activitiestest.Everything(chunk)
	}
	contents := activitiestest.Contents(200, 1500)
	result, err := r.extract(t, activitiestest.Conversation(jobID, contents...))
	if err != nil || result.Stored != 200 {
		t.Fatalf("result = %+v, %v, want 200 stored", result, err)
	}
	if got := most.Load(); got > 4 {
		t.Errorf("%d chunks in flight, want at most 4", got)
	}
	job := r.job(t, pika.Completed)
	if job.Progress.Total < 20 || job.Progress.Done != job.Progress.Total {
		t.Errorf("progress = %+v, want all of over 20 chunks done", job.Progress)
	}
	if want := 15 * job.Progress.Total; job.Summary.Tokens.Prompt+job.Summary.Tokens.Completion != want {
		t.Errorf("tokens = %+v, want %d in all", job.Summary.Tokens, want)
	}
	for _, o := range r.world.Outcomes(jobID) {
		if o.Outcome != pika.Stored {
			t.Errorf("outcome %+v, want stored", o)
		}
	}
}

func TestProgressQuery(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	var early pika.Progress
	r.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		if info.ActivityType.Name != "Extract" || early.Total > 0 {
			return
		}
		value, err := r.env.QueryWorkflow(workflows.ProgressQuery)
		if err == nil {
			err = value.Get(&early)
		}
		if err != nil {
			t.Error(err)
		}
	})
	if _, err := r.extract(t, activitiestest.Conversation(jobID, "a", "b")); err != nil {
		t.Fatal(err)
	}
	if want := (pika.Progress{Stage: pika.StageExtracting, Percent: 5, Total: 1}); early != want {
		t.Errorf("progress while extracting = %+v, want %+v", early, want)
	}
	value, err := r.env.QueryWorkflow(workflows.ProgressQuery)
	if err != nil {
		t.Fatal(err)
	}
	var late pika.Progress
	if err := value.Get(&late); err != nil || late.Stage != pika.StageCompleted || late.Percent != 100 {
		t.Errorf("progress at the end = %+v, %v", late, err)
	}
}

func TestExtractionThatFails(t *testing.T) {
	t.Parallel()
	refused := pika.Wrap(pika.Unauthenticated, context.Canceled, "the language model refused the key")
	unread := pika.Extraction{Unread: []int{0, 1}, Cache: pika.LLMCacheMiss}
	for _, c := range []struct {
		name   string
		find   func(pika.Chunk) (pika.Extraction, error)
		status pika.JobStatus
		err    *pika.JobError
		unread []int
	}{
		{
			"a refused key", func(pika.Chunk) (pika.Extraction, error) { return pika.Extraction{}, refused },
			pika.JobFailed, &pika.JobError{Code: pika.Unauthenticated, Message: "the language model refused the key"},
			[]int{0, 1},
		},
		{
			"a server that stays away", func(pika.Chunk) (pika.Extraction, error) {
				return pika.Extraction{}, pika.Errorf(pika.Unavailable, "the language model does not answer")
			},
			pika.JobFailed, &pika.JobError{Code: pika.Unavailable, Message: "a part that the job needs does not answer"},
			[]int{0, 1},
		},
		{
			"no usable answer at all", func(pika.Chunk) (pika.Extraction, error) { return unread, nil },
			pika.JobFailed, &pika.JobError{Code: pika.Unavailable, Message: "the extractor gave no usable answer for any message"},
			[]int{0, 1},
		},
		{
			"no facts", func(pika.Chunk) (pika.Extraction, error) { return pika.Extraction{}, nil },
			pika.Completed, nil, nil,
		},
		{
			"only rejected items", func(pika.Chunk) (pika.Extraction, error) {
				return pika.Extraction{Rejected: []pika.FactOutcome{{Text: "?", Outcome: pika.Rejected, Reason: "no source"}}}, nil
			},
			pika.Completed, nil, nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			r.world.Find = c.find
			_, err := r.extract(t, activitiestest.Conversation(jobID, "a", "b"))
			if (err == nil) != (c.err == nil) {
				t.Errorf("the workflow's error is %v", err)
			}
			job := r.job(t, c.status)
			if diff := cmp.Diff(c.err, job.Error); diff != "" {
				t.Errorf("job error (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.unread, job.Summary.UnreadMessages); diff != "" {
				t.Errorf("unread messages (-want +got):\n%s", diff)
			}
			if got := len(r.world.Indexed(pika.CorpusMessages)); got != 2 {
				t.Errorf("%d messages indexed, want 2 whatever the extractor does", got)
			}
		})
	}
}

func TestSomeChunksUnread(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.world.Find = func(chunk pika.Chunk) (pika.Extraction, error) {
		if chunk.Messages[0].Index > 0 {
			return pika.Extraction{}, pika.Errorf(pika.Invalid, "too long for the model")
		}
		return activitiestest.Everything(chunk)
	}
	request := activitiestest.Conversation(jobID, activitiestest.Contents(9, 3000)...)
	result, err := r.extract(t, request)
	if err != nil || result.Stored == 0 {
		t.Fatalf("result = %+v, %v, want some stored", result, err)
	}
	job := r.job(t, pika.Completed)
	if got := len(job.Summary.UnreadMessages) + result.Stored; got != 9 {
		t.Errorf("%d messages accounted for, want 9", got)
	}
}

func TestModelIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	var calls atomic.Int32
	r.world.Find = func(chunk pika.Chunk) (pika.Extraction, error) {
		if calls.Add(1) < 3 {
			return pika.Extraction{}, &pika.Error{Code: pika.RateLimited, Message: "slow down", RetryAfter: 2 * time.Minute}
		}
		return activitiestest.Everything(chunk)
	}
	begun := r.env.Now()
	if _, err := r.extract(t, activitiestest.Conversation(jobID, "a")); err != nil {
		t.Fatal(err)
	}
	if waited := r.env.Now().Sub(begun); waited < 4*time.Minute {
		t.Errorf("tried again after %v, want the 2 min asked for, twice", waited)
	}
}

func TestProjectionsDown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		down           string
		vectors, graph int // rows pending
	}{
		{"vector index", "Upsert", 2 + 2, 0},
		{"embedder", "Embed", 2 + 2, 0},
		{"graph", "LinkFacts", 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			r.world.Fault = failing(pika.Errorf(pika.Unavailable, "down"), c.down)
			result, err := r.extract(t, activitiestest.Conversation(jobID, "a", "b"))
			if err != nil || result.Stored != 2 {
				t.Fatalf("result = %+v, %v, want 2 stored", result, err)
			}
			r.job(t, pika.Completed)
			if v, g := r.world.Pending(pika.StoreVectors), r.world.Pending(pika.StoreGraph); v != c.vectors || g != c.graph {
				t.Errorf("pending = %d vectors, %d graph, want %d, %d", v, g, c.vectors, c.graph)
			}
			if got := r.world.Calls(c.down); got < 8 {
				t.Errorf("%d attempts, want at least 8", got)
			}
		})
	}
}

// TestTruthDownIsWaitedFor: the test environment ends what is retried without end
// after ten attempts, which is more than any projection gets.
func TestTruthDownIsWaitedFor(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	var commits atomic.Int32
	r.world.Fault = func(_ context.Context, method string) error {
		if method == "Commit" && commits.Add(1) <= 9 {
			return pika.Errorf(pika.Unavailable, "down")
		}
		return nil
	}
	begun := r.env.Now()
	if _, err := r.extract(t, activitiestest.Conversation(jobID, "a")); err != nil {
		t.Fatal(err)
	}
	r.job(t, pika.Completed)
	if waited := r.env.Now().Sub(begun); waited < 80*time.Second {
		t.Errorf("waited %v, want over 80 s", waited)
	}
}

func TestTruthThatRefusesAChunk(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	var commits atomic.Int32
	r.world.Fault = func(_ context.Context, method string) error {
		if method == "Commit" && commits.Add(1) == 1 {
			return pika.Errorf(pika.Invalid, "a fact is not acceptable")
		}
		return nil
	}
	_, err := r.extract(t, activitiestest.Conversation(jobID, "a", "b"))
	if err == nil {
		t.Fatal("the workflow did not fail")
	}
	job := r.job(t, pika.JobFailed)
	if want := (pika.JobError{Code: pika.Invalid, Message: "a fact is not acceptable"}); *job.Error != want {
		t.Errorf("error = %+v, want %+v", *job.Error, want)
	}
	outcomes := r.world.Outcomes(jobID)
	if len(outcomes) != 2 || outcomes[0].Outcome != pika.Failed || outcomes[1].Outcome != pika.Failed {
		t.Errorf("outcomes = %+v, want both failed", outcomes)
	}
	if left := append(r.world.Linked(), r.world.Indexed(pika.CorpusFacts)...); len(left) != 0 {
		t.Errorf("left in the projections: %v", left)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.world.Find = func(pika.Chunk) (pika.Extraction, error) {
		return pika.Extraction{}, pika.Errorf(pika.Unavailable, "down")
	}
	r.env.RegisterDelayedCallback(r.env.CancelWorkflow, 30*time.Second)
	_, err := r.extract(t, activitiestest.Conversation(jobID, activitiestest.Contents(100, 2000)...))
	if !temporal.IsCanceledError(err) {
		t.Errorf("the workflow's error is %v, want cancelled", err)
	}
	if job := r.job(t, pika.Cancelled); job.Error != nil || job.EndedAt == nil {
		t.Errorf("job = %+v, want an end and no error", job)
	}
}

// TestCancelWhileWriting: what is in the projections of a cancelled job is in the
// truth too.
func TestCancelWhileWriting(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.world.Fault = failing(pika.Errorf(pika.Unavailable, "down"), "Commit")
	r.env.RegisterDelayedCallback(r.env.CancelWorkflow, 30*time.Second)
	if _, err := r.extract(t, activitiestest.Conversation(jobID, "a")); !temporal.IsCanceledError(err) {
		t.Errorf("the workflow's error is %v, want cancelled", err)
	}
	r.job(t, pika.Cancelled)
	if left := append(r.world.Linked(), r.world.Indexed(pika.CorpusFacts)...); len(left) != 0 {
		t.Errorf("left in the projections: %v", left)
	}
}

func TestAddFacts(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	result, err := r.add(t, activitiestest.Given(jobID, "I have a cat", "I have a cat.", strings.Repeat("x", pika.MaxFactBytes+1)))
	if err != nil {
		t.Fatal(err)
	}
	want := workflows.JobResult{Status: pika.Completed, Stored: 1, Duplicates: 1, Rejected: 1}
	if diff := cmp.Diff(want, result); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if job := r.job(t, pika.Completed); job.Summary.Extractor != "caller" || job.Progress.Percent != 100 {
		t.Errorf("job = %+v", job)
	}
	if r.world.Calls("Extract") != 0 {
		t.Error("the language model was called")
	}
	if diff := cmp.Diff(r.world.FactIDs(), r.world.Indexed(pika.CorpusFacts)); diff != "" {
		t.Errorf("vectors (-facts +indexed):\n%s", diff)
	}
}

func TestAddFactsNoneUsable(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	if _, err := r.add(t, activitiestest.Given(jobID, "...", "!")); err == nil {
		t.Error("the workflow did not fail")
	}
	if job := r.job(t, pika.JobFailed); job.Error == nil || job.Error.Code != pika.Invalid {
		t.Errorf("error = %+v, want invalid", job.Error)
	}
	if got := len(r.world.Outcomes(jobID)); got != 2 {
		t.Errorf("%d outcomes, want 2", got)
	}
}

func TestAddFactsAtTheLimit(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	result, err := r.add(t, activitiestest.Given(jobID, activitiestest.Contents(pika.MaxFactsPerCommit, 100)...))
	if err != nil || result.Stored != pika.MaxFactsPerCommit {
		t.Fatalf("result = %+v, %v, want %d stored", result, err, pika.MaxFactsPerCommit)
	}
	if got := len(r.world.Indexed(pika.CorpusFacts)); got != pika.MaxFactsPerCommit {
		t.Errorf("%d facts indexed", got)
	}
}
