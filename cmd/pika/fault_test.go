package main_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/pikamem/pika/bench/process"
	"github.com/pikamem/pika/deploy/local/localtest"
	"github.com/pikamem/pika/pikatest"
)

// killJobs is how many extractions are under way when a server is killed. heldBack is
// how many calls the language model answers before all of them are accepted, and
// killAfter at how many the server is killed: those just answered are being written then.
const killJobs, heldBack, killAfter = 200, 60, 100

// gatedModel is a language model that answers each chunk with two facts about its first
// speaker, and after a number of calls only once it is opened.
type gatedModel struct {
	server *pikatest.LLMServer
	url    string
	open   chan struct{}
	once   sync.Once
}

func startGatedModel(t *testing.T, calls int) *gatedModel {
	t.Helper()
	m := &gatedModel{open: make(chan struct{}), server: pikatest.NewLLMServer(twoFacts)}
	m.server.Fault = func(ctx context.Context, call pikatest.LLMCall) *pikatest.LLMFault {
		if call.Number > calls {
			select {
			case <-m.open:
			case <-ctx.Done():
			}
		}
		return nil
	}
	server := httptest.NewServer(m.server)
	t.Cleanup(server.Close)
	t.Cleanup(m.release)
	m.url = server.URL + "/v1"
	return m
}

func (m *gatedModel) release() { m.once.Do(func() { close(m.open) }) }

// duringOutage is what a service without one of its servers must do.
var duringOutage = map[localtest.Name]struct {
	words  []string // in the reason that /readyz gives
	search string   // what a search does: the degraded leg, or 503
}{
	localtest.Postgres: {[]string{"PIKA_FACTS"}, "503"},
	localtest.Redis:    {[]string{"PIKA_CACHE"}, ""},
	localtest.Milvus:   {[]string{"PIKA_VECTORS"}, "vectors"},
	localtest.Neo4j:    {[]string{"PIKA_GRAPH"}, "graph"},
}

// TestServerKilledDuringExtractions kills each of the four servers in the middle of 200
// extractions and starts it again. Every job completes, and after one `pika reconcile`
// the truth, Milvus and Neo4j hold exactly the facts that were extracted.
func TestServerKilledDuringExtractions(t *testing.T) {
	if testing.Short() {
		t.Skip("kills four servers, a minute each")
	}
	w := newWorld(t)
	key := w.newKey(t)
	w.startTemporal(t)
	var table strings.Builder
	columns := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "KILLED\tJOBS\tEXTRACTED AT THE KILL\tBEFORE: MISSING\tSTALE\tEXTRA\tAFTER: TRUTH\tMILVUS\tNEO4J\tMESSAGES\tIN MILVUS\tTOOK")
	for _, name := range localtest.Names() {
		t.Run(string(name), func(t *testing.T) {
			begun := time.Now()
			extracted, before, after := w.killDuringExtractions(t, key, name)
			b := before.sum()
			fmt.Fprintf(columns, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", name, killJobs, extracted, b.missing, b.stale, b.extra,
				after.facts, after.vectors.held, after.graph.held, after.messages.wanted, after.messages.held, time.Since(begun).Round(time.Second))
		})
	}
	columns.Flush()
	t.Logf("200 extractions of 2 facts, a server killed in the middle:\n%s", &table)
}

