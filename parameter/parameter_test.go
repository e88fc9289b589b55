package parameter_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika/parameter"
)

type settings struct {
	name  string
	size  int
	tls   bool
	limit time.Duration
}

func (s *settings) table() map[string]parameter.Set {
	return map[string]parameter.Set{
		"name": parameter.Text(&s.name), "size": parameter.Number(&s.size),
		"tls": parameter.Bool(&s.tls), "limit": parameter.Duration(&s.limit),
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	var s settings
	if err := parameter.Read("name=a%20b&size=7&tls=true&limit=250ms", s.table()); err != nil {
		t.Fatal(err)
	}
	if want := (settings{"a b", 7, true, 250 * time.Millisecond}); s != want {
		t.Errorf("read %+v, want %+v", s, want)
	}
	if err := parameter.Read("", s.table()); err != nil {
		t.Errorf("no parameters: %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"name=":           "has a name that is empty",
		"size=0":          "has a size that is no whole number of at least 1",
		"size=secret":     "no whole number",
		"tls=yes":         "neither true nor false",
		"limit=0s":        "no duration above 0",
		"limit=5":         "no duration above 0",
		"siez=1":          "allowed are limit, name, size, tls",
		"size=1&size=2":   "has size 2 times",
		"size=1;limit=5s": "name=value",
	} {
		var s settings
		err := parameter.Read(query, s.table())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("Read(%q) = %v; want an error with %q that does not repeat the value", query, err, want)
		}
	}
}
