package gateway_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/gateway"
)

// keyStore is a store of keys that can be taken away.
type keyStore struct {
	mu      sync.Mutex
	keys    []pika.APIKey
	away    error
	entered chan struct{} // closed when a list was read …
	resume  chan struct{} // … which is returned when this is closed; nil: at once
}

func (s *keyStore) CreateAPIKey(_ context.Context, k pika.APIKey) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away == nil {
		s.keys = append(s.keys, k)
	}
	return s.away
}

func (s *keyStore) ListAPIKeys(ctx context.Context, tenant string) ([]pika.APIKey, error) {
	s.mu.Lock()
	keys := slices.DeleteFunc(slices.Clone(s.keys), func(k pika.APIKey) bool { return tenant != "" && k.Tenant != tenant })
	away, entered, resume := s.away, s.entered, s.resume
	s.mu.Unlock()
	if resume != nil && tenant == "" {
		close(entered)
		<-resume
	}
	return keys, errors.Join(away, ctx.Err())
}

func (s *keyStore) RevokeAPIKey(_ context.Context, tenant, id string, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.keys {
		if s.keys[i].Tenant == tenant && s.keys[i].ID == id {
			if s.keys[i].RevokedAt == nil {
				s.keys[i].RevokedAt = &at
			}
			return s.away
		}
	}
	return pika.Errorf(pika.NotFound, "there is no such API key")
}

func (s *keyStore) goAway(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = err
}

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// lockbox is a store of keys, a book over it, and a key of each role of tenant acme.
type lockbox struct {
	store *keyStore
	clock *clock
	book  *gateway.KeyBook
	keys  map[pika.KeyRole]string
	ids   map[pika.KeyRole]string
}

func newLockbox(t testing.TB) *lockbox {
	t.Helper()
	l := &lockbox{store: &keyStore{}, clock: &clock{now: now}, keys: map[pika.KeyRole]string{}, ids: map[pika.KeyRole]string{}}
	l.book = l.newBook()
	for _, role := range pika.KeyRoles() {
		l.keys[role], l.ids[role] = l.create(t, l.book, "acme", role)
	}
	if err := l.book.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

// newBook returns another process's book over the same store.
func (l *lockbox) newBook() *gateway.KeyBook {
	return gateway.NewKeyBook(l.store, gateway.KeyBookOptions{Now: l.clock.Now})
}

func (l *lockbox) create(t testing.TB, book *gateway.KeyBook, tenant string, role pika.KeyRole) (key, id string) {
	t.Helper()
	key, stored, err := book.Create(t.Context(), gateway.NewKey{Tenant: tenant, Role: role, Name: "of a test"})
	if err != nil {
		t.Fatal(err)
	}
	return key, stored.ID
}

func wantFound(t *testing.T, book *gateway.KeyBook, key string, found bool) {
	t.Helper()
	_, err := book.Find(key)
	if (err == nil) != found || (err != nil && pika.CodeOf(err) != pika.Unauthenticated) {
		t.Errorf("Find = %v; found should be %t", err, found)
	}
}

func TestKeyForm(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	seen := map[string]bool{}
	for range 50 {
		key, _ := l.create(t, l.book, "acme", pika.RoleRead)
		if len(key) != len("pika_")+43 || !strings.HasPrefix(key, "pika_") || strings.ContainsAny(key, "+/= ") || seen[key] {
			t.Errorf("the key has %d bytes, begins with %q, was seen: %t", len(key), key[:5], seen[key])
		}
		seen[key] = true
	}
	key := l.keys[pika.RoleRead]
	sum := sha256.Sum256([]byte(key))
	stored := l.store.keys[0]
	if stored.Hash != hex.EncodeToString(sum[:]) || stored.Tenant != "acme" || stored.Role != pika.RoleRead || !stored.CreatedAt.Equal(now) || stored.RevokedAt != nil {
		t.Errorf("stored is %+v", stored)
	}
	if strings.Contains(fmt.Sprintf("%+v", l.store.keys), key[5:]) {
		t.Error("the key itself is stored")
	}
}

func TestFindKey(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	key := l.keys[pika.RoleWrite]
	got, err := l.book.Find(key)
	if err != nil || got.Tenant != "acme" || got.Role != pika.RoleWrite || got.ID != l.ids[pika.RoleWrite] {
		t.Errorf("Find = %+v, %v", got, err)
	}
	sum := sha256.Sum256([]byte(key))
	for name, given := range map[string]string{
		"empty": "", "prefix": "pika_", "shorter": key[:len(key)-1], "longer": key + "A", "other case": strings.ToLower(key), "without prefix": key[5:],
		"its hash": hex.EncodeToString(sum[:]), "its id": got.ID, "space": key + " ", "huge": key + strings.Repeat("x", 1<<20), "nothing like it": "pika_" + strings.Repeat("A", 43),
	} {
		t.Run(name, func(t *testing.T) { wantFound(t, l.book, given, false) })
	}
}

// A row that a person damaged, or whose role this program does not know, opens nothing.
func TestDamagedKeys(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	key, id := l.create(t, l.book, "acme", pika.RoleAdmin)
	l.store.keys = append(l.store.keys, pika.APIKey{ID: "a", Tenant: "acme", Role: pika.RoleAdmin, Hash: ""},
		pika.APIKey{ID: "b", Tenant: "acme", Role: pika.RoleAdmin, Hash: "zz"}, pika.APIKey{ID: "c", Tenant: "acme", Role: pika.RoleAdmin, Hash: "00"})
	for i := range l.store.keys {
		if l.store.keys[i].ID == id {
			l.store.keys[i].Role = "owner"
		}
	}
	if err := l.book.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFound(t, l.book, "", false)
	b := setup(t, func(c *gateway.Config) { c.Keys = l.book })
	wantProblem(t, b.send("GET", "/v1/jobs", "", "Authorization", "Bearer "+key), 403, pika.Forbidden)
}

// What is done through a book counts in it at once; what another process does, at the
// next reading.
func TestKeysOfOtherProcesses(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	other := l.newBook()
	if err := other.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	made, id := l.create(t, l.book, "acme", pika.RoleRead)
	wantFound(t, l.book, made, true)
	wantFound(t, other, made, false)
	if err := other.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFound(t, other, made, true)
	if err := l.book.Revoke(t.Context(), "acme", id); err != nil {
		t.Fatal(err)
	}
	wantFound(t, l.book, made, false)
	wantFound(t, other, made, true)
	if err := other.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFound(t, other, made, false)
	if got := pika.CodeOf(l.book.Revoke(t.Context(), "evil", l.ids[pika.RoleRead])); got != pika.NotFound {
		t.Errorf("another tenant revokes: %s", got)
	}
	wantFound(t, l.book, l.keys[pika.RoleRead], true)
}

// A list that was asked for before a revocation must not bring the key back.
func TestRevokeDuringRefresh(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	l.store.entered, l.store.resume = make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		if err := l.book.Refresh(t.Context()); err != nil {
			t.Error(err)
		}
	})
	<-l.store.entered
	l.store.mu.Lock()
	resume := l.store.resume
	l.store.resume = nil
	l.store.mu.Unlock()
	begun := make(chan struct{})
	group.Go(func() {
		close(begun)
		if err := l.book.Revoke(t.Context(), "acme", l.ids[pika.RoleAdmin]); err != nil {
			t.Error(err)
		}
	})
	<-begun
	close(resume)
	group.Wait()
	wantFound(t, l.book, l.keys[pika.RoleAdmin], false)
	wantFound(t, l.book, l.keys[pika.RoleRead], true)
}

