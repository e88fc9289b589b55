package rules_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/model/rules"
	"github.com/pikamem/pika/pikatest"
)

func extracted(t testing.TB, chunk pika.Chunk) []pika.Candidate {
	t.Helper()
	x, err := rules.New(rules.Options{}).Extract(t.Context(), chunk)
	if err != nil {
		t.Fatal(err)
	}
	return x.Candidates
}

// chunkOf makes a chunk of user messages, two apart in the conversation.
func chunkOf(name string, contents ...string) pika.Chunk {
	chunk := pika.Chunk{ReferenceTime: wednesday}
	for i, content := range contents {
		chunk.Messages = append(chunk.Messages, pika.ChunkMessage{Index: 2 * i, Message: pika.Message{Role: pika.RoleUser, Name: name, Content: content}})
	}
	return chunk
}

func texts(candidates []pika.Candidate) []string {
	var list []string
	for _, c := range candidates {
		list = append(list, c.Text)
	}
	return list
}

func TestTextStandsAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		contents []string
		want     []string
	}{
		{"", []string{"Tôi có con mèo tên Mướp"}, []string{"Người dùng có con mèo tên là Mướp"}},
		{"Linh", []string{"Tôi có con mèo tên Mướp"}, []string{"Linh có con mèo tên là Mướp"}},
		{"user", []string{"I love hiking"}, []string{"The user likes hiking"}},
		{"", []string{"My name is Linh.", "I live in Huế."}, []string{"The user's name is Linh", "Linh lives in Huế"}},
		{"", []string{"Con gái tôi tên là Mai."}, []string{"Con gái của Người dùng tên là Mai"}},
		{"", []string{"I don't like horror movies anymore"}, []string{"The user no longer likes horror movies"}},
		{"", []string{"I'm an engineer"}, []string{"The user is an engineer"}},
		{"", []string{"I work as an accountant"}, []string{"The user works as an accountant"}},
		{"", []string{"I visited my parents last month"}, []string{"The user visited their parents in October 2026"}},
		{"", []string{"Tôi không còn sống ở Hà Nội nữa"}, []string{"Người dùng không còn sống ở Hà Nội"}},
		{"", []string{"I've been living in Tokyo since 2019."}, []string{"The user lives in Tokyo since 2019"}},
	} {
		if diff := cmp.Diff(c.want, texts(extracted(t, chunkOf(c.name, c.contents...)))); diff != "" {
			t.Errorf("%q by %q: -want +got\n%s", c.contents, c.name, diff)
		}
	}
}

func TestOnlyTheUsersMessagesAreRead(t *testing.T) {
	t.Parallel()
	chunk := pika.Chunk{ReferenceTime: wednesday, Context: []pika.Message{{Role: pika.RoleUser, Content: "I live in Paris."}}}
	for i, role := range pika.Roles() {
		if role != pika.RoleUser {
			chunk.Messages = append(chunk.Messages, pika.ChunkMessage{Index: i, Message: pika.Message{Role: role, Content: "I live in Berlin."}})
		}
	}
	if got := extracted(t, chunk); len(got) != 0 {
		t.Errorf("messages that are not the user's give %q", texts(got))
	}
}

func TestRepeatedFactsAreOneWithAllSources(t *testing.T) {
	t.Parallel()
	got := extracted(t, chunkOf("", "I have a cat named Mướp. I have a cat named Mướp.", "Hello!", "My cat is called Mướp", "I have a dog named Rex"))
	if len(got) != 2 || !slices.Equal(got[0].Sources, []int{0, 4}) || !slices.Equal(got[1].Sources, []int{6}) {
		t.Errorf("got %+v; want Mướp from messages 0 and 4, Rex from 6", got)
	}
}

func TestMovingBackIsSaidAgain(t *testing.T) {
	t.Parallel()
	got := extracted(t, chunkOf("", "I live in Hanoi.", "I moved to Huế.", "I live in Hanoi."))
	if len(got) != 3 || got[2].Object != "Hanoi" {
		t.Errorf("got %q; want three places in order", texts(got))
	}
}

func TestTheMessagesOwnTimeAnchorsItsDates(t *testing.T) {
	t.Parallel()
	chunk := chunkOf("", "I moved to Huế last month.", "Hôm qua tôi đi khám răng.")
	at := time.Date(2024, time.March, 31, 12, 0, 0, 0, time.UTC)
	chunk.Messages[0].Timestamp = &at
	got := extracted(t, chunk)
	if len(got) != 2 || got[0].ValidFrom == nil || !got[0].ValidFrom.Equal(time.Date(2024, time.February, 1, 0, 0, 0, 0, time.UTC)) ||
		got[1].ValidFrom == nil || !got[1].ValidFrom.Equal(time.Date(2026, time.November, 3, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got %+v", got)
	}
	chunk.ReferenceTime, chunk.Messages[0].Timestamp = time.Time{}, nil
	if got := extracted(t, chunk); len(got) != 0 {
		t.Errorf("relative dates without a reference give %q", texts(got))
	}
}

func TestPlansKeepTheirDateInTheText(t *testing.T) {
	t.Parallel()
	got := extracted(t, chunkOf("", "I'm flying to Huế next Friday."))
	if len(got) != 1 || got[0].ValidFrom != nil || !strings.Contains(got[0].Text, "13 November 2026") {
		t.Errorf("got %+v", got)
	}
}

func TestJokesTakeTheWholeMessageBack(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"I live on Mars. I have a cat named Tom. Just kidding!", "Tôi sống ở Mỹ. Đùa thôi!"} {
		if got := extracted(t, chunkOf("", content)); len(got) != 0 {
			t.Errorf("%q gives %q", content, texts(got))
		}
	}
}

