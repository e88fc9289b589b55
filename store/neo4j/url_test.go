package neo4j_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/neo4j"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]neo4j.Config{
		"neo4j://graph":                                  {URL: "neo4j://graph"},
		"neo4j://neo4j:s%40cret@graph:7687":              {URL: "neo4j://graph:7687", User: "neo4j", Password: "s@cret"},
		"bolt+ssc://neo4j:secret@[::1]:7687/memories":    {URL: "bolt+ssc://[::1]:7687", User: "neo4j", Password: "secret", Database: "memories"},
		"neo4j+s://a:b@graph/?pool_size=3":               {URL: "neo4j+s://graph", User: "a", Password: "b", PoolSize: 3},
		"bolt://g?connect_timeout=1s&read_timeout=200ms": {URL: "bolt://g", ConnectTimeout: time.Second, ReadTimeout: 200 * time.Millisecond},
		"bolt://g?write_timeout=1s&setup_timeout=2m":     {URL: "bolt://g", WriteTimeout: time.Second, SetupTimeout: 2 * time.Minute},
	} {
		got, err := neo4j.ParseURL(s)
		if err != nil {
			t.Errorf("ParseURL(%q) = %v", s, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(neo4j.Config{}, "Now")); diff != "" {
			t.Errorf("ParseURL(%q) (-want +got):\n%s", s, diff)
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "graph:7687", "http://neo4j:secret@graph", "neo4j://", "neo4j://neo4j:secret@", "neo4j://neo4j:secret@graph:x", "neo4j://neo4j:secret@graph/a/b",
		"neo4j://neo4j@graph", "neo4j://:secret@graph", "neo4j://neo4j:secret@graph#f", "neo4j://neo4j:secret%zz@graph",
		"neo4j://neo4j:secret@graph?policy=x", "neo4j://neo4j:secret@graph?pool_size=0", "neo4j://neo4j:secret@graph?pool_size=1001",
		"neo4j://neo4j:secret@graph?pool_size=1&pool_size=1", "neo4j://neo4j:secret@graph?read_timeout=1", "neo4j://neo4j:secret@graph?read_timeout=1h", "neo4j://neo4j:secret@graph?%zz",
	} {
		_, err := neo4j.ParseURL(s)
		if pika.CodeOf(err) != pika.Invalid || !strings.Contains(message(err), "PIKA_GRAPH") {
			t.Errorf("ParseURL(%q) = %v; want invalid, naming PIKA_GRAPH", s, err)
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("ParseURL(%q) repeats the password: %v", s, err)
		}
	}
	if _, err := neo4j.Open(neo4j.Config{URL: "neo4j://neo4j:secret@graph"}); pika.CodeOf(err) != pika.Invalid || strings.Contains(err.Error(), "secret") {
		t.Errorf("Open with credentials in the URL = %v; want invalid", err)
	}
}

func FuzzParseURL(f *testing.F) {
	f.Add("neo4j://neo4j:pw@a:1/db?pool_size=2")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := neo4j.ParseURL(s)
		if err != nil {
			return
		}
		g, err := neo4j.Open(c)
		if err != nil {
			t.Fatalf("ParseURL took %q, Open did not: %v", s, err)
		}
		g.Close()
	})
}
