package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/cachewarm"
)

const (
	// TuneTTLID is the workflow id of every run of TuneTTL, so that there is one at a time,
	// and the id of its schedule.
	TuneTTLID = "tune-ttl"

	// TuneTTLTimeout bounds a run with all its attempts.
	TuneTTLTimeout = 30 * time.Minute
)

// TuneTTL reckons anew what is popular, removes answers whose time is over, and tunes how
// long answers are kept. Its result says what it decided. It runs on Queue.
func TuneTTL(ctx workflow.Context, in activities.TuneInput) (cachewarm.TuneReport, error) {
	return call(bulk(ctx, "tune how long answers are kept"), warming.TuneTTL, in)
}
