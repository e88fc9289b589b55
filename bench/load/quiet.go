package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/pikamem/pika/bench/process"
)

// What the servers go on doing after many writes must have ended: they compact and build
// indexes in bursts.
const (
	quietCores = 0.35             // that the whole machine uses at most
	quietFor   = 15 * time.Second // before it counts as quiet
	quietEvery = 5 * time.Second
	quietWait  = 4 * time.Minute // at most
)

// quiet waits until the machine does little, and says how long that took.
func (b *bed) quiet(ctx context.Context) error {
	start, since := time.Now(), time.Now()
	for time.Since(since) < quietFor {
		if time.Since(start) > quietWait {
			fmt.Printf("The machine still did something else after %s\n", quietWait)
			return nil
		}
		before, began := process.MachineCPU(), time.Now()
		if !wait(ctx, quietEvery) {
			return ctx.Err()
		}
		cores := (process.MachineCPU() - before).Seconds() / time.Since(began).Seconds()
		fmt.Fprintf(os.Stderr, "… waiting until the servers have settled: %.2f cores in use\n", cores)
		if cores > quietCores {
			since = time.Now()
		}
	}
	fmt.Printf("The machine was quiet %.0f s after the first searches\n", time.Since(start).Seconds())
	return nil
}
