package workflows_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities/activitiestest"
	"github.com/pikamem/pika/extract"
)

// TestChunksAreWhole: a chunk that travelled through the job's history in parts is
// the one that the whole request gives.
func TestChunksAreWhole(t *testing.T) {
	t.Parallel()
	request := activitiestest.Conversation(jobID, activitiestest.Contents(60, 900)...)
	for range 50 {
		request.Context = append(request.Context, pika.Message{Role: pika.RoleAssistant, Content: strings.Repeat("ngữ cảnh ", 60)})
	}
	request.Metadata = pika.Metadata{"channel": "app"}

	r := newRun(t)
	var mu sync.Mutex
	var got []pika.Chunk
	r.world.Find = func(chunk pika.Chunk) (pika.Extraction, error) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, chunk)
		return activitiestest.Everything(chunk)
	}
	if _, err := r.extract(t, request); err != nil {
		t.Fatal(err)
	}
	var want []pika.Chunk
	for _, part := range extract.Split(request.Conversation) {
		want = append(want, extract.NewChunk(request, part))
	}
	slices.SortFunc(got, func(a, b pika.Chunk) int { return a.Messages[0].Index - b.Messages[0].Index })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("chunks (-want +got):\n%s", diff)
	}
	if len(want) < 4 {
		t.Errorf("%d chunks, want several", len(want))
	}
}
