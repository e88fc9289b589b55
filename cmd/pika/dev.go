package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"

	"golang.org/x/sync/errgroup"
)

// runDev serves everything in one process until it is told to stop.
func runDev(ctx context.Context, args []string, out io.Writer) (err error) {
	var examples string
	config, err := LoadConfig("dev", args, os.Getenv, func(f *flag.FlagSet) {
		f.StringVar(&examples, "demo", "", "folder of an example conversation to put through once it serves")
	})
	if err != nil {
		return err
	}
	app := NewApp(config, newLog(os.Stderr, config.LogLevel))
	defer func() { err = errors.Join(err, app.Close()) }()
	if err := app.Open(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return app.Run(ctx) })
	group.Go(func() error {
		if examples != "" {
			d := &demo{base: app.URL(), dir: examples, out: out, client: http.DefaultClient}
			if err := d.run(ctx); err != nil && ctx.Err() == nil {
				fmt.Fprintln(out, "the example did not go through:", err)
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		app.printAddresses(out)
		return nil
	})
	return group.Wait()
}

// printAddresses says where everything is; the last line tells programs that wait
// for it that pika serves.
func (a *App) printAddresses(out io.Writer) {
	fmt.Fprintf(out, "\nPika serves. Data is in %s; the extractor is %s.\n", a.Config.Data, a.extractor.Name())
	fmt.Fprintf(out, "API          %s\n", a.URL())
	fmt.Fprintf(out, "Docs         %s/docs\n", a.URL())
	if a.engine.server != nil {
		fmt.Fprintf(out, "Temporal UI  %s\n", a.engine.server.UIAddress())
	}
	fmt.Fprintf(out, "Temporal     %s\n", a.engine.address)
	fmt.Fprintln(out, "Ready. Ctrl-C stops it.")
}
