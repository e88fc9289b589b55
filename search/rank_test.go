package search_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

func at(t time.Time) *time.Time { return &t }

// addends asks a question and returns the addends of a fact's strength.
func addends(t *testing.T, m *memory, q pika.Query, id string) map[string]float64 {
	t.Helper()
	q.Explain, q.Limit = true, pika.MaxSearchLimit
	for _, h := range mustSearch(t, m.engine(), linh, q).Facts {
		if h.Fact.ID == id {
			return h.Explain.Addends
		}
	}
	t.Fatalf("%s is not in the answer to %q", id, q.Text)
	return nil
}

func TestRankByTime(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.add(linh,
		pika.Fact{ID: "2024", Text: "Linh went to Japan", ValidFrom: at(day(2024, 4, 1)), ValidTo: at(day(2024, 4, 9)), EffectiveAt: day(2024, 4, 1)},
		pika.Fact{ID: "2025", Text: "Linh went to Korea", ValidFrom: at(day(2025, 4, 1)), ValidTo: at(day(2025, 4, 9)), EffectiveAt: day(2025, 4, 1)},
		pika.Fact{ID: "said", Text: "Linh went to Laos", EffectiveAt: day(2025, 7, 1)},
		pika.Fact{ID: "now", Text: "Linh went to China", EffectiveAt: day(2026, 7, 1)},
	)
	q := question("Where did Linh go last year?")
	for id, want := range map[string]float64{"2024": -0.5, "2025": 1.5, "said": 1.5, "now": 0} {
		if got := addends(t, m, q, id)["time"]; got != want {
			t.Errorf("%s: time adds %v; want %v", id, got, want)
		}
	}
	if ids := factIDs(mustSearch(t, m.engine(), linh, q)); ids[0] != "2025" && ids[0] != "said" {
		t.Errorf("facts %v", ids)
	}
	m.add(linh, pika.Fact{ID: "home", Text: "Linh lives in Huế", Predicate: "lives_in", ValidTo: at(day(2025, 4, 9)), EffectiveAt: day(2020, 1, 1)})
	for question, want := range map[string]float64{"Where does Linh live?": -1, "Where did Linh use to live?": 0, "Linh từng sống ở đâu?": 0} {
		if got := addends(t, m, pika.Query{Text: question, Mode: pika.ModeHybrid, Deadline: time.Second}, "home"); got["ended"] != want {
			t.Errorf("%s: %v; want ended %v", question, got, want)
		}
	}
	if got := addends(t, m, question("Where does Linh go?"), "2025"); got["time"] != 0 || got["ended"] >= 0 {
		t.Errorf("without a time: %v; want only that it is over", got)
	}
}

func TestRankOfNegatives(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.add(linh, pika.Fact{ID: "no", Text: "Linh không ăn được hành", Negated: true}, pika.Fact{ID: "yes", Text: "Linh ăn được ớt"})
	if no, yes := addends(t, m, question("món nào Linh không ăn được?"), "no"), addends(t, m, question("món nào Linh không ăn được?"), "yes"); no["negation"] <= 0 || yes["negation"] != 0 {
		t.Errorf("negation adds %v and %v", no, yes)
	}
	if got := addends(t, m, question("Linh ăn được món nào?"), "no"); got["negation"] != 0 {
		t.Errorf("a question for what is so: %v", got)
	}
}

func TestRankSmallTerms(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.add(linh,
		pika.Fact{ID: "new", Text: "Linh likes tea", EffectiveAt: epoch},
		pika.Fact{ID: "old", Text: "Linh likes tee", EffectiveAt: epoch.AddDate(-10, 0, 0)},
		pika.Fact{ID: "unsure", Text: "Linh likes tei", EffectiveAt: epoch, Confidence: 0.5},
	)
	q := question("what does Linh like")
	if got := addends(t, m, q, "new"); math.Abs(got["recency"]-0.1) > 1e-9 || got["confidence"] != 0 {
		t.Errorf("new: %v", got)
	}
	if got := addends(t, m, q, "old"); got["recency"] > 0.001 {
		t.Errorf("old: %v", got)
	}
	if got := addends(t, m, q, "unsure"); math.Abs(got["confidence"]+0.1) > 1e-9 {
		t.Errorf("unsure: %v", got)
	}
}

