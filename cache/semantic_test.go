package cache_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/model/local"
)

const (
	catCalled = "what is the cat called"
	askedAs   = "can you tell me what is the cat called?"
)

// localModel opens the model file. Without it a test is skipped, unless PIKA_TEST_REQUIRE
// is set: then it fails.
func localModel(t *testing.T) *local.Embedder {
	t.Helper()
	path, err := local.Locate("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		const missing = "the embedding model is not in the cache folder: run `make model` first"
		if os.Getenv("PIKA_TEST_REQUIRE") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	e, err := local.Open(path, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// askSettled asks and waits until what was kept is in the shared cache.
func (p *process) askSettled(t *testing.T, scope pika.Scope, q pika.Query) pika.Answer {
	t.Helper()
	a := ask(t, p, scope, q)
	p.settle(t)
	return a
}

// fresh is what a search without caches answers.
func (p *process) fresh(t *testing.T, scope pika.Scope, q pika.Query) pika.Answer {
	t.Helper()
	a, err := p.source.Engine.Search(t.Context(), scope, q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func wantFresh(t *testing.T, p *process, scope pika.Scope, q pika.Query, got pika.Answer) {
	t.Helper()
	if diff := cmp.Diff(p.fresh(t, scope, q).Facts, got.Facts, cmpopts.EquateApprox(0, 1e-3)); diff != "" {
		t.Errorf("%q (-search +cache):\n%s", q.Text, diff)
	}
}

// explainedOf asks for explanations, and returns what was decided about other questions.
func explainedOf(t *testing.T, p *process, words string) (pika.Answer, pika.CacheDecision) {
	t.Helper()
	q := question(words)
	q.Explain = true
	a := p.askSettled(t, linh, q)
	if a.Decision == nil {
		return a, pika.CacheDecision{}
	}
	return a, *a.Decision
}

// A question in other words is answered from what was ranked for the first, with the real
// model as with the fake one.
func TestSemanticTier(t *testing.T) {
	t.Parallel()
	pairs := [][2]string{
		{catCalled, askedAs},
		{"who drinks green tea", "please, who drinks green tea?"},
		{"Mèo của tôi tên gì?", "cho mình hỏi mèo của tôi tên gì nhỉ"},
		{"Chó của tôi sủa lúc nào?", "cho cua toi sua luc nao"},
		{"who sleeps all day", "who slepes all day"},
	}
	answered := func(t *testing.T, h *house) {
		h.write(h.writer, linh, pets...)
		h.write(h.writer, linh, "mèo của Linh tên là Mướp", "con chó của Linh sủa lúc nửa đêm", "Linh uống trà xanh")
		p := h.open(false)
		for _, pair := range pairs {
			p.askSettled(t, linh, question(pair[0]))
			asked := p.source.asked.Load()
			q := question(pair[1])
			got := p.askSettled(t, linh, q)
			wantTier(t, pair[1], got, pika.TierL2Semantic)
			wantFresh(t, p, linh, q, got)
			wantTier(t, "the same again", ask(t, p, linh, q), pika.TierL1)
			wantTier(t, "in another process", ask(t, h.open(false), linh, q), pika.TierL2Exact)
			if n := p.source.asked.Load() - asked; n > 1 { // the check
				t.Errorf("%q: the search was asked %d times", pair[1], n)
			}
		}
		if c := counts(p, cache.Semantic); c.Hits != int64(len(pairs)) {
			t.Errorf("semantic tier: %+v", c)
		}
	}
	t.Run("fake model", func(t *testing.T) {
		t.Parallel()
		answered(t, newHouse(t))
	})
	t.Run("real model", func(t *testing.T) {
		t.Parallel()
		answered(t, newHouseOf(t, localModel(t)))
	})
	t.Run("known facts", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		h.hot = true
		answered(t, h)
	})
}

// Where the process knows a user's facts, an answer from another question's is certified,
// whatever was ranked for that one: also one to several questions, and with facts that came
// since.
func TestSemanticOfKnownFacts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hot = true
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	for _, pair := range [][2]string{
		{"what is the cat called and who drinks green tea", "please, what is the cat called and who drinks green tea?"},
		{catCalled, askedAs},
	} {
		p.askSettled(t, linh, question(pair[0]))
		h.write(p.freshness, linh, "a cat called "+pair[0])
		got, decision := explainedOf(t, p, pair[1])
		wantTier(t, pair[1], got, pika.TierL2Semantic)
		if !decision.Certified || !decision.Given || decision.Similarity <= 0 {
			t.Errorf("%q: %+v", pair[1], decision)
		}
		q := question(pair[1])
		q.Explain = true
		wantFresh(t, p, linh, q, got)
	}
}

// Who asks for explanations is told which other question was looked at, and what came of it.
func TestSemanticDecisions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	spy := h.spy()
	p := h.open(false)
	if _, d := explainedOf(t, p, "is there nothing else"); d != (pika.CacheDecision{}) {
		t.Errorf("without other questions: %+v", d)
	}
	p.askSettled(t, linh, question(catCalled))
	for _, c := range []struct{ words, refused string }{
		{"what is the cat not called", "negation"},
		{"what are 2 cats called", "number"},
		{"what was the cat called", "tense"},
	} {
		if a, d := explainedOf(t, p, c.words); a.Tier != pika.TierNone || d.Refused != c.refused || d.Given || d.Question == "" {
			t.Errorf("%q: tier %s, %+v; want it refused by %s", c.words, a.Tier, d, c.refused)
		}
	}
	a, d := explainedOf(t, p, askedAs)
	wantTier(t, "certified", a, pika.TierL2Semantic)
	if !d.Given || !d.Certified || d.Question != catCalled || d.Kind != "form" || d.Refused != "" || d.Similarity < 0.5 {
		t.Errorf("certified: %+v", d)
	}
	if a.Facts[0].Explain == nil {
		t.Error("the facts are not explained")
	}
	spy.damage(t, "the cat's name", func(key string, value []byte) bool { return strings.Contains(string(value), "Mướp") })
	a, d = explainedOf(t, p, "please, what is the cat called?")
	if a.Tier != pika.TierNone || d.Refused != "gone" || d.Given {
		t.Errorf("an answer that is gone: tier %s, %+v", a.Tier, d)
	}
	if got := ask(t, p, linh, question("please, what is the cat called??")); got.Decision != nil {
		t.Errorf("who does not ask for explanations gets %+v", got.Decision)
	}
}

// Who always asks for explanations is answered from his former questions, too, and told so;
// after a write his answers are made anew.
func TestExplainedAskings(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	explainedOf(t, p, catCalled)
	a, d := explainedOf(t, p, askedAs)
	wantTier(t, "in other words", a, pika.TierL2Semantic)
	if !d.Given || d.Question != catCalled || a.Facts[0].Explain == nil {
		t.Errorf("decision %+v, explanation %v", d, a.Facts[0].Explain)
	}
	plain := p.askSettled(t, linh, question("please, what is the cat called?"))
	wantTier(t, "without explanations", plain, pika.TierL2Semantic)
	if plain.Facts[0].Explain != nil {
		t.Error("who did not ask for explanations gets them")
	}
	h.write(p.freshness, linh, "the parrot is called Rio")
	a, _ = explainedOf(t, p, catCalled)
	if a.Tier == pika.TierL1 || a.Tier == pika.TierL2Exact || a.Facts[0].Explain == nil {
		t.Errorf("after a write the answer is from %s, explained by %v", a.Tier, a.Facts[0].Explain)
	}
}

// An operator may have questions answered only by their own answers.
func TestExactOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false, func(o *cache.SearcherOptions) { o.ExactOnly = true })
	p.askSettled(t, linh, question(catCalled))
	wantTier(t, "in other words", p.askSettled(t, linh, question(askedAs)), pika.TierNone)
	wantTier(t, "the same again", ask(t, p, linh, question(askedAs)), pika.TierL1)
}

