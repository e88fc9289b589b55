// Command pika is the one binary of Pika: the API, the workers and, for `pika dev`,
// every part they need in one process.
//
// What may come in: commands, configuration, and the wiring of the parts into an
// App. What may not: rules about memory; those live in the packages it wires.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
)

// version is set by the Makefile; a plain `go build` reads it from the build's own information.
var version = ""

// errUsage marks an error after which the list of commands is worth printing.
var errUsage = errors.New("usage")

// command is one of pika's commands.
type command struct {
	name    string
	meaning string
	run     func(ctx context.Context, args []string, out io.Writer) error // nil: in the contract, not built yet
}

func commands() []command {
	return []command{
		{"dev", "everything in one process, with its own Temporal server (--addr, --data, --demo DIR)", runDev},
		{"model fetch", "fetch the local embedding model into the user's cache folder", runModelFetch},
		{"version", "print the version", runVersion},
		{"help", "this list", nil},
		{"help config", "every variable and flag with default and meaning", nil},
		{"gateway", "the API alone, on real stores", runGateway},
		{"worker", "the workers alone, on real stores", runWorker},
		{"migrate", "bring the stores' schemas up to date", runMigrate},
		{"warm", "answer ahead what users will ask (--tenant, --user, --json)", runWarm},
		{"reconcile", "compare the truth and its projections and repair them (--force, --json)", runReconcile},
		{"reindex", "make the vectors anew with another model and switch to it (--model, --drop)", runReindex},
		{"keys", "make the first API key: create, list, revoke (--tenant, --role, --name)", runKeys},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := dispatch(ctx, os.Args[1:], os.Stdout)
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "pika:", message(err))
	if errors.Is(err, errUsage) {
		printCommands(os.Stderr)
		os.Exit(2)
	}
	os.Exit(1)
}

// dispatch runs the command that args name.
func dispatch(ctx context.Context, args []string, out io.Writer) error {
	line := strings.Join(args, " ")
	switch {
	case line == "" || line == "help" || line == "-h" || line == "--help":
		printCommands(out)
		return nil
	case strings.HasPrefix(line, "help ") || strings.HasSuffix(line, " --help") || strings.HasSuffix(line, " -h"):
		PrintVariables(out)
		return nil
	}
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) < len(words) || strings.Join(args[:len(words)], " ") != c.name {
			continue
		}
		if c.run == nil {
			return fmt.Errorf("%q is in the contract but not built yet; `pika dev` does the main job on embedded parts", c.name)
		}
		return c.run(ctx, args[len(words):], out)
	}
	return fmt.Errorf("there is no command %q: %w", args[0], errUsage)
}

func printCommands(out io.Writer) {
	fmt.Fprintln(out, "pika COMMAND [flags]: a long-term memory for AI assistants")
	for _, c := range commands() {
		built := ""
		if c.run == nil && !strings.HasPrefix(c.name, "help") {
			built = " (not built yet)"
		}
		fmt.Fprintf(out, "  %-12s %s%s\n", c.name, c.meaning, built)
	}
}

func runVersion(_ context.Context, _ []string, out io.Writer) error {
	fmt.Fprintln(out, "pika", versionText())
	return nil
}

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
