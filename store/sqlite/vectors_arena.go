package sqlite

import (
	"container/list"
	"sync"
	"sync/atomic"

	"github.com/pikamem/pika"
)

// arenaKey names what is scanned together: one user's vectors of one corpus.
type arenaKey struct {
	scope  pika.Scope
	corpus pika.Corpus
}

// arena is the copy in memory of the rows of one arenaKey, or the place for one.
//
// It follows the file by three rules, which together lose no write:
//   - A write that had the arena to itself, from before it began until after it was
//     committed, puts its own rows in.
//   - Writes that overlapped do not know in which order they were committed: each
//     reads its rows from the file again, under the lock. Whoever is last reads the
//     end state.
//   - Rows written while the arena is being loaded are read again before the load
//     becomes visible.
type arena struct {
	key arenaKey

	users   int           // guarded by arenas.mu: calls that hold the arena now
	place   *list.Element // guarded by arenas.mu
	counted int64         // guarded by arenas.mu: bytes counted for it

	size    atomic.Int64 // bytes occupied now
	tooBig  atomic.Bool  // does not fit the budget: scanned from the file
	mu      sync.RWMutex
	rows    *rowSet             // nil: not loaded
	loading *load               // nil: no load runs
	dirty   map[string]struct{} // ids written since the load began
	writers int                 // writes under way
	overlap bool                // since writers was last 0 there was more than one
}

// arenas are the arenas in use, least recently used first to go.
type arenas struct {
	budget int64
	queue  chan struct{}  // one per load that runs or waits
	slots  chan struct{}  // one per load that runs
	loads  sync.WaitGroup // loads that run or wait

	mu     sync.Mutex
	byKey  map[arenaKey]*arena
	recent *list.List // of *arena, most recently used first
	total  int64
}

func newArenas(budget int64) *arenas {
	return &arenas{
		budget: budget,
		queue:  make(chan struct{}, maxQueuedLoads),
		slots:  make(chan struct{}, maxLoads),
		byKey:  map[arenaKey]*arena{},
		recent: list.New(),
	}
}

func (s *arenas) occupied() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// acquire returns the arena of k. Until it is released, there is no other one of k.
func (s *arenas) acquire(k arenaKey) *arena {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.byKey[k]
	if a == nil {
		a = &arena{key: k}
		a.place = s.recent.PushFront(a)
		s.byKey[k] = a
	}
	a.users++
	s.recent.MoveToFront(a.place)
	return a
}

// release counts what the arena occupies now and makes room if that is too much.
func (s *arenas) release(a *arena) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.users--
	s.count(a)
	if a.users == 0 && a.counted == 0 {
		s.drop(a)
	}
	s.makeRoom()
}

// grown counts an arena that is still being loaded, so that others make room early.
func (s *arenas) grown(a *arena) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count(a)
	s.makeRoom()
}

func (s *arenas) count(a *arena) {
	size := a.size.Load()
	s.total += size - a.counted
	a.counted = size
}

// makeRoom drops arenas that nobody uses, the least recently used first. Nobody
// holds them, so the next call for their key begins anew.
func (s *arenas) makeRoom() {
	for e := s.recent.Back(); e != nil && s.total > s.budget; {
		a := e.Value.(*arena)
		e = e.Prev()
		if a.users == 0 {
			s.drop(a)
		}
	}
}

func (s *arenas) drop(a *arena) {
	delete(s.byKey, a.key)
	s.recent.Remove(a.place)
	s.total -= a.counted
}
