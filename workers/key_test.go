package workers_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pikamem/pika/workers"
)

func TestParseKey(t *testing.T) {
	t.Parallel()
	raw := []byte("\xff\xfe0123456789abcdef0123456789ab\xfb\xef")
	for _, c := range []struct{ name, text, problem string }{
		{"standard", base64.StdEncoding.EncodeToString(raw), ""},
		{"standard with a newline", base64.StdEncoding.EncodeToString(raw) + "\n", ""},
		{"standard without padding", base64.RawStdEncoding.EncodeToString(raw), ""},
		{"URL", base64.URLEncoding.EncodeToString(raw), ""},
		{"empty", "", "0"},
		{"too short", base64.StdEncoding.EncodeToString(raw[:31]), "31"},
		{"too long", base64.StdEncoding.EncodeToString(append(raw, 1)), "33"},
		{"no base64", "not base64!", "base64"},
	} {
		key, err := workers.ParseKey(c.text)
		switch {
		case c.problem == "" && (err != nil || string(key[:]) != string(raw)):
			t.Errorf("%s: %v, %v", c.name, key, err)
		case c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)):
			t.Errorf("%s: error %v, want %q in it", c.name, err, c.problem)
		}
	}
}

func TestLoadOrCreateKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "payload.key")
	keys := make([]workers.Key, 8)
	var wait sync.WaitGroup
	for i := range keys {
		wait.Go(func() {
			var err error
			if keys[i], err = workers.LoadOrCreateKey(path); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for _, k := range keys {
		if k != keys[0] || k == (workers.Key{}) {
			t.Fatalf("keys differ or are empty: %x and %x", k[:4], keys[0][:4])
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v, want 0600", info.Mode(), err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v, want the key only", entries, err)
	}
}

func TestLoadOrCreateKeyProblems(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken")
	if err := os.WriteFile(broken, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{broken, filepath.Join(dir, "no such folder", "key")} {
		if _, err := workers.LoadOrCreateKey(path); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}
