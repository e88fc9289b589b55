package cachewarm

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
)

// Searcher makes answers ahead. It is a *cache.Searcher.
type Searcher interface {
	Warm(ctx context.Context, scope pika.Scope, q pika.Query) (cache.WarmResult, error)
}

// Defaults of a Warmer.
const (
	DefaultTop      = 100
	DefaultActive   = 7 * 24 * time.Hour
	DefaultUsers    = 200
	DefaultBudget   = 10 * time.Minute
	DefaultDeadline = 2 * time.Second
	DefaultStopLoad = 0.25
)

// Warmer answers ahead what users will ask: one question at a time, with a pause after each
// that grows with the load, and not at all while the load is high. It must not be changed
// while it runs.
type Warmer struct {
	Searcher Searcher
	Searches pika.QueryCache

	// Load is how busy searches keep this process, 0 to 1. nil: it is idle.
	Load func() float64

	Listed   []string      // questions for everybody
	Top      int           // questions for one user, 1–pika.MaxPageLimit. Defaults to 100
	Active   time.Duration // who asked within it is active. Defaults to 7 days
	Users    int           // in one run, 1–pika.MaxPageLimit. Defaults to 200
	Budget   time.Duration // of one run. Defaults to 10 min
	Deadline time.Duration // of one search. Defaults to 2 s
	StopLoad float64       // the load that is high. Defaults to 0.25

	Now   func() time.Time
	Pause func(ctx context.Context, d time.Duration) error // Defaults to waiting
	Log   *slog.Logger                                     // Defaults to no log
}

// RunOptions are the choices of one run.
type RunOptions struct {
	Tenant string // empty: all tenants
	User   string // only this one of Tenant, active or not. Empty: those who are active

	// Resume continues a run that was interrupted, at its first user who was not done.
	Resume State

	// Progress is called after each question; it must not block. nil: nobody is told.
	Progress func(Progress)
}

// State is how far a run is.
type State struct {
	Scopes []pika.Scope `json:"scopes"` // of all users; nil: they are not known yet
	Done   int          `json:"done"`   // of them
	Report Report       `json:"report"` // of those that are done
}

// Progress is a state, and what was done so far, for the user under way too.
type Progress struct {
	State
	Questions int
	Made      int
}

// Run answers ahead for the users that o names. It returns an error, with the report so far,
// only if ctx ended or nobody can say what is asked; what else stopped it is in the report.
func (w *Warmer) Run(ctx context.Context, o RunOptions) (Report, error) {
	run := w.newRun(o)
	err := run.find(ctx)
	for err == nil && run.state.Done < len(run.state.Scopes) && run.state.Report.Stopped == "" {
		err = run.user(ctx, run.state.Scopes[run.state.Done])
	}
	if ctxErr := ctx.Err(); ctxErr != nil {
		err = pika.ContextError(ctxErr, "Pika", "answer ahead")
	}
	report := run.report()
	if err == nil {
		w.log().Info("answers made ahead", "users", report.Users, "questions", report.Questions, "made", report.Made, "kept", report.Kept,
			"not_kept", report.NotKept, "failed", report.Failed, "stopped", report.Stopped, "seconds", report.Seconds)
	}
	return report, err
}

func (w *Warmer) now() time.Time {
	if w.Now == nil {
		return time.Now()
	}
	return w.Now()
}

func (w *Warmer) load() float64 {
	if w.Load == nil {
		return 0
	}
	return w.Load()
}

func (w *Warmer) log() *slog.Logger {
	if w.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return w.Log
}

func (w *Warmer) pause(ctx context.Context, d time.Duration) error {
	if w.Pause != nil {
		return w.Pause(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *Warmer) users() int { return min(cmp.Or(w.Users, DefaultUsers), pika.MaxPageLimit) }

func (w *Warmer) top() int { return min(cmp.Or(w.Top, DefaultTop), pika.MaxPageLimit) }
