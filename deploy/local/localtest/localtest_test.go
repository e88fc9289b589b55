package localtest_test

import (
	"context"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika/deploy/local/localtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := localtest.Close(); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}

// listens says whether a server of the set takes connections.
func listens(t *testing.T, s *localtest.Set, name localtest.Name) bool {
	t.Helper()
	u, err := url.Parse(s.URL(name))
	if err != nil || u.Host == "" {
		t.Fatalf("the address of %s is no URL", name)
	}
	connection, err := net.DialTimeout("tcp", u.Host, time.Second)
	if err != nil {
		return false
	}
	connection.Close()
	return true
}

// TestSet: the servers run, are others than those of the tests beside these, can be
// killed one by one, come back, and are emptied.
func TestSet(t *testing.T) {
	s := localtest.Shared(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for _, name := range localtest.Names() {
		if !listens(t, s, name) {
			t.Errorf("%s does not listen", name)
		}
		if strings.Contains(s.URL(name), hostOf(os.Getenv("PIKA_TEST_"+strings.ToUpper(string(name))+"_URL"))) {
			t.Errorf("%s is the one of everybody", name)
		}
	}
	if _, err := s.Cypher(ctx, "CREATE CONSTRAINT c FOR (n:Thing) REQUIRE n.id IS UNIQUE", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Cypher(ctx, "CREATE (:Thing {id: 1})", nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range localtest.Names() {
		if err := s.Kill(ctx, name); err != nil {
			t.Fatal(err)
		}
		if listens(t, s, name) {
			t.Errorf("%s listens after it was killed", name)
		}
		if err := s.Up(ctx, name); err != nil {
			t.Fatal(err)
		}
		if !listens(t, s, name) {
			t.Errorf("%s does not listen after it was started again", name)
		}
	}
	if err := s.Clean(ctx); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"MATCH (n) RETURN n", "SHOW CONSTRAINTS"} {
		if rows, err := s.Cypher(ctx, what, nil); err != nil || len(rows) != 0 {
			t.Errorf("after Clean %s answers %v, %v", what, rows, err)
		}
	}
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "no host"
	}
	return u.Host
}
