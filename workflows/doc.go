// Package workflows holds the order in which the steps of a job run, what is retried
// and for how long, and how a job ends.
//
// What may come in: deterministic workflow functions, their inputs and results, the
// ids of workflows, options of activities. What may not: input and output, clocks,
// randomness, goroutines, map iteration; whatever a workflow needs to know is in its
// input or comes back from an activity.
package workflows

import "github.com/pikamem/pika/activities"

// The task queues. The language model has one of its own, so that slow calls of a
// model hold up nothing else and their number is bounded apart. So has what fills caches
// ahead, which takes long and may wait.
const (
	Queue      = "pika"
	ModelQueue = "pika-model"
	WarmQueue  = "pika-warm"
)

// ProgressQuery is the query that every workflow answers with a pika.Progress.
const ProgressQuery = "progress"

// References for naming activities; the workers hold the real ones.
var (
	truth   *activities.Truth
	model   *activities.Model
	indexes *activities.Indexes
	upkeep  *activities.Upkeep
	warming *activities.Warming
)
