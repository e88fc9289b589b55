package pikatest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// VectorDimensions is the length of the vectors that the Vectors suite uses.
const VectorDimensions = 32

// VectorsConfig says how the Vectors suite reaches an implementation.
type VectorsConfig struct {
	// Open returns the index kept under dir, an empty one when dir is new, for
	// vectors of VectorDimensions, and what closes it. Opening dir again after that
	// must find what was stored.
	Open func(t *testing.T, dir string) (v pika.Vectors, closeIndex func())
	// Settle are the pauses after which a search may be repeated until it shows what
	// was written. None: writes are seen at once.
	Settle []time.Duration
	// Tolerance is how far a score may be from the exact cosine. Defaults to 1e-5.
	Tolerance float64
}

// Vectors is the conformance suite of pika.Vectors.
func Vectors(t *testing.T, config VectorsConfig) {
	VectorsCases(t, config, slices.Collect(maps.Keys(vectorsCases))...)
}

// VectorsCases runs only some cases of the Vectors suite, by name: for kinds of indexes
// whose implementation has passed all of them with another kind.
func VectorsCases(t *testing.T, config VectorsConfig, names ...string) {
	config.Tolerance = cmp.Or(config.Tolerance, 1e-5)
	for _, name := range names {
		test, ok := vectorsCases[name]
		if !ok {
			t.Fatalf("the Vectors suite has no case %q", name)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &vectorsCase{T: t, config: config, dir: t.TempDir(), random: rand.New(rand.NewPCG(1, 2))}
			c.open()
			t.Cleanup(func() { c.closeIndex() })
			test(c)
		})
	}
}

var vectorsCases = map[string]func(*vectorsCase){
	"empty index":           (*vectorsCase).empty,
	"order and scores":      (*vectorsCase).order,
	"nearest to itself":     (*vectorsCase).itself,
	"ties go by id":         (*vectorsCase).ties,
	"upsert replaces":       (*vectorsCase).replaces,
	"same id in one batch":  (*vectorsCase).sameID,
	"delete":                (*vectorsCase).deletes,
	"isolation":             (*vectorsCase).isolation,
	"limits":                (*vectorsCase).limits,
	"invalid rows":          (*vectorsCase).invalidRows,
	"cancelled":             (*vectorsCase).cancelled,
	"unicode ids":           (*vectorsCase).unicodeIDs,
	"hostile ids":           (*vectorsCase).hostileIDs,
	"many users":            (*vectorsCase).manyUsers,
	"arguments stay intact": (*vectorsCase).argumentsIntact,
	"opened twice":          (*vectorsCase).openedTwice,
	"against brute force":   (*vectorsCase).bruteForce,
	"concurrent use":        (*vectorsCase).concurrent,
}

type vectorsCase struct {
	*testing.T
	config     VectorsConfig
	dir        string
	random     *rand.Rand
	index      pika.Vectors
	closeIndex func()
}

func (c *vectorsCase) open() { c.index, c.closeIndex = c.config.Open(c.T, c.dir) }

func (c *vectorsCase) reopen() {
	c.closeIndex()
	c.open()
}

// axis returns a unit vector whose cosine with axis(0) is cosine.
func axis(cosine float64) []float32 {
	v := make([]float32, VectorDimensions)
	v[0], v[1] = float32(cosine), float32(math.Sqrt(1-cosine*cosine))
	return v
}

// RandomUnit returns a unit vector of random direction.
func RandomUnit(random *rand.Rand, dimensions int) []float32 {
	v := make([]float32, dimensions)
	var squares float64
	for i := range v {
		v[i] = float32(random.NormFloat64())
		squares += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(squares))
	}
	return v
}

func (c *vectorsCase) upsert(scope pika.Scope, corpus pika.Corpus, rows ...pika.Vector) {
	c.Helper()
	if err := c.index.Upsert(c.Context(), scope, corpus, rows); err != nil {
		c.Fatalf("Upsert of %d rows = %v", len(rows), err)
	}
}

func (c *vectorsCase) search(scope pika.Scope, corpus pika.Corpus, query []float32, limit int) []pika.Scored {
	c.Helper()
	hits, err := c.index.SearchVectors(c.Context(), scope, corpus, query, limit)
	if err != nil {
		c.Fatalf("SearchVectors = %v", err)
	}
	return hits
}

