package pikatest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Server returns the address of a real server from a variable of the environment, such
// as PIKA_TEST_POSTGRES_URL. Without one the test is skipped; with
// PIKA_TEST_REQUIRE=all it fails instead: a check that must run on real servers must
// not pass by skipping. `make test-stores` sets both.
func Server(t testing.TB, variable string) string {
	t.Helper()
	address := os.Getenv(variable)
	switch {
	case address != "":
	case os.Getenv("PIKA_TEST_REQUIRE") == "all":
		t.Fatalf("%s is not set, and PIKA_TEST_REQUIRE=all forbids to skip: run `make servers-up` and `make test-stores`", variable)
	default:
		t.Skipf("%s is not set: run `make servers-up`, then `make test-stores`", variable)
	}
	return address
}

// AwaitStopped returns when no thread of a process that got SIGSTOP runs any more: the
// signal is sent at once and takes effect later.
func AwaitStopped(t testing.TB, pid int) {
	t.Helper()
	stopped := func() bool {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		for _, task := range tasks {
			stat, gone := os.ReadFile(task)
			// The state stands behind the name, which is in brackets and may hold any sign.
			_, rest, _ := strings.Cut(string(stat[max(0, bytes.LastIndexByte(stat, ')')):]), ") ")
			if gone == nil && !strings.HasPrefix(rest, "T") {
				return false
			}
		}
		return err == nil
	}
	deadline := time.After(20 * time.Second)
	for !stopped() {
		select {
		case <-time.After(time.Millisecond):
		case <-deadline:
			t.Fatal("the process does not stop")
		}
	}
}

// FreePort returns a port of 127.0.0.1 on which nothing listens. It lies below the range
// that systems give to outgoing connections and to whoever asks for any port: of that
// range another test's connection may take it before it is used.
func FreePort(t testing.TB) int {
	t.Helper()
	const first, last = 20_000, 32_000
	for range 100 {
		port := first + rand.IntN(last-first)
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}
