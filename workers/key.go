package workers

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Key encrypts workflow payloads: 32 bytes for AES-256.
type Key [32]byte

// ID names the key without telling anything about it: the start of a hash.
func (k Key) ID() string {
	sum := sha256.Sum256(append([]byte("pika payload key\x00"), k[:]...))
	return hex.EncodeToString(sum[:8])
}

// ParseKey reads a key in base64, standard or URL alphabet, padded or not.
func ParseKey(s string) (Key, error) {
	s = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(strings.TrimSpace(s), "="))
	raw, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return Key{}, errors.New("a payload key must be base64")
	}
	if len(raw) != len(Key{}) {
		return Key{}, fmt.Errorf("a payload key must have 32 bytes, this one has %d", len(raw))
	}
	return Key(raw), nil
}

// encode returns the key as ParseKey reads it.
func (k Key) encode() string { return base64.StdEncoding.EncodeToString(k[:]) }

// LoadOrCreateKey reads the key in a file, or makes a random one and keeps it there,
// readable by its owner only. Of two that create it at once, both get the same key.
// Without the file, what was encrypted with its key cannot be read again.
func LoadOrCreateKey(path string) (Key, error) {
	key, err := loadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if _, err := rand.Read(key[:]); err != nil {
		return Key{}, fmt.Errorf("make a payload key: %w", err)
	}
	if err := keepKey(path, key); err != nil && !errors.Is(err, fs.ErrExist) {
		return Key{}, fmt.Errorf("keep the payload key: %w", err)
	}
	return loadKey(path)
}

func loadKey(path string) (Key, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("read the payload key: %w", err)
	}
	key, err := ParseKey(string(content))
	if err != nil {
		return Key{}, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// keepKey writes the file whole or not at all, and never over another.
func keepKey(path string, key Key) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".payload-key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.WriteString(key.encode() + "\n")
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