func TestKeysWithoutTheirStore(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	key := l.keys[pika.RoleRead]
	l.store.goAway(pika.Errorf(pika.Unavailable, "the database does not answer"))
	state := func(want gateway.DependencyStatus) {
		t.Helper()
		if got := l.book.State(); got.Status != want || (got.Reason == "") != (want == gateway.StatusOK) || !got.Required {
			t.Errorf("State = %+v; want %s", got, want)
		}
	}
	state(gateway.StatusOK)
	for range 2 {
		if got := pika.CodeOf(l.book.Refresh(t.Context())); got != pika.Unavailable {
			t.Errorf("Refresh = %s; want unavailable", got)
		}
		wantFound(t, l.book, key, true)
	}
	if _, _, err := l.book.Create(t.Context(), gateway.NewKey{Tenant: "acme", Role: pika.RoleRead, Name: "n"}); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Create = %v", err)
	}
	l.clock.pass(5 * time.Minute)
	state(gateway.StatusDegraded)
	wantFound(t, l.book, key, true)
	l.clock.pass(24*time.Hour - 5*time.Minute)
	wantFound(t, l.book, key, true)
	l.clock.pass(time.Second)
	_, err := l.book.Find(key)
	var e *pika.Error
	if !errors.As(err, &e) || e.Code != pika.Unavailable || e.RetryAfter == 0 {
		t.Errorf("Find with keys of more than a day = %v; want unavailable with a time to try again", err)
	}
	state(gateway.StatusDown)
	l.store.goAway(nil)
	if err := l.book.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFound(t, l.book, key, true)
	state(gateway.StatusOK)
}

// TestKeysRun: a book whose store is away at the start finds it by itself, and a later
// change too.
func TestKeysRun(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	l.store.goAway(errors.New("refused"))
	book := gateway.NewKeyBook(l.store, gateway.KeyBookOptions{Every: time.Millisecond, Now: l.clock.Now})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- book.Run(ctx) }()
	if _, err := book.Find(l.keys[pika.RoleRead]); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Find before any reading = %v; want unavailable", err)
	}
	if got := book.State(); got.Status != gateway.StatusDown {
		t.Errorf("State before any reading = %+v", got)
	}
	until := func(what string, check func() bool) {
		t.Helper()
		deadline, look := time.After(10*time.Second), time.NewTicker(time.Millisecond)
		defer look.Stop()
		for !check() {
			select {
			case <-deadline:
				t.Fatalf("%s: not within 10 s", what)
			case <-look.C:
			}
		}
	}
	l.store.goAway(nil)
	found := func() bool { _, err := book.Find(l.keys[pika.RoleRead]); return err == nil }
	until("the store is back", found)
	if err := l.book.Revoke(t.Context(), "acme", l.ids[pika.RoleRead]); err != nil {
		t.Fatal(err)
	}
	until("revoked elsewhere", func() bool { return !found() })
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
}

