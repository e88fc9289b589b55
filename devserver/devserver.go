// Package devserver starts, watches and stops the local Temporal server of `pika
// dev`: the official development server with its own database file, bound to the
// loopback address.
//
// What may come in: finding the binary, its flags, its life as a child process. What
// may not: workflows, payloads, anything that runs on the server.
package devserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/pikamem/pika"
)

// Options says what server is started.
type Options struct {
	Binary    string       // the temporal CLI; empty: see FindBinary
	DataDir   string       // folder of the database; made if it is not there
	Port      int          // of the API; 0: any free one
	UIPort    int          // of the web page; 0 or taken: any free one; below 0: no page
	Namespace string       // Defaults to "default"
	Log       *slog.Logger // Defaults to none
	Args      []string     // further flags of the server

	SearchAttributes []string      // names of Keyword search attributes to register
	Retention        time.Duration // how long ended jobs are remembered. Defaults to 7 days
	StartTimeout     time.Duration // until it must be healthy. Defaults to 30 s
}

// host is the only address the server listens on: it has no authentication.
const host = "127.0.0.1"

// Server is a running local Temporal server.
type Server struct {
	options Options
	binary  string
	lock    *os.File

	cancel context.CancelFunc // ends the supervisor
	done   chan struct{}      // closed when it has ended
	once   sync.Once

	mu       sync.Mutex
	problem  error // nil while the server is healthy
	pid      int
	restarts int
}

// maxPortAttempts bounds how often the server is started because a port was taken.
const maxPortAttempts = 5

// Start starts the server and returns when it is healthy. A server that an earlier,
// killed process left behind on the same database is stopped first. ctx bounds the
// start only; Stop ends the server. Errors say what to do.
func Start(ctx context.Context, o Options) (*Server, error) {
	o.Namespace = cmp.Or(o.Namespace, "default")
	o.Retention = cmp.Or(o.Retention, 7*24*time.Hour)
	o.StartTimeout = cmp.Or(o.StartTimeout, 30*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{options: o, done: make(chan struct{})}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.StartTimeout)
	defer cancel()
	child, err := s.launchFirst(ctx)
	if err != nil {
		s.lock.Close()
		return nil, err
	}
	running, stop := context.WithCancel(context.Background())
	s.cancel = stop
	go s.supervise(running, child)
	return s, nil
}

// launchFirst launches with ports of its own choice anew when another process took one
// of them before the server could: between choosing a free port and listening on it
// anyone may come. The server chooses some of its ports itself.
func (s *Server) launchFirst(ctx context.Context) (*child, error) {
	chosen := s.options
	for attempt := 1; ; attempt++ {
		if err := s.choosePorts(); err != nil {
			return nil, err
		}
		c, err := s.launch(ctx)
		if err == nil || attempt == maxPortAttempts || !errors.Is(err, errPortTaken) {
			return c, err
		}
		s.options.Log.Warn("a port of the workflow server was taken meanwhile; it is started with others")
		s.options.Port, s.options.UIPort = chosen.Port, chosen.UIPort
	}
}

// prepare finds everything the server needs, and takes the folder for this process.
func (s *Server) prepare() (err error) {
	if s.binary, err = FindBinary(s.options.Binary); err != nil {
		return err
	}
	if err := os.MkdirAll(s.options.DataDir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the workflow server: %w", err)
	}
	if s.options.DataDir, err = filepath.Abs(s.options.DataDir); err != nil {
		return fmt.Errorf("find the folder of the workflow server: %w", err)
	}
	if s.lock, err = takeFolder(s.options.DataDir); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.lock.Close()
		}
	}()
	return s.stopOrphan()
}

func (s *Server) choosePorts() (err error) {
	if s.options.Port != 0 && !free(s.options.Port) {
		return fmt.Errorf("port %d on %s is in use: stop what listens there, or choose another port for the workflow server", s.options.Port, host)
	}
	if s.options.Port == 0 {
		if s.options.Port, err = freePort(); err != nil {
			return err
		}
	}
	if s.options.UIPort < 0 || (s.options.UIPort > 0 && free(s.options.UIPort)) {
		return nil
	}
	s.options.UIPort, err = freePort()
	return err
}

// Address returns host:port of the server's API.
func (s *Server) Address() string { return net.JoinHostPort(host, strconv.Itoa(s.options.Port)) }

// UIAddress returns the address of the server's web page, or "" without one.
func (s *Server) UIAddress() string {
	if s.options.UIPort < 0 {
		return ""
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(s.options.UIPort))
}

// PID returns the process id of the server, 0 while it does not run.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pid
}

// Restarts returns how often the server died and was started again.
func (s *Server) Restarts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.restarts
}

// Healthy returns nil while the server answers, else an Unavailable error that says
// why it does not.
func (s *Server) Healthy() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.problem == nil {
		return nil
	}
	return pika.Wrap(pika.Unavailable, s.problem, "the local workflow server is being restarted")
}

// Stop ends the server: SIGTERM, and SIGKILL if it still runs after 5 s. Stopping
// twice is harmless.
func (s *Server) Stop() {
	s.once.Do(func() {
		s.cancel()
		<-s.done
		s.lock.Close()
	})
}

func (s *Server) set(pid int, problem error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pid, s.problem = pid, problem
}

func free(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return 0, fmt.Errorf("find a free port on %s: %w", host, err)
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

var (
	errStopped   = errors.New("it was stopped")
	errPortTaken = errors.New("a port it needs is taken")
)
