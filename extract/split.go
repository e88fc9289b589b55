package extract

import "github.com/pikamem/pika"

// Bounds of one chunk: what a model reads well in one call, and what it can answer
// within its completion limit.
const (
	maxChunkBytes    = 12 << 10 // of message content
	maxChunkMessages = 40
)

// Range is a part of a conversation: the messages [From, To).
type Range struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// Split cuts a conversation into ranges that follow one another without gap. A
// range holds at most 40 messages and 12 KiB of content; a message that is longer
// by itself is a range of its own. No messages give no ranges.
func Split(messages []pika.Message) []Range {
	var ranges []Range
	from, size := 0, 0
	for i, m := range messages {
		n := len(m.Content)
		if i > from && (size+n > maxChunkBytes || i-from == maxChunkMessages) {
			ranges = append(ranges, Range{From: from, To: i})
			from, size = i, 0
		}
		size += n
	}
	if from < len(messages) {
		ranges = append(ranges, Range{From: from, To: len(messages)})
	}
	return ranges
}
