package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/pikamem/pika"
)

func TestReindexRefusesAnEmptyModel(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := dispatch(t.Context(), []string{"reindex", "--model", "", "--data", t.TempDir()}, &out)
	if err == nil || !strings.Contains(err.Error(), "-model") || !strings.Contains(err.Error(), "empty") {
		t.Errorf("reindex --model '' = %v", err)
	}
}

// TestEmbeddingServerIsNamed: who cannot reach a server reads which, and of the key that
// is missing, but no password.
func TestEmbeddingServerIsNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config     Config
		want, none string
	}{
		{Config{}, "https://api.openai.com/v1", "xxxxx"},
		{Config{}, "OPENAI_API_KEY, which is not set", "xxxxx"},
		{Config{EmbedderBaseURL: "http://u:secret@127.0.0.1:1/v1", OpenAIKey: "k"}, "http://u:xxxxx@127.0.0.1:1/v1", "OPENAI_API_KEY"},
	} {
		err := embedderError(c.config, pika.Errorf(pika.Unavailable, "the model's server cannot be reached"))
		if got := message(err); pika.CodeOf(err) != pika.Unavailable || !strings.Contains(got, c.want) || !strings.Contains(got, "cannot be reached") || strings.Contains(got, c.none) || strings.Contains(got, "secret") {
			t.Errorf("%q; want it to say %q", got, c.want)
		}
	}
}
