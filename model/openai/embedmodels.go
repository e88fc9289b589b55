package openai

import (
	"strings"
	"unicode/utf8"

	"github.com/pikamem/pika"
)

// embeddingModel is what is known of a model by its name.
type embeddingModel struct {
	dimensions int // 0: ask the server
	window     int // bytes that surely fit
	prefixes   map[pika.EmbedRole]string
}

// knownModel knows OpenAI's models, whose window of 8,192 tokens no 8,000 bytes
// overflow, and the families that want queries and passages marked. For others 1,200
// bytes fit the usual window of 512 tokens in English and Vietnamese.
func knownModel(name string) embeddingModel {
	switch {
	case name == "text-embedding-3-large":
		return embeddingModel{dimensions: 3072, window: 8000}
	case name == "text-embedding-3-small", name == "text-embedding-ada-002":
		return embeddingModel{dimensions: 1536, window: 8000}
	}
	m := embeddingModel{window: 1200}
	switch name = strings.ToLower(name); {
	case strings.Contains(name, "e5") && !strings.Contains(name, "instruct"):
		m.prefixes = map[pika.EmbedRole]string{pika.EmbedQuery: "query: ", pika.EmbedPassage: "passage: "}
	case strings.Contains(name, "nomic-embed"):
		m.prefixes = map[pika.EmbedRole]string{pika.EmbedQuery: "search_query: ", pika.EmbedPassage: "search_document: "}
	}
	return m
}

// windows cuts s into parts of at most size bytes, at spaces where there are any.
func windows(s string, size int) []string {
	var parts []string
	for len(s) > size {
		end := strings.LastIndexByte(s[:size+1], ' ')
		if end <= 0 {
			end = runeEnd(s, size)
		}
		parts = append(parts, s[:end])
		s = strings.TrimLeft(s[end:], " ")
	}
	if s != "" {
		parts = append(parts, s)
	}
	return parts
}

// runeEnd is the last position up to limit where a rune ends, at least one rune on.
func runeEnd(s string, limit int) int {
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	if limit == 0 {
		_, limit = utf8.DecodeRuneInString(s)
	}
	return limit
}
