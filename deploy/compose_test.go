// Package deploy_test tests what stands in this folder for docker-compose.yml: that the
// file holds the project's rules, and that a new .env makes it start.
//
// What may come in: runs of the checker in tools/compose and of the script new-env. What
// may not: a container engine, which tests cannot count on.
package deploy_test

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestComposeFile(t *testing.T) {
	t.Parallel()
	c := exec.Command("go", "-C", "../tools/compose", "run", ".", "../../docker-compose.yml", "../../deploy/env.example")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// newEnv runs new-env on a file and returns its settings.
func newEnv(t *testing.T, path string) map[string]string {
	t.Helper()
	if out, err := exec.Command("./new-env", path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
			settings[name] = value
		}
	}
	return settings
}

func TestNewEnvFillsEverySecret(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".env")
	settings := newEnv(t, path)
	seen := map[string]bool{}
	for name, value := range settings {
		if !strings.HasSuffix(name, "_PASSWORD") {
			continue
		}
		if len(value) < 32 || strings.Trim(value, "0123456789abcdef") != "" || seen[value] {
			t.Errorf("%s is short, used twice, or not fit for a URL", name)
		}
		seen[value] = true
	}
	if len(seen) < 7 {
		t.Errorf("%d passwords, want every one of env.example", len(seen))
	}
	if key, err := base64.StdEncoding.DecodeString(settings["PIKA_PAYLOAD_KEY"]); err != nil || len(key) != 32 {
		t.Errorf("PIKA_PAYLOAD_KEY has %d bytes, %v; want 32", len(key), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: others may read it", info.Mode(), err)
	}
}

func TestNewEnvKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".env")
	newEnv(t, path)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("./new-env", path).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "stays as it is") {
		t.Errorf("%v: %s", err, out)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the file changed, %v", err)
	}
}