// spy notes what is kept in the shared cache.
type spy struct {
	pika.Cache
	mu     sync.Mutex
	values map[string][]byte
}

func (h *house) spy() *spy {
	s := &spy{Cache: h.cache, values: map[string][]byte{}}
	h.cache = s
	return s
}

func (s *spy) SetValue(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	s.mu.Lock()
	s.values[key] = slices.Clone(value)
	s.mu.Unlock()
	return s.Cache.SetValue(ctx, key, value, ttl)
}

// damage puts rubbish in the place of values.
func (s *spy) damage(t *testing.T, what string, these func(key string, value []byte) bool) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	damaged := 0
	for key, value := range s.values {
		if these(key, value) {
			damaged++
			if err := s.Cache.SetValue(t.Context(), key, []byte(`{"q":`), time.Hour); err != nil {
				t.Fatal(err)
			}
		}
	}
	if damaged == 0 {
		t.Fatalf("nothing is kept of %s", what)
	}
}

func isAskings(key string, _ []byte) bool { return strings.HasSuffix(key, ":asked") }

// askings returns how many questions are remembered.
func (s *spy) askings(t *testing.T) int {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, value := range s.values {
		var list []any
		if isAskings(key, nil) {
			if err := json.Unmarshal(value, &list); err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
	}
	return 0
}

// What is not certain is searched, and the search tells whether it would have been right:
// from 98 right ones on, and no wrong one, it is given.
func TestSemanticLearns(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.far = true
	h.random = func() float64 { return 0.999 } // nothing is checked
	boxes := make([]string, 30)
	for i := range boxes {
		boxes[i] = fmt.Sprintf("box %d is in room %d", 10+i, 50+i)
	}
	h.write(h.writer, linh, boxes...)
	p := h.open(false)
	for i := range 100 {
		words := fmt.Sprintf("where is box %d", 10+i)
		p.askSettled(t, linh, question(words))
		a, d := explainedOf(t, p, "please, "+words+"?")
		given, correct := i >= 98, float64(i+1)/float64(i+2)
		if (a.Tier == pika.TierL2Semantic) != given || d.Given != given || d.Certified || (d.Refused == "not_certain") == given {
			t.Fatalf("after %d right ones: tier %s, %+v", i, a.Tier, d)
		}
		if i <= 98 && d.Correct != correct {
			t.Errorf("after %d right ones: correct %v; want %v", i, d.Correct, correct)
		}
	}
	want := cache.SemanticClass{Class: "pooled", Right: 98, Correct: 0.99}
	if diff := cmp.Diff(want, learnt(p, "pooled")); diff != "" {
		t.Errorf("what was learnt (-want +got):\n%s", diff)
	}
}

// learnt returns what a process learnt of a class.
func learnt(p *process, class string) cache.SemanticClass {
	for _, c := range p.Stats().Semantic {
		if c.Class == class {
			return c
		}
	}
	return cache.SemanticClass{}
}

// A wrong answer that a check finds gives way to the search's, and counts.
func TestSemanticCheck(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	p.source.wrong = true
	p.askSettled(t, linh, question(catCalled))
	q := question(askedAs)
	given := p.askSettled(t, linh, q)
	wantTier(t, "a wrong one", given, pika.TierL2Semantic)
	again := ask(t, p, linh, q)
	wantFresh(t, p, linh, q, again)
	wantTier(t, "the search's", again, pika.TierL1)
	if c := learnt(p, "certified"); c.Wrong != 1 {
		t.Errorf("what was learnt: %+v", c)
	}
	h.random = func() float64 { return 0.999 }
	unchecked := h.open(false)
	unchecked.source.wrong = true
	unchecked.askSettled(t, linh, question("who drinks green tea"))
	unchecked.askSettled(t, linh, question("please, who drinks green tea?"))
	if c := learnt(unchecked, "certified"); c.Wrong != 0 || unchecked.source.asked.Load() != 1 {
		t.Errorf("unchecked: %+v, %d searches", c, unchecked.source.asked.Load())
	}
}

// A write between the two questions is in the answer to the second.
func TestSemanticAfterWrites(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ids := h.write(h.writer, linh, pets...)
	p := h.open(false)
	p.askSettled(t, linh, question(catCalled))
	h.write(p.freshness, linh, "the cat is called Mun")
	q := question(askedAs)
	a := p.askSettled(t, linh, q)
	wantTier(t, "after a write", a, pika.TierL2Semantic)
	wantFresh(t, p, linh, q, a)
	if !strings.Contains(texts(a), "Mun") {
		t.Errorf("facts %s", texts(a))
	}
	if _, err := h.db.Delete(t.Context(), linh.Tenant, ids[0], h.clock()); err != nil {
		t.Fatal(err)
	}
	p.freshness.Changed(t.Context(), linh)
	q = question("please, what is the cat called?")
	a = p.askSettled(t, linh, q)
	wantTier(t, "after a deletion", a, pika.TierL2Semantic)
	wantFresh(t, p, linh, q, a)
	if strings.Contains(texts(a), "Mướp") {
		t.Errorf("facts %s", texts(a))
	}
}

// Nothing but the same user's same kind of question counts.
func TestSemanticIsKeptApart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := pika.Scope{Tenant: "u", User: "linh"}
	for _, scope := range []pika.Scope{linh, hoa, other} {
		h.write(h.writer, scope, pets...)
	}
	p := h.open(false)
	p.askSettled(t, linh, question(catCalled))
	wantTier(t, "another user", p.askSettled(t, hoa, question(askedAs)), pika.TierNone)
	wantTier(t, "another tenant", p.askSettled(t, other, question(askedAs)), pika.TierNone)
	at := reference
	for name, change := range map[string]func(*pika.Query){
		"limit":              func(q *pika.Query) { q.Limit = 4 },
		"mode":               func(q *pika.Query) { q.Mode = pika.ModeVector },
		"as of":              func(q *pika.Query) { q.AsOf = &at },
		"include superseded": func(q *pika.Query) { q.IncludeSuperseded = true },
		"min score":          func(q *pika.Query) { q.MinScore = 0.1 },
		"messages":           func(q *pika.Query) { q.Messages = 1 },
		"related":            func(q *pika.Query) { q.Related = 1 },
		"categories":         func(q *pika.Query) { q.Filters.Categories = []string{"other"} },
		"min confidence":     func(q *pika.Query) { q.Filters.MinConfidence = 0.1 },
	} {
		q := question(askedAs)
		change(&q)
		wantTier(t, "another "+name, p.askSettled(t, linh, q), pika.TierNone)
	}
	off := question(askedAs)
	off.Cache = pika.CacheOff
	wantTier(t, "off", p.askSettled(t, linh, off), pika.TierNone)
	wantTier(t, "the same", p.askSettled(t, linh, question(askedAs)), pika.TierL2Semantic)
}

