package pikatest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// QueryCache is the conformance suite of pika.QueryCache, as a part of the truth.
func QueryCache(t *testing.T, config TruthConfig) {
	s := truthSuite{config}
	s.run(t, map[string]func(*testing.T, Truth){
		"keep and give":           testKeepAnswer,
		"answers of others":       testAnswerIsolation,
		"limits":                  testAnswerLimits,
		"answers end":             testExpireAnswers,
		"answers are bounded":     testAnswersBounded,
		"drop":                    testDropAnswers,
		"deletes delete":          testDeletesDropAnswers,
		"answers of before":       testAnswerOfBefore,
		"answers of before, fast": testAnswerRaces,
		"what a user asks":        testUserSearches,
		"equal questions":         testEqualQuestions,
		"half life":               testHalfLife,
		"noted limits":            testNotedLimits,
		"questions are bounded":   testQuestionsBounded,
		"popular":                 testPopular,
		"popular at once":         testPopularTogether,
		"popular is bounded":      testPopularBounded,
		"active users":            testActiveUsers,
		"noted at once":           testNotedTogether,
	})
	t.Run("durability", func(t *testing.T) {
		t.Parallel()
		s.testAnswersLast(t)
	})
}

// keptAnswer returns an answer of a memory that nobody has written to.
func keptAnswer(key, value string, until time.Time) pika.KeptAnswer {
	return pika.KeptAnswer{Key: key, Query: plain(key), Value: []byte(value), Until: until}
}

func plain(words string) pika.Query {
	return pika.Query{Text: words, Limit: 10, Mode: pika.ModeHybrid, Rerank: pika.RerankNone}
}

func keep(t *testing.T, truth Truth, scope pika.Scope, answers ...pika.KeptAnswer) {
	t.Helper()
	for _, a := range answers {
		if err := truth.KeepAnswer(t.Context(), scope, a); err != nil {
			t.Fatalf("KeepAnswer(%s) = %v", a.Key, err)
		}
	}
}

// wantAnswers asks for answers by their keys.
func wantAnswers(t *testing.T, truth Truth, scope pika.Scope, now time.Time, want map[string]string, keys ...string) {
	t.Helper()
	values, err := truth.KeptAnswers(t.Context(), scope, now, keys...)
	if err != nil {
		t.Fatalf("KeptAnswers = %v", err)
	}
	got := map[string]string{}
	for k, v := range values {
		got[k] = string(v)
	}
	wantSame(t, fmt.Sprintf("answers of %v", scope), got, want)
}

func testKeepAnswer(t *testing.T, truth Truth) {
	wantAnswers(t, truth, alice, day(1), nil, "a")
	odd := "\x00\xff{\"a\":\"\\u0000\"} mèo"
	keep(t, truth, alice, keptAnswer("a", odd, day(9)), keptAnswer("pika:answer:1:{x}:b\x00ü", "b", day(9)))
	wantAnswers(t, truth, alice, day(1), map[string]string{"a": odd, "pika:answer:1:{x}:b\x00ü": "b"}, "a", "a", "none", "pika:answer:1:{x}:b\x00ü")
	keep(t, truth, alice, keptAnswer("a", "other", day(10)))
	wantAnswers(t, truth, alice, day(9), map[string]string{"a": "other"}, "a")
}

func testAnswerIsolation(t *testing.T, truth Truth) {
	keep(t, truth, alice, keptAnswer("a", "alice's", day(9)))
	wantAnswers(t, truth, bob, day(1), nil, "a")
	wantAnswers(t, truth, mallory, day(1), nil, "a")
	keep(t, truth, mallory, keptAnswer("a", "mallory's", day(9)))
	if n, err := truth.DropAnswers(t.Context(), mallory); n != 1 || err != nil {
		t.Errorf("DropAnswers = %d, %v", n, err)
	}
	wantAnswers(t, truth, alice, day(1), map[string]string{"a": "alice's"}, "a")
	note(t, truth, noted(alice, "x", day(1), 1, 0, 0))
	for _, other := range []pika.Scope{bob, mallory} {
		wantUserSearches(t, truth, other, day(1))
	}
}

