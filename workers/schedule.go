package workers

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// Schedule is a workflow that the engine starts by the clock, at most one run at a time.
type Schedule struct {
	ID       string // fixed: every process that ensures it means the same one
	Cron     string // five fields, in UTC; empty: the schedule is removed
	Queue    string
	Workflow any    // the workflow's function
	Run      string // workflow id of its runs; the engine adds the time
	Input    any
	Timeout  time.Duration // of one run
}

// catchUp is how late a run may start after the engine was away; older ones are left
// out: the next one does their work.
const catchUp = 10 * time.Minute

// scheduleTimeout bounds one call about a schedule.
const scheduleTimeout = 5 * time.Second

// EnsureSchedule makes the engine's schedule what s says: created, changed or removed.
// It may be called by many processes at once, with the same s. A schedule that an
// operator paused stays paused.
func EnsureSchedule(ctx context.Context, c *Connection, s Schedule) error {
	ctx, cancel := context.WithTimeout(ctx, scheduleTimeout)
	defer cancel()
	schedules := c.Client.ScheduleClient()
	if s.Cron == "" {
		return removeSchedule(ctx, schedules.GetHandle(ctx, s.ID))
	}
	_, err := schedules.Create(ctx, client.ScheduleOptions{
		ID: s.ID, Spec: s.spec(), Action: s.action(), Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: catchUp,
	})
	if err == nil {
		return nil
	}
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return engineError(ctx, err, "create the schedule "+s.ID)
	}
	err = schedules.GetHandle(ctx, s.ID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			next := in.Description.Schedule
			spec := s.spec()
			next.Spec, next.Action = &spec, s.action()
			return &client.ScheduleUpdate{Schedule: &next}, nil
		},
	})
	if err != nil {
		return engineError(ctx, err, "change the schedule "+s.ID)
	}
	return nil
}

func removeSchedule(ctx context.Context, handle client.ScheduleHandle) error {
	err := handle.Delete(ctx)
	var missing *serviceerror.NotFound
	if err == nil || errors.As(err, &missing) {
		return nil
	}
	return engineError(ctx, err, fmt.Sprintf("remove the schedule %s", handle.GetID()))
}

func (s Schedule) spec() client.ScheduleSpec {
	return client.ScheduleSpec{CronExpressions: []string{s.Cron}, Jitter: time.Minute, TimeZoneName: "UTC"}
}

func (s Schedule) action() *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{
		ID: s.Run, Workflow: s.Workflow, Args: []any{s.Input}, TaskQueue: s.Queue, WorkflowExecutionTimeout: s.Timeout,
	}
}