// What was asked with the caches off is not remembered; a refresh takes nothing from other
// questions, and does not forget them.
func TestSemanticModes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	off := question(catCalled)
	off.Cache = pika.CacheOff
	p.askSettled(t, linh, off)
	wantTier(t, "after off", p.askSettled(t, linh, question(askedAs)), pika.TierNone)
	p.askSettled(t, linh, question("who drinks green tea"))
	refresh := question("please, what is the cat called?")
	refresh.Cache = pika.CacheRefresh
	wantTier(t, "refresh", p.askSettled(t, linh, refresh), pika.TierNone)
	wantTier(t, "after another's refresh", p.askSettled(t, linh, question("please, who drinks green tea?")), pika.TierL2Semantic)
}

// What a question asks that names times which move is another thing tomorrow.
func TestSemanticRelativeTimes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	for _, pair := range [][2]string{
		{"hôm qua tôi ăn gì", "cho mình hỏi hôm qua tôi ăn gì nhỉ"},
		{"hom qua toi an gi", "cho minh hoi hom qua toi an gi"},
		{"what did Linh do yesterday", "please, what did Linh do yesterday?"},
	} {
		for _, words := range pair {
			wantTier(t, words, p.askSettled(t, linh, question(words)), pika.TierNone)
		}
	}
}

