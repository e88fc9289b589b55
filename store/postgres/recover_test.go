package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/truth"
)

// TestTerminated ends all connections of the pool from the server's side, again and
// again, while calls go on: none of them fails.
func TestTerminated(t *testing.T) {
	t.Parallel()
	url := database(t, t.TempDir())
	db := open(t, url)
	defer db.Close()
	admin := connect(t, url)
	for round := range 5 {
		var group sync.WaitGroup
		for i := range 4 {
			group.Go(func() {
				job := fmt.Sprintf("j%d-%d", round, i)
				scope := pika.Scope{Tenant: "acme", User: fmt.Sprint("u", i)}
				commit(t, db, scope, job, "likes tea", "likes phở")
				if _, err := db.SearchKeyword(t.Context(), scope, pika.CorpusFacts, keyword.Query("tea"), 5); err != nil {
					t.Errorf("SearchKeyword = %v", err)
				}
			})
		}
		group.Wait()
		var ended int
		err := admin.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&ended)
		if err != nil || ended == 0 {
			t.Fatalf("%d connections were ended, %v", ended, err)
		}
	}
	for i := range 4 {
		hits, err := db.SearchKeyword(t.Context(), pika.Scope{Tenant: "acme", User: fmt.Sprint("u", i)}, pika.CorpusFacts, keyword.Query("tea"), 50)
		if err != nil || len(hits) != 5 {
			t.Errorf("%d facts are found, %v; want 5", len(hits), err)
		}
	}
}

// TestUnknownEnd: when the connection breaks behind the end of a deletion, it is not
// done again, for then there would be nothing to delete, and that would be a lie.
func TestUnknownEnd(t *testing.T) {
	t.Parallel()
	link := newLink(t, database(t, t.TempDir()))
	db := open(t, link.url)
	defer db.Close()
	id := commit(t, db, alice, "j", "likes tea")[0]
	link.cutAfter(truth.EventDeleted) // an argument of the last statements
	_, err := db.Delete(t.Context(), alice.Tenant, id, noon)
	wantError(t, "Delete whose answer is lost", err, pika.Unavailable, "does not answer")
	link.cutAfter("")
	untilNil(t, "the deletion was done", func() error {
		if _, err := db.Find(t.Context(), alice.Tenant, id); pika.CodeOf(err) != pika.NotFound {
			return fmt.Errorf("Find = %w", err)
		}
		return nil
	})
}

// TestComesBack: the database is absent at the start, comes, goes silent, dies, and
// comes back; the same store fails clearly and works again by itself.
func TestComesBack(t *testing.T) {
	t.Parallel()
	address := database(t, t.TempDir())
	link := newLink(t, address)
	link.stop()
	db := open(t, link.url)
	defer db.Close()
	wantError(t, "Ping without a server", db.Ping(t.Context()), pika.Unavailable, "does not answer")

	link.start(t)
	untilNil(t, "the server came", func() error { return db.Ping(t.Context()) })
	ids := commit(t, db, alice, "j", "likes tea")

	link.pause()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := db.Get(ctx, alice, ids); pika.CodeOf(err) != pika.Timeout || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Get from a silent server = %v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("a deadline of 200 ms took %s", took)
	}
	link.stop()
	_, err := db.Get(t.Context(), alice, ids)
	wantError(t, "Get from a dead server", err, pika.Unavailable, "does not answer")
	link.start(t)
	untilNil(t, "the server came back", func() error {
		got, err := db.Get(t.Context(), alice, ids)
		if err == nil && len(got) != 1 {
			err = fmt.Errorf("%d facts", len(got))
		}
		return err
	})
}

func untilNil(t *testing.T, what string, f func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if err = f(); err == nil {
			return
		}
	}
	t.Fatalf("%s, and still: %v", what, err)
}

// link is a wire to the server that a test can cut.
type link struct {
	url    string
	target string
	local  string

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	paused   bool
	word     string // the wire breaks when the server answers it
}

func newLink(t *testing.T, address string) *link {
	t.Helper()
	l := &link{conns: map[net.Conn]bool{}}
	l.url = changed(t, address, func(u *url.URL) {
		l.target = u.Host
		l.local = "127.0.0.1:0"
		l.start(t)
		u.Host = l.local
	})
	t.Cleanup(l.stop)
	return l
}

func (l *link) start(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", l.local)
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	l.listener, l.local, l.paused = listener, listener.Addr().String(), false
	l.mu.Unlock()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go l.carry(conn)
		}
	}()
}

func (l *link) carry(client net.Conn) {
	server, err := net.Dial("tcp", l.target)
	if err != nil {
		_ = client.Close()
		return
	}
	l.mu.Lock()
	l.conns[client], l.conns[server] = true, true
	l.mu.Unlock()
	// What the server says to the word is not carried: it has all that was sent by then.
	var said atomic.Bool
	go l.copy(client, server, func(string) bool { return said.Load() })
	l.copy(server, client, func(sent string) bool {
		if l.word != "" && strings.Contains(sent, l.word) {
			said.Store(true)
		}
		return false
	})
}

// copy carries bytes until one side ends, or until breaks says that the wire does.
func (l *link) copy(to, from net.Conn, breaks func(string) bool) {
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		l.mu.Lock()
		paused, broken := l.paused, breaks(string(buffer[:n]))
		l.mu.Unlock()
		if broken {
			return
		}
		if paused {
			_, _ = io.Copy(io.Discard, from) // it takes all and says nothing
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (l *link) pause() { l.mu.Lock(); l.paused = true; l.mu.Unlock() }

func (l *link) cutAfter(word string) { l.mu.Lock(); l.word = word; l.mu.Unlock() }

// stop ends the listener and cuts every wire.
func (l *link) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.listener.Close()
	for c := range l.conns {
		_ = c.Close()
	}
	clear(l.conns)
}
