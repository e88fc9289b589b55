package workers_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/pikamem/pika/devserver/devservertest"
	"github.com/pikamem/pika/workers"
	"github.com/pikamem/pika/workflows"
)

// TestEnsureSchedule creates a schedule from several processes' point of view at once,
// changes it, keeps an operator's pause, and removes it.
func TestEnsureSchedule(t *testing.T) {
	t.Parallel()
	connection, _ := dial(t, devservertest.Start(t).Address())
	ctx := t.Context()
	s := workers.Schedule{
		ID: "compare", Cron: "17 * * * *", Queue: workflows.Queue, Workflow: workflows.AddFacts, Run: "compare", Timeout: time.Hour,
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := workers.EnsureSchedule(ctx, connection, s); err != nil {
				t.Errorf("EnsureSchedule() = %v", err)
			}
		})
	}
	all.Wait()
	handle := connection.Client.ScheduleClient().GetHandle(ctx, s.ID)
	if got := minuteOf(t, handle); got != 17 {
		t.Errorf("runs at minute %d, want 17", got)
	}
	if err := handle.Pause(ctx, client.SchedulePauseOptions{}); err != nil {
		t.Fatal(err)
	}
	s.Cron = "23 * * * *"
	if err := workers.EnsureSchedule(ctx, connection, s); err != nil {
		t.Fatal(err)
	}
	if got := minuteOf(t, handle); got != 23 {
		t.Errorf("after the change it runs at minute %d, want 23", got)
	}
	if d, err := handle.Describe(ctx); err != nil || !d.Schedule.State.Paused {
		t.Errorf("a paused schedule runs again after a change: %v", err)
	}
	s.Cron = ""
	for range 2 {
		if err := workers.EnsureSchedule(ctx, connection, s); err != nil {
			t.Errorf("remove = %v", err)
		}
	}
	var missing *serviceerror.NotFound
	if _, err := handle.Describe(ctx); !errors.As(err, &missing) {
		t.Errorf("Describe() of a removed schedule = %v, want not found", err)
	}
}

// minuteOf returns the minute of the hour a schedule runs at.
func minuteOf(t *testing.T, handle client.ScheduleHandle) int {
	t.Helper()
	d, err := handle.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(d.Schedule.Spec.Calendars); n != 1 {
		t.Fatalf("the schedule has %d calendars", n)
	}
	return d.Schedule.Spec.Calendars[0].Minute[0].Start
}
