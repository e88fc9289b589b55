package pikatest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// Jobs is the conformance suite of pika.Jobs.
func Jobs(t *testing.T, config TruthConfig) {
	truthSuite{config}.run(t, map[string]func(*testing.T, Truth){
		"begin":           testBegin,
		"end":             testEnd,
		"end without it":  testEndAlone,
		"missing":         testNoJob,
		"outcomes":        testJobOutcomes,
		"isolation":       testJobIsolation,
		"list":            testListJobs,
		"list pages":      testListJobPages,
		"concurrent ends": testConcurrentEnds,
	})
}

// accepted returns a job as the gateway accepted it.
func accepted(scope pika.Scope, id string, created time.Time) pika.Job {
	return pika.Job{
		ID: id, WorkflowID: "extract/" + scope.Tenant + "/" + id, Scope: scope, Kind: pika.JobExtract, Status: pika.Processing,
		Batch:    &pika.BatchPosition{ID: "b", Index: 1, Size: 3},
		Progress: pika.Progress{Stage: pika.StageAccepted, Total: 4}, CreatedAt: created,
	}
}

// ended returns the job as its workflow reports it.
func ended(j pika.Job) pika.Job {
	end := j.CreatedAt.Add(time.Minute)
	j.Status, j.EndedAt = pika.Completed, &end
	j.Progress = pika.Progress{Stage: pika.StageCompleted, Percent: 100, Done: 4, Total: 4}
	j.Summary = pika.JobSummary{
		Extractor: "rules", Degraded: []string{"llm"}, LLMCache: pika.LLMCacheExact,
		Tokens: pika.Tokens{Prompt: 12, Completion: 3}, TokensSaved: pika.Tokens{Prompt: 7, Completion: 5}, UnreadMessages: []int{1, 5},
	}
	return j
}

func begin(t *testing.T, truth Truth, jobs ...pika.Job) {
	t.Helper()
	for _, j := range jobs {
		if err := truth.Begin(t.Context(), j); err != nil {
			t.Fatalf("Begin(%s) = %v", j.ID, err)
		}
	}
}

func end(t *testing.T, truth Truth, j pika.Job) {
	t.Helper()
	if err := truth.End(t.Context(), j); err != nil {
		t.Fatalf("End(%s) = %v", j.ID, err)
	}
}

func wantJob(t *testing.T, truth Truth, want pika.Job) {
	t.Helper()
	got, err := truth.GetJob(t.Context(), want.Scope.Tenant, want.ID)
	if err != nil {
		t.Fatalf("GetJob(%s) = %v", want.ID, err)
	}
	wantSame(t, "GetJob", got, want)
}

func testBegin(t *testing.T, truth Truth) {
	j := accepted(alice, "j", day(1).Add(1999*time.Nanosecond))
	begin(t, truth, j)
	j.CreatedAt = day(1).Add(time.Microsecond)
	wantJob(t, truth, j)
	other := accepted(alice, "j", day(2))
	other.Kind = pika.JobAddFacts
	begin(t, truth, other)
	wantJob(t, truth, j)
	single := accepted(alice, "k", day(1))
	single.Batch = nil
	begin(t, truth, single)
	wantJob(t, truth, single)
}

func testEnd(t *testing.T, truth Truth) {
	j := accepted(alice, "j", day(1))
	begin(t, truth, j)
	done := ended(j)
	end(t, truth, done)
	wantJob(t, truth, done)

	failed := ended(j)
	failed.Status, failed.Error = pika.JobFailed, &pika.JobError{Code: pika.Timeout, Message: "too late"}
	end(t, truth, failed)
	begin(t, truth, j)
	wantJob(t, truth, done) // the first end stays

	k := accepted(alice, "k", day(1))
	begin(t, truth, k)
	failed.ID, failed.WorkflowID = k.ID, k.WorkflowID
	end(t, truth, failed)
	wantJob(t, truth, failed)
	wantCode(t, "End of a job that goes on", truth.End(t.Context(), accepted(alice, "l", day(1))), pika.Invalid)
}

