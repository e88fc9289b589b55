package pikatest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

// corpus commits one fact per text and returns their ids in order.
func corpus(t *testing.T, truth Truth, scope pika.Scope, job string, texts ...string) []string {
	t.Helper()
	facts := make([]pika.Fact, len(texts))
	for i, s := range texts {
		facts[i] = claim(scope, job, i, s)
	}
	commit(t, truth, scope, job, facts...)
	return factIDs(facts)
}

func testKeywordFolding(t *testing.T, truth Truth) {
	ids := corpus(t, truth, alice, "j", "Tôi thích phở", "toi thich pho", "Tôi sống ở Đà Nẵng", "đường Nguyễn Huệ", "straße in München")
	for query, want := range map[string][]string{
		"phở":                  {ids[0], ids[1]}, // exact first
		"PHỞ":                  {ids[0], ids[1]},
		"pho\u031b\u0309":      {ids[0], ids[1]}, // NFD
		"da nang":              {ids[2]},
		"Đà Nẵng":              {ids[2]},
		"duong":                {ids[3]},
		"nguyen hue":           {ids[3]},
		"munchen":              {ids[4]},
		"MÜNCHEN":              {ids[4]},
		"bún":                  nil,
		"":                     nil,
		"  ?! ":                nil,
		`" OR 1=1 --`:          nil,
		"pho*":                 {ids[0], ids[1]},
		"NEAR(duong)":          {ids[3]},
		"-duong":               {ids[3]},
		"100% \"duong' _ \\ (": {ids[3]},
	} {
		got := search(t, truth, alice, pika.CorpusFacts, query)
		if query == "pho*" {
			slices.Sort(got)
			want = slices.Sorted(slices.Values(want))
		}
		wantSame(t, fmt.Sprintf("SearchKeyword(%q)", query), got, want)
	}
	hits := scored(t, truth, alice, pika.CorpusFacts, "phở", 10)
	if len(hits) != 2 || hits[0].Score <= hits[1].Score {
		t.Errorf("an exact match scores %v; want it above a folded one", hits)
	}
}

func testKeywordScripts(t *testing.T, truth Truth) {
	ids := corpus(t, truth, alice, "j", "東京に住んでいます", "ฉันอยู่กรุงเทพ", "Пушкин любит кошек", "שלום עולם", "I 😀 sushi", "猫")
	for query, want := range map[string][]string{
		"東京": {ids[0]}, "住んで": {ids[0]}, "กรุงเทพ": {ids[1]}, "пушкин": {ids[2]}, "שלום": {ids[3]},
		"sushi": {ids[4]}, "猫": {ids[5]}, "犬": nil, "😀": nil,
	} {
		wantSame(t, fmt.Sprintf("SearchKeyword(%q)", query), search(t, truth, alice, pika.CorpusFacts, query), want)
	}
}

func testKeywordRanking(t *testing.T, truth Truth) {
	ids := corpus(t, truth, alice, "j",
		"cat",
		"cat and a dog and a bird and a fish and a horse in the big garden",
		"dog",
		"the cat cat cat",
		"zebra with a cat",
	)
	wantSame(t, "the rarer word decides", search(t, truth, alice, pika.CorpusFacts, "cat zebra")[0], ids[4])
	got := search(t, truth, alice, pika.CorpusFacts, "cat")
	if len(got) != 4 || slices.Index(got, ids[1]) != 3 {
		t.Errorf("a long document stands at %d of %v; want last", slices.Index(got, ids[1]), got)
	}
	once, twice := scored(t, truth, alice, pika.CorpusFacts, "cat", 9), scored(t, truth, alice, pika.CorpusFacts, "cat cat CAT", 9)
	wantSame(t, "a word said again in the query", twice, once)
	wantFormula(t, truth, ids[2])
}

// wantFormula computes BM25 by hand for "dog" in testKeywordRanking's corpus:
// 5 documents of 1, 17, 1, 4 and 4 terms, two of them with the word.
func wantFormula(t *testing.T, truth Truth, id string) {
	t.Helper()
	const k1, b, average = 1.2, 0.75, 27.0 / 5
	idf := math.Log(1 + (5-2+0.5)/(2+0.5))
	want := idf * 1 * (k1 + 1) / (1 + k1*(1-b+b*1/average))
	hits := scored(t, truth, alice, pika.CorpusFacts, "dog", 1)
	if len(hits) != 1 || hits[0].ID != id || math.Abs(hits[0].Score-want) > 1e-9 {
		t.Errorf("SearchKeyword(dog) = %v; want %s with %v", hits, id, want)
	}
}

func testKeywordTies(t *testing.T, truth Truth) {
	texts := make([]string, 40)
	for i := range texts {
		texts[i] = fmt.Sprintf("tea n%02d", i)
	}
	ids := corpus(t, truth, alice, "j", texts...)
	slices.Sort(ids)
	for _, limit := range []int{1, 7, 39, 40, 41} {
		hits := scored(t, truth, alice, pika.CorpusFacts, "tea", limit)
		got := make([]string, len(hits))
		for i, h := range hits {
			got[i] = h.ID
		}
		wantSame(t, fmt.Sprintf("%d of 40 equal hits", limit), got, ids[:min(limit, 40)])
	}
}

