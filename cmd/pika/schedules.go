package main

import (
	"context"
	"time"

	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/workers"
	"github.com/pikamem/pika/workflows"
)

// scheduleEvery is the time between two tries to set a schedule up.
const scheduleEvery = 30 * time.Second

// schedules lists what the engine starts by the clock.
func (a *App) schedules() []workers.Schedule {
	return []workers.Schedule{
		{
			ID: workflows.ReconcileID, Cron: cronText(a.Config.ReconcileSchedule), Queue: workflows.Queue, Workflow: workflows.Reconcile,
			Run: workflows.ReconcileID, Input: activities.ReconcileInput{}, Timeout: workflows.ReconcileTimeout,
		},
		{
			ID: workflows.WarmCacheID, Cron: cronText(a.Config.WarmSchedule), Queue: workflows.Queue, Workflow: workflows.WarmCache,
			Run: workflows.WarmCacheID, Input: activities.WarmInput{}, Timeout: workflows.WarmCacheTimeout,
		},
		{
			ID: workflows.TuneTTLID, Cron: cronText(a.Config.TTLSchedule), Queue: workflows.Queue, Workflow: workflows.TuneTTL,
			Run: workflows.TuneTTLID, Input: activities.TuneInput{}, Timeout: workflows.TuneTTLTimeout,
		},
	}
}

// cronText returns a schedule's text as workers.Schedule takes it: empty for off.
func cronText(value string) string {
	if value == "off" {
		return ""
	}
	return value
}

// ensureSchedule makes the engine start a workflow by the clock. It tries until the engine
// has taken it.
func (a *App) ensureSchedule(ctx context.Context, s workers.Schedule) error {
	ticker := time.NewTicker(scheduleEvery)
	defer ticker.Stop()
	for {
		err := workers.EnsureSchedule(ctx, a.engine.connection, s)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		a.Log.Warn("the engine has not taken a schedule yet", "schedule", s.ID, "reason", message(err))
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
