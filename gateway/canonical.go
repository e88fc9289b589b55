package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"
)

// bodyHash returns the keyed hash that decides whether two requests under one
// Idempotency-Key are the same: HMAC-SHA-256 of method, path and the body, whatever
// the order of its members and the white space between them.
func bodyHash(key []byte, method, path string, body node) string {
	h := hmac.New(sha256.New, key)
	io.WriteString(h, method+" "+path+"\n")
	writeCanonical(h, &body)
	return hex.EncodeToString(h.Sum(nil))
}

// writeCanonical writes a form of n that is equal for equal documents only: each
// value behind its kind and length, members in the order of their names.
func writeCanonical(h hash.Hash, n *node) {
	io.WriteString(h, strconv.Itoa(int(n.kind))+" "+strconv.Itoa(len(n.text))+" "+strconv.Itoa(len(n.kids))+":")
	io.WriteString(h, n.text)
	kids := n.kids
	if n.kind == kindObject {
		kids = slices.Clone(kids)
		slices.SortFunc(kids, func(a, b node) int { return strings.Compare(a.name, b.name) })
	}
	for i := range kids {
		if n.kind == kindObject {
			io.WriteString(h, strconv.Itoa(len(kids[i].name))+":"+kids[i].name)
		}
		writeCanonical(h, &kids[i])
	}
}
