package pikatest

import (
	"os"
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