func testAnswerLimits(t *testing.T, truth Truth) {
	long := keptAnswer("a", strings.Repeat("x", pika.MaxKeptAnswerBytes), day(9))
	keep(t, truth, alice, long)
	long.Value = append(long.Value, 'x')
	wantCode(t, "an answer that is too long", truth.KeepAnswer(t.Context(), alice, long), pika.Invalid)
	wantCode(t, "an answer without a value", truth.KeepAnswer(t.Context(), alice, keptAnswer("a", "", day(9))), pika.Invalid)
	wantCode(t, "an answer without a key", truth.KeepAnswer(t.Context(), alice, keptAnswer("", "x", day(9))), pika.Invalid)
	wantCode(t, "a key that is too long", truth.KeepAnswer(t.Context(), alice, keptAnswer(strings.Repeat("k", 257), "x", day(9))), pika.Invalid)
	wantCode(t, "an answer of no tenant", truth.KeepAnswer(t.Context(), pika.Scope{User: "alice"}, keptAnswer("a", "x", day(9))), pika.Invalid)
	_, err := truth.KeptAnswers(t.Context(), alice, day(1))
	wantCode(t, "no keys", err, pika.Invalid)
	_, err = truth.KeptAnswers(t.Context(), alice, day(1), make([]string, pika.MaxKeptKeys+1)...)
	wantCode(t, "too many keys", err, pika.Invalid)
	for _, limit := range []int{0, -1, pika.MaxPageLimit + 1} {
		_, err = truth.ExpireAnswers(t.Context(), day(1), limit)
		wantCode(t, "ExpireAnswers", err, pika.Invalid)
		_, err = truth.PopularSearches(t.Context(), "acme", limit)
		wantCode(t, "PopularSearches", err, pika.Invalid)
		_, err = truth.UserSearches(t.Context(), alice, day(1), limit)
		wantCode(t, "UserSearches", err, pika.Invalid)
		_, err = truth.ActiveUsers(t.Context(), "", day(1), limit)
		wantCode(t, "ActiveUsers", err, pika.Invalid)
	}
}

func testExpireAnswers(t *testing.T, truth Truth) {
	keep(t, truth, alice, keptAnswer("a", "a", day(1)), keptAnswer("b", "b", day(2)), keptAnswer("c", "c", day(3)))
	keep(t, truth, mallory, keptAnswer("a", "a", day(2)))
	note(t, truth, noted(alice, "a", day(1), 1, 0, 0))
	wantAnswers(t, truth, alice, day(2), map[string]string{"c": "c"}, "a", "b", "c")
	for _, want := range []int{2, 1, 0} {
		if n, err := truth.ExpireAnswers(t.Context(), day(2), 2); n != want || err != nil {
			t.Errorf("ExpireAnswers = %d, %v; want %d", n, err, want)
		}
	}
	wantAnswers(t, truth, alice, day(1).Add(-time.Hour), map[string]string{"c": "c"}, "a", "b", "c")
	wantUserSearches(t, truth, alice, day(1), "a")
}

// testAnswersBounded: those that were kept or asked for last stay.
func testAnswersBounded(t *testing.T, truth Truth) {
	keep(t, truth, alice, keptAnswer("first", "x", day(9)), keptAnswer("second", "x", day(9)))
	note(t, truth, noted(alice, "first", time.Now().Add(time.Hour), 1, 0, 0))
	for i := range pika.MaxKeptAnswers {
		keep(t, truth, alice, keptAnswer(fmt.Sprint(i), "x", day(9)))
	}
	keep(t, truth, bob, keptAnswer("second", "x", day(9)))
	wantAnswers(t, truth, alice, day(1), map[string]string{"first": "x", "255": "x"}, "first", "second", "0", "255")
	wantAnswers(t, truth, bob, day(1), map[string]string{"second": "x"}, "second")
	if n, err := truth.DropAnswers(t.Context(), alice); n != pika.MaxKeptAnswers || err != nil {
		t.Errorf("DropAnswers = %d, %v; want %d", n, err, pika.MaxKeptAnswers)
	}
}

func testDropAnswers(t *testing.T, truth Truth) {
	if n, err := truth.DropAnswers(t.Context(), alice); n != 0 || err != nil {
		t.Errorf("DropAnswers of nobody = %d, %v", n, err)
	}
	keep(t, truth, alice, keptAnswer("a", "a", day(9)), keptAnswer("b", "b", day(9)))
	keep(t, truth, bob, keptAnswer("a", "a", day(9)))
	note(t, truth, noted(alice, "a", day(1), 2, 0, 0))
	for _, want := range []int{2, 0} {
		if n, err := truth.DropAnswers(t.Context(), alice); n != want || err != nil {
			t.Errorf("DropAnswers = %d, %v; want %d", n, err, want)
		}
	}
	wantAnswers(t, truth, alice, day(1), nil, "a", "b")
	wantAnswers(t, truth, bob, day(1), map[string]string{"a": "a"}, "a")
	wantUserSearches(t, truth, alice, day(1), "a")
}

