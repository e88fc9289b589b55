package main_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika/bench/process"
)

// readiness is what /readyz answers.
type readiness struct {
	Code         int
	Status       string `json:"status"`
	Dependencies []struct {
		Name     string `json:"name"`
		Status   string `json:"status"`
		Reason   string `json:"reason"`
		Required bool   `json:"required"`
	} `json:"dependencies"`
}

// of returns a dependency's status and reason.
func (r readiness) of(name string) (status, reason string) {
	for _, d := range r.Dependencies {
		if d.Name == name {
			return d.Status, d.Reason
		}
	}
	return "missing", ""
}

// ready asks /readyz, which needs no key.
func ready(t *testing.T, s *process.Server) (readiness, error) {
	t.Helper()
	var r readiness
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return r, err
	}
	defer response.Body.Close()
	r.Code = response.StatusCode
	return r, json.NewDecoder(response.Body).Decode(&r)
}

// recovery bounds how long a process may take to see that a server is back: Milvus
// answers for its collections up to half a minute after it listens.
const recovery = 90 * time.Second

// awaitWell waits until every dependency of a process but the language model's rules is ok.
func awaitWell(t *testing.T, s *process.Server) {
	t.Helper()
	eventually(t, recovery, "/readyz says that all is well", func() (bool, string) {
		r, err := ready(t, s)
		well := err == nil && r.Code == http.StatusOK && len(r.Dependencies) > 0
		for _, d := range r.Dependencies {
			well = well && (d.Status == "ok" || d.Name == "llm")
		}
		return well, describe(r, err)
	})
}

// awaitTrouble waits until a dependency is not ok, for a reason with every one of words,
// in any case of letters, and returns the reason.
func awaitTrouble(t *testing.T, s *process.Server, dependency string, words ...string) string {
	t.Helper()
	var reason string
	eventually(t, recovery, "/readyz says what is wrong with "+dependency+" with the words "+strings.Join(words, ", "), func() (bool, string) {
		r, err := ready(t, s)
		if err != nil {
			return false, err.Error()
		}
		status, said := r.of(dependency)
		reason = said
		return status != "ok" && status != "missing" && hasWords(said, words...), describe(r, err)
	})
	return reason
}

// hasWords says whether a text holds each of words, in any case of letters.
func hasWords(text string, words ...string) bool {
	text = strings.ToLower(text)
	for _, w := range words {
		if !strings.Contains(text, strings.ToLower(w)) {
			return false
		}
	}
	return true
}
