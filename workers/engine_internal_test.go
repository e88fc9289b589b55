package workers

import (
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"

	"github.com/pikamem/pika"
)

// TestMemoOfAnotherKey: a job that was accepted under another key is Pika's trouble, not
// the caller's.
func TestMemoOfAnotherKey(t *testing.T) {
	t.Parallel()
	then, _, err := Converters(Key{1})
	if err != nil {
		t.Fatal(err)
	}
	now, _, err := Converters(Key{2})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := then.ToPayload(jobMemo{User: "u1"})
	if err != nil {
		t.Fatal(err)
	}
	d := &client.WorkflowExecutionDescription{}
	d.Memo = &commonpb.Memo{Fields: map[string]*commonpb.Payload{memoKey: payload}}
	e := &Engine{connection: &Connection{data: now}}
	if _, err := e.memo(d); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("memo() = %v, want Unavailable", err)
	}
	e.connection.data = then
	if memo, err := e.memo(d); err != nil || memo.User != "u1" {
		t.Errorf("memo() = %+v, %v", memo, err)
	}
}
