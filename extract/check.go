package extract

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// DefaultConfidence is the confidence of an item that states none.
const DefaultConfidence = 0.5

// Check brings one item of an extractor's answer into normal form. A reason that is
// not empty says why the item is no usable candidate; it holds no text of the item.
//
// What is auxiliary is mended: labels become snake_case, an unknown category
// "other", missing members their defaults, a confidence lies in [0, 1], an end that
// does not come after its beginning is dropped, a missing or impossible language is
// detected. What carries the statement is not: an empty or overlong text or
// subject, or no source among the chunk's messages, makes the item unusable.
// Checking twice changes nothing more.
func Check(c pika.Candidate, chunk pika.Chunk) (pika.Candidate, string) {
	c, reason := checkStatement(c)
	if reason != "" {
		return c, reason
	}
	if !slices.Contains(pika.Categories(), c.Category) {
		c.Category = pika.DefaultCategory
	}
	c.ValidFrom, c.ValidTo = usableTime(c.ValidFrom), usableTime(c.ValidTo)
	if c.ValidTo != nil && c.ValidFrom != nil && !c.ValidTo.After(*c.ValidFrom) {
		c.ValidTo = nil
	}
	c.Sources = chunkSources(c.Sources, chunk)
	if len(c.Sources) == 0 {
		return c, "it names no message of the conversation as its source"
	}
	return c, ""
}

// checkStatement is the part of Check that holds for given facts too.
func checkStatement(c pika.Candidate) (pika.Candidate, string) {
	c.Text = clean(c.Text)
	switch {
	case !hasWord(c.Text):
		return c, "its text is empty"
	case len(c.Text) > pika.MaxFactBytes:
		return c, fmt.Sprintf("its text is over %d bytes", pika.MaxFactBytes)
	}
	c.Subject = subject(c.Subject)
	if len(c.Subject) > pika.MaxObjectBytes {
		return c, fmt.Sprintf("its subject is over %d bytes", pika.MaxObjectBytes)
	}
	c.Predicate = predicate(c.Predicate)
	c.Object = cut(clean(c.Object), pika.MaxObjectBytes)
	c.Category = label(c.Category, pika.DefaultCategory)
	c.Entities = entities(c.Entities)
	c.Confidence = confidence(c.Confidence)
	c.Language = language(c.Language, c.Text)
	return c, ""
}

// clean returns s as valid UTF-8 in normal form, without control characters.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "")
	return text.Normalize(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s))
}

func hasWord(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}

// cut shortens s to at most limit bytes, whole runes only.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return strings.TrimSpace(s[:limit])
}

// subject maps every way of naming the person whose memory this is to "user". It
// compares with diacritics: "mẹ" is a mother, "me" is the user.
func subject(s string) string {
	s = clean(s)
	switch strings.ToLower(s) {
	case "", "user", "the user", "i", "me", "myself", "người dùng", "tôi", "mình":
		return pika.DefaultSubject
	}
	return s
}

func entities(given []pika.Entity) []pika.Entity {
	kept := []pika.Entity{}
	seen := map[string]bool{}
	for _, e := range given {
		name := clean(e.Name)
		key := text.Fold(name)
		if !hasWord(name) || len(name) > pika.MaxNameBytes || seen[key] || len(kept) == pika.MaxEntities {
			continue
		}
		seen[key] = true
		kept = append(kept, pika.Entity{Name: name, Type: label(e.Type, "other")})
	}
	return kept
}

func confidence(c float64) float64 {
	if math.IsNaN(c) {
		return DefaultConfidence
	}
	return min(max(c, 0), 1)
}

// language returns the primary tag of a stated language, or detects it.
func language(stated, of string) string {
	tag, _, _ := strings.Cut(strings.ToLower(clean(stated)), "-")
	tag, _, _ = strings.Cut(tag, "_")
	letters := !strings.ContainsFunc(tag, func(r rune) bool { return r < 'a' || r > 'z' })
	if letters && (len(tag) == 2 || len(tag) == 3) && tag != text.Undetermined {
		return tag
	}
	return text.Language(of)
}

// usableTime drops times before the year 1000: models write them for "unknown".
func usableTime(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	m := moment(*t)
	if m.Year() < 1000 || m.Year() > 9999 {
		return nil
	}
	return &m
}

// chunkSources keeps the indexes that are messages of the chunk, each once,
// ascending. An item without any belongs to the only message there is to read.
func chunkSources(given []int, chunk pika.Chunk) []int {
	if len(given) == 0 && len(chunk.Messages) == 1 && len(chunk.Context) == 0 {
		return []int{chunk.Messages[0].Index}
	}
	kept := []int{}
	for _, i := range given {
		if slices.ContainsFunc(chunk.Messages, func(m pika.ChunkMessage) bool { return m.Index == i }) {
			kept = append(kept, i)
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}
