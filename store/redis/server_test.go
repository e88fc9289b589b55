package redis_test

import (
	"fmt"
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
	*pikatest.RedisServer
	t testing.TB
}

// startServer starts a server with settings of its configuration.
func startServer(t testing.TB, settings ...string) *server {
	t.Helper()
	return &server{pikatest.StartRedisServer(t, settings...), t}
}

func (s *server) signal(signal syscall.Signal) {
	s.t.Helper()
	if err := s.Process.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
	if signal == syscall.SIGSTOP {
		pikatest.AwaitStopped(s.t, s.Process.Process.Pid)
	}
}

func (s *server) config() redis.Config {
	return redis.Config{Addresses: []string{s.Address()}}
}

// command sends a command around the cache.
func (s *server) command(args ...any) any {
	s.t.Helper()
	c := goredis.NewClient(&goredis.Options{Addr: s.Address()})
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
		addresses = append(addresses, s.Address())
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
