package rules_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/model/rules"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// exampleChunk is the conversation of the examples folder.
func exampleChunk(t *testing.T) pika.Chunk {
	t.Helper()
	body, err := os.ReadFile("../../examples/conversation.json")
	if err != nil {
		t.Fatal(err)
	}
	var request struct {
		Conversation []pika.Message `json:"conversation"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		t.Fatal(err)
	}
	chunk := pika.Chunk{ReferenceTime: wednesday}
	for i, m := range request.Conversation {
		chunk.Messages = append(chunk.Messages, pika.ChunkMessage{Index: i, Message: m})
	}
	return chunk
}

func TestExampleConversation(t *testing.T) {
	t.Parallel()
	x, err := rules.New(rules.Options{}).Extract(t.Context(), exampleChunk(t))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	languages := map[string]int{}
	for _, c := range x.Candidates {
		languages[c.Language]++
		from := "-"
		if c.ValidFrom != nil {
			from = c.ValidFrom.Format(time.DateOnly)
		}
		fmt.Fprintf(&b, "%v %s\n    %s = %s, negated %t, %s, from %s, %.2f, %v\n", c.Sources, c.Text, c.Predicate, c.Object, c.Negated, c.Language, from, c.Confidence, c.Entities)
	}
	const golden = "testdata/example.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("facts of the example: -want +got\n%s", diff)
	}
	if languages["vi"] < 8 || languages["en"] < 6 {
		t.Errorf("the example yields %v facts; want at least 8 in vi and 6 in en", languages)
	}
}