func testEndAlone(t *testing.T, truth Truth) {
	j := ended(accepted(alice, "j", day(1)))
	end(t, truth, j)
	wantJob(t, truth, j)
}

func testNoJob(t *testing.T, truth Truth) {
	_, err := truth.GetJob(t.Context(), alice.Tenant, "none")
	wantCode(t, "GetJob", err, pika.NotFound)
	page, err := truth.ListJobs(t.Context(), alice.Tenant, pika.ListJobs{}, pika.PageRequest{Limit: 1})
	if err != nil || len(page.Items) != 0 || page.Next != "" {
		t.Errorf("ListJobs of an unknown tenant = %+v, %v", page, err)
	}
}

func testJobOutcomes(t *testing.T, truth Truth) {
	begin(t, truth, accepted(alice, "j", day(1)))
	hanoi, hue, again := home(alice, "j", "Hà Nội", day(1)), home(alice, "j", "Huế", day(5)), home(alice, "j", "Huế", day(6))
	hanoi.ID, hue.ID, again.ID = pika.FactID(alice, "j", 1, 0), pika.FactID(alice, "j", 0, 0), pika.FactID(alice, "j", 1, 1)
	hue.Entities = []pika.Entity{{ID: pika.EntityID(alice, "hue"), Name: "Huế", Type: "place"}}
	rejected := []pika.FactOutcome{{Text: "?", Outcome: pika.Rejected, Reason: "a question"}}
	// The second chunk is committed first; the outcomes come in the order of chunks.
	for _, c := range []pika.Commit{
		{JobID: "j", Chunk: 1, Facts: []pika.Fact{hanoi}, Rejected: rejected, At: day(20)},
		{JobID: "j", Chunk: 0, Facts: []pika.Fact{hue, again}, At: day(20)},
	} {
		if _, err := truth.Commit(t.Context(), alice, c); err != nil {
			t.Fatal(err)
		}
	}
	states := func(vectors, graph pika.StoreState) map[pika.Store]pika.StoreState {
		return map[pika.Store]pika.StoreState{pika.StoreFacts: pika.StoreOK, pika.StoreVectors: vectors, pika.StoreGraph: graph}
	}
	want := []pika.FactOutcome{
		{FactID: hue.ID, Text: hue.Text, Outcome: pika.Superseding, Supersedes: []string{hanoi.ID}, Stores: states(pika.StorePending, pika.StorePending)},
		{FactID: hue.ID, Text: again.Text, Outcome: pika.Duplicate, Reason: "the same fact is known", Stores: states(pika.StorePending, pika.StorePending)},
		{FactID: hanoi.ID, Text: hanoi.Text, Outcome: pika.Stored, Stores: states(pika.StorePending, pika.StoreOK)},
		rejected[0],
	}
	job, err := truth.GetJob(t.Context(), alice.Tenant, "j")
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "outcomes", job.Facts, want)
	if err := truth.Acknowledge(t.Context(), pending(t, truth)); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		want[i].Stores = states(pika.StoreOK, pika.StoreOK)
	}
	job, err = truth.GetJob(t.Context(), alice.Tenant, "j")
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "outcomes after the projections caught up", job.Facts, want)
}

