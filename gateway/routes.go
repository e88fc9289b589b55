package gateway

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/pikamem/pika"
)

// operations lists the whole contract: what is built, and what answers 501.
func (s *server) operations() []operation {
	var all []operation
	for _, part := range [][]operation{s.extracting(), s.jobs(), s.searching(), s.facts(), users(), s.operating(), s.apiKeys()} {
		all = append(all, part...)
	}
	return all
}

func (s *server) extracting() []operation {
	return []operation{
		{
			method: http.MethodPost, path: "/v1/extract_facts", id: "extractFacts", tag: "Extracting",
			summary: "Remember a conversation", role: roleWrite, keyed: true,
			query: []*huma.Param{queryParam("dry_run", "Extract only, at once, and store nothing: answers 200 with the results", boolSchema())},
			body:  extractRequest{}, example: exampleExtract(), status: http.StatusAccepted, answer: accepted{},
			also: map[int]any{http.StatusOK: dryRunAnswer{}}, run: s.extractFacts,
		},
		{
			method: http.MethodPost, path: "/v1/extract_facts/batch", id: "extractFactsBatch", tag: "Extracting",
			summary: "Remember up to 100 conversations", role: roleWrite, keyed: true,
			body: batchRequest{}, example: map[string]any{"conversations": []any{exampleExtract()}},
			status: http.StatusAccepted, answer: acceptedBatch{}, run: s.extractBatch,
		},
		{
			method: http.MethodGet, path: "/v1/batches/{batch_id}", id: "getBatch", tag: "Extracting",
			summary: "How far a batch is", role: roleRead, status: http.StatusOK, answer: batchStatus{}, run: s.getBatch,
		},
		s.statusOperation("/v1/extract_facts/{job_id}/status", "getExtractStatus"),
	}
}

func (s *server) statusOperation(path, id string) operation {
	return operation{
		method: http.MethodGet, path: path, id: id, tag: "Jobs", summary: "How far a job is, and its results", role: roleRead,
		query:  []*huma.Param{queryParam("wait_ms", "Wait so long for the job's end", intSchema(0, pika.MaxWaitMS, 0))},
		status: http.StatusOK, answer: jobStatus{}, run: s.jobStatus,
	}
}

func (s *server) jobs() []operation {
	filters := append(pageParams(),
		queryParam("user_id", "Only this user's", textSchema(1, pika.MaxIDBytes, formatID)),
		queryParam("status", "Only in this state", &huma.Schema{Type: huma.TypeString, Enum: names(pika.JobStatuses()...)}))
	return []operation{
		s.statusOperation("/v1/jobs/{job_id}/status", "getJobStatus"),
		{
			method: http.MethodGet, path: "/v1/jobs", id: "listJobs", tag: "Jobs", summary: "Jobs, newest first", role: roleRead,
			note:  "A job appears here when a worker has taken it; its status is there at once.",
			query: filters, status: http.StatusOK, answer: list[jobHead]{}, run: s.listJobs,
		},
		planned(http.MethodGet, "/v1/jobs/{job_id}/events", "streamJob", "Jobs", "Follow a job as Server-Sent Events", roleRead),
		planned(http.MethodPost, "/v1/jobs/{job_id}/cancel", "cancelJob", "Jobs", "Stop a job", roleWrite),
		planned(http.MethodPost, "/v1/jobs/{job_id}/retry", "retryJob", "Jobs", "Run a failed job again", roleWrite),
	}
}

func (s *server) searching() []operation {
	return []operation{
		{
			method: http.MethodPost, path: "/v1/search_facts", id: "searchFacts", tag: "Searching", summary: "Ask a user's memory", role: roleRead,
			body: searchRequest{}, example: map[string]any{"user_id": "u1", "query": "thú cưng của tôi", "limit": 10, "messages": 3},
			status: http.StatusOK, answer: searchAnswer{}, run: s.searchFacts,
		},
		{
			method: http.MethodGet, path: "/v1/users/{user_id}/context", id: "getContext", tag: "Searching",
			summary: "A user's memory as a block ready to paste into a prompt", role: roleRead,
			query: []*huma.Param{
				queryParam("query", "What the block is for; without it the facts recorded last", textSchema(1, pika.MaxQueryBytes, formatBlock)),
				queryParam("max_tokens", "How long the block may be; tokens are counted rather too high", intSchema(1, pika.MaxContextTokens, pika.DefaultContextTokens)),
			},
			status: http.StatusOK, answer: contextAnswer{}, run: s.getContext,
		},
	}
}

