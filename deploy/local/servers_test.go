// Package local_test tests the script servers: what it does with processes that are not,
// or no longer, its own.
//
// What may come in: runs of the script on a server of the test's own. What may not: the
// servers' behaviour, which their stores' tests are about.
package local_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pikamem/pika/pikatest"
)

// script is servers with a data folder and a Redis port of the test's own.
type script struct {
	t    *testing.T
	data string
	port int
}

// newScript skips where real servers are not asked for: then none may be installed.
func newScript(t *testing.T) *script {
	t.Helper()
	pikatest.Server(t, "PIKA_TEST_REDIS_URL")
	s := &script{t: t, data: t.TempDir(), port: pikatest.FreePort(t)}
	t.Cleanup(func() { s.run("down", "redis") })
	return s
}

// run runs the script and returns what it printed, and whether it succeeded.
func (s *script) run(args ...string) (string, bool) {
	s.t.Helper()
	c := exec.Command("./servers", args...)
	c.Env = append(os.Environ(), "PIKA_SERVERS_DATA="+s.data, fmt.Sprintf("PIKA_SERVERS_REDIS_PORT=%d", s.port))
	out, err := c.CombinedOutput()
	return string(out), err == nil
}

// must runs what has to succeed and say want.
func (s *script) must(want string, args ...string) {
	s.t.Helper()
	if out, ok := s.run(args...); !ok || !strings.Contains(out, want) {
		s.t.Fatalf("servers %s: succeeded %v, want %q in:\n%s", strings.Join(args, " "), ok, want, out)
	}
}

// refused runs what has to fail and say want.
func (s *script) refused(want string, args ...string) {
	s.t.Helper()
	if out, ok := s.run(args...); ok || !strings.Contains(out, want) {
		s.t.Fatalf("servers %s: succeeded %v, want a failure and %q in:\n%s", strings.Join(args, " "), ok, want, out)
	}
}

func TestUpIsHarmlessAndDownToo(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.must("redis: answers at 127.0.0.1:", "up", "redis")
	s.must("redis: runs already", "up", "redis")
	s.must("redis: stopped", "down", "redis")
	s.must("redis: does not run", "down", "redis")
	s.must("redis: data removed", "wipe", "redis")
}

func TestCrashedServerStartsAnew(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.must("answers", "up", "redis")
	s.must("redis: killed", "kill", "redis")
	s.refused("redis     does not run", "status")
	s.refused("redis does not run", "kill", "redis")
	s.must("ended unasked", "start", "redis")
	s.must("redis: stopped", "stop", "redis")
}

// TestForeignProcessIsLeftAlone: the pid file of a server that is gone names a process
// that lives, this test: it must not be taken for the server, and not be ended.
func TestForeignProcessIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.must("answers", "up", "redis")
	s.must("stopped", "down", "redis")
	pid := fmt.Sprintf("%d 1\n", os.Getpid())
	if err := os.WriteFile(filepath.Join(s.data, "redis", "pid"), []byte(pid), 0o600); err != nil {
		t.Fatal(err)
	}
	s.refused("redis     does not run", "status")
	s.must("which is another program now", "start", "redis")
	s.must("stopped", "stop", "redis")
}

func TestTakenPort(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s.refused("is taken by another program; stop it or set PIKA_SERVERS_REDIS_PORT", "up", "redis")
}

func TestWrongWords(t *testing.T) {
	t.Parallel()
	s := &script{t: t, data: t.TempDir()}
	s.refused("known: postgres redis milvus neo4j", "up", "mysql")
	s.refused("name exactly one of", "stop")
	s.refused("unknown command 'begin'", "begin")
	s.refused("was never started here", "env")
	s.must("servers wipe", "help")
}

// TestPasswordsAreTheOwners: what is generated can be read by nobody else.
func TestPasswordsAreTheOwners(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.must("answers", "up", "redis")
	for _, name := range []string{"password", "redis.conf"} {
		info, err := os.Stat(filepath.Join(s.data, "redis", name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s may be read by others: %v", name, info.Mode())
		}
	}
}
