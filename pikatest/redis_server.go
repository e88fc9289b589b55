package pikatest

import (
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"testing"
	"time"
)

// RedisServer is a Redis of a test's own on a free port, which may be killed and started
// again. It keeps nothing on the disk.
type RedisServer struct {
	Port    int
	Process *exec.Cmd // nil while it does not run

	t      testing.TB
	args   []string
	output bytes.Buffer
}

// StartRedisServer starts a server with settings of its configuration and ends it with the
// test. Without the program the rules for real servers hold: see Server.
func StartRedisServer(t testing.TB, settings ...string) *RedisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		Server(t, "PIKA_TEST_REDIS_URL") // skips or fails where no Redis is wanted or forced
		t.Skip("redis-server is not installed")
	}
	s := &RedisServer{t: t, Port: FreePort(t)}
	s.args = append([]string{
		"--port", fmt.Sprint(s.Port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir(),
	}, settings...)
	s.Start()
	t.Cleanup(s.Kill)
	return s
}

// Start starts it, again on the same port after Kill, and returns when it listens.
func (s *RedisServer) Start() {
	s.t.Helper()
	s.Process = exec.Command("redis-server", s.args...)
	s.Process.Stdout = &s.output
	if err := s.Process.Start(); err != nil {
		s.t.Fatal(err)
	}
	deadline := time.After(20 * time.Second)
	for {
		c, err := net.Dial("tcp", s.Address())
		if err == nil {
			c.Close()
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-deadline:
			s.t.Fatalf("redis-server does not listen: %v", err)
		}
	}
}

// Kill ends it as kill -9 does. Killing twice is the same as once.
func (s *RedisServer) Kill() {
	if s.Process == nil {
		return
	}
	_ = s.Process.Process.Kill()
	_ = s.Process.Wait()
	s.Process = nil
}

// Address is its host:port.
func (s *RedisServer) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.Port) }
