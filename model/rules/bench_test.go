package rules_test

import (
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/model/rules"
)

// BenchmarkExtract reads all labelled sentences of a language, one message each.
func BenchmarkExtract(b *testing.B) {
	for _, language := range []string{"vi", "en"} {
		chunk := pika.Chunk{ReferenceTime: wednesday}
		for _, l := range labelledSentences(b) {
			if l.language == language {
				chunk.Messages = append(chunk.Messages, pika.ChunkMessage{Message: pika.Message{Role: pika.RoleUser, Content: l.sentence}})
			}
		}
		b.Run(language, func(b *testing.B) {
			x := rules.New(rules.Options{})
			for b.Loop() {
				if _, err := x.Extract(b.Context(), chunk); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(chunk.Messages)), "µs/message")
		})
	}
}
