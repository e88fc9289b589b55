package local_test

import (
	"context"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/model/local"
	"github.com/pikamem/pika/pikatest"
)

func TestEmbedder(t *testing.T) {
	t.Parallel()
	e := openModel(t, local.Options{})
	pikatest.Embedder(t, func(*testing.T) pika.Embedder { return e })
}

func TestClose(t *testing.T) {
	t.Parallel()
	e, err := local.Open(modelPath(t), local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := e.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	}
	if _, err := e.Embed(context.Background(), pika.EmbedQuery, []string{"a"}); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Embed() after Close = %v, want unavailable", err)
	}
}
