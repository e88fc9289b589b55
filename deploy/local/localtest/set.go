// Package localtest gives tests a set of the four real servers that is theirs alone, so
// that they may kill, stop and starve servers without disturbing anybody.
//
// What may come in: starting, stopping and killing the servers through the script
// deploy/local/servers, and emptying them. What may not: what a test expects of them, and
// anything a program that is not a test needs.
package localtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Name is one of the servers, as the script calls it.
type Name string

// The servers.
const (
	Postgres Name = "postgres"
	Redis    Name = "redis"
	Milvus   Name = "milvus"
	Neo4j    Name = "neo4j"
)

// Names lists every server once.
func Names() []Name { return []Name{Postgres, Redis, Milvus, Neo4j} }

// Set is a set of the four servers on ports of its own, with data of its own.
type Set struct {
	script    string
	folder    string
	ports     map[Name]int
	addresses map[string]string // what the script's env prints
	guard     *guard
}

// startTime bounds the start of all servers; a machine that compiles beside it takes long.
const startTime = 5 * time.Minute

// Start starts a set in a new folder. Its servers and its data are gone after Close, or
// when this process has ended, however it ended.
func Start(ctx context.Context) (*Set, error) {
	script, err := findScript()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "pika-servers-")
	if err != nil {
		return nil, err
	}
	ports, err := freePorts()
	if err != nil {
		return nil, errors.Join(err, os.Remove(folder))
	}
	s := &Set{script: script, folder: folder, ports: ports}
	if s.guard, err = startGuard(s); err != nil {
		return nil, errors.Join(err, os.Remove(folder))
	}
	if err := s.up(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Set) up(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	if _, err := s.run(ctx, "up"); err != nil {
		return err
	}
	out, err := s.run(ctx, "env")
	if err != nil {
		return err
	}
	s.addresses = map[string]string{}
	for line := range strings.Lines(out) {
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		if ok && !strings.HasPrefix(name, "#") {
			s.addresses[name] = strings.Trim(value, "'")
		}
	}
	return nil
}

// Close stops the servers and removes their data. Closing twice is no error.
func (s *Set) Close() error { return s.guard.end() }

// URL returns how pika is told of a server: the value of PIKA_FACTS, PIKA_CACHE,
// PIKA_VECTORS or PIKA_GRAPH.
func (s *Set) URL(name Name) string {
	switch name {
	case Postgres:
		return s.addresses["PIKA_TEST_POSTGRES_URL"]
	case Redis:
		return s.addresses["PIKA_TEST_REDIS_URL"]
	case Milvus:
		return "milvus://" + s.addresses["PIKA_TEST_MILVUS_ADDR"]
	}
	return s.addresses["PIKA_TEST_NEO4J_URL"]
}

// AdminURL returns the URL of Postgres' superuser in a database.
func (s *Set) AdminURL(database string) string {
	u, err := url.Parse(s.URL(Postgres))
	if err != nil {
		panic("localtest: the script prints a URL that is none: " + err.Error())
	}
	password, _ := u.User.Password()
	u.User, u.Path = url.UserPassword("admin", password), "/"+database
	return u.String()
}

// Kill ends a server as a crash would and returns when it is gone.
func (s *Set) Kill(ctx context.Context, name Name) error { return s.one(ctx, "kill", name) }

// Stop ends a server as its operator would; its data is kept.
func (s *Set) Stop(ctx context.Context, name Name) error { return s.one(ctx, "stop", name) }

// Up starts a server and returns when it answers; one that runs stays as it is.
func (s *Set) Up(ctx context.Context, name Name) error { return s.one(ctx, "start", name) }

func (s *Set) one(ctx context.Context, command string, name Name) error {
	_, err := s.run(ctx, command, string(name))
	return err
}

// run runs the script on this set and returns what it prints. Its output goes to a file:
// the servers it starts must not hold a pipe open.
func (s *Set) run(ctx context.Context, args ...string) (string, error) {
	out, err := os.CreateTemp(s.folder, "output-")
	if err != nil {
		return "", err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	command := exec.CommandContext(ctx, s.script, args...)
	command.Env = append(os.Environ(), s.environment()...)
	command.Stdout, command.Stderr = out, out
	runErr := command.Run()
	printed, err := os.ReadFile(out.Name())
	if runErr != nil {
		return "", fmt.Errorf("%s %s: %w: %s", s.script, strings.Join(args, " "), runErr, printed)
	}
	return string(printed), err
}

func (s *Set) environment() []string {
	env := []string{"PIKA_SERVERS_DATA=" + s.data()}
	for name, port := range s.ports {
		env = append(env, "PIKA_SERVERS_"+strings.ToUpper(string(name))+"_PORT="+strconv.Itoa(port))
	}
	return env
}

func (s *Set) data() string { return filepath.Join(s.folder, "data") }

// findScript looks for the script from the folder the test runs in upwards.
func findScript() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "deploy", "local", "servers")
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", errors.Join(errors.New("deploy/local/servers is in no folder above this one"), err)
}

// Ports lie below the range that systems give to outgoing connections; Milvus needs ten
// more beside its own, 100 above it.
const (
	firstPort, lastPort = 20_000, 32_000
	milvusMore          = 100
	milvusMany          = 10
)

// freePorts returns ports on which nothing listens. Another program may take one before
// its server does; then the start says so.
func freePorts() (map[Name]int, error) {
	for range 100 {
		base := firstPort + rand.IntN(lastPort-firstPort-milvusMore-milvusMany)
		ports := map[Name]int{Milvus: base, Postgres: base + 1, Redis: base + 2, Neo4j: base + 3}
		wanted := []int{base, base + 1, base + 2, base + 3}
		for i := range milvusMany + 1 {
			wanted = append(wanted, base+milvusMore+i)
		}
		if allFree(wanted) {
			return ports, nil
		}
	}
	return nil, errors.New("no ports are free for the servers of the tests")
}

func allFree(ports []int) bool {
	for _, port := range ports {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return false
		}
		listener.Close()
	}
	return true
}
