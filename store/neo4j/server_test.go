package neo4j_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/neo4j"
)

// server is a Neo4j of the test's own, empty at first, which may be killed and started
// again. It is run by the script that runs those for development.
type server struct {
	t      testing.TB
	folder string
	port   int
}

func startServer(t testing.TB) *server {
	t.Helper()
	pikatest.Server(t, "PIKA_TEST_NEO4J_URL") // where no real server is wanted, none is started
	s := &server{t: t, folder: t.TempDir(), port: pikatest.FreePort(t)}
	t.Cleanup(func() { s.script("kill", "neo4j") })
	s.script("up", "neo4j")
	return s
}

// script runs deploy/local/servers on a set of its own and returns what it prints.
func (s *server) script(args ...string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, filepath.Join("..", "..", "deploy", "local", "servers"), args...)
	c.Env = append(os.Environ(), "PIKA_SERVERS_DATA="+s.folder, fmt.Sprint("PIKA_SERVERS_NEO4J_PORT=", s.port))
	out, err := c.CombinedOutput()
	if err != nil {
		s.t.Fatalf("servers %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// config says where the server is; the script keeps the password in a file.
func (s *server) config() neo4j.Config {
	s.t.Helper()
	password, err := os.ReadFile(filepath.Join(s.folder, "neo4j", "password"))
	if err != nil {
		s.t.Fatal(err)
	}
	return neo4j.Config{URL: fmt.Sprint("neo4j://127.0.0.1:", s.port), User: "neo4j", Password: string(password)}
}

func (s *server) signal(signal syscall.Signal) {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.folder, "neo4j", "pid"))
	if err != nil {
		s.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.Fields(string(b))[0])
	if err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Kill(pid, signal); err != nil {
		s.t.Fatal(err)
	}
	if signal == syscall.SIGSTOP {
		pikatest.AwaitStopped(s.t, pid)
	}
}

// eventually calls check until it says nothing is wrong.
func eventually(t testing.TB, within time.Duration, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("after %s still: %v", within, err)
		}
	}
}
