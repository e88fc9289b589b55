package cache_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/pikatest"
)

// sameMeaning is an embedder to which every text means the same, but for those that begin
// with far: only the other guards tell chunks apart.
type sameMeaning struct {
	pika.Embedder
	far   string
	fault error
}

func (e sameMeaning) Embed(ctx context.Context, role pika.EmbedRole, texts []string) ([][]float32, error) {
	if e.fault != nil {
		return nil, e.fault
	}
	vectors := make([][]float32, len(texts))
	for i, t := range texts {
		vectors[i] = []float32{1, 0}
		if e.far != "" && strings.HasPrefix(t, e.far) {
			vectors[i] = []float32{0.87, 0.493}
		}
	}
	return vectors, ctx.Err()
}

// echo finds in every message what it says, word for word, and pays for it.
func echo(c pika.Chunk) pika.Extraction {
	x := repeatMessages(c)
	x.Tokens, x.Cache = pika.Tokens{Prompt: 100, Completion: 20}, pika.LLMCacheMiss
	return x
}

// silent finds one fact that names nothing of the chunk.
func silent(c pika.Chunk) pika.Extraction {
	x := echo(c)
	for i := range x.Candidates {
		x.Candidates[i].Text = "A fact."
	}
	return x
}

func newAlike(t *testing.T, find func(pika.Chunk) pika.Extraction) *cache.Extractor {
	t.Helper()
	return cache.NewExtractor(pikatest.NewExtractor(find), "v1", newMemory(t), cache.ExtractorOptions{Embedder: sameMeaning{}})
}

// bare is a chunk without context, in which every message is of the same speaker.
func bare(contents ...string) pika.Chunk {
	c := chunk(contents...)
	c.Context = nil
	return c
}

// alikePairs say the same.
var alikePairs = [][2]string{
	{"Hi, I live in Hanoi.", "I live in Hanoi"},
	{"Hello there! I live in Hanoi.", "Hi! I live in Hanoi."},
	{"Good morning, my sister has two cats", "hello, my sister has two cats"},
	{"I live in Hanoi, thanks!", "I live in Hanoi."},
	{"I live in Hanoi. Thank you so much!", "I live in Hanoi. Bye!"},
	{"I am allergic to peanuts 😊", "I am allergic to peanuts"},
	{"I am allergic to peanuts :)", "I am allergic to peanuts 🙂."},
	{"👋 Hi, my dog is called Rex", "my dog is called Rex"},
	{"Um, I moved to Huế in 2024", "I moved to Huế in 2024"},
	{"By the way, I moved to Huế in 2024", "btw, I moved to Huế in 2024!"},
	{"please remember that I don't eat meat", "remember that I don't eat meat"},
	{"Please call me Linh", "please call me Linh, thanks"},
	{"Hello I am a nurse", "I am a nurse"},
	{"hi I'm Linh and I'm 30", "I'm Linh and I'm 30"},
	{"My name is Linh", "my name is Linh"},
	{"I   live\tin Hanoi", "Hey, I live in Hanoi"},
	{"I live in Hanoi! I work at FPT!", "I live in Hanoi. I work at FPT."},
	{"I live in Hanoi; I work at FPT", "I live in Hanoi, I work at FPT"},
	{"Oh, my son was born on 3/4/2020", "my son was born on 3/4/2020. Have a nice day!"},
	{"I don’t like coffee", "hello, I don't like coffee"},
	{"Xin chào, tôi sống ở Huế.", "Tôi sống ở Huế"},
	{"Chào bạn, tôi sống ở Huế", "Xin chào bạn! Tôi sống ở Huế!"},
	{"Tôi sống ở Huế ạ", "Tôi sống ở Huế."},
	{"Tôi sống ở Huế. Cảm ơn bạn nhiều!", "Tôi sống ở Huế, cảm ơn"},
	{"Em chào anh, em tên là Linh ạ", "em tên là Linh"},
	{"Chào buổi sáng! Mẹ tôi bị dị ứng tôm 🙏", "mẹ tôi bị dị ứng tôm"},
	{"À, con mèo của mình tên là Mướp", "con mèo của mình tên là Mướp 😊"},
	{"Nhân tiện, tôi không ăn thịt", "tôi không ăn thịt. Tạm biệt!"},
	{"làm ơn nhớ rằng tôi không ăn thịt", "nhớ rằng tôi không ăn thịt"},
	{"hello tôi tên là Nam", "Tôi tên là Nam."},
	{"xin chào mình là sinh viên", "mình là sinh viên"},
	{"Alo, tôi sinh ngày 12/3/1995 ạ. Cảm ơn!", "tôi sinh ngày 12/3/1995"},
	{"Tôi có 2 con mèo", "Tôi có 2 con mèo"},
	{"Tôi ăn chay từ năm 2020 😊", "Tôi ăn chay từ năm 2020 🙂"},
	{"Không, tôi ăn thịt. Em cảm ơn ạ.", "Không, tôi ăn thịt. Em cảm ơn ạ!"},
	{"chúng tôi cưới năm 2019, chúc bạn một ngày tốt lành", "Chúng tôi cưới năm 2019"},
}

