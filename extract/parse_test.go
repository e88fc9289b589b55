package extract_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/text"
)

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:8])
}

const (
	itemA = `{"text":"Linh có con mèo tên Mướp","subject":"user","predicate":"has_pet","object":"Mướp","category":"pets","entities":[{"name":"Mướp","type":"animal"}],"sources":[3],"valid_from":null,"valid_to":null,"negated":false,"confidence":0.9,"language":"vi"}`
	itemB = `{"text":"Linh moved to Huế","subject":"user","predicate":"lives_in","object":"Huế","category":"home","entities":[],"sources":[4],"valid_from":"2026-10-31","valid_to":null,"negated":false,"confidence":0.8,"language":"en"}`
)

func TestParse(t *testing.T) {
	t.Parallel()
	both := []string{"Linh có con mèo tên Mướp", "Linh moved to Huế"}
	tests := []struct {
		name   string
		answer string
		want   []string
		err    error
	}{
		{"as asked", `{"facts":[` + itemA + `,` + itemB + `]}`, both, nil},
		{"nothing found", `{"facts":[]}`, nil, nil},
		{"pretty", "{\n  \"facts\": [\n " + itemA + ",\n " + itemB + "\n ]\n}\n", both, nil},
		{"fenced", "```json\n{\"facts\":[" + itemA + "," + itemB + "]}\n```", both, nil},
		{"fenced without end", "```\n{\"facts\":[" + itemA + "]}", both[:1], nil},
		{"prose around", "Sure [as asked]! Here {are} the facts:\n{\"facts\":[" + itemA + "]}\nDone [1].", both[:1], nil},
		{"reasoning before", "<think>maybe {\"facts\":[" + itemB + "]}?</think>{\"facts\":[" + itemA + "]}", both[:1], nil},
		{"byte order mark", "\ufeff{\"facts\":[" + itemA + "]}", both[:1], nil},
		{"bare list", "[" + itemA + "," + itemB + "]", both, nil},
		{"bare empty list", "[]", nil, nil},
		{"single item", itemA, both[:1], nil},
		{"one item per line", itemA + "\n" + itemB, both, nil},
		{"trailing commas", `{"facts":[` + itemA + `,` + itemB[:len(itemB)-1] + `,},],}`, both, nil},
		{"missing commas", `{"facts":[` + itemA + ` ` + itemB + `]}`, both, nil},
		{"another name", `{"memories":[` + itemA + `]}`, both[:1], nil},
		{"one level deeper", `{"result":{"facts":[` + itemA + `]}}`, both[:1], nil},
		{"raw line break in a string", "{\"facts\":[" + strings.Replace(itemA, "con mèo", "con\nmèo", 1) + "]}", both[:1], nil},
		{"Python", strings.NewReplacer(`"`, `'`, "null", "None", "false", "False").Replace(`{"facts":[` + itemA + `]}`), both[:1], nil},
		{"escapes", `{"facts":[` + strings.Replace(itemA, "Mướp", `M\u01b0\u1edbp`, 1) + `]}`, both[:1], nil},
		{"extra members", `{"note":"x","facts":[` + strings.Replace(itemA, "{", `{"id":7,"why":{"a":[1]},`, 1) + `],"n":1}`, both[:1], nil},

		{"cut after an item", `{"facts":[` + itemA + `,`, both[:1], extract.ErrTruncated},
		{"cut within an item", `{"facts":[` + itemA + `,` + itemB[:60], both[:1], extract.ErrTruncated},
		{"cut within the first item", `{"facts":[` + itemA[:150], nil, extract.ErrTruncated},
		{"cut before the last brackets", `{"facts":[` + itemA, both[:1], extract.ErrTruncated},
		{"cut before the last bracket", `{"facts":[` + itemA + `]`, both[:1], extract.ErrTruncated},
		{"cut within an escape", `{"facts":[` + itemA + `,{"text":"a\u01`, both[:1], extract.ErrTruncated},
		{"cut in a fence", "```json\n{\"facts\":[" + itemA + "," + itemB[:20], both[:1], extract.ErrTruncated},
		{"cut single item", itemA[:100], nil, extract.ErrTruncated},
		{"empty", "", nil, extract.ErrNotJSON},
		{"prose", "I found no facts.", nil, extract.ErrNotJSON},
		{"apology with brackets", "I can't [sorry] do {that}.", nil, extract.ErrNotJSON},
		{"other JSON", `{"answer":42}`, nil, extract.ErrOffSchema},
		{"strings for items", `{"facts":["Linh has a cat"]}`, nil, extract.ErrOffSchema},
		{"items without text", `{"facts":[{"fact":"x"}]}`, nil, extract.ErrOffSchema},
		{"a broken item between", `{"facts":[` + itemA + `,{oops:1},` + itemB + `]}`, both, extract.ErrOffSchema},
		{"only foreign sources", `{"facts":[` + strings.Replace(itemA, "[3]", "[0]", 1) + `]}`, nil, extract.ErrOffSchema},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := extract.Parse(tt.answer, twoMessages())
			if !errors.Is(err, tt.err) {
				t.Errorf("Parse's error = %v; want %v", err, tt.err)
			}
			texts := []string(nil)
			for _, c := range got {
				texts = append(texts, c.Text)
			}
			if diff := cmp.Diff(tt.want, texts); diff != "" {
				t.Errorf("Parse (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseMembers(t *testing.T) {
	t.Parallel()
	day, next := at("2026-10-31T00:00:00Z"), at("2026-11-01T00:00:00Z")
	tests := []struct {
		member, value string
		change        func(*pika.Candidate)
	}{
		{"confidence", `"0.8"`, func(c *pika.Candidate) { c.Confidence = 0.8 }},
		{"confidence", `"80%"`, func(c *pika.Candidate) { c.Confidence = 0.8 }},
		{"confidence", `80`, func(c *pika.Candidate) { c.Confidence = 0.8 }},
		{"confidence", `null`, func(c *pika.Candidate) { c.Confidence = 0.5 }},
		{"confidence", `"high"`, func(c *pika.Candidate) { c.Confidence = 0.5 }},
		{"negated", `"true"`, func(c *pika.Candidate) { c.Negated = true }},
		{"negated", `1`, func(c *pika.Candidate) { c.Negated = true }},
		{"negated", `"no"`, func(*pika.Candidate) {}},
		{"sources", `3`, func(*pika.Candidate) {}},
		{"sources", `"3"`, func(*pika.Candidate) {}},
		{"sources", `["[3]","4"]`, func(c *pika.Candidate) { c.Sources = []int{3, 4} }},
		{"sources", `"3, 4"`, func(c *pika.Candidate) { c.Sources = []int{3, 4} }},
		{"sources", `[3.0, 3.5, 1e300, "x", null]`, func(*pika.Candidate) {}},
		{"entities", `["Mướp"]`, func(c *pika.Candidate) { c.Entities[0].Type = "other" }},
		{"entities", `"Mướp"`, func(c *pika.Candidate) { c.Entities = []pika.Entity{} }},
		{"object", `7`, func(c *pika.Candidate) { c.Object = "7" }},
		{"object", `null`, func(c *pika.Candidate) { c.Object = "" }},
		{"valid_from", `"2026-10-31"`, func(c *pika.Candidate) { c.ValidFrom = day }},
		{"valid_from", `"2026-10-31T07:00:00+07:00"`, func(c *pika.Candidate) { c.ValidFrom = day }},
		{"valid_from", `"2026-10"`, func(c *pika.Candidate) { c.ValidFrom = at("2026-10-01T00:00:00Z") }},
		{"valid_from", `2026`, func(c *pika.Candidate) { c.ValidFrom = at("2026-01-01T00:00:00Z") }},
		{"valid_from", `"null"`, func(*pika.Candidate) {}},
		{"valid_from", `"last spring"`, func(*pika.Candidate) {}},
		{"valid_from", `"2026-02-30"`, func(*pika.Candidate) {}},
		{"valid_from", `"0001-01-01T00:00:00Z"`, func(*pika.Candidate) {}},
		{"valid_to", `"2026-10-31"`, func(c *pika.Candidate) { c.ValidTo = next }},
		{"valid_to", `"2026-10"`, func(c *pika.Candidate) { c.ValidTo = next }},
		{"valid_to", `"2026-11-01T00:00:00Z"`, func(c *pika.Candidate) { c.ValidTo = next }},
		{"language", `"??"`, func(*pika.Candidate) {}},
	}
	for _, tt := range tests {
		t.Run(tt.member+" "+tt.value, func(t *testing.T) {
			t.Parallel()
			// The last of two equal members counts.
			answer := `{"facts":[` + itemA[:len(itemA)-1] + `,"` + tt.member + `":` + tt.value + `}]}`
			got, rejected, err := extract.Parse(answer, twoMessages())
			if err != nil || len(rejected) != 0 || len(got) != 1 {
				t.Fatalf("Parse = %v, %v, %v", got, rejected, err)
			}
			want := good()
			tt.change(&want)
			if diff := cmp.Diff(want, got[0]); diff != "" {
				t.Errorf("Parse (-want +got):\n%s", diff)
			}
		})
	}
}

// One bad item among good ones is rejected visibly and spoils nothing.
func TestParseRejects(t *testing.T) {
	t.Parallel()
	bad := strings.Replace(itemB, "[4]", "[0]", 1)
	got, rejected, err := extract.Parse(`{"facts":[`+itemA+`,`+bad+`]}`, twoMessages())
	if err != nil || len(got) != 1 || len(rejected) != 1 {
		t.Fatalf("Parse = %v, %v, %v; want one of each", got, rejected, err)
	}
	if r := rejected[0]; r.Outcome != pika.Rejected || r.Text != "Linh moved to Huế" || r.Reason == "" {
		t.Errorf("rejected = %+v", r)
	}
}

func TestParseTooManyItems(t *testing.T) {
	t.Parallel()
	answer := `{"facts":[` + strings.Repeat(itemA+",", pika.MaxFactsPerCommit+1) + `]}`
	got, rejected, err := extract.Parse(answer, twoMessages())
	if err != nil || len(got) != pika.MaxFactsPerCommit || len(rejected) != 1 {
		t.Errorf("Parse = %d, %d, %v", len(got), len(rejected), err)
	}
}

// Answers made to be slow to read are read in time.
func TestParseHostile(t *testing.T) {
	t.Parallel()
	start := time.Now()
	for _, s := range []string{"[", "{", `{"a":`, `[{"text":"`, `"`, "[]", "{}", `{"facts":[`, `\u`, "<think>"} {
		extract.Parse(strings.Repeat(s, 200_000/len(s)), twoMessages())
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("reading took %s", d)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"facts":[` + itemA + `,` + itemB + `]}`, "```json\n[" + itemA + "]```", itemA[:90], `{"facts":["x",1,null,{"text":1}]}`,
		`{'facts':[{'text':'a','sources':"3"}]}`, `{"text":"\ud83d\ude00 a","sources":[3]}`, "[[[[", `{"facts":[{"text":"a\`,
	} {
		f.Add(s)
	}
	chunk := twoMessages()
	f.Fuzz(func(t *testing.T, answer string) {
		got, rejected, err := extract.Parse(answer, chunk)
		for _, c := range got {
			if again, reason := extract.Check(c, chunk); reason != "" || !cmp.Equal(again, c) {
				t.Fatalf("a candidate is not in normal form: %s\n%s", reason, cmp.Diff(c, again))
			}
			if !strings.Contains(answer, `\`) && !strings.Contains(visible(answer), c.Text) {
				t.Fatalf("%q is not in the answer", c.Text)
			}
		}
		if len(got)+len(rejected) > strings.Count(answer, "text")+strings.Count(answer, ",")+strings.Count(answer, " ")+strings.Count(answer, "\\")+len(answer)/2+1 {
			t.Fatalf("%d items out of %d bytes", len(got)+len(rejected), len(answer))
		}
		if err == nil && !strings.ContainsAny(answer, "[{") {
			t.Fatal("an answer without a bracket was fine")
		}
	})
}

// visible is the answer in the form that candidates have.
func visible(s string) string {
	s = strings.ToValidUTF8(s, "")
	return text.Normalize(strings.Map(func(r rune) rune {
		if r < 0x20 && !strings.ContainsRune("\t\n\v\f\r", r) || r >= 0x7f && r < 0xa0 && r != 0x85 {
			return -1
		}
		return r
	}, s))
}

func ExampleParse() {
	chunk := pika.Chunk{Messages: []pika.ChunkMessage{{Index: 0, Message: pika.Message{Content: "I have a cat, and"}}}}
	answer := "```json\n{\"facts\":[{\"text\":\"Linh has a cat\",\"sources\":[0]},{\"text\":\"Linh has a"
	candidates, _, err := extract.Parse(answer, chunk)
	fmt.Println(candidates[0].Text, "·", err)
	// Output: Linh has a cat · the answer was cut off before its end
}