// wantIDs searches near axis(1) until the ids are the wanted ones, in order.
func (c *vectorsCase) wantIDs(scope pika.Scope, corpus pika.Corpus, want ...string) {
	c.Helper()
	c.settle(func() error {
		got := []string{}
		for _, h := range c.search(scope, corpus, axis(1), 100) {
			got = append(got, h.ID)
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("found %q; want %q", got, want)
		}
		return nil
	})
}

// settle repeats check as often as the configuration allows.
func (c *vectorsCase) settle(check func() error) {
	c.Helper()
	err := check()
	for _, pause := range c.config.Settle {
		if err == nil {
			return
		}
		time.Sleep(pause)
		err = check()
	}
	if err != nil {
		c.Error(err)
	}
}

func (c *vectorsCase) wantInvalid(what string, err error) {
	c.Helper()
	if pika.CodeOf(err) != pika.Invalid {
		c.Errorf("%s = %v; want invalid", what, err)
	}
}

func (c *vectorsCase) empty() {
	c.wantIDs(alice, pika.CorpusFacts)
	c.upsert(alice, pika.CorpusFacts)
	if err := c.index.DeleteVectors(c.Context(), alice, pika.CorpusFacts, nil); err != nil {
		c.Errorf("DeleteVectors of nothing = %v", err)
	}
	c.wantIDs(alice, pika.CorpusFacts)
}

func (c *vectorsCase) order() {
	cosines := map[string]float64{"a": -1, "b": 0.25, "c": 1, "d": 0, "e": 0.75, "f": -0.5}
	for id, cosine := range cosines {
		c.upsert(alice, pika.CorpusFacts, pika.Vector{ID: id, Values: axis(cosine)})
	}
	c.wantIDs(alice, pika.CorpusFacts, "c", "e", "b", "d", "f", "a")
	for _, h := range c.search(alice, pika.CorpusFacts, axis(1), 6) {
		if math.Abs(h.Score-cosines[h.ID]) > c.config.Tolerance || h.Score < -1 || h.Score > 1 {
			c.Errorf("score of %s = %v; want %v", h.ID, h.Score, cosines[h.ID])
		}
	}
	if hits := c.search(alice, pika.CorpusFacts, axis(1), 2); len(hits) != 2 || hits[0].ID != "c" || hits[1].ID != "e" {
		c.Errorf("the best two = %v; want c and e", hits)
	}
}

// itself: no rounding makes a score leave −1–1.
func (c *vectorsCase) itself() {
	rows := make([]pika.Vector, 60)
	for i := range rows {
		rows[i] = pika.Vector{ID: fmt.Sprint(i), Values: RandomUnit(c.random, VectorDimensions)}
	}
	c.upsert(alice, pika.CorpusFacts, rows...)
	for _, r := range rows {
		c.settle(func() error {
			hits := c.search(alice, pika.CorpusFacts, r.Values, 1)
			if len(hits) != 1 || hits[0].ID != r.ID || hits[0].Score > 1 || hits[0].Score < 1-c.config.Tolerance {
				return fmt.Errorf("nearest to row %s is %v; want itself with score 1", r.ID, hits)
			}
			return nil
		})
	}
}

func (c *vectorsCase) ties() {
	const uuid = "%08d-0000-5000-8000-000000000000"
	var want []string
	for i := range 40 {
		want = append(want, fmt.Sprintf(uuid, i))
	}
	want = append(want, "not a uuid", "Đ")
	slices.Sort(want)
	rows := make([]pika.Vector, len(want))
	for i, place := range c.random.Perm(len(want)) {
		rows[i] = pika.Vector{ID: want[place], Values: axis(0.5)}
	}
	c.upsert(alice, pika.CorpusFacts, rows...)
	c.wantIDs(alice, pika.CorpusFacts, want...)
	var got []string
	for _, h := range c.search(alice, pika.CorpusFacts, axis(1), 5) {
		got = append(got, h.ID)
	}
	if !slices.Equal(got, want[:5]) {
		c.Errorf("the best five of equals = %q; want the lowest ids %q", got, want[:5])
	}
}

