package pikatest

import (
	"fmt"
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// APIKeys is the conformance suite of pika.APIKeys, as a part of the truth.
func APIKeys(t *testing.T, config TruthConfig) {
	s := truthSuite{config}
	s.run(t, map[string]func(*testing.T, Truth){
		"comes back whole":   testKeyWhole,
		"order":              testKeyOrder,
		"taken id or hash":   testKeyTaken,
		"revoke":             testKeyRevoke,
		"of other tenants":   testKeyIsolation,
		"strings come back":  testKeyStrings,
		"concurrent revokes": testKeyRevokedTogether,
	})
	t.Run("durability", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		truth := s.config.Open(t, dir)
		valid, ended := apiKey("a", "acme"), apiKey("b", "acme")
		createKeys(t, truth, valid, ended)
		revoke(t, truth, ended, day(9))
		if err := truth.Close(); err != nil {
			t.Fatal(err)
		}
		truth = s.config.Open(t, dir)
		at := day(9)
		ended.RevokedAt = &at
		wantKeysOf(t, truth, "acme", valid, ended)
		if err := truth.Close(); err != nil {
			t.Error(err)
		}
	})
}

func apiKey(id, tenant string) pika.APIKey {
	return pika.APIKey{ID: id, Tenant: tenant, Role: pika.RoleWrite, Name: "of " + id, Hash: "hash of " + id, CreatedAt: day(3)}
}

func createKeys(t *testing.T, truth Truth, keys ...pika.APIKey) {
	t.Helper()
	for _, k := range keys {
		if err := truth.CreateAPIKey(t.Context(), k); err != nil {
			t.Fatalf("CreateAPIKey(%s) = %v", k.ID, err)
		}
	}
}

func revoke(t *testing.T, truth Truth, k pika.APIKey, at time.Time) {
	t.Helper()
	if err := truth.RevokeAPIKey(t.Context(), k.Tenant, k.ID, at); err != nil {
		t.Fatalf("RevokeAPIKey(%s) = %v", k.ID, err)
	}
}

func wantKeysOf(t *testing.T, truth Truth, tenant string, want ...pika.APIKey) {
	t.Helper()
	got, err := truth.ListAPIKeys(t.Context(), tenant)
	if err != nil {
		t.Fatalf("ListAPIKeys(%q) = %v", tenant, err)
	}
	wantSame(t, fmt.Sprintf("ListAPIKeys(%q)", tenant), got, want)
}

func testKeyWhole(t *testing.T, truth Truth) {
	wantKeysOf(t, truth, "")
	wantKeysOf(t, truth, "acme")
	ended := day(5).Add(time.Microsecond)
	whole := pika.APIKey{
		ID: pika.DeriveID("key"), Tenant: "acme", Role: pika.RoleAdmin, Name: "Máy của Linh", Hash: "0a1b",
		CreatedAt: day(4).Add(1999 * time.Nanosecond), RevokedAt: &ended,
	}
	createKeys(t, truth, whole)
	whole.CreatedAt = day(4).Add(time.Microsecond)
	wantKeysOf(t, truth, "acme", whole)
	for i, role := range pika.KeyRoles() {
		k := apiKey(fmt.Sprint(i), "roles")
		k.Role = role
		createKeys(t, truth, k)
	}
	keys, err := truth.ListAPIKeys(t.Context(), "roles")
	if err != nil {
		t.Fatal(err)
	}
	for i, role := range pika.KeyRoles() {
		wantSame(t, "role", keys[i].Role, role)
	}
	if loc := keys[0].CreatedAt.Location(); loc != time.UTC {
		t.Errorf("times come back in %v; want UTC", loc)
	}
}

func testKeyOrder(t *testing.T, truth Truth) {
	newer, b, a, other := apiKey("0", "acme"), apiKey("b", "acme"), apiKey("a", "acme"), apiKey("c", "evil")
	newer.CreatedAt, other.CreatedAt = day(4), day(2)
	createKeys(t, truth, newer, b, other, a)
	wantKeysOf(t, truth, "acme", a, b, newer)
	wantKeysOf(t, truth, "evil", other)
	wantKeysOf(t, truth, "", other, a, b, newer)
	wantKeysOf(t, truth, "nobody")
}