func TestAlikeChunksPayOnce(t *testing.T) {
	t.Parallel()
	for _, pair := range alikePairs {
		for _, p := range [][2]string{pair, {pair[1], pair[0]}} {
			e := newAlike(t, silent)
			extract(t, e, bare(p[0]))
			x := extract(t, e, bare(p[1]))
			if x.Cache == pika.LLMCacheMiss || x.Tokens != (pika.Tokens{}) || x.Saved.Prompt != 100 {
				t.Errorf("%q has the answer of %q from %q, %+v", p[1], p[0], x.Cache, x.Saved)
			}
		}
	}
	if len(alikePairs) < 30 {
		t.Errorf("%d pairs", len(alikePairs))
	}
}

// unlikePairs look alike and say something else, or may.
var unlikePairs = [][2]string{
	// denied
	{"I like coffee", "I don't like coffee"},
	{"I do eat meat", "I do not eat meat"},
	{"I always drink", "I never drink"},
	{"I have a car", "I have no car"},
	{"Tôi thích trà", "Tôi không thích trà"},
	{"Tôi đã kết hôn", "Tôi chưa kết hôn"},
	{"Đừng gọi tôi là Nam", "Gọi tôi là Nam"},
	{"Không, tôi ăn thịt", "Không tôi ăn thịt"},
	{"I no longer smoke", "I smoke"},
	// when, and whether at all
	{"I live in Hanoi", "I lived in Hanoi"},
	{"I work at FPT", "I will work at FPT"},
	{"I was a nurse", "I am a nurse"},
	{"I can swim", "I could swim"},
	{"I might move to Huế", "I will move to Huế"},
	{"Tôi đã sống ở Huế", "Tôi đang sống ở Huế"},
	{"Tôi sẽ đi Huế", "Tôi đã đi Huế"},
	{"Mai tôi đi Huế nhé", "Mai tôi đi Huế"},
	{"Tôi muốn mua xe", "Tôi mua xe"},
	{"I used to smoke", "I smoke"},
	// numbers
	{"I have 2 cats", "I have 3 cats"},
	{"I am 30", "I am 31"},
	{"My rent is 3.5 million", "My rent is 35 million"},
	{"I was born on 3/4/1990", "I was born on 4/3/1990"},
	{"I have 2 cats and 3 dogs", "I have 3 cats and 2 dogs"},
	{"I weigh 60 kg", "I weigh 60 lb"},
	{"My balance is -5", "My balance is 5"},
	{"I own 5% of it", "I own 5 of it"},
	{"Tôi có hai con", "Tôi có ba con"},
	{"Tôi dậy lúc 6:30", "Tôi dậy lúc 6:45"},
	// names
	{"My cat is called Mướp", "My cat is called Mít"},
	{"Linh loves Nam", "Nam loves Linh"},
	{"Tôi gặp Mai", "Tôi gặp mai"},
	{"Mai đi Huế", "mai đi Huế"},
	{"Minh thích trà", "minh thích trà"},
	{"Sáng đi Huế", "sáng đi Huế"},
	{"I moved from Huế to Hanoi", "I moved from Hanoi to Huế"},
	{"We visited US", "we visited us"},
	{"Tôi đi với Nam, Em và Lan", "Tôi đi với Nam, em và Lan"},
	{"Hi Linh, I live in Hanoi", "Hi, I live in Hanoi"},
	{"Hello Kitty is my favourite toy", "Kitty is my favourite toy"},
	{"I met Linh, Nam", "I met Linh Nam"},
	// whose
	{"My brother likes tea", "Her brother likes tea"},
	{"Mẹ tôi thích trà", "Mẹ bạn thích trà"},
	{"Con mèo của tôi", "Con mèo của em"},
	{"Chào, bạn tôi là Nam", "Chào bạn, tôi là Nam"},
	{"chào bạn tôi là Nam", "tôi là Nam"},
	{"I said he is ill", "I said she is ill"},
	// who does what to whom, in which order
	{"The dog bit my son", "My son bit the dog"},
	{"Tôi thích trà hơn cà phê", "Tôi thích cà phê hơn trà"},
	{"First tea, then coffee", "First coffee, then tea"},
	// asked, answered, told by another
	{"You have a cat?", "You have a cat"},
	{"Bạn có mèo à", "Bạn có mèo"},
	{"Vâng, tôi tên là Linh", "Tôi tên là Linh"},
	{"Dạ em tên là Linh", "em tên là Linh"},
	{"Yes, I live in Hanoi", "I live in Hanoi"},
	{"No, I live in Hanoi", "Yes, I live in Hanoi"},
	{"OK, I live in Hanoi", "I live in Hanoi"},
	{"Thanks, I live in Hanoi", "I live in Hanoi"},
	{"Actually, I live in Hanoi", "I live in Hanoi"},
	{"How are you? I live in Hanoi", "I live in Hanoi"},
	{`She said "I am ill"`, "She said I am ill"},
	{"Maybe I live in Hanoi", "I live in Hanoi"},
	// a joke
	{"I am a millionaire 😂", "I am a millionaire"},
	{"I am a millionaire haha", "I am a millionaire"},
	{"Tôi là tỷ phú =))", "Tôi là tỷ phú"},
	// signs that say something
	{"I ❤️ cats", "I cats"},
	{"My pet is 🐶", "My pet is 🐱"},
	{"My favourite is 😊", "My favourite is 🙂"},
	{"My favourite emoji: 😊", "My favourite emoji: 🙂"},
	{"👍", "👎"},
	{"I code in C++", "I code in C"},
	{"I earn $5", "I earn €5"},
	{"My site is pika.vn", "My site is pika, vn"},
	// greetings and thanks that are told of
	{"My baby's first words were mama, thanks", "My baby's first words were mama, please"},
	{"My two songs are: hello, thanks", "My two songs are: hello"},
	{"I always say hello", "I always say"},
	{"Con tôi biết hai từ, ba, cảm ơn", "Con tôi biết hai từ, ba, tạm biệt"},
	{"My parrot can say hello, bye", "My parrot can say hello"},
	{"Please Please Me is my favourite album", "Please Me is my favourite album"},
	{"Vui lòng mẹ là niềm vui của tôi", "mẹ là niềm vui của tôi"},
	{"My brand is, thanks", "My brand is, please"},
	{"hello my love is all I hear", "my love is all I hear"},
	// diacritics and spelling
	{"Tôi bán dưa", "Tôi bán dừa"},
	{"toi thich tra", "tôi thích trà"},
	{"Con tôi ba tuổi", "Con tôi bà tuổi"},
	{"Tôi ở nhà một mình", "Tôi ở nhà mình"},
	{"I love my dog", "I love my dogs"},
	{"My sister is in-law", "My sister is in law"},
}

