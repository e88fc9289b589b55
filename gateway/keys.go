package gateway

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/pikamem/pika"
)

const (
	// keysLife is how old the keys in memory may be: so long the truth may be away.
	keysLife = 24 * time.Hour
	// keysDeadline bounds one question to the store of keys.
	keysDeadline = 5 * time.Second
	// keysRetry is the pause before the keys are asked for again when they were never read.
	keysRetry = time.Second
	// keysEvery and keysDeadline together are the 30 s after which every gateway has
	// noticed a revoked key.
	keysEvery = 25 * time.Second
	// maxGivenKey bounds, in bytes, what is looked at as a key.
	maxGivenKey = 256
)

// KeyBookOptions are the settings of a KeyBook; the zero value is usable.
type KeyBookOptions struct {
	Every  time.Duration    // between two readings of the store; defaults to 25 s
	Now    func() time.Time // defaults to time.Now
	Random io.Reader        // for keys and ids; safe for concurrent use; defaults to crypto/rand
	Log    *slog.Logger     // defaults to no log
}

// KeyBook knows which API keys are valid without asking the truth: it holds their
// hashes in memory, so that accepting a request needs no store. A key that another
// process made or revoked is noticed at the next reading; what is done through this
// book counts at once. While the store is away the keys last read hold for 24 hours.
//
// Its methods may be called from many goroutines.
type KeyBook struct {
	store  pika.APIKeys
	every  time.Duration
	now    func() time.Time
	random io.Reader
	log    *slog.Logger

	page atomic.Pointer[keyPage] // nil: never read
	turn chan struct{}           // held by whoever reads or changes the store
	fail atomic.Pointer[string]  // why the last reading failed; nil: it did not
}

// keyPage is what the book says at one time. It is never changed, only replaced.
type keyPage struct {
	read  time.Time              // when the store was asked
	valid map[uint64][]storedKey // by the first 8 bytes of the hash
}

type storedKey struct {
	hash [sha256.Size]byte
	key  pika.APIKey
}

// NewKeyBook returns a book that knows no key yet: call Refresh, or let Run read.
func NewKeyBook(store pika.APIKeys, o KeyBookOptions) *KeyBook {
	b := &KeyBook{
		store: store, every: cmp.Or(o.Every, keysEvery), now: o.Now, random: o.Random, log: o.Log, turn: make(chan struct{}, 1),
	}
	if b.now == nil {
		b.now = time.Now
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	return b
}

// Find returns the valid key that a caller gave. Unauthenticated: it is unknown or was
// revoked. Unavailable: the keys were never read, or not for 24 hours.
func (b *KeyBook) Find(given string) (pika.APIKey, error) {
	page := b.page.Load()
	if page == nil || b.now().Sub(page.read) > keysLife {
		return pika.APIKey{}, &pika.Error{
			Code: pika.Unavailable, RetryAfter: 5 * time.Second, Public: true,
			Message: "Nobody's API key can be checked at the moment: the store of keys does not answer. Try again later.",
		}
	}
	unknown := pika.Errorf(pika.Unauthenticated, "This API key is unknown or was revoked.")
	if len(given) > maxGivenKey {
		return pika.APIKey{}, unknown
	}
	hash := sha256.Sum256([]byte(given))
	// The time taken tells at most the start of a hash, and nobody can choose a key by
	// its hash; the rest is compared in constant time.
	for _, k := range page.valid[indexOf(hash)] {
		if subtle.ConstantTimeCompare(k.hash[:], hash[:]) == 1 {
			return k.key, nil
		}
	}
	return pika.APIKey{}, unknown
}

func indexOf(hash [sha256.Size]byte) uint64 { return binary.BigEndian.Uint64(hash[:8]) }

// Run reads the keys at once and then at intervals until ctx ends. A store that does
// not answer is asked again; it ends nothing.
func (b *KeyBook) Run(ctx context.Context) error {
	for {
		err := b.Refresh(ctx)
		if ctx.Err() != nil {
			return nil
		}
		b.report(err)
		pause := b.every
		if b.page.Load() == nil {
			pause = min(pause, keysRetry)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// report logs the first failure of several, and their end.
func (b *KeyBook) report(err error) {
	var why *string
	if err != nil {
		text := err.Error()
		why = &text
	}
	switch before := b.fail.Swap(why); {
	case err != nil && before == nil:
		b.log.Warn("the API keys cannot be read; those last read are used", "error", err)
	case err == nil && before != nil:
		b.log.Info("the API keys are read again")
	}
}

// Refresh reads the keys from the store.
func (b *KeyBook) Refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, keysDeadline)
	defer cancel()
	return b.alone(ctx, func() error {
		asked := b.now()
		keys, err := b.store.ListAPIKeys(ctx, "")
		if err != nil {
			return fmt.Errorf("read the API keys: %w", err)
		}
		page := &keyPage{read: asked, valid: make(map[uint64][]storedKey, len(keys))}
		for _, k := range keys {
			page.add(k)
		}
		b.page.Store(page)
		return nil
	})
}

// alone runs f while nobody else reads or changes the store through this book: a list
// that was asked for before a change must not undo it in memory.
func (b *KeyBook) alone(ctx context.Context, f func() error) error {
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return pika.ContextError(ctx.Err(), "the store of keys", "wait for a reading of the keys")
	}
	defer func() { <-b.turn }()
	return f()
}

// add takes a valid key in. A row whose hash is none opens nothing.
func (p *keyPage) add(k pika.APIKey) {
	hash, err := hex.DecodeString(k.Hash)
	if k.RevokedAt != nil || err != nil || len(hash) != sha256.Size {
		return
	}
	s := storedKey{hash: [sha256.Size]byte(hash), key: k}
	p.valid[indexOf(s.hash)] = append(p.valid[indexOf(s.hash)], s)
}

// without returns the page without one key.
func (p *keyPage) without(tenant, id string) *keyPage {
	next := &keyPage{read: p.read, valid: make(map[uint64][]storedKey, len(p.valid))}
	for index, keys := range p.valid {
		for _, k := range keys {
			if k.key.ID != id || k.key.Tenant != tenant {
				next.valid[index] = append(next.valid[index], k)
			}
		}
	}
	return next
}

// State is what /readyz says of the keys: without any the main job cannot run.
func (b *KeyBook) State() Dependency {
	d := Dependency{Name: "keys", Status: StatusOK, Required: true}
	page := b.page.Load()
	switch {
	case page == nil:
		d.Status, d.Reason = StatusDown, "no API key was read yet: the store of keys does not answer"
	case b.now().Sub(page.read) > keysLife:
		d.Status, d.Reason = StatusDown, "the API keys were last read over 24 hours ago: the store of keys does not answer"
	case b.now().Sub(page.read) > 3*b.every:
		d.Status = StatusDegraded
		d.Reason = fmt.Sprintf("the API keys were last read %s ago; they are used until they are 24 hours old", b.now().Sub(page.read).Round(time.Second))
	}
	return d
}
