package devserver

import (
	"bytes"
	"log/slog"
	"sync"
)

// tailBytes is how much of the server's output is kept to explain its end.
const tailBytes = 2 << 10

// tail keeps the end of what the server writes and logs its lines for debugging.
type tail struct {
	log *slog.Logger

	mu   sync.Mutex
	kept []byte
	line []byte

	portTaken bool // a line said so, however long ago
}

func newTail(log *slog.Logger) *tail { return &tail{log: log} }

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	t.kept = t.kept[max(0, len(t.kept)-tailBytes):]
	t.line = append(t.line, p...)
	for {
		line, rest, found := bytes.Cut(t.line, []byte("\n"))
		if !found {
			t.line = t.line[max(0, len(t.line)-tailBytes):]
			return len(p), nil
		}
		t.portTaken = t.portTaken || bytes.Contains(line, []byte("address already in use"))
		t.log.Debug("workflow server", "line", string(line))
		t.line = rest
	}
}

// foundPortTaken reports whether the server said that a port it wanted is taken.
func (t *tail) foundPortTaken() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.portTaken
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}
