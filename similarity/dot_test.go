package similarity

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/pikamem/pika/pikatest"
)

func randomValues(random *rand.Rand, n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(random.NormFloat64())
	}
	return values
}

func TestDotForms(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for n := 1; n <= 70; n++ {
		a, b := randomValues(random, n), randomValues(random, n)
		var want float64
		for i := range a {
			want += float64(a[i]) * float64(b[i])
		}
		for name, form := range map[string]func(a, b []float32) float32{"fastest": dot, "plain": plainDot} {
			if got := float64(form(a, b)); math.Abs(got-want) > 1e-4 {
				t.Errorf("%s dot of %d values = %v; want %v", name, n, got, want)
			}
		}
	}
}

// What rounding adds to the product of a vector with itself is no cosine.
func TestCosineIsBounded(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		v := pikatest.RandomUnit(random, 384)
		negative := make([]float32, len(v))
		for i := range v {
			negative[i] = -v[i]
		}
		if c, d := Cosine(v, v), Cosine(v, negative); c > 1 || c < 0.9999 || d != -c {
			t.Fatalf("cosines %v and %v", c, d)
		}
	}
}