// A fact that says what a better one says comes after everything else.
func TestRankFoldsRepeats(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.add(linh, pika.Fact{ID: "a", Text: "Linh có mèo"}, pika.Fact{ID: "b", Text: "linh CO MEO!"}, pika.Fact{ID: "c", Text: "Linh có chó"})
	ids := factIDs(mustSearch(t, m.engine(), linh, question("mèo của Linh")))
	if len(ids) != 3 || ids[1] != "c" {
		t.Errorf("facts %v; want c before the repeat", ids)
	}
}

// Other words, other diacritics or another order say something else.
func TestRankKeepsWhatOnlyLooksAlike(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.add(linh,
		pika.Fact{ID: "a", Text: "An nợ Bình 5 triệu"}, pika.Fact{ID: "b", Text: "Bình nợ An 5 triệu"},
		pika.Fact{ID: "c", Text: "An yêu má"}, pika.Fact{ID: "d", Text: "An yêu mạ"}, pika.Fact{ID: "e", Text: "An yêu mạ", Negated: true},
	)
	for id := range m.facts[linh] {
		if got := addends(t, m, question("An và Bình"), id); got["repeated"] != 0 {
			t.Errorf("%s counts as a repetition", id)
		}
	}
}

// talk is a conversation of which a fact was drawn.
func talk() *memory {
	m := newMemory()
	key := func(id string) string { return pika.MessageKey(linh, "c1", id) }
	for i, content := range []string{"When was the wedding of your brother?", "It was in June, by the sea.", "Lovely!", "I also bought a wedding dress"} {
		id := fmt.Sprint(i + 1)
		m.say(linh, pika.StoredMessage{Key: key(id), ConversationID: "c1", MessageID: id, Content: content, Sequence: int64(i + 1), At: epoch})
	}
	m.say(linh, pika.StoredMessage{Key: "far", ConversationID: "c2", MessageID: "1", Content: "Fine", Sequence: 9, At: epoch})
	m.add(linh, pika.Fact{ID: "dress", Text: "Linh bought a wedding dress", Sources: []pika.Source{{ConversationID: "c1", MessageID: "4"}}})
	return m
}

// The answer to a question in a conversation holds none of its words; it stands beside it.
func TestRankOfNeighbours(t *testing.T) {
	t.Parallel()
	q := question("When was the wedding of the brother?")
	q.Messages = 5
	place := map[string]int{}
	for i, h := range mustSearch(t, talk().engine(), linh, q).Messages {
		place[h.Message.Content] = i
	}
	if place["It was in June, by the sea."] > place["Fine"] {
		t.Errorf("messages %v: the answer stands behind what is unrelated", place)
	}
}

// A message that a fact of the answer rests on supports it, and need not be read again.
func TestRankOfProvenance(t *testing.T) {
	t.Parallel()
	m := talk()
	q := question("wedding dress")
	q.Messages = 5
	if got := addends(t, m, q, "dress"); got["provenance"] <= 0 {
		t.Errorf("the fact has %v from its message", got)
	}
	messages := mustSearch(t, m.engine(), linh, q).Messages
	if len(messages) != 5 || messages[0].Message.MessageID == "4" {
		t.Errorf("%d messages, first %q; want all, and the one that is told not first", len(messages), messages[0].Message.Content)
	}
	m.facts[linh] = nil
	if first := mustSearch(t, m.engine(), linh, q).Messages[0]; first.Message.MessageID != "4" {
		t.Errorf("without the fact %q is first; want the message with the words", first.Message.Content)
	}
}

// The addends of a hit add up to what its score is of, for every hit.
func TestExplanationAddsUp(t *testing.T) {
	t.Parallel()
	q := question("Con mèo của Linh tên gì và xe của Linh biển số mấy?")
	q.Explain, q.Messages = true, 5
	a := mustSearch(t, linhsMemory().engine(), linh, q)
	if len(a.Facts) == 0 {
		t.Fatal("nothing was found")
	}
	for _, h := range a.Facts {
		var sum float64
		for _, x := range h.Explain.Addends {
			sum += x
		}
		if math.Abs(search.ScoreOf(sum)-h.Score) > 1e-9 || h.Explain.Fused != h.Score {
			t.Errorf("%s: addends %v give %v; score %v", h.Fact.ID, h.Explain.Addends, search.ScoreOf(sum), h.Score)
		}
	}
	if _, ok := a.Facts[0].Explain.Addends["parts"]; !ok {
		t.Errorf("a compound question has no parts: %v", a.Facts[0].Explain.Addends)
	}
	if !slices.IsSortedFunc(a.Facts, func(x, y pika.FactHit) int { return int(math.Copysign(1, y.Score-x.Score)) }) {
		t.Error("scores rise")
	}
}