func (c *vectorsCase) replaces() {
	c.upsert(alice, pika.CorpusFacts, pika.Vector{ID: "a", Values: axis(0.9)}, pika.Vector{ID: "b", Values: axis(0.5)})
	c.wantIDs(alice, pika.CorpusFacts, "a", "b")
	for range 2 {
		c.upsert(alice, pika.CorpusFacts, pika.Vector{ID: "a", Values: axis(0.1)})
		c.wantIDs(alice, pika.CorpusFacts, "b", "a")
	}
}

func (c *vectorsCase) sameID() {
	c.upsert(alice, pika.CorpusFacts,
		pika.Vector{ID: "a", Values: axis(0.9)},
		pika.Vector{ID: "b", Values: axis(0.5)},
		pika.Vector{ID: "a", Values: axis(0.1)})
	c.wantIDs(alice, pika.CorpusFacts, "b", "a")
	c.reopen()
	c.wantIDs(alice, pika.CorpusFacts, "b", "a")
}

func (c *vectorsCase) deletes() {
	for i, id := range []string{"a", "b", "c", "d"} {
		c.upsert(alice, pika.CorpusFacts, pika.Vector{ID: id, Values: axis(0.9 - float64(i)/10)})
	}
	c.wantIDs(alice, pika.CorpusFacts, "a", "b", "c", "d")
	for _, ids := range [][]string{{"b", "missing", "d", "b"}, {"b"}} {
		if err := c.index.DeleteVectors(c.Context(), alice, pika.CorpusFacts, ids); err != nil {
			c.Errorf("DeleteVectors(%q) = %v", ids, err)
		}
		c.wantIDs(alice, pika.CorpusFacts, "a", "c")
	}
	c.upsert(alice, pika.CorpusFacts, pika.Vector{ID: "b", Values: axis(0.1)})
	c.wantIDs(alice, pika.CorpusFacts, "a", "c", "b")
	if err := c.index.DeleteVectors(c.Context(), bob, pika.CorpusFacts, []string{"a"}); err != nil {
		c.Errorf("DeleteVectors in a scope without rows = %v", err)
	}
	c.wantIDs(alice, pika.CorpusFacts, "a", "c", "b")
}

func (c *vectorsCase) isolation() {
	places := []struct {
		scope  pika.Scope
		corpus pika.Corpus
	}{{alice, pika.CorpusFacts}, {alice, pika.CorpusMessages}, {bob, pika.CorpusFacts}, {mallory, pika.CorpusFacts}}
	for i, p := range places {
		c.upsert(p.scope, p.corpus, pika.Vector{ID: "same", Values: axis(float64(i) / 10)}, pika.Vector{ID: fmt.Sprint("own", i), Values: axis(-0.5)})
	}
	check := func(deleted int) {
		for i, p := range places {
			if i == deleted {
				c.wantIDs(p.scope, p.corpus, fmt.Sprint("own", i))
				continue
			}
			c.wantIDs(p.scope, p.corpus, "same", fmt.Sprint("own", i))
			if hits := c.search(p.scope, p.corpus, axis(1), 1); math.Abs(hits[0].Score-float64(i)/10) > c.config.Tolerance {
				c.Errorf("score in %v = %v; want %v, its own row's", p, hits[0].Score, float64(i)/10)
			}
		}
	}
	check(-1)
	if err := c.index.DeleteVectors(c.Context(), places[2].scope, places[2].corpus, []string{"same"}); err != nil {
		c.Fatal(err)
	}
	check(2)
}

