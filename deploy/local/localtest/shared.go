package localtest

import (
	"context"
	"sync"
	"testing"

	"github.com/pikamem/pika/pikatest"
)

// shared is the set of a test binary.
var shared struct {
	sync.Mutex
	set *Set
	err error
}

// Shared returns the one set of this test binary, started when it is first asked for.
// The test is skipped where the tests on real servers are not asked for, by the rule of
// pikatest.Server. Tests that use it must not run side by side. TestMain ends it by Close.
func Shared(t testing.TB) *Set {
	t.Helper()
	for _, variable := range []string{"PIKA_TEST_POSTGRES_URL", "PIKA_TEST_REDIS_URL", "PIKA_TEST_MILVUS_ADDR", "PIKA_TEST_NEO4J_URL"} {
		pikatest.Server(t, variable)
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.set == nil && shared.err == nil {
		// Not the test's context: the set is there for the tests after it too.
		shared.set, shared.err = Start(context.Background())
	}
	if shared.err != nil {
		t.Fatalf("start a set of servers: %v", shared.err)
	}
	return shared.set
}

// Close ends the set of this test binary, if there is one.
func Close() error {
	shared.Lock()
	defer shared.Unlock()
	if shared.set == nil {
		return nil
	}
	return shared.set.Close()
}
