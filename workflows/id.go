package workflows

import (
	"net/url"
	"strings"
)

const jobPrefix = "extract/"

// JobWorkflowID returns the id of the workflow that runs a job:
// extract/{tenant}/{job_id}, the tenant percent-escaped.
func JobWorkflowID(tenant, jobID string) string {
	return jobPrefix + url.PathEscape(tenant) + "/" + jobID
}

// ParseJobWorkflowID takes an id of JobWorkflowID apart. ok is false for any other.
func ParseJobWorkflowID(id string) (tenant, jobID string, ok bool) {
	rest, found := strings.CutPrefix(id, jobPrefix)
	if !found {
		return "", "", false
	}
	escaped, jobID, found := strings.Cut(rest, "/")
	if !found || jobID == "" {
		return "", "", false
	}
	tenant, err := url.PathUnescape(escaped)
	if err != nil || JobWorkflowID(tenant, jobID) != id {
		return "", "", false
	}
	return tenant, jobID, true
}
