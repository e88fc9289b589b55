package redis_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/redis"
)

const password = "correct horse"

// server is a Redis of the test's own, which may be stopped and started again.
type server struct {
	t       testing.TB
	port    int
	args    []string
	process *exec.Cmd
	output  bytes.Buffer
}

// startServer starts a server with settings of its configuration. Without the program
// the rules for real servers hold.
func startServer(t testing.TB, settings ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		pikatest.Server(t, "PIKA_TEST_REDIS_URL") // skips or fails where no Redis is wanted or forced
		t.Skip("redis-server is not installed")
	}
	s := &server{t: t, port: pikatest.FreePort(t)}
	s.args = append([]string{
		"--port", fmt.Sprint(s.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir(),
	}, settings...)
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.process = exec.Command("redis-server", s.args...)
	s.process.Stdout = &s.output
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, 20*time.Second, func() error {
		c, err := net.Dial("tcp", s.address())
		if err == nil {
			c.Close()
		}
		return err
	})
}

// kill ends the server as kill -9 does.
func (s *server) kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
	s.process = nil
}

func (s *server) signal(signal syscall.Signal) {
	s.t.Helper()
	if err := s.process.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
	if signal == syscall.SIGSTOP {
		pikatest.AwaitStopped(s.t, s.process.Process.Pid)
	}
}

func (s *server) address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

func (s *server) config() redis.Config {
	return redis.Config{Addresses: []string{s.address()}}
}

// command sends a command around the cache.
func (s *server) command(args ...any) any {
	s.t.Helper()
	c := goredis.NewClient(&goredis.Options{Addr: s.address()})
	defer c.Close()
	answer, err := c.Do(s.t.Context(), args...).Result()
	if err != nil {
		s.t.Fatalf("%v = %v", args, err)
	}
	return answer
}

// startCluster starts three servers that are one cluster.
func startCluster(t testing.TB) (addresses []string) {
	t.Helper()
	for range 3 {
		// Its bus would take the port 10,000 above, where outgoing connections are.
		s := startServer(t, "--cluster-enabled", "yes", "--cluster-port", fmt.Sprint(pikatest.FreePort(t)), "--cluster-config-file", filepath.Join(t.TempDir(), "nodes.conf"), "--cluster-node-timeout", "2000")
		addresses = append(addresses, s.address())
	}
	create := exec.Command("redis-cli", append([]string{"--cluster", "create"}, append(addresses, "--cluster-replicas", "0", "--cluster-yes")...)...)
	create.Env = os.Environ()
	if out, err := create.CombinedOutput(); err != nil {
		t.Fatalf("redis-cli --cluster create: %v\n%s", err, out)
	}
	for _, address := range addresses {
		c := goredis.NewClient(&goredis.Options{Addr: address})
		eventually(t, 20*time.Second, func() error {
			info, err := c.ClusterInfo(t.Context()).Result()
			if err == nil && !strings.Contains(info, "cluster_state:ok") {
				err = fmt.Errorf("%s: %s", address, info)
			}
			return err
		})
		c.Close()
	}
	return addresses
}