// testDeletesDropAnswers: what an answer may repeat is not kept longer than where it was
// said.
func testDeletesDropAnswers(t *testing.T, truth Truth) {
	f := claim(alice, "j", 0, "likes tea")
	commit(t, truth, alice, "j", f, claim(alice, "j", 1, "likes coffee"))
	m := said(alice, "m1", "I like tea")
	put(t, truth, alice, m)
	again := func() {
		t.Helper()
		version, err := truth.Version(t.Context(), alice)
		if err != nil {
			t.Fatal(err)
		}
		a := keptAnswer("a", "likes tea", day(30))
		a.Version = version
		keep(t, truth, alice, a)
		wantAnswers(t, truth, alice, day(1), map[string]string{"a": "likes tea"}, "a")
	}
	again()
	keep(t, truth, bob, keptAnswer("a", "bob's", day(30)))
	put(t, truth, alice, m, said(alice, "m2", "I like coffee"))
	commit(t, truth, alice, "j2", claim(alice, "j2", 0, "likes milk"))
	wantAnswers(t, truth, alice, day(1), map[string]string{"a": "likes tea"}, "a")
	m.Content, m.ContentHash = "I like nothing", "other"
	put(t, truth, alice, m)
	wantAnswers(t, truth, alice, day(1), nil, "a")
	again()
	if _, err := truth.Delete(t.Context(), alice.Tenant, f.ID, day(21)); err != nil {
		t.Fatal(err)
	}
	wantAnswers(t, truth, alice, day(1), nil, "a")
	wantAnswers(t, truth, bob, day(1), map[string]string{"a": "bob's"}, "a")
}

// testAnswerOfBefore: an answer that was under way while the memory changed is not kept,
// and does not take the place of one that is.
func testAnswerOfBefore(t *testing.T, truth Truth) {
	commit(t, truth, alice, "j", claim(alice, "j", 0, "likes tea"))
	now := keptAnswer("a", "now", day(30))
	now.Version = 1
	keep(t, truth, alice, now, keptAnswer("a", "before", day(30)), keptAnswer("b", "before", day(30)))
	wantAnswers(t, truth, alice, day(1), map[string]string{"a": "now"}, "a", "b")
}

// testAnswerRaces: whoever keeps an answer while a fact is deleted leaves none of before.
func testAnswerRaces(t *testing.T, truth Truth) {
	for round := range 10 {
		job := fmt.Sprint("j", round)
		f := claim(alice, job, 0, job)
		commit(t, truth, alice, job, f)
		version, err := truth.Version(t.Context(), alice)
		if err != nil {
			t.Fatal(err)
		}
		together(4, func(i int) {
			if i == 0 {
				if _, err := truth.Delete(t.Context(), alice.Tenant, f.ID, day(21)); err != nil {
					t.Error(err)
				}
				return
			}
			a := keptAnswer(fmt.Sprint("a", i), job, day(30))
			a.Version = version
			if err := truth.KeepAnswer(t.Context(), alice, a); err != nil {
				t.Error(err)
			}
		})
		wantAnswers(t, truth, alice, day(1), nil, "a1", "a2", "a3")
	}
}

func (s truthSuite) testAnswersLast(t *testing.T) {
	dir := t.TempDir()
	truth := s.config.Open(t, dir)
	keep(t, truth, alice, keptAnswer("a", "a", day(9)))
	note(t, truth, noted(alice, "a", day(1), 1, 0, 0), noted(bob, "a", day(1), 1, 0, 0))
	refresh(t, truth, day(1))
	if err := truth.Close(); err != nil {
		t.Fatal(err)
	}
	truth = s.config.Open(t, dir)
	wantAnswers(t, truth, alice, day(1), map[string]string{"a": "a"}, "a")
	wantUserSearches(t, truth, alice, day(1), "a")
	if got := popular(t, truth, "acme", 10); !slices.Equal(textsOf(got), []string{"a"}) {
		t.Errorf("popular searches %v", textsOf(got))
	}
	if err := truth.Close(); err != nil {
		t.Error(err)
	}
}