func TestNewKeysAreChecked(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	good := gateway.NewKey{Tenant: "acme", Role: pika.RoleRead, Name: "Máy của Linh"}
	for name, spoil := range map[string]func(*gateway.NewKey){
		"no tenant":        func(k *gateway.NewKey) { k.Tenant = "" },
		"a slash":          func(k *gateway.NewKey) { k.Tenant = "a/b" },
		"a space":          func(k *gateway.NewKey) { k.Tenant = "a b" },
		"a star":           func(k *gateway.NewKey) { k.Tenant = "*" },
		"dots":             func(k *gateway.NewKey) { k.Tenant = ".." },
		"a long tenant":    func(k *gateway.NewKey) { k.Tenant = strings.Repeat("a", 65) },
		"no role":          func(k *gateway.NewKey) { k.Role = "" },
		"an unknown role":  func(k *gateway.NewKey) { k.Role = "owner" },
		"no name":          func(k *gateway.NewKey) { k.Name = "" },
		"two lines":        func(k *gateway.NewKey) { k.Name = "a\nb" },
		"a long name":      func(k *gateway.NewKey) { k.Name = strings.Repeat("a", pika.MaxNameBytes+1) },
		"a name not UTF-8": func(k *gateway.NewKey) { k.Name = "\xff" },
	} {
		bad := good
		spoil(&bad)
		if _, _, err := l.book.Create(t.Context(), bad); pika.CodeOf(err) != pika.Invalid {
			t.Errorf("%s: Create = %v; want invalid", name, err)
		}
	}
	good.Tenant, good.Name = strings.Repeat("a", 64), strings.Repeat("n", pika.MaxNameBytes)
	if _, _, err := l.book.Create(t.Context(), good); err != nil {
		t.Error(err)
	}
	if n := len(l.store.keys); n != len(pika.KeyRoles())+1 {
		t.Errorf("%d keys are stored", n)
	}
}

// A tenant cannot fill every gateway's memory with keys.
func TestKeysAreBounded(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	for i := range 1000 {
		k := pika.APIKey{ID: fmt.Sprint(i), Tenant: "many", Role: pika.RoleRead, Hash: fmt.Sprintf("%064x", i)}
		if i == 0 {
			at := now
			k.RevokedAt = &at
		}
		l.store.keys = append(l.store.keys, k)
	}
	l.create(t, l.book, "many", pika.RoleRead)
	_, _, err := l.book.Create(t.Context(), gateway.NewKey{Tenant: "many", Role: pika.RoleRead, Name: "n"})
	if pika.CodeOf(err) != pika.Conflict {
		t.Errorf("Create of the 1,001st valid key = %v; want conflict", err)
	}
	l.create(t, l.book, "acme", pika.RoleRead)
}

// Searching goes on while keys change.
func TestKeysTogether(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for range 50 {
				wantFound(t, l.book, l.keys[pika.RoleRead], true)
				if i == 0 {
					key, id := l.create(t, l.book, "acme", pika.RoleRead)
					wantFound(t, l.book, key, true)
					if err := l.book.Revoke(t.Context(), "acme", id); err != nil {
						t.Error(err)
					}
					wantFound(t, l.book, key, false)
				}
				if i == 1 {
					if err := l.book.Refresh(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
}

func BenchmarkFindKey(b *testing.B) {
	l := newLockbox(b)
	for i := range 100_000 {
		l.store.keys = append(l.store.keys, pika.APIKey{ID: fmt.Sprint(i), Tenant: fmt.Sprint(i % 100), Role: pika.RoleRead, Hash: fmt.Sprintf("%064x", i*7919)})
	}
	if err := l.book.Refresh(b.Context()); err != nil {
		b.Fatal(err)
	}
	key := l.keys[pika.RoleWrite]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.book.Find(key); err != nil {
			b.Fatal(err)
		}
	}
}

// TestRevokedKeyElsewhere: 30 s after another process revoked a key, this one refuses it,
// even if reading the keys takes as long as it may.
func TestRevokedKeyElsewhere(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	synctest.Test(t, func(t *testing.T) {
		book := gateway.NewKeyBook(l.store, gateway.KeyBookOptions{})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- book.Run(ctx) }()
		synctest.Wait()
		if err := l.store.RevokeAPIKey(ctx, "acme", l.ids[pika.RoleRead], now); err != nil {
			t.Fatal(err)
		}
		if _, err := book.Find(l.keys[pika.RoleRead]); err != nil {
			t.Errorf("before the next reading: %v", err)
		}
		time.Sleep(25 * time.Second) // of the bubble's own clock: the other 5 s are for the reading
		synctest.Wait()
		if _, err := book.Find(l.keys[pika.RoleRead]); pika.CodeOf(err) != pika.Unauthenticated {
			t.Errorf("after 25 s: %v", err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