func (s *server) facts() []operation {
	filters := append(pageParams(),
		required(queryParam("user_id", "Whose facts", textSchema(1, pika.MaxIDBytes, formatID))),
		queryParam("include_superseded", "Facts that ended too", boolSchema()),
		queryParam("category", "Only of this category", textSchema(1, pika.MaxLabelBytes, formatLine)),
		queryParam("predicate", "Only with this predicate", textSchema(1, pika.MaxLabelBytes, formatLine)),
		queryParam("conversation_id", "Only from this conversation", textSchema(1, pika.MaxIDBytes, formatID)))
	return []operation{
		{
			method: http.MethodPost, path: "/v1/facts", id: "addFacts", tag: "Facts", summary: "Add facts without a model", role: roleWrite,
			keyed: true, body: factsRequest{}, example: map[string]any{"user_id": "u1", "facts": []any{map[string]any{"text": "Linh sống ở Đà Nẵng"}}},
			status: http.StatusAccepted, answer: accepted{}, run: s.addFacts,
		},
		{
			method: http.MethodGet, path: "/v1/facts", id: "listFacts", tag: "Facts", summary: "A user's facts, newest first", role: roleRead,
			query: filters, status: http.StatusOK, answer: list[factView]{}, run: s.listFacts,
		},
		{
			method: http.MethodGet, path: "/v1/facts/{id}", id: "getFact", tag: "Facts", summary: "One fact", role: roleRead,
			status: http.StatusOK, answer: factView{}, also: map[int]any{http.StatusNotModified: nil}, run: s.getFact,
		},
		{
			method: http.MethodDelete, path: "/v1/facts/{id}", id: "deleteFact", tag: "Facts", summary: "Forget one fact everywhere",
			role: roleWrite, status: http.StatusNoContent, run: s.deleteFact,
		},
		planned(http.MethodPatch, "/v1/facts/{id}", "patchFact", "Facts", "Correct a fact", roleWrite),
		planned(http.MethodGet, "/v1/facts/{id}/history", "getFactHistory", "Facts", "Every version of a fact", roleRead),
	}
}

func users() []operation {
	return []operation{
		planned(http.MethodDelete, "/v1/users/{user_id}", "deleteUser", "Users", "Forget a user everywhere", roleAdmin),
		planned(http.MethodGet, "/v1/users/{user_id}/export", "exportUser", "Users", "All of a user's memory as NDJSON", roleRead),
		planned(http.MethodPost, "/v1/users/{user_id}/import", "importUser", "Users", "Take an export back", roleWrite),
		planned(http.MethodGet, "/v1/entities", "listEntities", "Users", "A user's entities", roleRead),
		planned(http.MethodGet, "/v1/entities/{id}/neighbours", "getNeighbours", "Users", "What an entity is linked to", roleRead),
	}
}

func (s *server) operating() []operation {
	const tag = "Operating"
	return []operation{
		{method: http.MethodGet, path: "/healthz", id: "getHealth", tag: tag, summary: "Is the process alive", status: http.StatusOK, answer: health{}, run: s.alive},
		{
			method: http.MethodGet, path: "/readyz", id: "getReadiness", tag: tag, summary: "Can the main job run (503 if not), and what is degraded",
			status: http.StatusOK, answer: readiness{}, also: map[int]any{http.StatusServiceUnavailable: readiness{}}, run: s.ready,
		},
		{
			method: http.MethodGet, path: "/metrics", id: "getMetrics", tag: tag, summary: "Prometheus metrics", status: http.StatusOK, contentType: "text/plain", run: s.showMetrics(),
			note: "Where keys are needed, only callers on the same machine see them, unless PIKA_METRICS_OPEN is true.",
		},
		{method: http.MethodGet, path: "/openapi.json", id: "getDocument", tag: tag, summary: "This document", status: http.StatusOK, answer: map[string]any{}, run: s.showDocument},
		{method: http.MethodGet, path: "/docs", id: "getDocs", tag: tag, summary: "This document as a page, to try out", status: http.StatusOK, contentType: "text/html", run: showDocs()},
		planned(http.MethodGet, "/v1/stats", "getStats", tag, "Numbers of everything stored", roleAdmin),
		{
			method: http.MethodGet, path: "/v1/cache/stats", id: "getCacheStats", tag: tag, summary: "How the caches do", role: roleAdmin,
			note: "Of the process that answers, since it started, all tenants together.", status: http.StatusOK, answer: cacheStats{}, run: s.showCacheStats,
		},
		{
			method: http.MethodPost, path: "/v1/cache/invalidate", id: "invalidateCache", tag: tag, summary: "Give no former answer to a user again",
			role: roleAdmin, body: invalidation{}, example: map[string]any{"user_id": "u1"}, status: http.StatusOK, answer: invalidation{}, run: s.invalidateCache,
		},
		{
			method: http.MethodPost, path: "/v1/cache/warm", id: "warmCache", tag: tag, summary: "Answer ahead what users will ask",
			note: "Of one user, or of all of the key's tenant who asked lately. It goes on after the answer, in the workflow that this names; while that runs, asking again names it again.",
			role: roleAdmin, body: warming{}, example: map[string]any{"user_id": "u1"}, status: http.StatusAccepted, answer: warmAccepted{}, run: s.warmCache,
		},
	}
}

// planned is an operation of the contract that is not built yet.
func planned(method, path, id, tag, summary string, needs role) operation {
	return operation{method: method, path: path, id: id, tag: tag, summary: summary, role: needs}
}

func pageParams() []*huma.Param {
	return []*huma.Param{
		queryParam("limit", "Items of one page", intSchema(1, pika.MaxPageLimit, pika.DefaultPageLimit)),
		queryParam("cursor", "next_cursor of the page before", textSchema(1, 1024, formatLine)),
	}
}

func exampleExtract() map[string]any {
	return map[string]any{
		"user_id": "u1", "conversation_id": "c7",
		"conversation": []any{map[string]any{
			"id": "m1", "role": "user", "name": "Linh", "content": "Tôi có con mèo tên Mướp", "timestamp": "2026-11-01T08:00:00Z",
		}},
	}
}