func (w *world) killDuringExtractions(t *testing.T, key string, name localtest.Name) (extracted int, before, after state) {
	model := startGatedModel(t, heldBack)
	p := w.startPair(t, key, "OPENAI_BASE_URL", model.url, "OPENAI_API_KEY", "none")
	awaitWell(t, p.gateway)
	awaitWell(t, p.worker)
	s := w.open(t)
	facts := s.state(t).facts
	var accepted []process.Accepted
	for i := range killJobs - 1 {
		accepted = append(accepted, extract(t, p.gateway, userOf(name, i)))
	}
	first := awaitFirst(t, p.gateway, accepted[0].JobID)
	model.release()
	eventually(t, time.Minute, "the extractions are well under way", func() (bool, string) {
		extracted = model.server.Count()
		return extracted >= killAfter, fmt.Sprintf("%d calls of the language model", extracted)
	})
	if err := w.Kill(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if extracted = model.server.Count(); extracted >= killJobs-1 {
		t.Fatal("everything was extracted before the kill: the test tested nothing")
	}
	expect := duringOutage[name]
	t.Logf("/readyz of the gateway: %s", awaitTrouble(t, p.gateway, dependencies[name], expect.words...))
	t.Logf("/readyz of the worker: %s", awaitTrouble(t, p.worker, dependencies[name], expect.words...))
	accepted = append(accepted, extract(t, p.gateway, userOf(name, killJobs-1)))
	searchWithout(t, p.gateway, userOf(name, 0), first.Results.Facts[0].FactID, expect.search)
	if err := w.Up(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	for i, a := range accepted {
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
		status, err := p.gateway.Await(ctx, a.JobID)
		cancel()
		if err != nil {
			t.Fatalf("job %d: %v", i, err)
		}
		if n := len(status.Results.Facts); n != 2 {
			t.Errorf("job %d accounts for %d items, want 2", i, n)
		}
	}
	awaitWell(t, p.gateway)
	awaitWell(t, p.worker)
	s.aged(t)
	before = s.state(t)
	t.Logf("before reconcile: %s\n%s", before, w.run(t, "reconcile"))
	after = s.state(t)
	if after.facts != facts+2*killJobs {
		t.Errorf("the truth holds %d new facts, want %d", after.facts-facts, 2*killJobs)
	}
	s.sameFacts(t)
	return extracted, before, after
}

func userOf(name localtest.Name, i int) string { return fmt.Sprintf("%s-%d", name, i) }

// extract posts a conversation of a user, who is named after itself.
func extract(t *testing.T, s *process.Server, user string) process.Accepted {
	t.Helper()
	var a process.Accepted
	if err := s.Call(t.Context(), http.MethodPost, "/v1/extract_facts", conversation(user, "Speaker-"+user), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func awaitFirst(t *testing.T, s *process.Server, job string) process.Status {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	status, err := s.Await(ctx, job)
	if err != nil {
		t.Fatal(err)
	}
	if status.Results == nil || len(status.Results.Facts) != 2 {
		t.Fatalf("the first job has not 2 facts: %+v", status.Results)
	}
	return status
}

func countDone(t *testing.T, s *process.Server, accepted []process.Accepted) int {
	t.Helper()
	done := 0
	for _, a := range accepted {
		var status process.Status
		if err := s.Call(t.Context(), http.MethodGet, a.StatusURL, nil, &status); err != nil {
			t.Fatal(err)
		}
		if status.Status == "completed" {
			done++
		}
	}
	return done
}

// search asks for a user's facts without the cache, with patience.
func search(t *testing.T, s *process.Server, user, query, mode string) (process.Answer, error) {
	t.Helper()
	var answer process.Answer
	err := s.Call(t.Context(), http.MethodPost, "/v1/search_facts", map[string]any{
		"user_id": user, "query": query, "mode": mode, "deadline_ms": 5000, "cache": "off",
	}, &answer)
	return answer, err
}

// searchWithout checks how a search is answered while a server is away: with the fact
// and the name of what was left out, or by 503. Without Milvus a working set may answer,
// which lacks nothing.
func searchWithout(t *testing.T, s *process.Server, user, fact, left string) {
	t.Helper()
	eventually(t, 30*time.Second, "a search is answered as it must be without "+left, func() (bool, string) {
		answer, err := search(t, s, user, "cat", "hybrid")
		if left == "503" {
			return err != nil && strings.Contains(err.Error(), "503"), describe(answer, err)
		}
		whole := len(answer.Degraded) == 0 && left == "vectors"
		found := err == nil && (left == "" || whole || len(answer.Degraded) == 1 && answer.Degraded[0] == left)
		return found && len(answer.Facts) > 0 && hasFact(answer, fact), describe(answer, err)
	})
}

func hasFact(a process.Answer, id string) bool {
	for _, f := range a.Facts {
		if f.ID == id {
			return true
		}
	}
	return false
}