func (c *vectorsCase) limits() {
	rows := make([]pika.Vector, pika.MaxVectorBatch+1)
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = fmt.Sprintf("%04d", i)
		rows[i] = pika.Vector{ID: ids[i], Values: axis(0.5)}
	}
	c.wantInvalid("Upsert of one row too many", c.index.Upsert(c.Context(), alice, pika.CorpusFacts, rows))
	c.wantIDs(alice, pika.CorpusFacts)
	c.upsert(alice, pika.CorpusFacts, rows[:pika.MaxVectorBatch]...)
	c.settle(func() error {
		if n := len(c.search(alice, pika.CorpusFacts, axis(1), pika.MaxVectorLimit)); n != pika.MaxVectorBatch {
			return fmt.Errorf("found %d rows; want %d", n, pika.MaxVectorBatch)
		}
		return nil
	})
	for _, limit := range []int{-1, 0, pika.MaxVectorLimit + 1} {
		_, err := c.index.SearchVectors(c.Context(), alice, pika.CorpusFacts, axis(1), limit)
		c.wantInvalid(fmt.Sprintf("SearchVectors with limit %d", limit), err)
	}
	c.wantInvalid("DeleteVectors of one id too many", c.index.DeleteVectors(c.Context(), alice, pika.CorpusFacts, ids))
	if n := len(c.search(alice, pika.CorpusFacts, axis(1), 1)); n != 1 {
		c.Errorf("with limit 1 found %d rows", n)
	}
	if err := c.index.DeleteVectors(c.Context(), alice, pika.CorpusFacts, ids[:pika.MaxVectorBatch]); err != nil {
		c.Errorf("DeleteVectors of %d ids = %v", pika.MaxVectorBatch, err)
	}
	c.wantIDs(alice, pika.CorpusFacts)
}

func (c *vectorsCase) invalidRows() {
	with := func(x float32) []float32 {
		v := axis(1)
		v[VectorDimensions-1] = x
		return v
	}
	c.upsert(alice, pika.CorpusFacts, pika.Vector{ID: "good", Values: axis(0.5)})
	for name, values := range map[string][]float32{
		"no values":      nil,
		"too short":      axis(1)[1:],
		"too long":       append(axis(1), 0),
		"not a number":   with(float32(math.NaN())),
		"infinite":       with(float32(math.Inf(1))),
		"minus infinite": with(float32(math.Inf(-1))),
		"length 0":       make([]float32, VectorDimensions),
	} {
		rows := []pika.Vector{{ID: "fine", Values: axis(1)}, {ID: "good", Values: axis(1)}, {ID: "bad", Values: values}}
		c.wantInvalid("Upsert with "+name, c.index.Upsert(c.Context(), alice, pika.CorpusFacts, rows))
		_, err := c.index.SearchVectors(c.Context(), alice, pika.CorpusFacts, values, 10)
		c.wantInvalid("SearchVectors with "+name, err)
	}
	c.wantIDs(alice, pika.CorpusFacts, "good")
	if hits := c.search(alice, pika.CorpusFacts, axis(1), 1); math.Abs(hits[0].Score-0.5) > c.config.Tolerance {
		c.Errorf("score = %v; want 0.5: a refused batch changed a row", hits[0].Score)
	}
}

func (c *vectorsCase) cancelled() {
	c.upsert(alice, pika.CorpusFacts, pika.Vector{ID: "kept", Values: axis(0.5)})
	cancelled, cancel := context.WithCancel(c.Context())
	cancel()
	past, cancel := context.WithDeadline(c.Context(), time.Unix(1, 0))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, past} {
		_, searchErr := c.index.SearchVectors(ctx, alice, pika.CorpusFacts, axis(1), 10)
		for name, err := range map[string]error{
			"SearchVectors": searchErr,
			"Upsert":        c.index.Upsert(ctx, alice, pika.CorpusFacts, []pika.Vector{{ID: "new", Values: axis(1)}}),
			"DeleteVectors": c.index.DeleteVectors(ctx, alice, pika.CorpusFacts, []string{"kept"}),
		} {
			if !errors.Is(err, ctx.Err()) {
				c.Errorf("%s with an ended context = %v; want %v", name, err, ctx.Err())
			}
		}
	}
	c.wantIDs(alice, pika.CorpusFacts, "kept")
}

func (c *vectorsCase) unicodeIDs() {
	ids := []string{"Mướp", "mướp", "Mu\u031bo\u031b\u0301p", "猫", "a b", "a", "a'--", "%", "_", "😀", strings.Repeat("x", 256)}
	slices.Sort(ids)
	for _, id := range ids {
		c.upsert(alice, pika.CorpusFacts, pika.Vector{ID: id, Values: axis(0.5)})
	}
	c.wantIDs(alice, pika.CorpusFacts, ids...)
	c.reopen()
	c.wantIDs(alice, pika.CorpusFacts, ids...)
	for i, id := range ids {
		if err := c.index.DeleteVectors(c.Context(), alice, pika.CorpusFacts, []string{id}); err != nil {
			c.Fatal(err)
		}
		c.wantIDs(alice, pika.CorpusFacts, ids[i+1:]...)
	}
}

