package text_test

import (
	"testing"

	"github.com/pikamem/pika/text"
)

func TestTelex(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"nhaf": "nhà", "caf": "cà", "phee": "phê", "ddoong": "đông", "meof": "mèo", "duwowngf": "dường", "quas": "quá", "giaf": "già",
		"toans": "toán", "muwa": "mưa", "ddi": "đi", "hoaf": "hòa", "nuocws": "", "class": "", "nha": "", "wifi": "", "ở": "", "less": "",
		"tieengs": "tiếng", "vieetj": "việt", "ddepj": "đẹp",
	} {
		got, ok := text.Telex(word)
		if got != want || ok != (want != "") {
			t.Errorf("Telex(%q) = %q, %v; want %q", word, got, ok, want)
		}
	}
}