func TestKinshipWordsAreIOnlyWithoutAnotherI(t *testing.T) {
	t.Parallel()
	if got := extracted(t, chunkOf("", "Em sống ở Huế.")); len(got) != 1 {
		t.Errorf("em alone gives %q", texts(got))
	}
	if got := extracted(t, chunkOf("", "Tôi và em rất khác nhau. Em sống ở Huế.")); len(got) != 0 {
		t.Errorf("em beside tôi gives %q", texts(got))
	}
}

func TestLimitPerMessage(t *testing.T) {
	t.Parallel()
	x, err := rules.New(rules.Options{MaxPerMessage: 2}).Extract(t.Context(), chunkOf("", "I live in Huế. I love hiking. I hate onions."))
	if err != nil || len(x.Candidates) != 2 {
		t.Errorf("got %d candidates, %v; want 2", len(x.Candidates), err)
	}
}

func TestCancelledContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	x, err := rules.New(rules.Options{}).Extract(ctx, chunkOf("", "I live in Huế."))
	var e *pika.Error
	if !errors.Is(err, context.Canceled) || !errors.As(err, &e) || len(x.Candidates) != 0 {
		t.Errorf("got %v, %v; want nothing and context.Canceled in a pika.Error", x, err)
	}
}

func TestThirtyTemplatesPerLanguage(t *testing.T) {
	t.Parallel()
	if vi, en := rules.Sizes(); vi < 30 || en < 30 {
		t.Errorf("%d Vietnamese and %d English templates; want at least 30 of each", vi, en)
	}
}

// check reports what makes a candidate ill-formed.
func check(c pika.Candidate, messages int) string {
	switch {
	case c.Text == "" || len(c.Text) > pika.MaxFactBytes || !utf8.ValidString(c.Text) || strings.ContainsAny(c.Text, "\n\x00"):
		return "text"
	case c.Subject != "user" || c.Object == "" || len(c.Object) > pika.MaxObjectBytes || !utf8.ValidString(c.Object):
		return "subject or object"
	case c.Predicate == "" || strings.ContainsFunc(c.Predicate, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }):
		return "predicate"
	case !slices.Contains(pika.Categories(), c.Category):
		return "category"
	case c.Confidence <= 0 || c.Confidence > 0.6:
		return "confidence"
	case c.Language != "vi" && c.Language != "en":
		return "language"
	case len(c.Sources) == 0 || len(c.Entities) > pika.MaxEntities:
		return "sources or entities"
	}
	for _, s := range c.Sources {
		if s < 0 || s >= messages {
			return "source"
		}
	}
	for _, e := range c.Entities {
		if e.Name == "" || len(e.Name) > pika.MaxNameBytes || e.Type == "" || e.ID != "" {
			return "entity"
		}
	}
	return ""
}

func TestConformance(t *testing.T) {
	t.Parallel()
	pikatest.Extractor(t, func(*testing.T) pika.Extractor { return rules.New(rules.Options{}) })
}

func TestCandidatesAreWellFormed(t *testing.T) {
	t.Parallel()
	for _, l := range labelledSentences(t) {
		for _, c := range read(t, l.sentence) {
			if bad := check(c, 1); bad != "" {
				t.Errorf("%q: bad %s: %+v", l.sentence, bad, c)
			}
			checked, reason := extract.Check(c, chunkOf("", l.sentence))
			if diff := cmp.Diff(c, checked); reason != "" || diff != "" {
				t.Errorf("%q: extract.Check says %q and changes\n%s", l.sentence, reason, diff)
			}
		}
	}
}

func FuzzExtract(f *testing.F) {
	for _, l := range labelledSentences(f) {
		f.Add(l.sentence, "Linh")
	}
	f.Add("I live in "+strings.Repeat("Hanoi ", 5000), "")
	f.Add("```\nI live in Huế", "\xff")
	f.Fuzz(func(t *testing.T, content, name string) {
		chunk := chunkOf(name, content, content)
		chunk.Messages[1].Index = 1
		first := extracted(t, chunk)
		for _, c := range first {
			if bad := check(c, 2); bad != "" {
				t.Errorf("%q: bad %s: %+v", content, bad, c)
			}
		}
		if diff := cmp.Diff(first, extracted(t, chunk)); diff != "" {
			t.Errorf("%q gives something else the second time:\n%s", content, diff)
		}
	})
}
