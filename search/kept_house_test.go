package search_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
	"github.com/pikamem/pika/store/sqlite"
	"github.com/pikamem/pika/text"
)

// corpusFact and corpusQuestion are lines of the bilingual corpus.
type corpusFact struct {
	Text, Subject, Predicate, Object, Category, Language string
	Entities                                             []pika.Entity
	Negated                                              bool
	ValidFrom                                            *string `json:"valid_from"`
	ValidTo                                              *string `json:"valid_to"`
}

type corpusQuestion struct{ Class, Text string }

// corpusOf reads the bilingual corpus of bench/recall, and the vectors that are recorded of it.
func corpusOf(tb testing.TB) (facts []corpusFact, questions []corpusQuestion, vectors map[[8]byte][]float32) {
	tb.Helper()
	const bench = "../bench/recall"
	for _, half := range []string{"tune", "report"} {
		facts = append(facts, linesOf[corpusFact](tb, filepath.Join(bench, "corpus", half, "facts.jsonl"))...)
		questions = append(questions, linesOf[corpusQuestion](tb, filepath.Join(bench, "corpus", half, "queries.jsonl"))...)
	}
	file, err := os.ReadFile(filepath.Join(bench, "testdata", "vectors.bin"))
	if err != nil {
		tb.Fatal(err)
	}
	vectors = map[[8]byte][]float32{}
	for row := range slices.Chunk(file, 8+recordedDimensions) {
		v := make([]float32, recordedDimensions)
		for i, b := range row[8:] {
			v[i] = float32(int8(b))
		}
		vectors[[8]byte(row)] = unit(v)
	}
	return facts, questions, vectors
}

const recordedDimensions = 384

func linesOf[T any](tb testing.TB, path string) (lines []T) {
	tb.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	for scanner := bufio.NewScanner(bytes.NewReader(file)); scanner.Scan(); {
		var line T
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			tb.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

func unit(v []float32) []float32 {
	var squares float64
	for _, x := range v {
		squares += float64(x) * float64(x)
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / math.Sqrt(squares))
	}
	return v
}

// blend embeds with the recorded vectors of the corpus, and other texts in between those of
// the corpus that share words with them.
type blend struct {
	recorded map[[8]byte][]float32
	terms    [][]string
	known    [][]float32 // of the same texts

	mu   sync.Mutex
	made map[string][]float32
}

func newBlend(facts []corpusFact, recorded map[[8]byte][]float32) *blend {
	b := &blend{recorded: recorded, made: map[string][]float32{}}
	for _, f := range facts {
		if v := recorded[recordedKey(pika.EmbedPassage, f.Text)]; v != nil {
			b.terms, b.known = append(b.terms, text.Terms(f.Text)), append(b.known, v)
		}
	}
	return b
}

func recordedKey(role pika.EmbedRole, s string) [8]byte {
	sum := sha256.Sum256([]byte(string(role) + ": " + s))
	return [8]byte(sum[:8])
}

func (b *blend) Model() pika.EmbeddingModel {
	return pika.EmbeddingModel{ID: "blend", Dimensions: recordedDimensions}
}

func (b *blend) Embed(_ context.Context, role pika.EmbedRole, texts []string) ([][]float32, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	vectors := make([][]float32, len(texts))
	for i, s := range texts {
		if vectors[i] = b.recorded[recordedKey(role, s)]; vectors[i] == nil {
			vectors[i] = b.between(s)
		}
	}
	return vectors, nil
}

func (b *blend) between(s string) []float32 {
	if v := b.made[s]; v != nil {
		return v
	}
	h := fnv.New64a()
	h.Write([]byte(s))
	random := rand.New(rand.NewPCG(h.Sum64(), 1))
	v := make([]float32, recordedDimensions)
	for i := range v {
		v[i] = float32(random.NormFloat64()) * 0.02
	}
	own := text.Terms(s)
	for i, terms := range b.terms {
		shared := 0
		for _, t := range own {
			if slices.Contains(terms, t) {
				shared++
			}
		}
		if weight := float32(shared*shared) / float32(len(own)+len(terms)); shared > 0 {
			for j, x := range b.known[i] {
				v[j] += weight * x
			}
		}
	}
	b.made[s] = unit(v)
	return b.made[s]
}

// house is a user's memory in stores of its own, with the formula of words that the product
// has.
type house struct {
	tb       testing.TB
	random   *rand.Rand
	db       *sqlite.DB
	vectors  *sqlite.Vectors
	embedder pika.Embedder
	engine   *search.Engine

	corpus    []corpusFact
	questions []corpusQuestion
	jobs      int
	live      []string
	now       time.Time
}

// newHouse opens a memory with so many facts.
func newHouse(tb testing.TB, seed uint64, facts int) *house {
	tb.Helper()
	db, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "pika.db"), sqlite.Options{Relaxed: true})
	if err != nil {
		tb.Fatal(err)
	}
	h := &house{tb: tb, db: db, random: rand.New(rand.NewPCG(seed, 7)), now: epoch}
	var recorded map[[8]byte][]float32
	h.corpus, h.questions, recorded = corpusOf(tb)
	h.embedder = newBlend(h.corpus, recorded)
	if h.vectors, err = db.Vectors(tb.Context(), h.embedder.Model(), sqlite.VectorOptions{}); err != nil {
		tb.Fatal(err)
	}
	h.engine = search.New(search.Config{
		Facts: db, Messages: db, Keyword: db, Graph: db.Graph(), Index: pika.FixedIndex(h.embedder, h.vectors),
		Now: func() time.Time { return h.now },
	})
	tb.Cleanup(func() {
		if err := errors.Join(h.engine.Close(context.Background()), h.vectors.Close(), db.Close()); err != nil {
			tb.Error(err)
		}
	})
	for h.random.Shuffle(len(h.corpus), func(i, j int) { h.corpus[i], h.corpus[j] = h.corpus[j], h.corpus[i] }); facts > 0; facts -= 100 {
		h.write(min(facts, 100))
	}
	return h
}

