package main

import (
	"context"
	"slices"
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

// ensureSchedules makes the engine start workflows by the clock. It tries until the engine
// has taken all of them.
func (a *App) ensureSchedules(ctx context.Context) error {
	ticker := time.NewTicker(scheduleEvery)
	defer ticker.Stop()
	for left := a.schedules(); ; {
		left = slices.DeleteFunc(left, func(s workers.Schedule) bool { return a.ensured(ctx, s) })
		if len(left) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// ensured reports whether the engine has taken a schedule.
func (a *App) ensured(ctx context.Context, s workers.Schedule) bool {
	err := workers.EnsureSchedule(ctx, a.engine.connection, s)
	if err != nil && ctx.Err() == nil {
		a.Log.Warn("the engine has not taken a schedule yet; it is asked again", "schedule", s.ID, "reason", message(err))
	}
	return err == nil
}