func testKeyTaken(t *testing.T, truth Truth) {
	k := apiKey("a", "acme")
	createKeys(t, truth, k)
	for name, change := range map[string]func(*pika.APIKey){
		"all of it":                   func(*pika.APIKey) {},
		"the id":                      func(k *pika.APIKey) { k.Hash = "other" },
		"the id, by another tenant":   func(k *pika.APIKey) { k.Hash, k.Tenant = "other", "evil" },
		"the hash":                    func(k *pika.APIKey) { k.ID = "other" },
		"the hash, by another tenant": func(k *pika.APIKey) { k.ID, k.Tenant = "other", "evil" },
	} {
		taken := k
		taken.Name = "another"
		change(&taken)
		wantCode(t, "CreateAPIKey with a taken "+name, truth.CreateAPIKey(t.Context(), taken), pika.Conflict)
	}
	wantKeysOf(t, truth, "", k)
	revoke(t, truth, k, day(9))
	wantCode(t, "CreateAPIKey with the hash of a key that has ended", truth.CreateAPIKey(t.Context(), apiKey("a", "acme")), pika.Conflict)
}

func testKeyRevoke(t *testing.T, truth Truth) {
	k, kept := apiKey("a", "acme"), apiKey("b", "acme")
	createKeys(t, truth, k, kept)
	revoke(t, truth, k, day(9).Add(999*time.Nanosecond))
	at := day(9)
	k.RevokedAt = &at
	wantKeysOf(t, truth, "acme", k, kept)
	revoke(t, truth, k, day(10))
	wantKeysOf(t, truth, "acme", k, kept) // it ended when it ended
	wantCode(t, "RevokeAPIKey of none", truth.RevokeAPIKey(t.Context(), "acme", "none", day(9)), pika.NotFound)
}

func testKeyIsolation(t *testing.T, truth Truth) {
	k := apiKey("a", "acme")
	createKeys(t, truth, k)
	for _, tenant := range []string{"evil", "", "ACME", "acm", "acme "} {
		wantCode(t, fmt.Sprintf("RevokeAPIKey by tenant %q", tenant), truth.RevokeAPIKey(t.Context(), tenant, k.ID, day(9)), pika.NotFound)
		if tenant != "" {
			wantKeysOf(t, truth, tenant)
		}
	}
	wantKeysOf(t, truth, "acme", k)
}

func testKeyStrings(t *testing.T, truth Truth) {
	var want []pika.APIKey
	for i, s := range awkward {
		k := pika.APIKey{ID: s, Tenant: s, Role: pika.RoleRead, Name: s, Hash: s, CreatedAt: day(1).Add(time.Duration(i) * time.Second)}
		want = append(want, k)
		createKeys(t, truth, k)
		wantKeysOf(t, truth, s, k)
	}
	wantKeysOf(t, truth, "", want...)
}

// testKeyRevokedTogether: of many that revoke at once each succeeds, and the key has
// one end.
func testKeyRevokedTogether(t *testing.T, truth Truth) {
	k := apiKey("a", "acme")
	createKeys(t, truth, k)
	together(8, func(i int) {
		if err := truth.RevokeAPIKey(t.Context(), k.Tenant, k.ID, day(9+i)); err != nil {
			t.Errorf("RevokeAPIKey = %v", err)
		}
	})
	ended := func() time.Time {
		t.Helper()
		keys, err := truth.ListAPIKeys(t.Context(), k.Tenant)
		if err != nil || len(keys) != 1 || keys[0].RevokedAt == nil {
			t.Fatalf("ListAPIKeys = %+v, %v; want one key that has ended", keys, err)
		}
		return *keys[0].RevokedAt
	}
	first := ended()
	revoke(t, truth, k, day(1))
	if !ended().Equal(first) {
		t.Errorf("the end moved from %v to %v", first, ended())
	}
}
