package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/pikamem/pika/bench/process"
)

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type extraction struct {
	UserID         string    `json:"user_id"`
	ConversationID string    `json:"conversation_id,omitempty"`
	Conversation   []message `json:"conversation"`
}

// madeUpConversation returns a conversation of four messages, different for each i.
func madeUpConversation(user string, i int) extraction {
	return extraction{UserID: user, ConversationID: fmt.Sprintf("c%d", i), Conversation: []message{
		{"user", "Tôi có một con mèo tên Mướp " + fmt.Sprint(i) + "."},
		{"assistant", "Mướp mấy tuổi rồi bạn?"},
		{"user", "I work at a small bakery in Huế, shift " + fmt.Sprint(i) + "."},
		{"assistant", "Noted!"},
	}}
}

// runAccept measures the 202 twice: with nothing else going on, and while the
// accepted jobs are being worked on.
func runAccept(ctx context.Context, b *bed) error {
	s, err := b.startServer(ctx, "data", nil)
	if err != nil {
		return err
	}
	defer s.Stop()
	idle, err := acceptTimes(ctx, s, "idle", b.scale(300), true)
	if err != nil {
		return err
	}
	bare, err := startTimes(ctx, s.Temporal, len(idle))
	if err != nil {
		return err
	}
	busy, err := acceptTimes(ctx, s, "busy", b.scale(1000), false)
	if err != nil {
		return err
	}
	b.atMost(fmt.Sprintf("202, each job awaited before the next (%d), p50", len(idle)), percentile(idle, 50), 5, "ms")
	b.atMost("202, each job awaited before the next, p99", percentile(idle, 99), 25, "ms")
	b.note("the bare engine's start of a workflow, the same way, p50", fmt.Sprintf("%.2f ms", percentile(bare, 50)))
	b.note("the bare engine's start of a workflow, p99", fmt.Sprintf("%.2f ms", percentile(bare, 99)))
	b.note(fmt.Sprintf("202, back to back while jobs run (%d), p50", len(busy)), fmt.Sprintf("%.2f ms", percentile(busy, 50)))
	b.note("202, back to back while jobs run, p99", fmt.Sprintf("%.2f ms", percentile(busy, 99)))
	return nil
}

// startTimes measures what a 202 cannot be faster than: the engine's own durable
// start of a workflow, each run awaited before the next.
func startTimes(ctx context.Context, address string, n int) ([]time.Duration, error) {
	engine, stop, err := startBare(address)
	if err != nil {
		return nil, err
	}
	defer stop()
	var times []time.Duration
	for i := range n {
		options := client.StartWorkflowOptions{ID: fmt.Sprintf("bare-start-%d", i), TaskQueue: bareQueue}
		start := time.Now()
		run, err := engine.ExecuteWorkflow(ctx, options, bareExtraction, bareInput{Body: string(make([]byte, 400))})
		if err != nil {
			return nil, err
		}
		times = append(times, time.Since(start))
		if err := run.Get(ctx, nil); err != nil {
			return nil, err
		}
	}
	return times, nil
}

func acceptTimes(ctx context.Context, s *process.Server, user string, n int, await bool) ([]time.Duration, error) {
	const warmUp = 10
	var times []time.Duration
	for i := range n + warmUp {
		var accepted process.Accepted
		start := time.Now()
		if err := s.Call(ctx, http.MethodPost, "/v1/extract_facts", madeUpConversation(user, i), &accepted); err != nil {
			return nil, err
		}
		if i >= warmUp {
			times = append(times, time.Since(start))
		}
		if await || i < warmUp {
			if _, err := s.Await(ctx, accepted.JobID); err != nil {
				return nil, err
			}
		}
	}
	return times, nil
}