func (h *house) pick(n int) int { return h.random.IntN(n) }

// write adds facts of the corpus while there are some, then others made of two of them.
func (h *house) write(n int) {
	h.tb.Helper()
	facts := make([]pika.Fact, n)
	for i := range facts {
		facts[i] = h.fact(i)
	}
	h.put(facts)
}

func (h *house) put(facts []pika.Fact) {
	h.tb.Helper()
	job := fmt.Sprint("job", h.jobs)
	h.jobs++
	for i := range facts {
		f := &facts[i]
		f.ID = pika.FactID(linh, job, 0, i)
		f.UserID, f.Confidence, f.Extractor, f.ContentHash = linh.User, 1-0.1*float64(h.pick(3)), "caller", f.ID
		f.SubjectKey, f.ObjectKey, f.RecordedAt = text.Fold(f.Subject), text.Fold(f.Object), h.now
		for j := range f.Entities {
			f.Entities[j].ID = pika.EntityID(linh, text.Fold(f.Entities[j].Name))
		}
	}
	outcomes, err := h.db.Commit(h.tb.Context(), linh, pika.Commit{JobID: job, Facts: facts, At: h.now})
	if err != nil {
		h.tb.Fatal(err)
	}
	for i, o := range outcomes {
		if o.Outcome != pika.Duplicate {
			h.project(facts[i])
		}
	}
}

// project writes a fact into the index and the graph.
func (h *house) project(f pika.Fact) {
	h.tb.Helper()
	h.live = append(h.live, f.ID)
	if len(f.Entities) > 0 {
		if err := h.db.Graph().LinkFacts(h.tb.Context(), linh, []pika.Link{pika.LinkOf(&f)}); err != nil {
			h.tb.Fatal(err)
		}
	}
	vectors, err := h.embedder.Embed(h.tb.Context(), pika.EmbedPassage, []string{f.Text})
	if err != nil {
		h.tb.Fatal(err)
	}
	if err := h.vectors.Upsert(h.tb.Context(), linh, pika.CorpusFacts, []pika.Vector{{ID: f.ID, Values: vectors[0]}}); err != nil {
		h.tb.Fatal(err)
	}
}

