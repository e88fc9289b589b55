package gateway_test

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pikamem/pika"
)

//go:embed testdata
var testdata embed.FS

// built and planned are the contract's operations.
var built = []string{
	"POST /v1/extract_facts", "POST /v1/extract_facts/batch", "GET /v1/batches/{batch_id}", "GET /v1/jobs/{job_id}/status",
	"GET /v1/extract_facts/{job_id}/status", "GET /v1/jobs", "POST /v1/search_facts", "GET /v1/users/{user_id}/context", "POST /v1/facts", "GET /v1/facts",
	"GET /v1/facts/{id}", "DELETE /v1/facts/{id}", "GET /v1/api_keys", "POST /v1/api_keys", "DELETE /v1/api_keys", "GET /v1/cache/stats", "POST /v1/cache/invalidate", "POST /v1/cache/warm", "GET /healthz", "GET /readyz", "GET /metrics", "GET /openapi.json", "GET /docs",
}

var planned = []string{
	"GET /v1/jobs/{job_id}/events", "POST /v1/jobs/{job_id}/cancel", "POST /v1/jobs/{job_id}/retry",
	"PATCH /v1/facts/{id}", "GET /v1/facts/{id}/history", "DELETE /v1/users/{user_id}", "GET /v1/users/{user_id}/export",
	"POST /v1/users/{user_id}/import", "GET /v1/entities", "GET /v1/entities/{id}/neighbours", "GET /v1/stats",
}

type schema struct {
	Type                 any                `json:"type"`
	Ref                  string             `json:"$ref"`
	Properties           map[string]*schema `json:"properties"`
	Required             []string           `json:"required"`
	Items                *schema            `json:"items"`
	AnyOf                []*schema          `json:"anyOf"`
	AdditionalProperties any                `json:"additionalProperties"`
	MinItems             *int               `json:"minItems"`
	MaxItems             *int               `json:"maxItems"`
	MaxLength            *int               `json:"maxLength"`
	Enum                 []string           `json:"enum"`
}

type media struct {
	Schema *schema `json:"schema"`
}

type operation struct {
	OperationID string `json:"operationId"`
	Parameters  []struct {
		Name, In string
		Required bool
	} `json:"parameters"`
	RequestBody struct {
		Content map[string]media `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Content map[string]media `json:"content"`
	} `json:"responses"`
}

type document struct {
	OpenAPI    string                          `json:"openapi"`
	Info       struct{ Title, Version string } `json:"info"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

func readDocument(t *testing.T) document {
	t.Helper()
	w := setup(t).send("GET", "/openapi.json", "")
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("status %d %s", w.Code, w.Header())
	}
	var doc document
	decode(t, w, &doc)
	return doc
}

func TestDocument(t *testing.T) {
	t.Parallel()
	doc := readDocument(t)
	if doc.OpenAPI != "3.1.0" || doc.Info.Title != "Pika" || doc.Info.Version != "1.2.3" {
		t.Errorf("document of %s, %s %s", doc.OpenAPI, doc.Info.Title, doc.Info.Version)
	}
	var got, unbuilt []string
	ids := map[string]bool{}
	pathParam := regexp.MustCompile(`\{(\w+)\}`)
	for path, methods := range doc.Paths {
		for method, o := range methods {
			name := strings.ToUpper(method) + " " + path
			if got = append(got, name); o.Responses["501"].Content != nil {
				unbuilt = append(unbuilt, name)
			}
			if o.OperationID == "" || ids[o.OperationID] {
				t.Errorf("%s has the operationId %q", name, o.OperationID)
			}
			ids[o.OperationID] = true
			for _, m := range pathParam.FindAllStringSubmatch(path, -1) {
				if !slices.ContainsFunc(o.Parameters, func(p struct {
					Name, In string
					Required bool
				},
				) bool {
					return p.Name == m[1] && p.In == "path" && p.Required
				}) {
					t.Errorf("%s does not describe its parameter %s", name, m[1])
				}
			}
			if o.Responses["default"].Content["application/problem+json"].Schema == nil {
				t.Errorf("%s does not describe its problems", name)
			}
		}
	}
	slices.Sort(got)
	slices.Sort(unbuilt)
	if diff := cmp.Diff(slices.Sorted(slices.Values(append(slices.Clone(built), planned...))), got); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(planned)), unbuilt); diff != "" {
		t.Errorf("operations documented with 501 (-want +got):\n%s", diff)
	}
}

func TestDocumentRefs(t *testing.T) {
	t.Parallel()
	doc := readDocument(t)
	var visit func(at string, s *schema)
	visit = func(at string, s *schema) {
		if s == nil {
			return
		}
		if name, isRef := strings.CutPrefix(s.Ref, "#/components/schemas/"); s.Ref != "" && (!isRef || doc.Components.Schemas[name] == nil) {
			t.Errorf("%s points at %s, which is not there", at, s.Ref)
		}
		for name, p := range s.Properties {
			visit(at+"."+name, p)
		}
		for _, name := range s.Required {
			if s.Properties[name] == nil {
				t.Errorf("%s requires %s and does not describe it", at, name)
			}
		}
		visit(at+"[]", s.Items)
		for _, a := range s.AnyOf {
			visit(at, a)
		}
	}
	for name, s := range doc.Components.Schemas {
		visit(name, s)
	}
	for path, methods := range doc.Paths {
		for _, o := range methods {
			for _, m := range o.RequestBody.Content {
				visit(path, m.Schema)
			}
			for _, r := range o.Responses {
				for _, m := range r.Content {
					visit(path, m.Schema)
				}
			}
		}
	}
}

