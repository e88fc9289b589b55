package pika_test

import (
	"bytes"
	"testing"

	"github.com/pikamem/pika"
)

// TestDeriveID holds the derivation still: the ids of stored data depend on it.
func TestDeriveID(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, id := range map[string]string{
		"no parts":     pika.DeriveID(),
		"empty part":   pika.DeriveID(""),
		"two empty":    pika.DeriveID("", ""),
		"ab c":         pika.DeriveID("ab", "c"),
		"a bc":         pika.DeriveID("a", "bc"),
		"abc":          pika.DeriveID("abc"),
		"1:a":          pika.DeriveID("1:a"),
		"a, 1:b":       pika.DeriveID("a", "1:b"),
		"a1:, b":       pika.DeriveID("a1:", "b"),
		"scope":        pika.Scope{Tenant: "a", User: "b"}.ID(),
		"other scope":  pika.Scope{Tenant: "ab", User: ""}.ID(),
		"fact":         pika.FactID(pika.Scope{}, "j", 1, 2),
		"fact 12":      pika.FactID(pika.Scope{}, "j", 12, 0),
		"message":      pika.MessageKey(pika.Scope{}, "c", "m"),
		"entity":       pika.EntityID(pika.Scope{}, "m"),
		"keyed job":    pika.KeyedJobID("t", "k"),
		"second batch": pika.BatchJobID("b", 1),
	} {
		if other, ok := seen[id]; ok {
			t.Errorf("%s and %s have the same id", name, other)
		}
		seen[id] = name
		if !pika.IsID(id) || id[14] != '5' {
			t.Errorf("%s: %q is no version 5 UUID", name, id)
		}
	}
	const known = "0d585ce9-e50d-5e67-8cf9-81ab96f6b746"
	if got := (pika.Scope{Tenant: "acme", User: "alice"}).ID(); got != known {
		t.Errorf("the id of a known scope = %s; want %s", got, known)
	}
	if got := pika.BatchJobID("b", 0); got != "b" {
		t.Errorf("BatchJobID of the first job = %q; want the batch's own", got)
	}
}

func TestRandomID(t *testing.T) {
	t.Parallel()
	if a, b := pika.RandomID(nil), pika.RandomID(nil); a == b || !pika.IsID(a) || a[14] != '4' {
		t.Errorf("RandomID = %q and %q; want two version 4 UUIDs", a, b)
	}
	got := pika.RandomID(bytes.NewReader(make([]byte, 16)))
	if want := "00000000-0000-4000-8000-000000000000"; got != want {
		t.Errorf("RandomID of zeros = %q; want %q", got, want)
	}
}

func TestIsID(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"00000000-0000-4000-8000-000000000000":   true,
		"0123abcd-ef00-5000-8000-00000000000f":   true,
		"":                                       false,
		"0123ABCD-ef00-5000-8000-00000000000f":   false,
		"0123abcd-ef00-5000-8000-00000000000g":   false,
		"0123abcdeef00-5000-8000-00000000000f":   false,
		"0123abcd-ef00-5000-8000-00000000000":    false,
		"0123abcd-ef00-5000-8000-00000000000ff":  false,
		"0123abcd-ef00-5000-8000-0000000000\x00": false,
	} {
		if got := pika.IsID(s); got != want {
			t.Errorf("IsID(%q) = %t; want %t", s, got, want)
		}
	}
}
