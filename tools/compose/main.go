// Command compose checks docker-compose.yml without a container engine: it is loaded
// as docker compose loads it, with every profile, and then held to the rules of this
// project, one file rules_*.go each. It prints what is wrong, one line each, and exits
// with 1 if anything is.
//
//	compose docker-compose.yml deploy/env.example
//
// It is a module of its own, so that its dependencies are none of Pika's.
package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: compose docker-compose.yml env.example")
		os.Exit(2)
	}
	problems, services, err := check(context.Background(), os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "compose:", err)
		os.Exit(1)
	}
	for _, p := range problems {
		fmt.Fprintln(os.Stderr, "compose:", p)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
	fmt.Printf("%s: %d services, every rule holds\n", filepath.Base(os.Args[1]), services)
}

// file is a compose file, loaded with all profiles and every secret set.
type file struct {
	path    string
	text    string
	project *types.Project
	secrets map[string]string // what each secret was set to
}

// check returns what breaks a rule, and how many services the file has. An error says
// that the file does not load at all.
func check(ctx context.Context, path, example string) (problems []string, services int, err error) {
	env, secrets, err := filledEnv(example)
	if err != nil {
		return nil, 0, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	project, err := load(ctx, path, env)
	if err != nil {
		return nil, 0, err
	}
	f := &file{path: path, text: string(text), project: project, secrets: secrets}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		problems = append(problems, needed(ctx, f, env, name)...)
	}
	for _, rule := range rules {
		problems = append(problems, rule(f)...)
	}
	return problems, len(project.Services), nil
}

// load loads the file as docker compose does, with an environment of its own.
func load(ctx context.Context, path string, env map[string]string) (*types.Project, error) {
	var pairs []string
	for name, value := range env {
		pairs = append(pairs, name+"="+value)
	}
	options, err := cli.NewProjectOptions([]string{path}, cli.WithEnv(pairs), cli.WithProfiles([]string{"*"}), cli.WithResolvedPaths(true))
	if err != nil {
		return nil, err
	}
	return options.LoadProject(ctx)
}

// filledEnv reads the example of .env and sets every empty secret in it to a value that
// is found again in the loaded file.
func filledEnv(example string) (env, secrets map[string]string, err error) {
	text, err := os.Open(example)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = text.Close() }() // it was only read
	env, err = dotenv.Parse(text)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", example, err)
	}
	secrets = map[string]string{}
	for name, value := range env {
		if isSecret(name) && !optional(name) {
			if value != "" {
				return nil, nil, fmt.Errorf("%s gives %s a value; everybody would have that one", example, name)
			}
			env[name] = "secret-of-" + name
			secrets[name] = env[name]
		}
	}
	return env, secrets, nil
}
