package gateway_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// fuzzBody sends anything as a body: no answer is a 5xx other than 501, every
// refusal is a problem document, and what is accepted is valid JSON of valid UTF-8.
func fuzzBody(f *testing.F, target string, seeds ...string) {
	for _, c := range badBodies() {
		if c.target == target && len(c.body) < 4096 {
			f.Add([]byte(c.body))
		}
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	b := setup(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		w := b.send("POST", target, string(body), "Content-Type", "application/json")
		switch {
		case w.Code == 200 || w.Code == 202:
			if !json.Valid(body) || !utf8.Valid(body) {
				t.Errorf("accepted %q", body)
			}
		case w.Code >= 500 && w.Code != 501:
			t.Errorf("status %d for %q: %s", w.Code, body, w.Body)
		default:
			var p problem
			decode(t, w, &p)
			if p.Status != w.Code || p.Code == "" || !utf8.Valid(w.Body.Bytes()) {
				t.Errorf("answer %d %s", w.Code, w.Body)
			}
		}
	})
}

func FuzzExtract(f *testing.F) { fuzzBody(f, extractPath, exampleBody) }

func FuzzBatch(f *testing.F) { fuzzBody(f, batchPath, batchOf(2)) }

func FuzzFacts(f *testing.F) {
	fuzzBody(f, factsPath, given(`{"text":"x","entities":[{"name":"n"}],"sources":[{"conversation_id":"c","message_id":"m"}],"confidence":0.5}`))
}

func FuzzSearch(f *testing.F) {
	fuzzBody(f, searchPath, asks(`"filters":{"metadata":{"a":1,"b":"x","c":true},"languages":["vi"]},"as_of":"2026-11-01T08:00:00Z"`))
}
