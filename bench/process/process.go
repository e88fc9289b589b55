// Package process runs bin/pika as a process of its own and speaks its API, for
// benchmarks and for tests that kill it.
//
// What may come in: starting, watching and killing the binary, and the few requests
// that every benchmark sends. What may not: any package of Pika's inside; what is
// measured here is what a user gets.
package process

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Options say how to start bin/pika.
type Options struct {
	Binary  string            // path of the binary
	Command string            // dev, gateway or worker. Defaults to dev
	Data    string            // its data folder; only dev has one
	Env     map[string]string // variables beside the inherited ones, which lose every PIKA_, OPENAI_ and TEMPORAL_ one
	Args    []string          // flags beside --addr and --data
	Log     io.Writer         // receives its output; nil: discarded
}

// Server is a running pika.
type Server struct {
	URL      string        // http://127.0.0.1:PORT
	ReadyIn  time.Duration // from the start of the process to the line that says it serves
	Temporal string        // host:port of its Temporal server; empty if it was given one
	Key      string        // API key that Call sends; empty: none
	command  *exec.Cmd
	ended    chan struct{}
	endErr   error
	once     sync.Once
}

// Start runs pika on a free port and returns when it serves. It fails if the
// process ends first or is not ready within ctx's deadline.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	args := []string{cmp.Or(o.Command, "dev"), "--addr", "127.0.0.1:0"}
	if args[0] == "dev" {
		args = append(args, "--temporal-ui-port", "0", "--data", o.Data)
	}
	args = append(args, o.Args...)
	s := &Server{command: exec.Command(o.Binary, args...), ended: make(chan struct{})}
	s.command.Env = environment(o.Env)
	output, input, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.command.Stdout, s.command.Stderr = input, input
	start := time.Now()
	if err := s.command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Binary, err)
	}
	input.Close()
	serving := make(chan struct{})
	go s.read(output, o.Log, serving)
	go func() {
		s.endErr = s.command.Wait()
		close(s.ended)
	}()
	select {
	case <-serving:
		s.ReadyIn = time.Since(start)
		return s, nil
	case <-s.ended:
		return nil, fmt.Errorf("pika ended before it served: %w", errors.Join(s.endErr, errors.New("see its log")))
	case <-ctx.Done():
		s.Kill()
		return nil, fmt.Errorf("wait until pika serves: %w", ctx.Err())
	}
}

// read copies the output to log and learns the addresses from the lines
// "API  http://…" and "Temporal  host:port"; the line "Ready. …" comes last, once.
func (s *Server) read(output *os.File, log io.Writer, serving chan struct{}) {
	defer output.Close()
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadString('\n')
		io.WriteString(log, line)
		switch fields := strings.Fields(line); {
		case len(fields) == 2 && fields[0] == "Temporal":
			s.Temporal = fields[1]
		case len(fields) == 2 && fields[0] == "API" && s.URL == "":
			s.URL = fields[1]
		case len(fields) > 0 && fields[0] == "Ready.":
			close(serving)
		}
		if err != nil {
			return
		}
	}
}

// environment is the inherited one without anything that configures Pika, and with env.
func environment(env map[string]string) []string {
	var all []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		configures := strings.HasPrefix(name, "PIKA_") || strings.HasPrefix(name, "OPENAI_") || strings.HasPrefix(name, "TEMPORAL_")
		if !configures || name == "PIKA_MODEL" || name == "PIKA_TEMPORAL_BINARY" {
			all = append(all, v)
		}
	}
	for name, value := range env {
		all = append(all, name+"="+value)
	}
	return all
}

// PID returns the id of the process.
func (s *Server) PID() int { return s.command.Process.Pid }

// Kill ends the process as kill -9 does and waits for its end.
func (s *Server) Kill() {
	s.command.Process.Signal(syscall.SIGKILL)
	<-s.ended
}

// Stop sends SIGTERM and waits; it returns an error unless the process ends with
// exit code 0 within 15 seconds, as the contract promises.
func (s *Server) Stop() error {
	var err error
	s.once.Do(func() { err = s.stop() })
	return err
}

func (s *Server) stop() error {
	s.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
		return s.endErr
	case <-time.After(15 * time.Second):
		s.Kill()
		return errors.New("pika did not stop within 15 s of SIGTERM")
	}
}

// Run runs one of pika's commands that end by themselves, such as migrate, until ctx ends,
// and returns an error with what it printed unless it ends with exit code 0.
func Run(ctx context.Context, o Options) error {
	command := exec.CommandContext(ctx, o.Binary, append([]string{o.Command}, o.Args...)...)
	command.Env = environment(o.Env)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("pika %s: %w: %s", o.Command, err, output)
	}
	return nil
}

// ticksPerSecond is the unit of times in /proc, which is the same on every Linux.
const ticksPerSecond = 100

// CPU returns how long the process has worked on all cores together, without its
// Temporal server, read from /proc; 0 where there is none.
func (s *Server) CPU() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.PID()))
	if err != nil {
		return 0
	}
	// The name before the last parenthesis may hold spaces; after it comes the third field.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticksPerSecond
}

// RSS returns the resident memory of the process in bytes, read from /proc; 0 where
// there is none.
func (s *Server) RSS() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID()))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmRSS:" {
			kib, _ := strconv.ParseInt(fields[1], 10, 64)
			return kib << 10
		}
	}
	return 0
}
