package workflows_test

import (
	"context"
	"testing"

	"github.com/pikamem/pika/workers"
)

// runWorkers runs workers until the test ends.
func runWorkers(t *testing.T, o workers.Options) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- workers.New(o).Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
