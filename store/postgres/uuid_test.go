package postgres

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pikamem/pika"
)

// TestCeilUUID compares with the definition, over all ids of a set.
func TestCeilUUID(t *testing.T) {
	t.Parallel()
	const zeros, effs = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"
	for s, want := range map[string]string{
		"": zeros, "8": "8" + zeros[1:], "g": "", "f": "f" + zeros[1:], ":": "a" + zeros[1:], "-": zeros,
		zeros: zeros, effs: effs, effs + "x": "", zeros + "x": zeros[:35] + "1", "0fffffff.": "10000000" + zeros[8:],
		"ffffffffz": "", "00000000-0009:": "00000000-000a-" + zeros[14:], "00000000,": "00000000-" + zeros[9:],
	} {
		got, ok := ceilUUID(s)
		if got != want || ok != (want != "") {
			t.Errorf("ceilUUID(%q) = %q, %t; want %q", s, got, ok, want)
		}
	}
	random := rand.New(rand.NewPCG(4, 4))
	var ids []string
	for i := range 500 {
		ids = append(ids, pika.Scope{Tenant: "t", User: fmt.Sprint(i)}.ID())
	}
	slices.Sort(ids)
	alphabet := "0123456789abcdefg-:Z\x00"
	for range 20_000 {
		id := ids[random.IntN(len(ids))]
		n := random.IntN(len(id) + 1)
		s := id[:n] + strings.Repeat(string(alphabet[random.IntN(len(alphabet))]), random.IntN(3))
		bound, ok := ceilUUID(s)
		for _, id := range []string{ids[0], ids[len(ids)-1], id, ids[random.IntN(len(ids))]} {
			if above := id >= s; above != (ok && id >= bound) {
				t.Fatalf("ceilUUID(%q) = %q, %t, which parts %s otherwise than %q does", s, bound, ok, id, s)
			}
		}
		if ok && !pika.IsID(bound) {
			t.Fatalf("ceilUUID(%q) = %q, which is no id", s, bound)
		}
	}
}
