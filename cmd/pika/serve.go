package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// runGateway serves the API on real stores until it is told to stop.
func runGateway(ctx context.Context, args []string, out io.Writer) error {
	return runServer(ctx, "gateway", args, out)
}

// runWorker runs jobs on real stores until it is told to stop; its address answers
// /healthz, /readyz and /metrics.
func runWorker(ctx context.Context, args []string, out io.Writer) error {
	return runServer(ctx, "worker", args, out)
}

func runServer(ctx context.Context, command string, args []string, out io.Writer) (err error) {
	config, err := LoadConfig(command, args, os.Getenv, nil)
	if err != nil {
		return err
	}
	app := NewApp(config, newLog(os.Stderr, config.LogLevel))
	defer func() { err = errors.Join(err, app.Close()) }()
	if err := app.Open(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "API          %s\n", app.URL())
	fmt.Fprintf(out, "Temporal     %s\n", app.engine.address)
	fmt.Fprintf(out, "Ready. The %s works until SIGTERM.\n", command)
	return app.Run(ctx)
}
