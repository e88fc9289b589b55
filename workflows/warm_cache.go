package workflows

import (
	"net/url"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/cachewarm"
)

const (
	// WarmCacheID is the workflow id of every run of WarmCache for all tenants, so that
	// there is one at a time, and the id of its schedule.
	WarmCacheID = "warm-cache"

	// WarmCacheTimeout bounds a run with all its attempts.
	WarmCacheTimeout = time.Hour
)

// WarmCacheWorkflowID returns the id of the runs for one user, or without one for the active
// users of a tenant: warm-cache/{tenant}/{scope id}, the tenant percent-escaped.
func WarmCacheWorkflowID(scope pika.Scope) string {
	id := WarmCacheID + "/" + url.PathEscape(scope.Tenant)
	if scope.User != "" {
		id += "/" + scope.ID()
	}
	return id
}

// WarmCache answers ahead what users will ask. Its result holds counts only. It runs on
// Queue, and its step on WarmQueue.
func WarmCache(ctx workflow.Context, in activities.WarmInput) (cachewarm.Report, error) {
	return call(idle(ctx, "answer ahead what users will ask"), warming.WarmCache, in)
}