// The limits of the contract, as published, are those of package pika.
func TestDocumentLimits(t *testing.T) {
	t.Parallel()
	s := readDocument(t).Components.Schemas
	for _, c := range []struct {
		name string
		got  *int
		want int
	}{
		{"conversation", s["ExtractRequest"].Properties["conversation"].MaxItems, pika.MaxConversationLen},
		{"conversation least", s["ExtractRequest"].Properties["conversation"].MinItems, 1},
		{"content", s["Message"].Properties["content"].MaxLength, pika.MaxMessageBytes},
		{"conversations", s["BatchRequest"].Properties["conversations"].MaxItems, pika.MaxBatchLen},
		{"facts", s["FactsRequest"].Properties["facts"].MaxItems, pika.MaxFactsPerCommit},
		{"query", s["SearchRequest"].Properties["query"].MaxLength, pika.MaxQueryBytes},
	} {
		if c.got == nil || *c.got != c.want {
			t.Errorf("%s: published limit %v; want %d", c.name, c.got, c.want)
		}
	}
	for _, name := range []string{"ExtractRequest", "Message", "BatchRequest", "FactsRequest", "GivenFact", "GivenEntity", "SearchRequest", "SearchFilters"} {
		if s[name].AdditionalProperties != false {
			t.Errorf("%s is not closed in the document", name)
		}
	}
	for _, name := range []string{"Accepted", "JobStatus", "SearchAnswer", "ContextAnswer", "FactView", "Problem"} {
		if s[name].AdditionalProperties != nil {
			t.Errorf("%s is closed in the document; answers may grow", name)
		}
	}
}

// Every member of an answer is in its schema, and every required one in the answer.
func TestDocumentMatchesAnswers(t *testing.T) {
	t.Parallel()
	doc := readDocument(t)
	var match func(at string, s *schema, v any)
	match = func(at string, s *schema, v any) {
		for _, a := range s.AnyOf {
			if (a.Ref == "") == (v == nil) {
				s = a
				break
			}
		}
		if s.Ref != "" {
			s = doc.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
		}
		if !typeMatches(s.Type, v) {
			t.Errorf("%s is %T, its schema says %v", at, v, s.Type)
		}
		switch v := v.(type) {
		case map[string]any:
			for _, name := range s.Required {
				if _, there := v[name]; !there {
					t.Errorf("%s lacks %s", at, name)
				}
			}
			for name, member := range v {
				switch p := s.Properties[name]; {
				case p != nil:
					match(at+"."+name, p, member)
				case s.Properties != nil:
					t.Errorf("%s.%s is not in the schema", at, name)
				}
			}
		case []any:
			for i, item := range v {
				match(fmt.Sprintf("%s[%d]", at, i), s.Items, item)
			}
		}
	}
	for file, name := range map[string]string{
		"job_processing.json": "JobStatus", "job_completed.json": "JobStatus", "job_failed.json": "JobStatus", "jobs.json": "ListJobHead",
		"batch.json": "BatchStatus", "search.json": "SearchAnswer", "context.json": "ContextAnswer", "fact.json": "FactView", "facts.json": "ListFactView", "dry_run.json": "DryRunAnswer",
	} {
		s := doc.Components.Schemas[name]
		if s == nil {
			t.Errorf("the document has no %s", name)
			continue
		}
		match(file, s, readGolden(t, file))
	}
}

func typeMatches(types, v any) bool {
	var list []any
	switch types := types.(type) {
	case nil:
		return true
	case string:
		list = []any{types}
	case []any:
		list = types
	}
	var name string
	switch v := v.(type) {
	case nil:
		name = "null"
	case bool:
		name = "boolean"
	case string:
		name = "string"
	case float64:
		if name = "number"; v == float64(int64(v)) && slices.Contains(list, any("integer")) {
			name = "integer"
		}
	case []any:
		name = "array"
	case map[string]any:
		name = "object"
	}
	return slices.Contains(list, any(name))
}

func readGolden(t *testing.T, name string) any {
	t.Helper()
	raw, err := testdata.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPlannedAnswer501(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, name := range planned {
		method, path, _ := strings.Cut(name, " ")
		path = regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, "some%20id")
		p := wantProblem(t, b.send(method, path, ""), 501, pika.Unimplemented)
		if !strings.Contains(p.Detail, "not built yet") {
			t.Errorf("%s: %s", name, p.Detail)
		}
	}
}

func TestAllow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for path, want := range map[string]string{
		"/v1/extract_facts": "POST", "/v1/facts": "GET, HEAD, POST", "/v1/facts/a%2Fb": "GET, HEAD, PATCH, DELETE",
		"/healthz": "GET, HEAD", "/v1/api_keys": "GET, HEAD, POST, DELETE",
	} {
		for _, method := range []string{"PUT", "OPTIONS", "BREW"} {
			w := b.send(method, path, "")
			wantProblem(t, w, 405, pika.Method)
			if got := w.Header().Get("Allow"); got != want {
				t.Errorf("%s %s: Allow = %q; want %q", method, path, got, want)
			}
		}
	}
}

func TestDocsWorkOffline(t *testing.T) {
	t.Parallel()
	w := setup(t).send("GET", "/docs", "")
	page := w.Body.String()
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !strings.Contains(page, `fetch("/openapi.json")`) {
		t.Errorf("status %d, %s", w.Code, w.Header().Get("Content-Type"))
	}
	if m := regexp.MustCompile(`(src|href)="?(https?:)?//|@import|{{`).FindString(page); m != "" {
		t.Errorf("the page reaches out with %s", m)
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
}