func TestChunksThatSayOtherThingsPay(t *testing.T) {
	t.Parallel()
	for _, pair := range unlikePairs {
		for _, p := range [][2]string{pair, {pair[1], pair[0]}} {
			e := newAlike(t, silent)
			extract(t, e, bare(p[0]))
			if x := extract(t, e, bare(p[1])); x.Cache != pika.LLMCacheMiss {
				t.Errorf("%q has the answer of %q", p[1], p[0])
			}
		}
	}
	if len(unlikePairs) < 60 {
		t.Errorf("%d pairs", len(unlikePairs))
	}
}

// guarded is a pair of chunks that only one guard tells apart.
type guarded struct {
	first, second pika.Chunk
	secondVersion string
	far           string
	find          func(pika.Chunk) pika.Extraction
}

func guardedPairs() map[string]guarded {
	hi, plain := bare("Hi, I live in Hanoi"), bare("I live in Hanoi")
	but := func(change func(*pika.Chunk)) guarded {
		c := bare("I live in Hanoi")
		change(&c)
		return guarded{first: hi, second: c}
	}
	at := reference.Add(time.Hour)
	return map[string]guarded{
		"prompt":   {first: hi, second: plain, secondVersion: "v2"},
		"day":      but(func(c *pika.Chunk) { c.ReferenceTime = reference.AddDate(0, 0, 1) }),
		"metadata": but(func(c *pika.Chunk) { c.Metadata = pika.Metadata{"of": "Nam"} }),
		"context":  but(func(c *pika.Chunk) { c.Context = []pika.Message{{Role: pika.RoleUser, Content: "Where did you live?"}} }),
		"roles":    but(func(c *pika.Chunk) { c.Messages[0].Role = pika.RoleAssistant }),
		"speakers": but(func(c *pika.Chunk) { c.Messages[0].Name = "Nam" }),
		"times":    {first: stamped(reference, "Hi, I came an hour ago"), second: stamped(at, "I came an hour ago")},
		"words":    {first: bare("Hi, I like tea"), second: bare("I dislike tea")},
		"names":    {first: hi, second: bare("I live in Huế")},
		"numbers":  {first: bare("Hi, I have 2 cats"), second: bare("I have 3 cats")},
		"breaks":   {first: bare("Hi, no, I eat meat"), second: bare("no I eat meat")},
		"meaning":  {first: bare("Far away, my son lives"), second: bare("Far away. my son lives"), far: "Far away,"},
		"noise":    {first: hi, second: plain, find: echo},
	}
}

