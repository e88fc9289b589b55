package workflows_test

import (
	"testing"

	"github.com/pikamem/pika/workflows"
)

func TestJobWorkflowID(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ tenant, job, want string }{
		{"default", "7d0f", "extract/default/7d0f"},
		{"a/b", "7d0f", "extract/a%2Fb/7d0f"},
		{"50% đ", "7d0f", "extract/50%25%20%C4%91/7d0f"},
		{"", "7d0f", "extract//7d0f"},
	} {
		got := workflows.JobWorkflowID(c.tenant, c.job)
		if got != c.want {
			t.Errorf("JobWorkflowID(%q, %q) = %q, want %q", c.tenant, c.job, got, c.want)
		}
		tenant, job, ok := workflows.ParseJobWorkflowID(got)
		if tenant != c.tenant || job != c.job || !ok {
			t.Errorf("ParseJobWorkflowID(%q) = %q, %q, %v", got, tenant, job, ok)
		}
	}
}

func TestParseForeignWorkflowID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "extract/", "extract/a", "extract/a/", "other/a/b", "extract/%zz/b", "extract/a b/c"} {
		if tenant, job, ok := workflows.ParseJobWorkflowID(id); ok {
			t.Errorf("ParseJobWorkflowID(%q) = %q, %q, want none", id, tenant, job)
		}
	}
}

func FuzzJobWorkflowID(f *testing.F) {
	f.Add("a/b", "c")
	f.Fuzz(func(t *testing.T, tenant, job string) {
		if job == "" {
			return
		}
		gotTenant, gotJob, ok := workflows.ParseJobWorkflowID(workflows.JobWorkflowID(tenant, job))
		if gotTenant != tenant || gotJob != job || !ok {
			t.Errorf("(%q, %q) came back as (%q, %q, %v)", tenant, job, gotTenant, gotJob, ok)
		}
	})
}
