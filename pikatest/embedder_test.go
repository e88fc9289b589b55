package pikatest_test

import (
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
)

func TestFakeEmbedder(t *testing.T) {
	t.Parallel()
	pikatest.Embedder(t, func(*testing.T) pika.Embedder { return pikatest.NewEmbedder(256) })
}
