package cache

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/lexicon"
	"github.com/pikamem/pika/text"
)

// chunkForm is a chunk as it is compared with others: what a language model would find in
// two with the same form is the same, but for greetings and noise.
type chunkForm struct {
	extractor, promptVersion string
	chunk                    pika.Chunk
	messages                 []formMessage // that say anything
}

type formMessage struct {
	pika.ChunkMessage
	lexicon.Cleaned
}

func newChunkForm(extractor, promptVersion string, chunk pika.Chunk) *chunkForm {
	f := &chunkForm{extractor: extractor, promptVersion: promptVersion, chunk: chunk}
	for _, m := range chunk.Messages {
		if c := lexicon.Clean(m.Content); !c.Blank() {
			f.messages = append(f.messages, formMessage{m, c})
		}
	}
	return f
}

// chunkGuard is one thing that must be equal in two chunks, so that one may have the answer
// for the other.
type chunkGuard struct {
	name string
	of   func(*chunkForm) []string
}

// chunkGuards are all of them. None does the work of another: without it two chunks that say
// different things are taken for one.
var chunkGuards = []chunkGuard{
	{"extractor", func(f *chunkForm) []string { return []string{f.extractor} }},
	{"prompt", func(f *chunkForm) []string { return []string{f.promptVersion} }},
	{"day", func(f *chunkForm) []string { return []string{referenceDay(f.chunk)} }},
	{"metadata", func(f *chunkForm) []string { return []string{metadataOf(f.chunk)} }},
	{"context", contextOf},
	{"roles", eachMessage(func(m formMessage) []string { return []string{string(m.Role)} })},
	{"speakers", eachMessage(func(m formMessage) []string { return []string{text.Normalize(m.Name)} })},
	{"times", eachMessage(func(m formMessage) []string { return []string{timestampOf(m.Message)} })},
	{"words", eachMessage(func(m formMessage) []string { return m.Words })},
	{"names", eachMessage(func(m formMessage) []string { return m.Names })},
	{"numbers", eachMessage(func(m formMessage) []string { return m.Numbers })},
	{"breaks", eachMessage(func(m formMessage) []string { return decimals(m.Breaks) })},
}

// eachMessage lists what of returns for every message, one message told from the next.
func eachMessage(of func(formMessage) []string) func(*chunkForm) []string {
	return func(f *chunkForm) []string {
		parts := make([]string, 0, len(f.messages))
		for _, m := range f.messages {
			parts = append(parts, digest(of(m)...))
		}
		return parts
	}
}

func contextOf(f *chunkForm) []string {
	var parts []string
	for _, m := range f.chunk.Context {
		parts = appendMessage(parts, m)
	}
	return parts
}

// metadataOf is equal for equal metadata: its keys are sorted.
func metadataOf(chunk pika.Chunk) string {
	if len(chunk.Metadata) == 0 {
		return ""
	}
	b, _ := json.Marshal(chunk.Metadata) // strings, numbers and booleans
	return string(b)
}

func timestampOf(m pika.Message) string {
	if m.Timestamp == nil {
		return ""
	}
	return m.Timestamp.UTC().Format(time.RFC3339Nano)
}

func decimals(numbers []int) []string {
	list := make([]string, len(numbers))
	for i, n := range numbers {
		list[i] = strconv.Itoa(n)
	}
	return list
}

// key names the chunks that pass all guards with f; empty: f says nothing.
func (f *chunkForm) key(guards []chunkGuard) string {
	if len(f.messages) == 0 {
		return ""
	}
	parts := []string{strconv.Itoa(len(f.messages))}
	for _, g := range guards {
		parts = append(parts, digest(append([]string{g.name}, g.of(f)...)...))
	}
	return alikePrefix + "{" + f.chunk.Scope.ID() + "}:" + digest(parts...)
}

// noise returns the words that were left out of the chunk and are none of what it says.
// Words that only hold a sentence together count as said.
func (f *chunkForm) noise() []string {
	var said, noise []string
	for _, m := range f.messages {
		said = append(said, m.Words...)
	}
	for _, m := range f.chunk.Messages {
		for _, w := range lexicon.Clean(m.Content).Noise {
			if !slices.Contains(said, w) && !lexicon.FunctionWord(w, "en") && !lexicon.FunctionWord(w, "vi") {
				noise = append(noise, w)
			}
		}
	}
	slices.Sort(noise)
	return slices.Compact(noise)
}
