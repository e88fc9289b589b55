package cache

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"strconv"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// The beginnings of all keys. The number is raised when what is stored under the key,
// or what the key is made of, changes.
const (
	embeddingPrefix  = "pika:embedding:1:"
	extractionPrefix = "pika:llm:3:"
	alikePrefix      = "pika:llm-alike:1:"
	answerPrefix     = "pika:answer:3:"
)

// refreshSuffix follows the key of an answer in the name of the lease on making it anew.
const refreshSuffix = ":refresh"

// embeddingKey names the vector of a text. It is global: a vector says nothing about
// who asked for it. normal is the text in its normal form.
func embeddingKey(model pika.EmbeddingModel, role pika.EmbedRole, normal string) string {
	return embeddingPrefix + digest(model.ID, strconv.Itoa(model.Dimensions), string(role), normal)
}

// extractionKey names the answer for a chunk: equal only if the extractor, its
// prompt, the scope and all that the extractor reads are equal.
//
// The reference time counts by its day (UTC), and only if some message has no
// timestamp of its own: it anchors nothing else, and most callers let it default to
// the present moment, which would make every key new.
//
// The braces around the scope's id are a hash tag: a cluster keeps all of a user's keys
// on one node.
func extractionKey(extractor, promptVersion string, chunk pika.Chunk) string {
	parts := []string{extractor, promptVersion, referenceDay(chunk), strconv.Itoa(len(chunk.Messages))}
	for _, m := range chunk.Messages {
		parts = append(parts, strconv.Itoa(m.Index))
		parts = appendMessage(parts, m.Message)
	}
	for _, m := range chunk.Context {
		parts = appendMessage(parts, m)
	}
	return extractionPrefix + "{" + chunk.Scope.ID() + "}:" + digest(parts...)
}

// appendMessage appends what an extractor reads of a message. Its id is not shown.
func appendMessage(parts []string, m pika.Message) []string {
	at := ""
	if m.Timestamp != nil {
		at = m.Timestamp.UTC().Format(time.RFC3339Nano)
	}
	return append(parts, string(m.Role), text.Normalize(m.Name), text.Normalize(m.Content), at)
}

func referenceDay(chunk pika.Chunk) string {
	for _, m := range chunk.Messages {
		if m.Timestamp == nil {
			return chunk.ReferenceTime.UTC().Format(time.DateOnly)
		}
	}
	return ""
}

// digest returns the SHA-256 of the parts. Each is preceded by its length, so that
// no two lists of parts read alike.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = io.WriteString(h, strconv.Itoa(len(p))+":"+p) // a hash never fails
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
