package local_test

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/model/local"
)

var update = flag.Bool("update", false, "write the golden vectors anew; compare them with the original engine first")

const goldenPath = "testdata/golden.json"

// golden is the start of one text's vector before centring, which does not change
// when the mean vectors do. Its own length is 1 over all dimensions; Norm is that of
// the part kept.
type golden struct {
	Role   pika.EmbedRole `json:"role"`
	Text   string         `json:"text"`
	Repeat int            `json:"repeat,omitempty"` // the text stands this often, with spaces between
	NFD    bool           `json:"nfd,omitempty"`
	Tokens int            `json:"tokens"`
	Norm   float64        `json:"norm"`
	Values []float32      `json:"values"` // the first sixteen
}

func (g golden) text() string {
	s := strings.TrimSpace(strings.Repeat(g.Text+" ", max(1, g.Repeat)))
	if g.NFD {
		s = norm.NFD.String(s)
	}
	return s
}

// TestGolden compares every variant of the kernels with vectors that agreed with
// the original engine (cosine above 0.9999 over 82 texts).
func TestGolden(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(goldenPath)
	if err != nil {
		t.Fatal(err)
	}
	var want []golden
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	if *update {
		writeGolden(t, want)
	}
	for _, kernels := range local.Variants() {
		t.Run(kernels, func(t *testing.T) {
			t.Parallel()
			e := openModel(t, local.Options{Kernels: kernels, Uncentred: true})
			for _, g := range want {
				if kernels != "scalar" || g.Tokens < 200 { // a long text takes plain Go seconds
					checkGolden(t, e, g)
				}
			}
		})
	}
}

func checkGolden(t *testing.T, e *local.Embedder, want golden) {
	t.Helper()
	if got := e.Tokens(want.Role, want.text()); got != want.Tokens {
		t.Errorf("%s %q: %d tokens, want %d", want.Role, want.Text, got, want.Tokens)
	}
	got := embed(t, e, want.Role, []string{want.text()})[0][:len(want.Values)]
	cosine := dot(got, want.Values) / math.Sqrt(dot(got, got)) / want.Norm
	if !(cosine > 0.9995) {
		t.Errorf("%s %q: cosine %f with the golden vector", want.Role, want.Text, cosine)
	}
}

func writeGolden(t *testing.T, all []golden) {
	t.Helper()
	e := openModel(t, local.Options{Uncentred: true})
	for i := range all {
		g := &all[i]
		g.Tokens = e.Tokens(g.Role, g.text())
		g.Values = embed(t, e, g.Role, []string{g.text()})[0][:16]
		g.Norm = math.Sqrt(dot(g.Values, g.Values))
	}
	data, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(goldenPath, append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
