package gateway

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pikamem/pika"
)

const (
	keyPrefix     = "pika_" // so that a key is recognised where it should not stand
	keyBytes      = 32
	maxTenantName = 64
	maxTenantKeys = 1000 // valid ones of one tenant
)

// NewKey is a key that is about to be made.
type NewKey struct {
	Tenant string // 1–64 of A-Z a-z 0-9 . _ -, but neither . nor ..
	Role   pika.KeyRole
	Name   string // 1–256 bytes in one line: what its owner calls it
}

func (k NewKey) check() error {
	if k.Tenant == "" || len(k.Tenant) > maxTenantName || k.Tenant == "." || k.Tenant == ".." || strings.ContainsFunc(k.Tenant, notInTenant) {
		return pika.InvalidField("tenant", "must be 1 to %d of A-Z, a-z, 0-9, '.', '_' and '-', and neither . nor ..", maxTenantName)
	}
	if !slices.Contains(pika.KeyRoles(), k.Role) {
		return pika.InvalidField("role", "must be one of %s, %s, %s", pika.RoleRead, pika.RoleWrite, pika.RoleAdmin)
	}
	if message := checkLine(k.Name); k.Name == "" || len(k.Name) > pika.MaxNameBytes || message != "" || invalidUTF8([]byte(k.Name)) >= 0 {
		return pika.InvalidField("name", "must be one line of 1 to %d bytes", pika.MaxNameBytes)
	}
	return nil
}

func notInTenant(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
}

// Create makes a key and stores its hash. It returns the key itself, which nothing
// remembers, and what is stored. A tenant has at most 1,000 valid keys: Conflict.
func (b *KeyBook) Create(ctx context.Context, n NewKey) (key string, stored pika.APIKey, err error) {
	if err := n.check(); err != nil {
		return "", pika.APIKey{}, err
	}
	if key, err = randomKey(b.random); err != nil {
		return "", pika.APIKey{}, err
	}
	stored = pika.APIKey{
		ID: pika.RandomID(b.random), Tenant: n.Tenant, Role: n.Role, Name: n.Name, Hash: hashKey(key), CreatedAt: b.now().UTC(),
	}
	ctx, cancel := context.WithTimeout(ctx, keysDeadline)
	defer cancel()
	err = b.alone(ctx, func() error {
		if err := b.checkRoom(ctx, n.Tenant); err != nil {
			return err
		}
		if err := b.store.CreateAPIKey(ctx, stored); err != nil {
			return fmt.Errorf("create an API key: %w", err)
		}
		if page := b.page.Load(); page != nil {
			next := page.without("", "")
			next.add(stored)
			b.page.Store(next)
		}
		return nil
	})
	if err != nil {
		return "", pika.APIKey{}, err
	}
	return key, stored, nil
}

// checkRoom bounds what every gateway keeps in memory.
func (b *KeyBook) checkRoom(ctx context.Context, tenant string) error {
	keys, err := b.store.ListAPIKeys(ctx, tenant)
	if err != nil {
		return fmt.Errorf("read a tenant's API keys: %w", err)
	}
	valid := 0
	for _, k := range keys {
		if k.RevokedAt == nil {
			valid++
		}
	}
	if valid >= maxTenantKeys {
		return pika.Errorf(pika.Conflict, "This tenant has %d valid keys, the most it may have: revoke some first.", valid)
	}
	return nil
}

// List returns a tenant's keys, of all tenants if it is empty, revoked ones too,
// oldest first. It asks the store.
func (b *KeyBook) List(ctx context.Context, tenant string) ([]pika.APIKey, error) {
	ctx, cancel := context.WithTimeout(ctx, keysDeadline)
	defer cancel()
	keys, err := b.store.ListAPIKeys(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	return keys, nil
}

// Revoke ends a key of a tenant: here at once, in other processes when they next read
// the keys. One that has ended stays as it is. NotFound if there is none.
func (b *KeyBook) Revoke(ctx context.Context, tenant, id string) error {
	ctx, cancel := context.WithTimeout(ctx, keysDeadline)
	defer cancel()
	return b.alone(ctx, func() error {
		if err := b.store.RevokeAPIKey(ctx, tenant, id, b.now().UTC()); err != nil {
			return fmt.Errorf("revoke an API key: %w", err)
		}
		if page := b.page.Load(); page != nil {
			b.page.Store(page.without(tenant, id))
		}
		return nil
	})
}

// randomKey returns pika_ and 256 random bits.
func randomKey(random io.Reader) (string, error) {
	if random == nil {
		random = rand.Reader
	}
	var secret [keyBytes]byte
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return "", fmt.Errorf("draw an API key: %w", err)
	}
	return keyPrefix + base64.RawURLEncoding.EncodeToString(secret[:]), nil
}

// hashKey returns what is stored of a key. A slow hash with salt protects what people
// choose, which can be guessed; a key is 256 random bits, which cannot, and a fast hash
// lets every request be checked.
func hashKey(key string) string {
	hash := sha256.Sum256([]byte(key))
	return hex.EncodeToString(hash[:])
}
