package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/pikamem/pika/bench/process"
)

// startServer starts pika on a folder of the benchmark with more variables.
func (b *bed) startServer(ctx context.Context, data string, env map[string]string) (*process.Server, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return process.Start(ctx, process.Options{Binary: b.binary, Data: filepath.Join(b.dir, data), Env: env, Log: b.log})
}

// runStart starts and stops pika several times on the same data.
func runStart(ctx context.Context, b *bed) error {
	var times []time.Duration
	for range b.scale(10) {
		s, err := b.startServer(ctx, "data", nil)
		if err != nil {
			return err
		}
		times = append(times, s.ReadyIn)
		if err := s.Stop(); err != nil {
			return err
		}
	}
	b.atMost("ready, median of the starts", percentile(times, 50)/1000, 3, "s")
	b.atMost("ready, slowest start", percentile(times, 100)/1000, 3, "s")
	return nil
}