func stamped(at time.Time, content string) pika.Chunk {
	c := bare(content)
	c.Messages[0].Timestamp = &at
	return c
}

// TestEveryGuardHoldsByItself: each is needed, as without it one wrong answer is given.
func TestEveryGuardHoldsByItself(t *testing.T) {
	t.Parallel()
	pairs := guardedPairs()
	for _, guard := range cache.GuardNames() {
		if guard == "extractor" {
			continue // TestAnotherExtractorHasItsOwnAnswers
		}
		pair, ok := pairs[guard]
		if !ok {
			t.Errorf("nothing shows what the guard %q is for", guard)
			continue
		}
		if got := pair.reused(t, "none"); got {
			t.Errorf("%q: a wrong answer is given in spite of all guards", guard)
		}
		if got := pair.reused(t, guard); !got {
			t.Errorf("without the guard %q no wrong answer is given: another one does its work", guard)
		}
	}
}

func (g guarded) reused(t *testing.T, without string) bool {
	t.Helper()
	find := g.find
	if find == nil {
		find = silent
	}
	version, c := "v1", newMemory(t)
	if g.secondVersion != "" {
		version = g.secondVersion
	}
	inner, o := pikatest.NewExtractor(find), cache.ExtractorOptions{Embedder: sameMeaning{far: g.far}}
	extract(t, cache.NewExtractor(inner, "v1", c, o).Without(without), g.first)
	return extract(t, cache.NewExtractor(inner, version, c, o).Without(without), g.second).Cache == pika.LLMCacheSemantic
}

