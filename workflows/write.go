package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/projection"
)

// write puts one chunk's candidates into the truth, the vector index and the graph,
// side by side and each retried on its own. A projection that does not answer leaves
// its rows pending; candidates that did not become facts are removed from the
// projections again.
func (j *jobImpl) write(ctx workflow.Context, chunk int, facts []pika.Fact, rejected []pika.FactOutcome) {
	defer func() { j.progress.written++ }()
	if len(facts) == 0 {
		if len(rejected) > 0 {
			j.commit(ctx, chunk, facts, rejected)
		}
		return
	}
	scope := j.job.Scope
	vectors := start(bulk(ctx, fmt.Sprintf("part %d: embed %d facts", chunk, len(facts))), indexes.WriteVectors,
		activities.WriteVectorsInput{Scope: scope, Facts: projection.Passages(facts)})
	graph := start(bulk(ctx, fmt.Sprintf("part %d: link %d facts", chunk, len(facts))), indexes.WriteGraph,
		activities.WriteGraphInput{Scope: scope, Links: extract.Links(facts)})
	stored := j.commit(ctx, chunk, facts, rejected)

	_, vectorsErr := vectors.get(ctx)
	if vectorsErr == nil {
		j.inVectors = append(j.inVectors, stored...)
	}
	_, graphErr := graph.get(ctx)
	if graphErr == nil {
		j.inGraph = append(j.inGraph, stored...)
	}
	if vectorsErr != nil || graphErr != nil {
		j.logger.Warn("a projection lags behind the truth", "facts", len(stored), "vectors", vectorsErr == nil, "graph", graphErr == nil)
	}
	switch {
	case vectorsErr == nil || graphErr == nil || ctx.Err() != nil:
		j.discard(ctx, facts, stored, false)
	case workflow.GetVersion(ctx, "discard kept vectors", workflow.DefaultVersion, 1) == 1:
		// The truth may keep vectors although neither projection took anything.
		j.discard(ctx, facts, stored, true)
	}
}

// commit writes a chunk to the truth and returns the ids of the new facts. When the
// truth refuses the chunk as a whole, each of its items is recorded as failed.
func (j *jobImpl) commit(ctx workflow.Context, chunk int, facts []pika.Fact, rejected []pika.FactOutcome) []string {
	in := activities.WriteFactsInput{
		JobID: j.job.ID, Scope: j.job.Scope, Chunk: chunk, Facts: facts, Rejected: rejected,
		At: workflow.Now(ctx).UTC(),
	}
	summary := fmt.Sprintf("part %d: commit %d facts", chunk, len(facts))
	out, err := call(quick(ctx, summary), truth.WriteFacts, in)
	if err != nil && ctx.Err() == nil {
		j.wentWrong(ctx, err)
		in.Facts, in.Rejected = nil, append(failed(facts, jobError(err)), rejected...)
		out, err = call(quick(ctx, summary+" as failed"), truth.WriteFacts, in)
	}
	if err != nil {
		return nil
	}
	j.counts.Stored += len(out.Stored)
	j.counts.Duplicates += out.Duplicates
	j.counts.Rejected += out.Rejected
	return out.Stored
}

func failed(facts []pika.Fact, because *pika.JobError) []pika.FactOutcome {
	outcomes := make([]pika.FactOutcome, len(facts))
	for i, f := range facts {
		outcomes[i] = pika.FactOutcome{FactID: f.ID, Text: f.Text, Outcome: pika.Failed, Reason: because.Message}
	}
	return outcomes
}

// discard removes candidates from the projections that are not in the truth. It
// runs for a cancelled job too. What it cannot remove is never shown: hits without a
// fact in the truth are dropped.
func (j *jobImpl) discard(ctx workflow.Context, facts []pika.Fact, stored []string, onlyKept bool) {
	var dropped []string
	for _, f := range facts {
		if !slices.Contains(stored, f.ID) {
			dropped = append(dropped, f.ID)
		}
	}
	if len(dropped) == 0 {
		return
	}
	outlive, _ := workflow.NewDisconnectedContext(ctx)
	_, err := call(bulk(outlive, fmt.Sprintf("remove %d candidates that are no new facts", len(dropped))),
		indexes.Discard, activities.DiscardInput{Scope: j.job.Scope, FactIDs: dropped, OnlyKept: onlyKept})
	if err != nil {
		j.logger.Warn("candidates stay in a projection", "count", len(dropped))
	}
}
