package localtest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// guard is a process of its own that stops a set's servers and removes its folder once
// this process closes its end of a pipe. Every end closes it, kill -9 and a test's
// timeout too, so no server outlives the tests.
type guard struct {
	command *exec.Cmd
	pipe    io.Closer
	log     string
	once    sync.Once
	err     error
}

// guarding waits for the end of its input. Its session is its own: what is typed in a
// terminal ends the tests and not it. What is thrown away need not end in good order.
const guarding = `cat >/dev/null
for name in "${@:3}"; do "$1" kill "$name"; done
"$1" wipe && rm -rf -- "$2"`

func startGuard(s *Set) (*guard, error) {
	log, err := os.Create(filepath.Join(s.folder, "guard.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	args := []string{"bash", "-c", guarding, "guard", s.script, s.folder}
	for _, name := range Names() {
		args = append(args, string(name))
	}
	g := &guard{command: exec.Command("setsid", args...), log: log.Name()}
	g.command.Env = append(os.Environ(), s.environment()...)
	g.command.Dir = "/"
	g.command.Stdout, g.command.Stderr = log, log
	pipe, err := g.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	g.pipe = pipe
	if err := g.command.Start(); err != nil {
		return nil, fmt.Errorf("start what stops the servers later: %w", err)
	}
	return g, nil
}

// end makes the guard work and waits for it.
func (g *guard) end() error {
	g.once.Do(func() {
		g.pipe.Close()
		if err := g.command.Wait(); err != nil {
			said, _ := os.ReadFile(g.log)
			g.err = fmt.Errorf("stop the servers of the tests: %w: %s", err, said)
		}
	})
	return g.err
}
