package cachewarm

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
)

const (
	// readTime bounds reading what is asked, keepTime all but the search of one answer.
	readTime = 10 * time.Second
	keepTime = 5 * time.Second

	// A pause is rest times as long as the search before it, and restAtLoad times that more at
	// full load: about a quarter of a processor is used at most, more only by searches of seconds.
	rest        = 3
	restAtLoad  = 8
	longestRest = 2 * time.Second

	// While the load is high a run waits so often and so long, and then stops.
	calmTries = 5
	calmWait  = time.Second

	// maxInVain is how many questions in a row may fail, or be answered without a part that
	// was away or late.
	maxInVain = 20
)

// warmRun is a run under way.
type warmRun struct {
	*Warmer
	options RunOptions
	started time.Time
	before  float64 // seconds of the runs that this one resumes
	state   State
	current Report // of the user under way
	inVain  int    // questions in a row
	popular map[string][]pika.PopularSearch
}

func (w *Warmer) newRun(o RunOptions) *warmRun {
	run := &warmRun{Warmer: w, options: o, started: w.now(), state: o.Resume, popular: map[string][]pika.PopularSearch{}}
	if run.state.Done < 0 || run.state.Done > len(run.state.Scopes) {
		run.state = State{}
	}
	run.before = run.state.Report.Seconds
	return run
}

// find decides for whom the run is.
func (run *warmRun) find(ctx context.Context) (err error) {
	switch {
	case run.state.Scopes != nil:
	case run.options.User != "":
		run.state.Scopes = []pika.Scope{{Tenant: run.options.Tenant, User: run.options.User}}
	default:
		since := run.started.Add(-cmp.Or(run.Active, DefaultActive))
		ctx, cancel := context.WithTimeout(ctx, readTime)
		defer cancel()
		if run.state.Scopes, err = run.Searches.ActiveUsers(ctx, run.options.Tenant, since, run.users()); err != nil {
			return fmt.Errorf("find active users: %w", err)
		}
	}
	return nil
}

// user answers ahead for one user.
func (run *warmRun) user(ctx context.Context, scope pika.Scope) error {
	questions, err := run.questions(ctx, scope)
	if err != nil {
		return err
	}
	run.current = Report{}
	for _, q := range questions {
		if run.current.Stopped = run.mustStop(ctx); run.current.Stopped != "" {
			break
		}
		run.ask(ctx, scope, q)
		if err := ctx.Err(); err != nil {
			return err
		}
		run.tell()
	}
	if run.current.Stopped == "" {
		run.current.Users = 1
		run.state.Done++
	}
	run.state.Report.add(run.current)
	run.current = Report{}
	run.tell()
	return ctx.Err()
}

// questions returns what is asked ahead for a user.
func (run *warmRun) questions(ctx context.Context, scope pika.Scope) ([]pika.Query, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	own, err := run.Searches.UserSearches(ctx, scope, run.now(), pika.MaxPageLimit)
	if err != nil {
		return nil, fmt.Errorf("read what a user asks: %w", err)
	}
	popular, known := run.popular[scope.Tenant]
	if !known {
		if popular, err = run.Searches.PopularSearches(ctx, scope.Tenant, run.top()); err != nil {
			return nil, fmt.Errorf("read what a tenant's users ask: %w", err)
		}
		run.popular[scope.Tenant] = popular
	}
	return Choose(own, popular, run.Listed, run.top()), nil
}

// mustStop says why no further question may be asked; empty: it may.
func (run *warmRun) mustStop(ctx context.Context) Stopped {
	switch {
	case run.inVain >= maxInVain:
		return StoppedInVain
	case run.now().Sub(run.started) >= cmp.Or(run.Budget, DefaultBudget):
		return StoppedTime
	}
	for range calmTries {
		if run.load() < cmp.Or(run.StopLoad, DefaultStopLoad) {
			return ""
		}
		if run.pause(ctx, calmWait) != nil {
			return "" // ctx ended, which the caller sees
		}
	}
	return StoppedLoad
}

// ask makes one answer and rests.
func (run *warmRun) ask(ctx context.Context, scope pika.Scope, q pika.Query) {
	q.Deadline, q.Cache = cmp.Or(run.Deadline, DefaultDeadline), pika.CacheDefault
	began := run.now()
	result, err := run.warm(ctx, scope, q)
	took := run.now().Sub(began)
	run.count(result, err)
	_ = run.pause(ctx, min(time.Duration(float64(took)*(rest+restAtLoad*run.load())), longestRest)) // the caller sees that ctx ended
}

// warm makes one answer. Looking whether there is one, and keeping it, take time beside the
// search.
func (run *warmRun) warm(ctx context.Context, scope pika.Scope, q pika.Query) (cache.WarmResult, error) {
	ctx, cancel := context.WithTimeout(ctx, q.Deadline+keepTime)
	defer cancel()
	return run.Searcher.Warm(ctx, scope, q)
}

func (run *warmRun) count(result cache.WarmResult, err error) {
	c := &run.current
	c.Questions++
	run.inVain++
	switch {
	case err != nil:
		c.Failed++
		run.log().Debug("an answer could not be made ahead", "code", string(pika.CodeOf(err)))
	case result == cache.WarmMade:
		c.Made++
		run.inVain = 0
	case result == cache.WarmKept:
		c.Kept++
		run.inVain = 0
	default:
		c.NotKept++
	}
}

// report returns what was done so far, the user under way included.
func (run *warmRun) report() Report {
	report := run.state.Report
	report.add(run.current)
	report.Left = len(run.state.Scopes) - run.state.Done
	report.Seconds = run.before + run.now().Sub(run.started).Seconds()
	return report
}

// tell reports the progress. What is done of the user under way is no part of the state, as
// a run that resumes begins with him anew.
func (run *warmRun) tell() {
	if run.options.Progress == nil {
		return
	}
	p := Progress{State: run.state, Questions: run.state.Report.Questions + run.current.Questions, Made: run.state.Report.Made + run.current.Made}
	p.Report.Seconds = run.before + run.now().Sub(run.started).Seconds()
	run.options.Progress(p)
}
