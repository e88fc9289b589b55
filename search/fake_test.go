package search_test

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/search"
	"github.com/pikamem/pika/similarity"
	"github.com/pikamem/pika/text"
)

var (
	linh  = pika.Scope{Tenant: "t", User: "linh"}
	other = pika.Scope{Tenant: "t", User: "other"}
	epoch = time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
)

// memory is every port a search reads, over maps. A fault set for a leg is what its
// next calls do instead of answering.
type memory struct {
	pika.Facts // the methods a search must not call stay nil

	mu       sync.Mutex
	facts    map[pika.Scope]map[string]pika.Fact
	messages map[pika.Scope]map[string]pika.StoredMessage
	faults   map[pika.Leg]func(context.Context) error
	calls    map[pika.Leg]int
	running  atomic.Int64
	reads    []int // ids of each read from the truth
	limits   []int // limits of the vector leg
}

func newMemory() *memory {
	return &memory{
		facts:    map[pika.Scope]map[string]pika.Fact{},
		messages: map[pika.Scope]map[string]pika.StoredMessage{},
		faults:   map[pika.Leg]func(context.Context) error{},
		calls:    map[pika.Leg]int{},
	}
}

func (m *memory) config() search.Config {
	return search.Config{
		Facts: m, Messages: messagesOf{m: m}, Keyword: m, Index: pika.FixedIndex(embedderOf{m}, vectorsOf{m: m}),
		Now: func() time.Time { return epoch },
	}
}

func (m *memory) engine() *search.Engine { return search.New(m.config()) }

func (m *memory) add(scope pika.Scope, facts ...pika.Fact) {
	if m.facts[scope] == nil {
		m.facts[scope] = map[string]pika.Fact{}
	}
	for _, f := range facts {
		if f.Confidence == 0 {
			f.Confidence = 1
		}
		m.facts[scope][f.ID] = f
	}
}

func (m *memory) say(scope pika.Scope, messages ...pika.StoredMessage) {
	if m.messages[scope] == nil {
		m.messages[scope] = map[string]pika.StoredMessage{}
	}
	for _, s := range messages {
		m.messages[scope][s.Key] = s
	}
}

func (m *memory) fail(leg pika.Leg, fault func(context.Context) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults[leg] = fault
}

func (m *memory) count(leg pika.Leg) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[leg]
}

func (m *memory) enter(ctx context.Context, leg pika.Leg) error {
	m.mu.Lock()
	m.calls[leg]++
	fault := m.faults[leg]
	m.mu.Unlock()
	m.running.Add(1)
	defer m.running.Add(-1)
	if fault != nil {
		return fault(ctx)
	}
	return ctx.Err()
}

// texts returns what is indexed; deleted facts stay in the index, as in a stale one.
func (m *memory) texts(scope pika.Scope, corpus pika.Corpus) map[string]string {
	texts := map[string]string{}
	if corpus == pika.CorpusFacts {
		for id, f := range m.facts[scope] {
			texts[id] = f.Text
		}
		return texts
	}
	for key, s := range m.messages[scope] {
		texts[key] = s.Content
	}
	return texts
}