// named is an extractor under another name.
type named struct{ pika.Extractor }

func (named) Name() string { return "another" }

func TestAnotherExtractorHasItsOwnAnswers(t *testing.T) {
	t.Parallel()
	inner := pikatest.NewExtractor(silent)
	for without, want := range map[string]pika.LLMCache{"none": pika.LLMCacheMiss, "extractor": pika.LLMCacheSemantic} {
		c, o := newMemory(t), cache.ExtractorOptions{Embedder: sameMeaning{}}
		extract(t, cache.NewExtractor(inner, "v1", c, o).Without(without), bare("Hi, I live in Hanoi"))
		if x := extract(t, cache.NewExtractor(named{inner}, "v1", c, o).Without(without), bare("I live in Hanoi")); x.Cache != want {
			t.Errorf("without the guard %s: %q; want %q", without, x.Cache, want)
		}
	}
}

func TestAlikeChunksOfOthersPay(t *testing.T) {
	t.Parallel()
	e := newAlike(t, silent)
	extract(t, e, bare("Hi, I live in Hanoi"))
	for _, scope := range []pika.Scope{{Tenant: "acme", User: "nam"}, {Tenant: "globex", User: "linh"}} {
		c := bare("I live in Hanoi")
		c.Scope = scope
		if x := extract(t, e, c); x.Cache != pika.LLMCacheMiss {
			t.Errorf("%v has the answer of another", scope)
		}
	}
}

// TestAlikeSources: a message that only greets may be there or not, and facts keep the
// messages that prove them.
func TestAlikeSources(t *testing.T) {
	t.Parallel()
	e := newAlike(t, func(c pika.Chunk) pika.Extraction {
		x := pika.Extraction{Tokens: pika.Tokens{Prompt: 7, Completion: 5}}
		for _, m := range c.Messages {
			if !strings.HasPrefix(m.Content, "Hi") {
				x.Candidates = append(x.Candidates, pika.Candidate{Text: m.Content, Sources: []int{m.Index}})
			}
		}
		return x
	})
	extract(t, e, bare("Hi!", "I live in Hanoi", "I have 2 cats"))
	for _, tt := range []struct {
		contents []string
		sources  []int
	}{
		{[]string{"I live in Hanoi", "Hello.", "I have 2 cats"}, []int{0, 2}},
		{[]string{"I live in Hanoi", "I have 2 cats"}, []int{0, 1}},
		{[]string{"Hey", "Good morning", "I live in Hanoi", "I have 2 cats"}, []int{2, 3}},
	} {
		x := extract(t, e, bare(tt.contents...))
		var sources []int
		for _, c := range x.Candidates {
			sources = append(sources, c.Sources...)
		}
		if diff := cmp.Diff(tt.sources, sources); diff != "" || x.Cache != pika.LLMCacheSemantic {
			t.Errorf("%q: %s, sources (-want +got):\n%s", tt.contents, x.Cache, diff)
		}
		if again := extract(t, e, bare(tt.contents...)); again.Cache != pika.LLMCacheExact || !slices.EqualFunc(again.Candidates, x.Candidates, sameSources) {
			t.Errorf("%q: again %s, %v; want it exact and the same", tt.contents, again.Cache, again.Candidates)
		}
	}
	for _, contents := range [][]string{{"I have 2 cats", "I live in Hanoi"}, {"I live in Hanoi. I have 2 cats"}, {"I live in Hanoi"}} {
		if x := extract(t, e, bare(contents...)); x.Cache != pika.LLMCacheMiss {
			t.Errorf("%q has an answer from %s", contents, x.Cache)
		}
	}
}

