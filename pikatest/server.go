package pikatest

import (
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"testing"
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
