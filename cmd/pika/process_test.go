package main_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/bench/process"
	"github.com/pikamem/pika/pikatest"
)

// binary builds pika once for all tests that run it as a process of its own.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "pika-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "pika")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build pika: %w: %s", err, out)
	}
	return path, nil
})

// requireServer skips a test where bin/temporal or the model is missing; with
// PIKA_TEST_REQUIRE set (make test sets it) that is a failure. It returns the variables every test
// process needs.
func requireServer(t *testing.T) map[string]string {
	t.Helper()
	temporal, err := filepath.Abs(filepath.Join("..", "..", "bin", "temporal"))
	if err != nil {
		t.Fatal(err)
	}
	for what, path := range map[string]string{"bin/temporal": temporal, "the embedding model": modelPath(t)} {
		if _, err := os.Stat(path); err == nil {
			continue
		} else if os.Getenv("PIKA_TEST_REQUIRE") != "" {
			t.Fatalf("%s is missing (run make build): %v", what, err)
		} else {
			t.Skipf("%s is missing (run make build)", what)
		}
	}
	// What is answered ahead, and when, tests say themselves.
	return map[string]string{"PIKA_TEMPORAL_BINARY": temporal, "PIKA_WARM_SCHEDULE": "off", "PIKA_TTL_SCHEDULE": "off"}
}

func modelPath(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("PIKA_MODEL"); path != "" {
		return path
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(cache, "pika", "models", "e5-small-q4.bin")
}

// start runs pika dev on data until the test ends.
func start(t *testing.T, data string, env map[string]string) *process.Server {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	log := &output{}
	s, err := process.Start(ctx, process.Options{Binary: path, Data: data, Env: env, Log: log})
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Logf("stop: %v", err)
		}
		if t.Failed() {
			t.Logf("log of pika:\n%s", log)
		}
	})
	return s
}

// startModel runs an OpenAI-compatible server that answers every chunk with two facts
// about the first speaker.
func startModel(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(pikatest.NewLLMServer(twoFacts))
	t.Cleanup(server.Close)
	return server.URL + "/v1"
}

func twoFacts(lines []pikatest.LLMLine) []pika.Candidate {
	name := lines[0].Name
	return []pika.Candidate{modelFact(name+" has a cat", "has_pet", "cat"), modelFact(name+" lives in Huế", "lives_in", "Huế")}
}

func modelFact(text, predicate, object string) pika.Candidate {
	return pika.Candidate{
		Text: text, Subject: "user", Predicate: predicate, Object: object, Category: "other",
		Sources: []int{0}, Confidence: 0.9, Language: "en",
	}
}

func conversation(user, name string) map[string]any {
	return map[string]any{"user_id": user, "conversation_id": "c1", "conversation": []any{
		map[string]any{"role": "user", "name": name, "content": "I have a cat and live in Huế.", "timestamp": "2026-11-01T08:00:00Z"},
	}}
}

type listedFacts struct {
	Items []struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	} `json:"items"`
}

func factsOf(t *testing.T, s *process.Server, user string) listedFacts {
	t.Helper()
	var list listedFacts
	if err := s.Call(t.Context(), http.MethodGet, "/v1/facts?include_superseded=true&user_id="+user, nil, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestKilledInTheMiddle kills pika with SIGKILL in the middle of 100 extractions and
// starts it again: every accepted job completes, no fact is there twice, none is lost.
func TestKilledInTheMiddle(t *testing.T) { onBothWirings(t, testKilledInTheMiddle) }

func testKilledInTheMiddle(t *testing.T, env map[string]string) {
	env["OPENAI_BASE_URL"], env["OPENAI_API_KEY"] = startModel(t), "none"
	data := t.TempDir()
	s := start(t, data, env)
	const jobs = 100
	accepted := make([]process.Accepted, jobs)
	for i := range jobs {
		user := fmt.Sprintf("u%d", i)
		if err := s.Call(t.Context(), http.MethodPost, "/v1/extract_facts", conversation(user, fmt.Sprintf("Speaker-%d", i)), &accepted[i]); err != nil {
			t.Fatal(err)
		}
	}
	awaitFirst(t, s, accepted[0].JobID)
	done := countDone(t, s, accepted)
	s.Kill()
	t.Logf("killed with %d of %d jobs completed", done, jobs)
	if done == jobs {
		t.Fatal("every job was complete before the kill: the test tested nothing")
	}
	s = start(t, data, env)
	for i, a := range accepted {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		status, err := s.Await(ctx, a.JobID)
		cancel()
		if err != nil {
			t.Fatalf("job %d: %v", i, err)
		}
		if got := len(status.Results.Facts); got != 2 {
			t.Errorf("job %d accounts for %d items, want 2", i, got)
		}
		if got := factsOf(t, s, fmt.Sprintf("u%d", i)); len(got.Items) != 2 {
			t.Errorf("user u%d has %d facts, want 2: %v", i, len(got.Items), got)
		}
	}
}

// TestTwentyIdenticalPosts sends the same request 20 times at once.
func TestTwentyIdenticalPosts(t *testing.T) { onBothWirings(t, testTwentyIdenticalPosts) }

func testTwentyIdenticalPosts(t *testing.T, env map[string]string) {
	env["OPENAI_BASE_URL"], env["OPENAI_API_KEY"] = startModel(t), "none"
	s := start(t, t.TempDir(), env)
	for _, c := range []struct {
		name, user string
		header     []string
		jobs       int
		vary       bool // each in a conversation of its own, at no stated time
	}{
		{"with one key", "keyed", []string{"Idempotency-Key", "k1"}, 1, false},
		{"without a key", "unkeyed", nil, 20, false},
		{"in many conversations", "varied", nil, 20, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var mu sync.Mutex
			var posts sync.WaitGroup
			ids, fresh := map[string]bool{}, 0
			for i := range 20 {
				body := conversation(c.user, "Speaker-X")
				if c.vary {
					body["conversation_id"] = fmt.Sprintf("c%d", i)
					delete(body["conversation"].([]any)[0].(map[string]any), "timestamp")
				}
				posts.Go(func() {
					var a process.Accepted
					err := s.Call(t.Context(), http.MethodPost, "/v1/extract_facts", body, &a, c.header...)
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						t.Error(err)
						return
					}
					ids[a.JobID] = true
					if !a.Replayed {
						fresh++
					}
				})
			}
			posts.Wait()
			if len(ids) != c.jobs || fresh != c.jobs {
				t.Errorf("%d jobs, %d of them new; want %d", len(ids), fresh, c.jobs)
			}
			for id := range ids {
				if _, err := s.Await(t.Context(), id); err != nil {
					t.Error(err)
				}
			}
			if got := factsOf(t, s, c.user); len(got.Items) != 2 {
				t.Errorf("%d facts, want 2: %v", len(got.Items), got)
			}
		})
	}
}

