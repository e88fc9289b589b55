package pika

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"io"
	"strconv"
)

// namespace is the root of every id that Pika derives. It must never change: the
// ids of stored data depend on it.
var namespace = [16]byte{0x7d, 0x0f, 0x1b, 0x5a, 0x43, 0x9e, 0x5c, 0x0e, 0x9b, 0x2f, 0x70, 0x69, 0x6b, 0x61, 0x00, 0x01}

// DeriveID returns the version 5 UUID (RFC 9562, section 5.5) of the given parts
// under Pika's own namespace. Each part is preceded by its length, so ("a","bc")
// and ("ab","c") differ.
func DeriveID(parts ...string) string {
	h := sha1.New()
	h.Write(namespace[:])
	for _, p := range parts {
		io.WriteString(h, strconv.Itoa(len(p)))
		h.Write([]byte{':'})
		io.WriteString(h, p)
	}
	return formatUUID([16]byte(h.Sum(nil)[:16]), 5)
}

// RandomID returns a version 4 UUID read from random; nil means crypto/rand.
func RandomID(random io.Reader) string {
	if random == nil {
		random = rand.Reader
	}
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		panic("pika: no randomness: " + err.Error()) // crypto/rand never fails; see its documentation
	}
	return formatUUID(b, 4)
}

// IsID reports whether s has the form of an id that Pika makes: a lower-case UUID.
func IsID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}

func formatUUID(b [16]byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	var s [36]byte
	hex.Encode(s[0:8], b[0:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:36], b[10:16])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}
