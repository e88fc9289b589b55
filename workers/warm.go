package workers

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/workflows"
)

// WarmCache has the questions of a user answered ahead, or without a user those of the
// active users of a tenant, and returns the id of the workflow that does it: one that is
// under way already, if there is one.
func (e *Engine) WarmCache(caller context.Context, scope pika.Scope) (workflowID string, err error) {
	ctx, cancel := context.WithTimeout(caller, e.timeout)
	defer cancel()
	id := workflows.WarmCacheWorkflowID(scope)
	_, err = e.connection.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: workflows.Queue, WorkflowExecutionTimeout: workflows.WarmCacheTimeout,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		Priority:                 temporal.Priority{PriorityKey: lowestPriority},
	}, workflows.WarmCache, activities.WarmInput{Tenant: scope.Tenant, User: scope.User})
	if err != nil {
		return "", engineError(caller, err, "start answering ahead")
	}
	return id, nil
}