func testJobIsolation(t *testing.T, truth Truth) {
	j := accepted(alice, "j", day(1))
	begin(t, truth, j)
	commit(t, truth, alice, "j", claim(alice, "j", 0, "likes tea"))
	commit(t, truth, bob, "j", claim(bob, "j", 0, "likes coffee"))
	_, err := truth.GetJob(t.Context(), mallory.Tenant, "j")
	wantCode(t, "GetJob from another tenant", err, pika.NotFound)
	other := ended(accepted(mallory, "j", day(2)))
	end(t, truth, other)
	wantJob(t, truth, other)
	got, err := truth.GetJob(t.Context(), alice.Tenant, "j")
	if err != nil || got.Status != pika.Processing || len(got.Facts) != 1 || got.Facts[0].Text != "likes tea" {
		t.Errorf("alice's job = %+v, %v; want it untouched by others", got, err)
	}
	page, err := truth.ListJobs(t.Context(), mallory.Tenant, pika.ListJobs{}, pika.PageRequest{Limit: 9})
	if err != nil || len(page.Items) != 1 || page.Items[0].Scope != mallory {
		t.Errorf("ListJobs of another tenant = %+v, %v", page, err)
	}
}

func jobIDs(jobs []pika.Job) []string {
	ids := make([]string, len(jobs))
	for i, j := range jobs {
		ids[i] = j.ID
	}
	return ids
}

func testListJobs(t *testing.T, truth Truth) {
	begin(t, truth, accepted(alice, "a1", day(1)), accepted(bob, "b3", day(3)), accepted(alice, "a2", day(2)), accepted(bob, "b0", day(3)))
	end(t, truth, ended(accepted(alice, "a2", day(2))))
	commit(t, truth, alice, "a1", claim(alice, "a1", 0, "likes tea"))
	for name, c := range map[string]struct {
		filter pika.ListJobs
		want   []string
	}{
		"all":    {pika.ListJobs{}, []string{"b0", "b3", "a2", "a1"}},
		"user":   {pika.ListJobs{User: "alice"}, []string{"a2", "a1"}},
		"status": {pika.ListJobs{Status: pika.Processing}, []string{"b0", "b3", "a1"}},
		"both":   {pika.ListJobs{User: "alice", Status: pika.Completed}, []string{"a2"}},
		"nobody": {pika.ListJobs{User: "carol"}, nil},
	} {
		page, err := truth.ListJobs(t.Context(), alice.Tenant, c.filter, pika.PageRequest{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, name, jobIDs(page.Items), c.want)
		for _, j := range page.Items {
			if len(j.Facts) != 0 {
				t.Errorf("%s: a list holds the facts of job %s", name, j.ID)
			}
		}
	}
}

func testListJobPages(t *testing.T, truth Truth) {
	var want []string
	for i := range 11 {
		id := fmt.Sprintf("j%02d", i)
		begin(t, truth, accepted(alice, id, day(1+i/4)))
		want = append(want, id)
	}
	slices.SortStableFunc(want, func(a, b string) int {
		return int(b[1]-'0')*10 + int(b[2]-'0') - int(a[1]-'0')*10 - int(a[2]-'0')
	})
	var got []string
	request := pika.PageRequest{Limit: 3}
	for round := 0; ; round++ {
		page, err := truth.ListJobs(t.Context(), alice.Tenant, pika.ListJobs{User: "alice"}, request)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, jobIDs(page.Items)...)
		if request.Cursor = page.Next; page.Next == "" {
			break
		}
		if round == len(want) {
			t.Fatalf("%d pages of 3 do not end a list of %d", round, len(want))
		}
		begin(t, truth, accepted(alice, fmt.Sprint("new", round), day(25)))
	}
	slices.Sort(got)
	slices.Sort(want)
	wantSame(t, "all pages", got, want)
}

func testConcurrentEnds(t *testing.T, truth Truth) {
	j := accepted(alice, "j", day(1))
	together(12, func(i int) {
		var err error
		if done := ended(j); i%2 == 0 {
			err = truth.Begin(t.Context(), j)
		} else {
			done.Progress.Done = i
			err = truth.End(t.Context(), done)
		}
		if err != nil {
			t.Errorf("Begin or End = %v", err)
		}
	})
	got, err := truth.GetJob(t.Context(), alice.Tenant, "j")
	if err != nil || got.Status != pika.Completed || got.Progress.Done%2 != 1 {
		t.Errorf("after six ends the job is %+v, %v", got, err)
	}
}