// A time that does not move with the present is one more thing that two questions must share.
func TestSemanticFixedTimes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	wantTier(t, "in 2023", p.askSettled(t, linh, question("where did the cat live in 2023")), pika.TierNone)
	wantTier(t, "in other words", p.askSettled(t, linh, question("please, where did the cat live in 2023?")), pika.TierL2Semantic)
	wantTier(t, "in 2024", p.askSettled(t, linh, question("please, where did the cat live in 2024?")), pika.TierNone)
}

// A question that asks several things keeps its answer over writes, in another process too.
func TestSeveralQuestionsAreRenewed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p, q := h.open(false), question("what is the cat called and who drinks green tea")
	p.askSettled(t, linh, q)
	for _, written := range []string{"the parrot is called Rio", "Minh drinks green tea, too", "the other cat is called Bông"} {
		h.write(h.writer, linh, written)
		other := h.open(false)
		got := other.askSettled(t, linh, q)
		wantTier(t, written, got, pika.TierL2Exact)
		wantFresh(t, other, linh, q, got)
	}
}

// A list of questions that is damaged is as good as none, and so many are remembered at most.
func TestSemanticAskings(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	spy := h.spy()
	p := h.open(false)
	p.askSettled(t, linh, question(catCalled))
	spy.damage(t, "what was asked", isAskings)
	wantTier(t, "after damage", p.askSettled(t, linh, question(askedAs)), pika.TierNone)
	wantTier(t, "and then", p.askSettled(t, linh, question("please, what is the cat called?")), pika.TierL2Semantic)
	for i := range 70 {
		p.askSettled(t, linh, question(fmt.Sprint("where is box ", 10+i)))
	}
	if n := spy.askings(t); n != 64 {
		t.Errorf("%d questions are remembered; want 64", n)
	}
	wantTier(t, "one of the last 64", p.askSettled(t, linh, question("please, where is box 30?")), pika.TierL2Semantic)
	wantTier(t, "a former one", p.askSettled(t, linh, question("can you tell me what is the cat called")), pika.TierNone)
}
