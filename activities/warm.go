package activities

import (
	"context"

	"github.com/pikamem/pika/cachewarm"
)

// Warming holds the steps that fill caches ahead and decide how long answers are kept.
type Warming struct {
	Warmer *cachewarm.Warmer
	Tuner  *cachewarm.Tuner
}

// WarmInput says for whom a run is.
type WarmInput struct {
	Tenant string `json:"tenant,omitempty"` // empty: all tenants
	User   string `json:"user,omitempty"`   // empty: all who are active
}

// TuneInput is the choice of one run: there is none.
type TuneInput struct{}

// WarmCache answers ahead what users will ask. Its heartbeats carry how far it is, and an
// attempt goes on with the user at whom the one before it was.
func (w *Warming) WarmCache(ctx context.Context, in WarmInput) (cachewarm.Report, error) {
	o := cachewarm.RunOptions{Tenant: in.Tenant, User: in.User}
	stop := resumed(ctx, &o.Resume, func(set func(cachewarm.State)) {
		o.Progress = func(p cachewarm.Progress) { set(p.State) }
	})
	defer stop()
	return w.Warmer.Run(ctx, o)
}

// TuneTTL reckons anew what is popular, removes answers whose time is over, and tunes how
// long answers are kept.
func (w *Warming) TuneTTL(ctx context.Context, _ TuneInput) (cachewarm.TuneReport, error) {
	defer beat(ctx)()
	return w.Tuner.Run(ctx)
}
