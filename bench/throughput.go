package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"golang.org/x/sync/errgroup"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/bench/process"
	"github.com/pikamem/pika/pikatest"
)

const (
	bareQueue    = "pika-bench-bare"
	inFlight     = 16 // jobs, or workflows, at once
	throughputOf = 400
)

// runThroughput compares extractions (language model without delay, embeddings from
// the cache) with a workflow of as many empty activities on the same Temporal
// server, in turns, so that both see the same machine.
func runThroughput(ctx context.Context, b *bed) error {
	model := httptest.NewServer(pikatest.NewLLMServer(instantModel))
	defer model.Close()
	s, err := b.startServer(ctx, "data", map[string]string{"OPENAI_BASE_URL": model.URL + "/v1", "OPENAI_API_KEY": "none"})
	if err != nil {
		return err
	}
	defer s.Stop()
	engine, stop, err := startBare(s.Temporal)
	if err != nil {
		return err
	}
	defer stop()
	var pikaRate, bareRate float64
	const rounds = 3
	for round := range rounds {
		n := b.scale(throughputOf)
		rate, err := ratePerSecond(ctx, n, func(ctx context.Context, i int) error { return extractOnce(ctx, s, fmt.Sprintf("r%d-%d", round, i)) })
		if err != nil {
			return err
		}
		pikaRate += rate / rounds
		rate, err = ratePerSecond(ctx, n, func(ctx context.Context, i int) error {
			return bareOnce(ctx, engine, fmt.Sprintf("bare-%d-%d", round, i))
		})
		if err != nil {
			return err
		}
		bareRate += rate / rounds
	}
	b.note("extractions per second, 16 in flight", fmt.Sprintf("%.1f", pikaRate))
	b.note("bare workflows of 7 empty activities per second", fmt.Sprintf("%.1f", bareRate))
	b.atLeast("extractions against bare workflows", 100*pikaRate/bareRate, 60, "%")
	return nil
}

// ratePerSecond runs do n times, inFlight at once, after a short warm-up.
func ratePerSecond(ctx context.Context, n int, do func(ctx context.Context, i int) error) (float64, error) {
	const warmUp = 16
	for _, run := range []struct{ from, to int }{{-warmUp, 0}, {0, n}} {
		start := time.Now()
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(inFlight)
		for i := run.from; i < run.to; i++ {
			group.Go(func() error { return do(ctx, i) })
		}
		if err := group.Wait(); err != nil {
			return 0, err
		}
		if run.to > 0 {
			return float64(n) / time.Since(start).Seconds(), nil
		}
	}
	return 0, nil
}

// extractOnce posts the same small conversation for a user of its own and waits for
// the job: the texts repeat, so their embeddings come from the cache; the user does
// not, so the language model is asked and the facts are stored.
func extractOnce(ctx context.Context, s *process.Server, user string) error {
	var accepted process.Accepted
	if err := s.Call(ctx, http.MethodPost, "/v1/extract_facts", madeUpConversation(user, 0), &accepted); err != nil {
		return err
	}
	status, err := s.Await(ctx, accepted.JobID)
	if err == nil && status.Results.Counts["stored"] != 2 {
		return fmt.Errorf("job %s stored %d facts, not 2", accepted.JobID, status.Results.Counts["stored"])
	}
	return err
}

// instantModel answers every chunk with the same two facts.
func instantModel([]pikatest.LLMLine) []pika.Candidate {
	fact := func(text, predicate, object string, source int) pika.Candidate {
		return pika.Candidate{
			Text: text, Subject: "user", Predicate: predicate, Object: object, Category: "other",
			Entities: []pika.Entity{{Name: object, Type: "other"}}, Sources: []int{source}, Confidence: 0.9, Language: "en",
		}
	}
	return []pika.Candidate{
		fact("The user has a cat named Mướp", "has_pet", "Mướp", 0), fact("The user works at a bakery in Huế", "works_at", "bakery in Huế", 2),
	}
}

// bareInput keeps the payloads of the bare workflow about as large as a small job's.
type bareInput struct{ Body string }

// bareExtraction has the shape of ExtractFacts with nothing in its activities:
// messages, then extract beside message vectors, then three writes, then finish.
func bareExtraction(ctx workflow.Context, in bareInput) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	for _, atOnce := range []int{1, 2, 3, 1} {
		var running []workflow.Future
		for range atOnce {
			running = append(running, workflow.ExecuteActivity(ctx, emptyActivity, in))
		}
		for _, f := range running {
			if err := f.Get(ctx, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func emptyActivity(context.Context, bareInput) error { return nil }

func startBare(address string) (client.Client, func(), error) {
	c, err := client.Dial(client.Options{HostPort: address, Logger: quietLogger{}})
	if err != nil {
		return nil, nil, fmt.Errorf("reach the Temporal server of pika: %w", err)
	}
	w := worker.New(c, bareQueue, worker.Options{})
	w.RegisterWorkflow(bareExtraction)
	w.RegisterActivityWithOptions(emptyActivity, activity.RegisterOptions{Name: "emptyActivity"})
	if err := w.Start(); err != nil {
		c.Close()
		return nil, nil, err
	}
	return c, func() { w.Stop(); c.Close() }, nil
}

func bareOnce(ctx context.Context, c client.Client, id string) error {
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: bareQueue}, bareExtraction, bareInput{Body: string(make([]byte, 400))})
	if err != nil {
		return err
	}
	return run.Get(ctx, nil)
}

// quietLogger drops the SDK's log: the tables are the output here.
type quietLogger struct{}

var _ temporallog.Logger = quietLogger{}

func (quietLogger) Debug(string, ...any) {}
func (quietLogger) Info(string, ...any)  {}
func (quietLogger) Warn(string, ...any)  {}
func (quietLogger) Error(string, ...any) {}