// fact is the next fact of the corpus, or a new one; some have an interval.
func (h *house) fact(at int) pika.Fact {
	from := h.corpus[(len(h.live)+at)%len(h.corpus)]
	f := pika.Fact{
		Text: from.Text, Subject: from.Subject, Predicate: from.Predicate, Object: from.Object, Category: from.Category,
		Entities: slices.Clone(from.Entities), Language: from.Language, Negated: from.Negated,
		EffectiveAt: h.now.Add(-time.Duration(h.pick(800*24)) * time.Hour),
	}
	if len(h.live)+at >= len(h.corpus) {
		other := h.corpus[h.pick(len(h.corpus))]
		a, b := strings.Fields(from.Text), strings.Fields(other.Text)
		f.Text = strings.Join(append(slices.Clone(a[:h.pick(len(a))]), b[h.pick(len(b)):]...), " ")
		f.Entities = append(f.Entities, other.Entities...)
	}
	switch h.pick(8) {
	case 0:
		from := f.EffectiveAt
		f.ValidFrom = &from
	case 1:
		to := f.EffectiveAt.Add(time.Duration(1+h.pick(600*24)) * time.Hour)
		f.ValidTo = &to
	}
	return f
}

// remove deletes facts; their vectors may stay behind.
func (h *house) remove(n int) {
	h.tb.Helper()
	for range min(n, len(h.live)-1) {
		h.delete(h.live[h.pick(len(h.live))])
	}
}

func (h *house) delete(id string) {
	h.tb.Helper()
	h.live = slices.DeleteFunc(h.live, func(x string) bool { return x == id })
	if _, err := h.db.Delete(h.tb.Context(), linh.Tenant, id, h.now); err != nil {
		h.tb.Fatal(err)
	}
	if err := h.db.Graph().UnlinkFacts(h.tb.Context(), linh, []string{id}); err != nil {
		h.tb.Fatal(err)
	}
	if err := h.vectors.DeleteVectors(h.tb.Context(), linh, pika.CorpusFacts, []string{id}); err != nil {
		h.tb.Fatal(err)
	}
}

func (h *house) version() int64 {
	h.tb.Helper()
	v, err := h.db.Version(h.tb.Context(), linh)
	if err != nil {
		h.tb.Fatal(err)
	}
	return v
}

// since is what was written since a version; !ok: not all of it is known.
func (h *house) since(version int64) (since search.Since, ok bool) {
	h.tb.Helper()
	changes, whole, err := h.db.ChangesSince(h.tb.Context(), linh, version)
	if err != nil {
		h.tb.Fatal(err)
	}
	since.Vectors = h.vectorsOf
	for _, c := range changes {
		whole = whole && !c.Everything
		since.IDs = append(append(since.IDs, c.Added...), c.Touched...)
	}
	slices.Sort(since.IDs)
	since.IDs = slices.Compact(since.IDs)
	return since, whole
}

func (h *house) vectorsOf(ctx context.Context, ids []string) ([]pika.Vector, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return h.vectors.VectorsOf(ctx, linh, pika.CorpusFacts, ids)
}

// kept is an answer with what tells how it came about.
type kept struct {
	query   pika.Query
	answer  pika.Answer
	trace   *search.Trace
	version int64
	renewed int
}

func (h *house) ask(q pika.Query) *kept {
	h.tb.Helper()
	version := h.version()
	answer, tracer, err := h.engine.SearchTraced(h.tb.Context(), linh, q)
	if err != nil || len(answer.Degraded) > 0 {
		h.tb.Fatalf("SearchTraced(%q) = %v, degraded %v", q.Text, err, answer.Degraded)
	}
	trace := tracer()
	if trace == nil {
		h.tb.Fatalf("the search for %q knew not all it should", q.Text)
	}
	return &kept{query: q, answer: answer, trace: trace, version: version}
}

// throughJSON is a trace as another process reads it.
func throughJSON(tb testing.TB, t *search.Trace) *search.Trace {
	tb.Helper()
	encoded, err := json.Marshal(t)
	if err != nil {
		tb.Fatal(err)
	}
	read := &search.Trace{}
	if err := json.Unmarshal(encoded, read); err != nil {
		tb.Fatal(err)
	}
	read.Vector = t.Vector
	for i := range t.Parts {
		read.Parts[i].Vector = t.Parts[i].Vector
	}
	return read
}
