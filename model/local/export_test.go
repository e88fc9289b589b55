package local

import (
	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// Variants names the kernels that this processor can run, fastest first.
func Variants() []string {
	var names []string
	for _, k := range variants() {
		names = append(names, k.name)
	}
	return names
}

// Tokens counts the tokens of a text as the model reads it, in one window.
func (e *Embedder) Tokens(role pika.EmbedRole, s string) int {
	return len(e.tokens.pieces(string(role)+": "+text.Normalize(s))) + 2
}
