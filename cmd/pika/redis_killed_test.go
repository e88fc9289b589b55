package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pikamem/pika/bench/process"
	"github.com/pikamem/pika/pikatest"
)

// TestRedisKilledUnderLoad kills Redis while searches come in, and starts it again: no
// search fails or lacks anything, none is answered from a cache that is not there, what is
// written meanwhile is found, and the shared cache comes back by itself.
func TestRedisKilledUnderLoad(t *testing.T) {
	env := requireServer(t)
	redis := pikatest.StartRedisServer(t)
	env["PIKA_CACHE"] = "redis://" + redis.Address()
	s := start(t, t.TempDir(), env)
	addFacts(t, s, aboutLinh...)
	l := startLoad(t, s, "which musical instrument does Linh play", "what is Linh's job", "how high is the rent of Linh",
		"what does the brother of Linh study", "what does the cat of Linh do")
	l.awaitTier(t, "l1", nil)
	l.awaitTier(t, "l2_exact", l.unrelatedWrites(t))

	redis.Kill()
	l.begin("without Redis")
	t.Logf("/readyz: %s", awaitTrouble(t, s, "cache", "PIKA_CACHE"))
	addFacts(t, s, "Linh bought a parrot yesterday")
	if a := asked(t, s, "which parrot does Linh have"); !slices.ContainsFunc(textsOf(a), func(s string) bool { return strings.Contains(s, "parrot") }) {
		t.Errorf("what was written without Redis is not found: %v", textsOf(a))
	}
	l.awaitSearches(t, 100)
	if n := l.tiers("l2_exact") + l.tiers("l2_semantic"); n > 0 {
		t.Errorf("%d answers came from a cache that was not there", n)
	}

	redis.Start()
	l.begin("with Redis again")
	awaitWell(t, s)
	l.awaitTier(t, "l1", nil)
	l.awaitTier(t, "l2_exact", l.unrelatedWrites(t))
	l.stop()
	t.Logf("searches by tier:\n%s", l)
	for _, problem := range l.problems {
		t.Error(problem)
	}
}

// aboutLinh are facts enough for answers of three that stand apart.
var aboutLinh = []string{
	"Linh plays the violin in an orchestra", "Linh drinks green tea every morning", "Linh works as an accountant in Huế",
	"Linh's brother studies medicine in Hanoi", "Linh goes swimming on Sundays", "Linh bought a red motorbike in March",
	"Linh is allergic to shrimp", "Linh's mother sells flowers at the market", "Linh reads detective novels before sleeping",
	"Linh pays 4 million dong of rent a month", "Linh wants to travel to Japan", "Linh's flight leaves at noon",
	"Linh has a cat called Mướp", "Linh's cat sleeps all day", "The cat of Linh eats fish",
}

// steadyLoad asks the same questions again and again, whatever the answers do, and counts
// them by the phase in which they were asked.
type steadyLoad struct {
	s         *process.Server
	questions []string
	end       chan struct{}
	running   sync.WaitGroup

	mu       sync.Mutex
	phases   []phase // the present one last
	problems []string
	writes   int
}

type phase struct {
	name    string
	answers int
	tiers   map[string]int
}

// Searches are sent this often; so many at most are under way.
const (
	searchEvery    = 25 * time.Millisecond
	searchesAtOnce = 64
	maxProblems    = 10
)

func startLoad(t *testing.T, s *process.Server, questions ...string) *steadyLoad {
	t.Helper()
	l := &steadyLoad{s: s, questions: questions, end: make(chan struct{})}
	l.begin("with Redis")
	l.running.Go(func() { l.run(t) })
	t.Cleanup(l.stop)
	return l
}

func (l *steadyLoad) run(t *testing.T) {
	tick := time.NewTicker(searchEvery)
	defer tick.Stop()
	free := make(chan struct{}, searchesAtOnce)
	for i := 0; ; i++ {
		select {
		case <-tick.C:
		case <-l.end:
			return
		}
		select {
		case free <- struct{}{}:
			l.running.Go(func() {
				defer func() { <-free }()
				l.search(t, l.questions[i%len(l.questions)])
			})
		default:
			l.problem("%d searches are under way", searchesAtOnce)
		}
	}
}

func (l *steadyLoad) search(t *testing.T, question string) {
	l.mu.Lock()
	asked := len(l.phases) - 1
	l.mu.Unlock()
	var a process.Answer
	body := map[string]any{"user_id": "linh", "query": question, "limit": 3, "deadline_ms": 10_000}
	err := l.s.Call(t.Context(), http.MethodPost, "/v1/search_facts", body, &a)
	if err != nil || len(a.Facts) != 3 || len(a.Degraded) > 0 {
		l.problem("%q is answered %s", question, describe(a, err))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.phases[asked].answers++
	l.phases[asked].tiers[a.Cache.Tier]++
}

func (l *steadyLoad) problem(format string, values ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.problems) < maxProblems {
		l.problems = append(l.problems, l.phases[len(l.phases)-1].name+": "+fmt.Sprintf(format, values...))
	}
}

// begin counts what is asked from now on apart.
func (l *steadyLoad) begin(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.phases = append(l.phases, phase{name: name, tiers: map[string]int{}})
}

// tiers counts the answers of a tier in the present phase.
func (l *steadyLoad) tiers(tier string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.phases[len(l.phases)-1].tiers[tier]
}

// awaitTier waits until an answer of a tier comes; meanwhile, if there is one, is done
// again and again.
func (l *steadyLoad) awaitTier(t *testing.T, tier string, meanwhile func()) {
	t.Helper()
	eventually(t, recovery, "an answer comes from "+tier, func() (bool, string) {
		if meanwhile != nil {
			meanwhile()
		}
		return l.tiers(tier) > 0, l.String()
	})
}

// awaitSearches waits until so many are answered in the present phase.
func (l *steadyLoad) awaitSearches(t *testing.T, n int) {
	t.Helper()
	eventually(t, recovery, fmt.Sprint(n, " searches are answered"), func() (bool, string) {
		l.mu.Lock()
		answers := l.phases[len(l.phases)-1].answers
		l.mu.Unlock()
		return answers >= n, l.String()
	})
}

// unrelatedWrites returns a write that leaves answers as they are, but has the process
// look for them in the shared cache.
func (l *steadyLoad) unrelatedWrites(t *testing.T) func() {
	return func() {
		l.writes++
		addFacts(t, l.s, fmt.Sprintf("Invoice %d of the electrician arrived", l.writes))
	}
}

// stop ends the load and waits for its answers. Stopping twice is the same as once.
func (l *steadyLoad) stop() {
	select {
	case <-l.end:
	default:
		close(l.end)
	}
	l.running.Wait()
}

func (l *steadyLoad) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for _, p := range l.phases {
		fmt.Fprintf(&b, "%s: %d, %v\n", p.name, p.answers, p.tiers)
	}
	return b.String()
}