// Matching knows of categories alone: the caller decides.
func (m *memory) Matching(ctx context.Context, scope pika.Scope, f pika.Filters, limit int) ([]string, bool, error) {
	if err := m.enter(ctx, matching); err != nil {
		return nil, false, err
	}
	if len(f.Metadata) > 0 {
		return nil, false, nil // too many to say
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []string
	for id, fact := range m.facts[scope] {
		if len(f.Categories) == 0 || slices.Contains(f.Categories, fact.Category) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids[:min(limit, len(ids))], len(ids) <= limit, nil
}

func (m *memory) Get(ctx context.Context, scope pika.Scope, ids []string) ([]pika.Fact, error) {
	if err := m.enter(ctx, pika.LegFacts); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads = append(m.reads, len(ids))
	var facts []pika.Fact
	for _, id := range ids {
		if f, ok := m.facts[scope][id]; ok && f.Extractor != "deleted" {
			facts = append(facts, f)
		}
	}
	return facts, nil
}

// SearchKeyword ranks with the formula the stores use, over documents in the order of ids.
func (m *memory) SearchKeyword(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query pika.KeywordQuery, limit int) ([]pika.Scored, error) {
	if err := m.enter(ctx, pika.LegKeyword); err != nil {
		return nil, err
	}
	texts := m.texts(scope, corpus)
	counts := map[string]float64{}
	for _, t := range texts {
		for _, term := range keyword.Count(t).Terms {
			counts[term.Term]++
		}
	}
	var hits []pika.Scored
	for id, t := range texts {
		if score := scoreOf(query, t, counts, float64(len(texts))); score > 0 {
			hits = append(hits, pika.Scored{ID: id, Score: score})
		}
	}
	return keyword.Cut(hits, limit), nil
}

// Vocabulary counts the terms anew each time.
func (m *memory) Vocabulary(ctx context.Context, scope pika.Scope, corpus pika.Corpus, limit int) ([]pika.TermDocuments, error) {
	if err := m.enter(ctx, vocabulary); err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, t := range m.texts(scope, corpus) {
		for _, term := range keyword.Count(t).Terms {
			counts[term.Term]++
		}
	}
	var terms []pika.TermDocuments
	for term, n := range counts {
		terms = append(terms, pika.TermDocuments{Term: term, Documents: n})
	}
	slices.SortFunc(terms, func(a, b pika.TermDocuments) int {
		return cmp.Or(cmp.Compare(b.Documents, a.Documents), cmp.Compare(a.Term, b.Term))
	})
	terms = terms[:min(limit, len(terms))]
	slices.SortFunc(terms, func(a, b pika.TermDocuments) int { return cmp.Compare(a.Term, b.Term) })
	return terms, nil
}

// KeywordState changes with the texts.
func (m *memory) KeywordState(_ context.Context, scope pika.Scope) (pika.KeywordState, error) {
	documents, lengths := map[pika.Corpus]int64{}, map[pika.Corpus]int64{}
	h := fnv.New64a()
	for _, corpus := range []pika.Corpus{pika.CorpusFacts, pika.CorpusMessages} {
		texts := m.texts(scope, corpus)
		documents[corpus] = int64(len(texts))
		for _, id := range slices.Sorted(maps.Keys(texts)) {
			fmt.Fprintf(h, "%s%q%q", corpus, id, texts[id])
			lengths[corpus] += int64(keyword.Count(texts[id]).Length)
		}
	}
	return pika.KeywordState{Token: fmt.Sprint(h.Sum64()), Documents: documents, Lengths: lengths}, nil
}

// scoreOf leaves the length of documents out: these are all short.
func scoreOf(query pika.KeywordQuery, document string, counts map[string]float64, total float64) float64 {
	held := map[string]float64{}
	for _, t := range keyword.Count(document).Terms {
		tf := float64(t.Count)
		held[t.Term] = math.Log(1+(total-counts[t.Term]+0.5)/(counts[t.Term]+0.5)) * tf * 2.2 / (tf + 1.2)
	}
	var score float64
	for _, group := range query {
		var best float64
		for _, a := range group {
			best = max(best, a.Weight*held[a.Term])
		}
		score += best
	}
	return score
}

type messagesOf struct {
	pika.Messages
	m *memory
}

func (o messagesOf) GetMessages(ctx context.Context, scope pika.Scope, keys []string) ([]pika.StoredMessage, error) {
	if err := o.m.enter(ctx, "messages"); err != nil {
		return nil, err
	}
	var messages []pika.StoredMessage
	for _, k := range keys {
		if s, ok := o.m.messages[scope][k]; ok {
			messages = append(messages, s)
		}
	}
	return messages, nil
}

type vectorsOf struct {
	pika.Vectors
	m *memory
}

func (o vectorsOf) SearchVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query []float32, limit int) ([]pika.Scored, error) {
	if err := o.m.enter(ctx, pika.LegVectors); err != nil {
		return nil, err
	}
	o.m.mu.Lock()
	o.m.limits = append(o.m.limits, limit)
	o.m.mu.Unlock()
	var hits []pika.Scored
	for id, t := range o.m.texts(scope, corpus) {
		hits = append(hits, pika.Scored{ID: id, Score: float64(similarity.Cosine(trigrams(t), query))})
	}
	return keyword.Cut(hits, limit), nil
}

type embedderOf struct{ m *memory }

func (o embedderOf) Model() pika.EmbeddingModel {
	return pika.EmbeddingModel{ID: "trigrams", Dimensions: 256}
}

func (o embedderOf) Embed(ctx context.Context, _ pika.EmbedRole, texts []string) ([][]float32, error) {
	if err := o.m.enter(ctx, pika.LegEmbedder); err != nil {
		return nil, err
	}
	vectors := make([][]float32, len(texts))
	for i, t := range texts {
		vectors[i] = trigrams(t)
	}
	return vectors, nil
}

// trigrams is a vector of hashed letter trigrams of the folded text, of length 1.
func trigrams(s string) []float32 {
	v := make([]float32, 256)
	letters := []rune("  " + text.Fold(s) + "  ")
	for i := 0; i+3 <= len(letters); i++ {
		h := fnv.New32a()
		h.Write([]byte(string(letters[i : i+3])))
		v[h.Sum32()%256]++
	}
	var squares float64
	for _, x := range v {
		squares += float64(x) * float64(x)
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(squares))
	}
	return v
}

// question is a valid query to be changed by a test.
func question(words string) pika.Query {
	return pika.Query{Text: words, Limit: 10, Mode: pika.ModeHybrid, Deadline: 5 * time.Second}
}

func mustSearch(t *testing.T, e *search.Engine, scope pika.Scope, q pika.Query) pika.Answer {
	t.Helper()
	answer, err := e.Search(t.Context(), scope, q)
	if err != nil {
		t.Fatalf("Search(%+v) = %v", q, err)
	}
	return answer
}

func factIDs(a pika.Answer) []string {
	ids := []string{}
	for _, h := range a.Facts {
		ids = append(ids, h.Fact.ID)
	}
	return ids
}

// Names of calls of a memory that are no legs: the reading of a vocabulary and …
const (
	vocabulary pika.Leg = "vocabulary"
	matching   pika.Leg = "matching" // what a filter leaves
)

func hang(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

// hangUntil ignores its context until the channel is closed, like a store that is stuck.
func hangUntil(release <-chan struct{}) func(context.Context) error {
	return func(context.Context) error { <-release; return nil }
}