// TestNoOrphan checks that the Temporal server ends with pika, however pika ends.
func TestNoOrphan(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	env := requireServer(t)
	for _, c := range []struct {
		name string
		end  func(s *process.Server)
	}{
		{"SIGTERM", func(s *process.Server) {
			if err := s.Stop(); err != nil {
				t.Errorf("stop: %v", err)
			}
		}},
		{"SIGKILL", func(s *process.Server) { s.Kill() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, t.TempDir(), env)
			address := s.Temporal
			if connection, err := net.Dial("tcp", address); err != nil {
				t.Fatalf("the Temporal server does not listen on %s: %v", address, err)
			} else {
				connection.Close()
			}
			c.end(s)
			gone := false
			for deadline := time.Now().Add(20 * time.Second); !gone && time.Now().Before(deadline); {
				connection, err := net.DialTimeout("tcp", address, time.Second)
				if gone = err != nil; !gone {
					connection.Close()
					<-time.After(20 * time.Millisecond)
				}
			}
			if !gone {
				t.Errorf("a Temporal server still listens on %s", address)
			}
		})
	}
}

// TestRefusesToStart checks that each reason not to start is one sentence that says
// what to do, and an exit code other than 0.
func TestRefusesToStart(t *testing.T) {
	env := requireServer(t)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	notAModel := filepath.Join(t.TempDir(), "model.bin")
	if err := os.WriteFile(notAModel, []byte("no model"), 0o600); err != nil {
		t.Fatal(err)
	}
	notAFolder := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(notAFolder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		env  map[string]string
		want string
	}{
		{"port in use", []string{"--addr", taken.Addr().String()}, nil, "in use"},
		{"wrong model", nil, map[string]string{"PIKA_MODEL": notAModel}, "model"},
		{"data is a file", []string{"--data", filepath.Join(notAFolder, "data")}, nil, "PIKA_DATA"},
		{"open address", []string{"--addr", "0.0.0.0:8080"}, nil, "PIKA_ADDR"},
		{"bad value", nil, map[string]string{"PIKA_LLM": "gpt"}, "PIKA_LLM"},
		{"bad number", nil, map[string]string{"PIKA_MAX_IN_FLIGHT": "many"}, "PIKA_MAX_IN_FLIGHT"},
		{"unknown flag", []string{"--adr", "x"}, nil, "adr"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			args := append([]string{"dev", "--data", filepath.Join(t.TempDir(), "data"), "--temporal-ui-port", "0"}, c.args...)
			if !strings.Contains(strings.Join(c.args, " "), "--addr") {
				args = append(args, "--addr", "127.0.0.1:0")
			}
			command := exec.CommandContext(ctx, path, args...)
			command.Env = os.Environ()
			for _, variables := range []map[string]string{env, c.env} {
				for name, value := range variables {
					command.Env = append(command.Env, name+"="+value)
				}
			}
			out, err := command.CombinedOutput()
			if err == nil {
				t.Fatalf("it started: %s", out)
			}
			if !strings.Contains(string(out), c.want) || strings.Contains(string(out), "panic") || strings.Contains(string(out), "goroutine ") {
				t.Errorf("it says %q, want a sentence with %q", out, c.want)
			}
		})
	}
}