func testKeywordLimits(t *testing.T, truth Truth) {
	corpus(t, truth, alice, "j", "tea")
	for _, limit := range []int{-1, 0, pika.MaxKeywordLimit + 1} {
		_, err := truth.SearchKeyword(t.Context(), alice, pika.CorpusFacts, keyword.Query("tea"), limit)
		wantCode(t, fmt.Sprintf("SearchKeyword with limit %d", limit), err, pika.Invalid)
	}
	for _, limit := range []int{1, pika.MaxKeywordLimit} {
		if hits := scored(t, truth, alice, pika.CorpusFacts, "tea", limit); len(hits) != 1 {
			t.Errorf("SearchKeyword with limit %d = %v", limit, hits)
		}
	}
	_, err := truth.SearchKeyword(t.Context(), alice, "letters", keyword.Query("tea"), 1)
	wantCode(t, "SearchKeyword in an unknown corpus", err, pika.Invalid)
	long := strings.Repeat("tea ", pika.MaxQueryBytes/4)
	if hits := scored(t, truth, alice, pika.CorpusFacts, long, 1); len(hits) != 1 {
		t.Errorf("the longest query finds %v", hits)
	}
}

// testStatisticsIsolation checks that nothing of another user moves a score.
func testStatisticsIsolation(t *testing.T, truth Truth) {
	corpus(t, truth, alice, "j", "tea with milk", "coffee", "tea")
	before := scored(t, truth, alice, pika.CorpusFacts, "tea milk", 9)
	for _, scope := range []pika.Scope{bob, mallory} {
		corpus(t, truth, scope, "k", "tea", "tea tea tea", "milk and tea and much else besides", "more")
	}
	put(t, truth, alice, said(alice, "m1", "tea tea milk"))
	wantSame(t, "scores after others wrote", scored(t, truth, alice, pika.CorpusFacts, "tea milk", 9), before)
}

// testKeywordAfterDeletes checks that a deletion leaves the scores a corpus would
// have had without the fact.
func testKeywordAfterDeletes(t *testing.T, truth Truth) {
	kept := []string{"tea with milk", "green tea", "coffee with milk", "Trà sữa trân châu"}
	corpus(t, truth, bob, "j", kept...)
	ids := corpus(t, truth, alice, "j", append(slices.Clone(kept), "tea tea and more tea", "a long story about milk and tea", "trà")...)
	for _, id := range ids[len(kept):] {
		if _, err := truth.Delete(t.Context(), alice.Tenant, id, day(21)); err != nil {
			t.Fatal(err)
		}
	}
	for _, query := range []string{"tea", "milk tea", "trà", "story"} {
		a, b := scored(t, truth, alice, pika.CorpusFacts, query, 9), scored(t, truth, bob, pika.CorpusFacts, query, 9)
		wantSame(t, "scores after deletes for "+query, sortedScores(a), sortedScores(b))
	}
}

func sortedScores(hits []pika.Scored) []float64 {
	all := make([]float64, len(hits))
	for i, h := range hits {
		all[i] = h.Score
	}
	slices.Sort(all)
	return all
}

// testKeywordMany fills more than one posting block, deletes across them and writes on.
func testKeywordMany(t *testing.T, truth Truth) {
	var ids, kept []string
	for round := range 3 {
		texts := make([]string, 150)
		for i := range texts {
			texts[i] = fmt.Sprintf("common r%dn%d", round, i)
			if i%3 != 0 {
				kept = append(kept, texts[i])
			}
		}
		ids = append(ids, corpus(t, truth, alice, fmt.Sprint("j", round), texts...)...)
	}
	for i := 0; i < len(ids); i += 3 {
		if _, err := truth.Delete(t.Context(), alice.Tenant, ids[i], day(21)); err != nil {
			t.Fatal(err)
		}
	}
	late := corpus(t, truth, alice, "late", "common latecomer")
	corpus(t, truth, bob, "j", append(kept, "common latecomer")...)
	hits := scored(t, truth, alice, pika.CorpusFacts, "common", pika.MaxKeywordLimit)
	if len(hits) != 301 {
		t.Errorf("%d facts are found; want 301", len(hits))
	}
	wantSame(t, "scores beside a user who had only the facts kept",
		sortedScores(hits), sortedScores(scored(t, truth, bob, pika.CorpusFacts, "common", pika.MaxKeywordLimit)))
	wantSame(t, "one in the middle", search(t, truth, alice, pika.CorpusFacts, "r1n50"), []string{ids[200]})
	wantSame(t, "a deleted one", search(t, truth, alice, pika.CorpusFacts, "r1n0"), []string{})
	wantSame(t, "the last", search(t, truth, alice, pika.CorpusFacts, "latecomer"), late)
}
