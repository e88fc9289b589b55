package workers_test

import (
	"testing"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/devserver/devservertest"
	"github.com/pikamem/pika/workflows"
)

// TestWarmCache: what is started once is started; asked again while it runs, it is the same.
func TestWarmCache(t *testing.T) {
	t.Parallel()
	server := devservertest.Start(t)
	connection, engine := dial(t, server.Address())
	runs := map[string]string{}
	for _, scope := range []pika.Scope{{Tenant: "t"}, {Tenant: "t", User: "Linh"}, {Tenant: "t"}, {Tenant: "t", User: "Linh"}} {
		id, err := engine.WarmCache(t.Context(), scope)
		if err != nil || id != workflows.WarmCacheWorkflowID(scope) {
			t.Fatalf("WarmCache(%+v) = %s, %v", scope, id, err)
		}
		d, err := connection.Client.DescribeWorkflow(t.Context(), id, "")
		if err != nil || d.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			t.Fatalf("%s: %+v, %v", id, d, err)
		}
		if run, known := runs[id]; known && run != d.WorkflowExecution.RunID {
			t.Errorf("%s was started again while it ran", id)
		}
		runs[id] = d.WorkflowExecution.RunID
		noPlaintext(t, connection, id, "Linh")
	}
	if len(runs) != 2 {
		t.Errorf("runs %v; want 2", runs)
	}
	server.Stop()
	if _, err := engine.WarmCache(t.Context(), pika.Scope{Tenant: "t"}); err == nil {
		t.Error("WarmCache() of an engine that is down = nil")
	}
}
