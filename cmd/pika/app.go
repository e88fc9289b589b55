package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/gateway"
	"github.com/pikamem/pika/projection"
	"github.com/pikamem/pika/search"
)

// App is a whole Pika: stores, models, engine, workers and the API, wired from one
// Config. Open makes it ready, Run serves until its context ends, Close gives
// everything back; Close is safe after a failed Open and twice.
type App struct {
	Config   Config
	Log      *slog.Logger
	Now      func() time.Time
	Registry *prometheus.Registry

	listener  net.Listener
	server    *http.Server
	stores    *stores
	embedder  pika.Embedder // the configured one
	extractor pika.Extractor
	watched   *watchedExtractor // the language model behind extractor; nil: there is none
	reranker  pika.Reranker     // nil: no language model is configured
	index     *activeIndex      // the embedder and the vector index in use
	searcher  *search.Engine
	freshness *cache.Freshness
	answers   *cache.Searcher
	ttls      *cache.TTLs
	projected *projection.Projections
	counts    *cache.Metrics
	keys      *gateway.KeyBook

	reconciler *projection.Reconciler
	prober     *projection.Prober // nil: the index is exact
	engine     engineParts
	tracer     trace.Tracer // nil: no traces are exported

	mu      sync.Mutex
	closers []closer // in the order they were opened
}

// closer is a part that must be given back, and its name for the log.
type closer struct {
	name  string
	close func() error
}

// drainTime bounds how long Run waits for requests under way after its context ends.
const drainTime = 9 * time.Second

// NewApp returns an App that is not open yet.
func NewApp(c Config, log *slog.Logger) *App {
	a := &App{Config: c, Log: log, Now: time.Now, Registry: prometheus.NewRegistry()}
	a.Registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return a
}

// Open takes the address, opens the stores, loads the models, starts or reaches the
// engine, and prepares the API. Its errors are sentences that say what to do.
func (a *App) Open(ctx context.Context) error {
	if err := a.listen(); err != nil {
		return err
	}
	if err := a.openTracing(ctx); err != nil {
		return err
	}
	if err := a.openStores(ctx); err != nil {
		return err
	}
	// The slow parts start side by side: the Temporal server and the model.
	var group errgroup.Group
	group.Go(func() error { return a.openEngine(ctx) })
	group.Go(func() error { return a.openModels(ctx) })
	if err := group.Wait(); err != nil {
		return err
	}
	if err := a.wire(ctx); err != nil {
		return err
	}
	if err := a.checkKeys(ctx); err != nil {
		return err
	}
	a.keys = gateway.NewKeyBook(a.stores.truth, gateway.KeyBookOptions{Now: a.Now, Log: a.Log})
	// Who is told "Ready" may come with a key at once. A store that is away only delays
	// the start: Run asks it again, and says why.
	_ = a.keys.Refresh(ctx)
	a.warmUp(ctx)
	server, err := a.newServer()
	a.server = server
	return err
}

// openStores makes the data folder, where one is needed, and opens the stores.
func (a *App) openStores(ctx context.Context) (err error) {
	if a.Config.Command == "dev" {
		if err := makeDataFolder(a.Config); err != nil {
			return err
		}
	}
	if a.stores, err = openStores(ctx, a.Config, a.Now); err != nil {
		return err
	}
	a.onClose("the stores", a.stores.Close)
	return nil
}

func (a *App) listen() error {
	listener, err := net.Listen("tcp", a.Config.Addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("the address %s is in use by another process (perhaps another pika): stop it, or choose another with --addr", a.Config.Addr)
	case err != nil:
		return fmt.Errorf("PIKA_ADDR (or --addr): listen on %s: %w", a.Config.Addr, err)
	}
	a.listener = listener
	a.onClose("listener", func() error {
		if err := listener.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return nil
}

// onClose remembers a part; the parts are closed in the reverse of their order.
func (a *App) onClose(name string, close func() error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closers = append(a.closers, closer{name, close})
}

// URL returns the address of the API.
func (a *App) URL() string { return "http://" + a.listener.Addr().String() }

// Run serves the API until ctx ends or a part fails, then drains.
func (a *App) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve the API: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		if err := a.server.Shutdown(drain); err != nil {
			a.Log.Warn("some requests were still under way", "after", drainTime)
			return a.server.Close()
		}
		return nil
	})
	group.Go(func() error { return a.index.run(ctx) })
	group.Go(func() error { return a.watch(ctx) })
	group.Go(func() error { return a.keys.Run(ctx) })
	group.Go(func() error { return a.freshness.Run(ctx) })
	group.Go(func() error { return a.ttls.Run(ctx) })
	group.Go(func() error { return a.answers.Run(ctx) })
	if a.prober != nil {
		group.Go(func() error { return a.prober.Run(ctx) })
	}
	if a.Config.Command != "gateway" {
		a.work(ctx, group)
	}
	return group.Wait()
}

// work runs jobs, repairs what lags, and keeps the schedules.
func (a *App) work(ctx context.Context, group *errgroup.Group) {
	group.Go(func() error { return a.newWorkers().Run(ctx) })
	repairer := projection.Repairer{Projections: a.projected, Log: a.Log}
	group.Go(func() error { return repairer.Run(ctx) })
	group.Go(func() error { return a.ensureSchedules(ctx) })
}

// Close gives every part back, the last opened first.
func (a *App) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	closers := a.closers
	a.closers = nil
	return closeAll(closers)
}

// closeAll closes parts, the last first.
func closeAll(closers []closer) error {
	var errs []error
	for _, c := range slices.Backward(closers) {
		if err := c.close(); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", c.name, err))
		}
	}
	return errors.Join(errs...)
}

// message returns what a person should read of an error: a caller-safe message where
// there is one, with its cause where that helps, else the whole error.
func message(err error) string {
	var e *pika.Error
	if errors.As(err, &e) && e.Message != "" {
		return e.Message
	}
	return strings.TrimSuffix(err.Error(), ": "+errUsage.Error())
}

// newLog returns the log of a command: text on a terminal-friendly stream.
func newLog(out io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level}))
}

// path returns the path of one of the App's own files.
func (a *App) path(name string) string { return filepath.Join(a.Config.Data, name) }