// hostileIDs: no id means anything to the language that an implementation asks its
// store in.
func (c *vectorsCase) hostileIDs() {
	ids := []string{
		`"`, `\`, `\"`, `" or id != "`, `"] or id not in ["`, `' OR '1'='1`, "'; --", "`", "a\nb", "\r", "\t", "\x00", "a\x00b", "\x7f",
		"\u2028", `\u0022`, `\x22`, `%`, `_`, `*`, `{a}`, `$1`, `?`, `/`, `//`, "/* */", "#", "", " ",
	}
	slices.Sort(ids)
	rows := make([]pika.Vector, len(ids))
	for i, id := range ids {
		rows[i] = pika.Vector{ID: id, Values: axis(0.5)}
	}
	c.upsert(alice, pika.CorpusFacts, rows...)
	c.upsert(bob, pika.CorpusFacts, rows...)
	c.wantIDs(alice, pika.CorpusFacts, ids...)
	for i, id := range ids {
		if err := c.index.DeleteVectors(c.Context(), alice, pika.CorpusFacts, []string{id}); err != nil {
			c.Fatalf("DeleteVectors(%q) = %v", id, err)
		}
		if i%7 == 0 {
			c.wantIDs(alice, pika.CorpusFacts, ids[i+1:]...)
		}
	}
	c.wantIDs(alice, pika.CorpusFacts)
	c.wantIDs(bob, pika.CorpusFacts, ids...)
}

// manyUsers: each user's rows are found under the user, written alone, beside others
// at the same time, and again.
func (c *vectorsCase) manyUsers() {
	scopes := make([]pika.Scope, 40)
	for i := range scopes {
		scopes[i] = pika.Scope{Tenant: "acme", User: fmt.Sprint("user", i)}
	}
	for range 2 {
		var all sync.WaitGroup
		for i, scope := range scopes {
			all.Go(func() {
				rows := []pika.Vector{{ID: "same", Values: axis(0.5)}, {ID: fmt.Sprint("own", i), Values: axis(0.25)}}
				for _, r := range rows {
					if err := c.index.Upsert(c.Context(), scope, pika.CorpusFacts, []pika.Vector{r}); err != nil {
						c.Error(err)
					}
				}
			})
		}
		all.Wait()
		for i, scope := range scopes {
			c.wantIDs(scope, pika.CorpusFacts, "same", fmt.Sprint("own", i))
		}
	}
}

func (c *vectorsCase) argumentsIntact() {
	values, query := axis(0.5), axis(1)
	c.upsert(alice, pika.CorpusFacts, pika.Vector{ID: "a", Values: values})
	c.wantIDs(alice, pika.CorpusFacts, "a")
	if !slices.Equal(values, axis(0.5)) {
		c.Error("Upsert changed the caller's values")
	}
	values[0] = -1
	if got := c.search(alice, pika.CorpusFacts, query, 1)[0].Score; math.Abs(got-0.5) > c.config.Tolerance {
		c.Errorf("score = %v after the caller reused its slice; want 0.5", got)
	}
	if !slices.Equal(query, axis(1)) {
		c.Error("SearchVectors changed the caller's query")
	}
}

func (c *vectorsCase) openedTwice() {
	c.upsert(alice, pika.CorpusFacts, pika.Vector{ID: "a", Values: axis(0.9)}, pika.Vector{ID: "b", Values: axis(0.8)})
	c.upsert(alice, pika.CorpusMessages, pika.Vector{ID: "m", Values: axis(0.5)})
	if err := c.index.DeleteVectors(c.Context(), alice, pika.CorpusFacts, []string{"b"}); err != nil {
		c.Fatal(err)
	}
	c.reopen()
	c.wantIDs(alice, pika.CorpusFacts, "a")
	c.wantIDs(alice, pika.CorpusMessages, "m")
	c.upsert(alice, pika.CorpusFacts, pika.Vector{ID: "c", Values: axis(0.95)})
	c.reopen()
	c.wantIDs(alice, pika.CorpusFacts, "c", "a")
}
