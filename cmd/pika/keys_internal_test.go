package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pikamem/pika/gateway"
	"github.com/pikamem/pika/store/sqlite"
)

// TestKeysCommand makes, lists and revokes keys as an operator does, and looks the key
// up as a gateway would.
func TestKeysCommand(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	keys := func(args ...string) (string, error) {
		var out bytes.Buffer
		err := dispatch(t.Context(), append(append([]string{"keys"}, args...), "--data", data), &out)
		return out.String(), err
	}
	key, err := keys("create", "--tenant", "acme", "--role", "admin", "--name", "Máy của Linh")
	if err != nil || !strings.HasPrefix(key, "pika_") || strings.Count(key, "\n") != 1 {
		t.Fatalf("create prints %d bytes, %v; want the key alone on a line", len(key), err)
	}
	key = strings.TrimSpace(key)
	if _, err := keys("create", "--tenant", "other", "--role", "read", "--name", "b"); err != nil {
		t.Fatal(err)
	}
	listed, err := keys("list", "--tenant", "acme")
	lines := strings.Split(strings.TrimSpace(listed), "\n")
	if err != nil || len(lines) != 2 || !strings.Contains(lines[1], "Máy của Linh") || strings.Contains(listed, key[5:]) {
		t.Fatalf("list prints %q, %v", listed, err)
	}
	if all, err := keys("list"); err != nil || strings.Count(all, "\n") != 3 {
		t.Errorf("list of all tenants prints %q, %v", all, err)
	}
	id := strings.Fields(lines[1])[0]
	find := func() error {
		t.Helper()
		db, err := sqlite.Open(t.Context(), filepath.Join(data, "pika.db"), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		book := gateway.NewKeyBook(db, gateway.KeyBookOptions{})
		if err := book.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err = book.Find(key)
		return err
	}
	if err := find(); err != nil {
		t.Errorf("the key that was made = %v", err)
	}
	for range 2 {
		if said, err := keys("revoke", id); err != nil || !strings.Contains(said, id) {
			t.Errorf("revoke prints %q, %v", said, err)
		}
	}
	if find() == nil {
		t.Error("the key that was revoked is valid")
	}
}

// TestKeysCommandRefuses: what is wrong is said in words that help.
func TestKeysCommandRefuses(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	for line, word := range map[string]string{
		"": "pika keys create", "erase": "pika keys create", "create": "tenant", "create --tenant a": "role", "create --tenant a --role owner --name n": "read, write, admin",
		"create --tenant a/b --role read --name n": "tenant", "create --tenant a --role read": "name", "revoke": "pika keys list", "revoke none": "pika keys list",
		"list all": "no argument", "list --facts mysql://x": "PIKA_FACTS",
	} {
		args := append([]string{"keys"}, strings.Fields(line)...)
		if line != "" {
			args = append(args, "--data", data)
		}
		var out bytes.Buffer
		if err := dispatch(t.Context(), args, &out); err == nil || !strings.Contains(message(err), word) || out.Len() > 0 {
			t.Errorf("pika keys %s = %v, prints %q; want an error that says %q", line, err, out.String(), word)
		}
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(data, "pika.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var out bytes.Buffer
	err = dispatch(t.Context(), []string{"keys", "list", "--data", data}, &out)
	if err == nil || !strings.Contains(message(err), "in use") || !strings.Contains(message(err), "/v1/api_keys") {
		t.Errorf("keys beside a running pika dev = %v", err)
	}
}
