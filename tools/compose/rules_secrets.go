package main

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// needed demands that the file does not load without a secret, and that the error names
// it. This is what a person sees who has no .env.
func needed(ctx context.Context, f *file, env map[string]string, name string) []string {
	without := maps.Clone(env)
	delete(without, name)
	_, err := load(ctx, f.path, without)
	switch {
	case err == nil:
		return []string{name + ": nothing asks for it when it is missing"}
	case !strings.Contains(err.Error(), name):
		return []string{name + ": the error when it is missing does not name it"}
	}
	return nil
}

// interpolation is ${NAME} with what follows the name, or $NAME; $$ is a plain dollar.
var interpolation = regexp.MustCompile(`\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)([^}]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)`)

// secretsRequired demands ${NAME:?what to do} of every secret, wherever the file names
// it. Optional ones may be empty and nothing else.
func secretsRequired(f *file) (problems []string) {
	for _, m := range interpolation.FindAllStringSubmatch(f.text, -1) {
		name, rest := m[1]+m[3], m[2]
		if name == "" || !isSecret(name) {
			continue
		}
		if ok := strings.HasPrefix(rest, ":?") && len(rest) > 2 || optional(name) && rest == ":-"; !ok {
			problems = append(problems, fmt.Sprintf("%s: must be ${%s:?set %s in .env}, not %s", name, name, name, m[0]))
		}
	}
	return problems
}

// userinfo is the password of an address: scheme://user:password@.
var userinfo = regexp.MustCompile(`://[^/@\s]*:([^/@\s]+)@`)

// secretsGiven finds secrets that are written down: in variables whose names say so, and
// in addresses.
func secretsGiven(f *file, s types.ServiceConfig) string {
	for _, name := range slices.Sorted(maps.Keys(s.Environment)) {
		value := s.Environment[name]
		if value == nil {
			continue
		}
		if isSecret(name) && *value != "" && !f.fromEnv(*value) {
			return name + " holds a secret that is written into the file"
		}
		if f.passwordIn(*value) {
			return name + " holds an address whose password is written into the file"
		}
	}
	for _, word := range slices.Concat([]string(s.Command), []string(s.Entrypoint)) {
		if f.passwordIn(word) || f.fromEnv(word) {
			return "has a password on its command line, which everyone can read"
		}
	}
	return ""
}

func (f *file) fromEnv(value string) bool {
	for _, secret := range f.secrets {
		if strings.Contains(value, secret) {
			return true
		}
	}
	return false
}

func (f *file) passwordIn(value string) bool {
	for _, m := range userinfo.FindAllStringSubmatch(value, -1) {
		if !f.fromEnv(m[1]) {
			return true
		}
	}
	return false
}
