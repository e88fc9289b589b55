package local

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"testing"

	"github.com/pikamem/pika"
)

// Vectors centred by other means must not pass for the same model's.
func TestMeansVersion(t *testing.T) {
	t.Parallel()
	sums := map[string]string{
		"1": "cd0072a6fb2e496b0be4d087153050608bfd5318eb04bf86c2fb5a5e9a852606",
	}
	sum := sha256.Sum256(meansFile)
	if got := hex.EncodeToString(sum[:]); got != sums[meansVersion] {
		t.Errorf("means.bin has SHA-256 %s; if it was made anew, raise meansVersion and add the sum here", got)
	}
}

func TestCentre(t *testing.T) {
	t.Parallel()
	m := meansOf(pika.EmbedPassage)
	for c, mean := range m {
		v := append([]float32(nil), mean...)
		v[7] += 0.1
		m.centre(v)
		if math.Abs(float64(v[7])-1) > 1e-3 {
			t.Errorf("cluster %d: what is left beside the mean is %g of the vector, want all", c, v[7])
		}
	}
	v := append([]float32(nil), m[0]...)
	m.centre(v)
	if v[0] != 1 {
		t.Errorf("the mean itself became %v…, want the first axis", v[:3])
	}
}