func sameSources(a, b pika.Candidate) bool { return slices.Equal(a.Sources, b.Sources) }

// A fact that was found in a message which only greets is of that chunk alone.
func TestFactsOfGreetingsStay(t *testing.T) {
	t.Parallel()
	e := newAlike(t, silent) // finds one in every message
	extract(t, e, bare("Hi!", "I live in Hanoi"))
	if x := extract(t, e, bare("Hello!", "I live in Hanoi")); x.Cache != pika.LLMCacheMiss {
		t.Errorf("a fact of a greeting is given from %s", x.Cache)
	}
}

func TestAlikeNeedsTheEmbedder(t *testing.T) {
	t.Parallel()
	for name, embedder := range map[string]pika.Embedder{
		"none": nil, "fails": sameMeaning{fault: pika.Errorf(pika.Unavailable, "away")}, "far": sameMeaning{far: "No."},
	} {
		e := cache.NewExtractor(pikatest.NewExtractor(silent), "v1", newMemory(t), cache.ExtractorOptions{Embedder: embedder})
		extract(t, e, bare("Hi! No, I live in Hanoi"))
		if x := extract(t, e, bare("No. I live in Hanoi")); x.Cache != pika.LLMCacheMiss {
			t.Errorf("%s: the answer is from %s", name, x.Cache)
		}
	}
}

func TestAlikeCounts(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	m := cache.NewMetrics(r)
	e := cache.NewExtractor(pikatest.NewExtractor(silent), "v1", newMemory(t), cache.ExtractorOptions{Embedder: sameMeaning{}, Metrics: m})
	for _, content := range []string{"Hi, I live in Hanoi", "Hi, I live in Hanoi", "I live in Hanoi", "I live in Huế"} {
		extract(t, e, bare(content))
	}
	want := `# HELP pika_cache_llm_tokens_saved_total Tokens, read and written, of calls of a language model that were answered by a cache in their place.
# TYPE pika_cache_llm_tokens_saved_total counter
pika_cache_llm_tokens_saved_total 240
# HELP pika_cache_requests_total Requests to the caches, by cache and result. A failing cache counts as a miss.
# TYPE pika_cache_requests_total counter
pika_cache_requests_total{cache="llm",result="hit"} 1
pika_cache_requests_total{cache="llm",result="miss"} 3
pika_cache_requests_total{cache="llm_semantic",result="hit"} 1
pika_cache_requests_total{cache="llm_semantic",result="miss"} 2
`
	if err := testutil.GatherAndCompare(r, strings.NewReader(want), "pika_cache_requests_total", "pika_cache_llm_tokens_saved_total"); err != nil {
		t.Error(err)
	}
	if n := m.Stats().LLMTokensSaved; n != 240 {
		t.Errorf("%d tokens saved; want 240", n)
	}
}

// Each reuse doubles the time an answer is kept, up to an hour since it was made.
func TestReuseProlongs(t *testing.T) {
	t.Parallel()
	c, pass := newClockedMemory(t)
	now := reference
	inner := &countingExtractor{}
	e := cache.NewExtractor(inner, "v1", c, cache.ExtractorOptions{Now: func() time.Time { return now }, Embedder: sameMeaning{}})
	greets := false
	for i, step := range []struct {
		after time.Duration
		calls int64
	}{{0, 1}, {4 * time.Minute, 1}, {5 * time.Minute, 1}, {10 * time.Minute, 1}, {20 * time.Minute, 1}, {20 * time.Minute, 1}, {2 * time.Minute, 2}, {6 * time.Minute, 3}} {
		pass(step.after)
		now = now.Add(step.after)
		content := "I live in Hanoi"
		if greets = !greets; greets && i != 6 {
			content = "Hi, I live in Hanoi"
		}
		extract(t, e, bare(content))
		if n := inner.calls.Load(); n != step.calls {
			t.Errorf("step %d: the model was asked %d times; want %d", i, n, step.calls)
		}
	}
}
