package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/gateway"
)

// needs is the least role that each operation takes; what is not here is open.
var needs = map[string]pika.KeyRole{
	"POST /v1/extract_facts": pika.RoleWrite, "POST /v1/extract_facts/batch": pika.RoleWrite, "POST /v1/facts": pika.RoleWrite,
	"DELETE /v1/facts/{id}": pika.RoleWrite, "PATCH /v1/facts/{id}": pika.RoleWrite, "POST /v1/jobs/{job_id}/cancel": pika.RoleWrite,
	"POST /v1/jobs/{job_id}/retry": pika.RoleWrite, "POST /v1/users/{user_id}/import": pika.RoleWrite,

	"GET /v1/batches/{batch_id}": pika.RoleRead, "GET /v1/jobs/{job_id}/status": pika.RoleRead, "GET /v1/extract_facts/{job_id}/status": pika.RoleRead,
	"GET /v1/jobs": pika.RoleRead, "GET /v1/jobs/{job_id}/events": pika.RoleRead, "POST /v1/search_facts": pika.RoleRead, "GET /v1/facts": pika.RoleRead,
	"GET /v1/facts/{id}": pika.RoleRead, "GET /v1/facts/{id}/history": pika.RoleRead, "GET /v1/users/{user_id}/context": pika.RoleRead,
	"GET /v1/users/{user_id}/export": pika.RoleRead, "GET /v1/entities": pika.RoleRead, "GET /v1/entities/{id}/neighbours": pika.RoleRead,

	"DELETE /v1/users/{user_id}": pika.RoleAdmin, "GET /v1/stats": pika.RoleAdmin, "GET /v1/cache/stats": pika.RoleAdmin,
	"POST /v1/cache/invalidate": pika.RoleAdmin, "POST /v1/cache/warm": pika.RoleAdmin,
	"GET /v1/api_keys": pika.RoleAdmin, "POST /v1/api_keys": pika.RoleAdmin, "DELETE /v1/api_keys": pika.RoleAdmin,
}

// locked returns a gateway that needs keys.
func locked(t *testing.T) (*bench, *lockbox) {
	t.Helper()
	l := newLockbox(t)
	return setup(t, func(c *gateway.Config) { c.Keys, c.Hosts = l.book, nil }), l
}

// TestRoles sends every operation with every role.
func TestRoles(t *testing.T) {
	t.Parallel()
	b, l := locked(t)
	b.facts.find = func(string, string) (pika.Fact, error) {
		return pika.Fact{}, pika.Errorf(pika.NotFound, "no such fact")
	}
	b.facts.list = func(pika.Scope, pika.ListFacts, pika.PageRequest) (pika.Page[pika.Fact], error) {
		return pika.Page[pika.Fact]{}, nil
	}
	b.jobs.list = func(string, pika.ListJobs, pika.PageRequest) (pika.Page[pika.Job], error) {
		return pika.Page[pika.Job]{}, nil
	}
	for _, name := range slices.Concat(built, planned) {
		method, path, _ := strings.Cut(name, " ")
		path = regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, jobID)
		need, closed := needs[name]
		if closed != strings.HasPrefix(path, "/v1/") {
			t.Errorf("%s needs %q", name, need)
		}
		bare, refused := b.send(method, path, ""), b.send(method, path, "", "Authorization", "Bearer pika_unknown")
		if !closed {
			want := 200
			if path == "/metrics" {
				want = 404 // the caller is another machine
			}
			if bare.Code != want || refused.Code != want {
				t.Errorf("%s answers %d without a key, %d with an unknown one; want %d", name, bare.Code, refused.Code, want)
			}
			continue
		}
		wantProblem(t, bare, 401, pika.Unauthenticated)
		wantProblem(t, refused, 401, pika.Unauthenticated)
		if got := bare.Header().Get("WWW-Authenticate"); got != `Bearer realm="pika"` {
			t.Errorf("%s: WWW-Authenticate = %q", name, got)
		}
		if got := refused.Header().Get("WWW-Authenticate"); got != `Bearer realm="pika", error="invalid_token"` {
			t.Errorf("%s: WWW-Authenticate = %q", name, got)
		}
		for i, role := range pika.KeyRoles() {
			w := b.send(method, path, "", "Authorization", "Bearer "+l.keys[role])
			if i < slices.Index(pika.KeyRoles(), need) {
				if p := wantProblem(t, w, 403, pika.Forbidden); !strings.Contains(p.Detail, string(need)) {
					t.Errorf("%s with role %s: %s", name, role, p.Detail)
				}
				continue
			}
			if w.Code == 401 || w.Code == 403 || w.Code == 500 {
				t.Errorf("%s with role %s answers %d", name, role, w.Code)
			}
		}
	}
	if n := len(b.engine.requests()) + len(b.queries()); n > 0 {
		t.Errorf("%d requests without a body were run", n)
	}
}

func TestUnknownPathsWithoutAKey(t *testing.T) {
	t.Parallel()
	b, l := locked(t)
	wantProblem(t, b.send("GET", "/v1/nowhere", ""), 401, pika.Unauthenticated)
	wantProblem(t, b.send("BREW", "/v1/facts", ""), 401, pika.Unauthenticated)
	for _, path := range []string{"/v1", "/v2/facts", "/%761/facts?user_id=u", "//v1/facts?user_id=u", "/V1/facts?user_id=u", "/healthz/../v1/facts?user_id=u"} {
		if w := b.send("GET", path, ""); w.Code != 404 && w.Code != 401 {
			t.Errorf("GET %s answers %d without a key", path, w.Code)
		}
	}
	wantProblem(t, b.send("GET", "/v1/nowhere", "", "Authorization", "Bearer "+l.keys[pika.RoleRead]), 404, pika.NotFound)
}

func TestAuthorizationHeader(t *testing.T) {
	t.Parallel()
	b, l := locked(t)
	b.jobs.list = func(string, pika.ListJobs, pika.PageRequest) (pika.Page[pika.Job], error) {
		return pika.Page[pika.Job]{}, nil
	}
	key := l.keys[pika.RoleRead]
	for given, want := range map[string]int{
		"Bearer " + key: 200, "bearer " + key: 200, "BEARER  " + key + " ": 200,
		"": 401, "Bearer": 401, "Bearer ": 401, key: 401, "Basic " + key: 401, "Bearer " + key + ", Bearer " + key: 401,
		"Bearer " + key + " x": 401, "Bearer\t" + key: 401, "Token " + key: 401, "Bearer " + strings.Repeat("x", 60_000): 401,
	} {
		if w := b.send("GET", "/v1/jobs", "", "Authorization", given); w.Code != want {
			t.Errorf("Authorization %.20q… answers %d; want %d", given, w.Code, want)
		}
	}
	if w := b.send("GET", "/v1/jobs", "", "Authorization", "Bearer "+key, "Authorization", "Bearer "+key); w.Code != 401 {
		t.Errorf("two Authorization headers answer %d; want 401", w.Code)
	}
	if w := b.send("GET", "/v1/jobs?api_key="+key, ""); w.Code != 401 {
		t.Errorf("a key in the address answers %d; want 401", w.Code)
	}
	if strings.Contains(b.log.String(), key[5:]) {
		t.Error("a key stands in the log")
	}
}

// TestTenantOfTheKey: what is asked of the stores is asked for the key's tenant, and
// another tenant's ids are as ids of nobody.
func TestTenantOfTheKey(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	var searched, forgot, warmed []string
	b := setup(t, func(c *gateway.Config) {
		c.Keys = l.book
		c.Searcher = searchFunc(func(_ context.Context, s pika.Scope, _ pika.Query) (pika.Answer, error) {
			searched = append(searched, s.Tenant)
			return pika.Answer{}, nil
		})
		c.Warm = func(_ context.Context, s pika.Scope) (string, error) {
			warmed = append(warmed, s.Tenant)
			return "w", nil
		}
		c.Forget = func(_ context.Context, tenant, id string) error {
			if forgot = append(forgot, tenant); tenant != "acme" {
				return pika.Errorf(pika.NotFound, "no such fact")
			}
			return nil
		}
	})
	b.facts.find = func(tenant, id string) (pika.Fact, error) {
		if tenant != "acme" {
			return pika.Fact{}, pika.Errorf(pika.NotFound, "no such fact")
		}
		return pika.Fact{ID: id, UserID: "u1"}, nil
	}
	b.facts.list = func(s pika.Scope, _ pika.ListFacts, _ pika.PageRequest) (pika.Page[pika.Fact], error) {
		return pika.Page[pika.Fact]{Items: []pika.Fact{{ID: s.Tenant}}}, nil
	}
	b.jobs.get = func(tenant, id string) (pika.Job, error) {
		if tenant != "acme" {
			return pika.Job{}, pika.Errorf(pika.NotFound, "no such job")
		}
		return exampleJob(pika.Completed), nil
	}
	acme := "Bearer " + l.keys[pika.RoleAdmin]
	made, _ := l.create(t, l.book, "evil", pika.RoleAdmin)
	evil := "Bearer " + made
	for _, request := range []string{"GET /v1/facts/" + jobID, "DELETE /v1/facts/" + jobID, "GET /v1/jobs/" + jobID + "/status"} {
		method, path, _ := strings.Cut(request, " ")
		if w := b.send(method, path, "", "Authorization", acme); w.Code >= 300 {
			t.Errorf("%s by its tenant answers %d", request, w.Code)
		}
		wantProblem(t, b.send(method, path, "", "Authorization", evil), 404, pika.NotFound)
	}
	for _, key := range []string{acme, evil} {
		b.send("POST", searchPath, asks(`"limit":1`), "Authorization", key)
		b.send("POST", "/v1/cache/warm", `{}`, "Authorization", key)
		wantAccepted(t, b.send("POST", extractPath, exampleBody, "Authorization", key))
	}
	var started []string
	for _, r := range b.engine.requests() {
		started = append(started, r.Scope.Tenant)
	}
	want := []string{"acme", "evil"}
	for name, got := range map[string][]string{"searched": searched, "started": started, "forgot": forgot, "warmed": warmed} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if w := b.send("GET", "/v1/facts?user_id=u1", "", "Authorization", evil); !strings.Contains(w.Body.String(), `"id":"evil"`) {
		t.Errorf("the list of evil's user is asked of %s", w.Body)
	}
}

func TestRevokedOverHTTP(t *testing.T) {
	t.Parallel()
	b, l := locked(t)
	b.jobs.list = func(string, pika.ListJobs, pika.PageRequest) (pika.Page[pika.Job], error) {
		return pika.Page[pika.Job]{}, nil
	}
	reader, admin := "Bearer "+l.keys[pika.RoleRead], "Bearer "+l.keys[pika.RoleAdmin]
	if w := b.send("GET", "/v1/jobs", "", "Authorization", reader); w.Code != 200 {
		t.Fatalf("status %d", w.Code)
	}
	for range 2 { // a second time it stays as it is
		if w := b.send("DELETE", "/v1/api_keys?id="+l.ids[pika.RoleRead], "", "Authorization", admin); w.Code != 204 || w.Body.Len() > 0 {
			t.Errorf("DELETE answers %d %s", w.Code, w.Body)
		}
		wantProblem(t, b.send("GET", "/v1/jobs", "", "Authorization", reader), 401, pika.Unauthenticated)
	}
}

// TestWithoutTheStoreOfKeys: a gateway that never read a key answers 503 to everybody,
// with a key and without guessing; what is open stays open.
func TestWithoutTheStoreOfKeys(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	b := setup(t, func(c *gateway.Config) { c.Keys = l.newBook() })
	w := b.send("GET", "/v1/jobs", "", "Authorization", "Bearer "+l.keys[pika.RoleAdmin])
	wantProblem(t, w, 503, pika.Unavailable)
	if w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	wantProblem(t, b.send("GET", "/v1/jobs", ""), 401, pika.Unauthenticated)
	for _, path := range []string{"/healthz", "/openapi.json", "/docs"} {
		if w := b.send("GET", path, ""); w.Code != 200 {
			t.Errorf("GET %s answers %d", path, w.Code)
		}
	}
	if w := b.send("GET", "/readyz", ""); w.Code != 503 || !strings.Contains(w.Body.String(), `"name":"keys","status":"down"`) {
		t.Errorf("/readyz answers %d %s", w.Code, w.Body)
	}
}

// TestMetricsAreClosed: where keys are needed, metrics are for this machine alone, which a
// proxy on it is not, unless they were opened.
func TestMetricsAreClosed(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	for name, c := range map[string]struct {
		keyless, open bool
		header        []string
		want          int
	}{
		"another machine":         {header: []string{"Remote", "10.1.2.3:4000"}, want: 404},
		"this machine":            {header: []string{"Remote", "127.0.0.1:4000"}, want: 200},
		"this machine, IPv6":      {header: []string{"Remote", "[::1]:4000"}, want: 200},
		"a proxy on this machine": {header: []string{"Remote", "127.0.0.1:4000", "X-Forwarded-For", "10.1.2.3"}, want: 404},
		"opened":                  {open: true, header: []string{"Remote", "10.1.2.3:4000"}, want: 200},
		"no keys":                 {keyless: true, header: []string{"Remote", "10.1.2.3:4000"}, want: 200},
	} {
		b := setup(t, func(g *gateway.Config) { g.Keys, g.Keyless, g.MetricsOpen = l.book, c.keyless, c.open })
		if w := b.send("GET", "/metrics", "", c.header...); w.Code != c.want {
			t.Errorf("%s: %d, want %d", name, w.Code, c.want)
		}
	}
}

// TestKeyless: on a loopback address nobody needs a key, but one that is shown counts.
func TestKeyless(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	for name, keys := range map[string]*gateway.KeyBook{"with keys": l.book, "without": nil} {
		b := setup(t, func(c *gateway.Config) { c.Keys, c.Keyless = keys, true })
		b.facts.list = func(s pika.Scope, _ pika.ListFacts, _ pika.PageRequest) (pika.Page[pika.Fact], error) {
			return pika.Page[pika.Fact]{Items: []pika.Fact{{ID: s.Tenant}}}, nil
		}
		const path = "/v1/facts?user_id=u"
		if w := b.send("GET", path, ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"id":"default"`) {
			t.Errorf("%s: no key answers %d %s", name, w.Code, w.Body)
		}
		wantProblem(t, b.send("GET", path, "", "Host", "evil.example"), 403, pika.Forbidden)
		shown := b.send("GET", path, "", "Authorization", "Bearer "+l.keys[pika.RoleRead])
		if tenant := map[bool]string{true: "default", false: "acme"}[keys == nil]; !strings.Contains(shown.Body.String(), `"id":"`+tenant+`"`) {
			t.Errorf("%s: a key answers %d %s", name, shown.Code, shown.Body)
		}
		if w := b.send("GET", path, "", "Authorization", "Bearer pika_unknown"); (w.Code == 401) != (keys != nil) {
			t.Errorf("%s: an unknown key answers %d", name, w.Code)
		}
		if w := b.send("GET", "/readyz", ""); w.Code != 200 {
			t.Errorf("%s: /readyz answers %d", name, w.Code)
		}
	}
	wantProblem(t, setup(t).send("GET", "/v1/api_keys", ""), 501, pika.Unimplemented)
}

// Where a key is needed a request may be addressed to any name: a browser that is led
// here by a foreign one has no key to send.
func TestHostsWithKeys(t *testing.T) {
	t.Parallel()
	b, l := locked(t)
	b.jobs.list = func(string, pika.ListJobs, pika.PageRequest) (pika.Page[pika.Job], error) {
		return pika.Page[pika.Job]{}, nil
	}
	if w := b.send("GET", "/v1/jobs", "", "Host", "memory.example", "Authorization", "Bearer "+l.keys[pika.RoleRead]); w.Code != 200 {
		t.Errorf("status %d", w.Code)
	}
	wantProblem(t, b.send("GET", "/v1/jobs", "", "Host", "memory.example"), 401, pika.Unauthenticated)
}

// TestDocumentedKeys: the document says which operation needs which role.
func TestDocumentedKeys(t *testing.T) {
	t.Parallel()
	var doc struct {
		Components struct {
			SecuritySchemes map[string]map[string]string
		}
		Paths map[string]map[string]struct {
			Security  []map[string][]string
			Responses map[string]any
		}
	}
	decode(t, setup(t).send("GET", "/openapi.json", ""), &doc)
	if len(doc.Components.SecuritySchemes) != 1 || doc.Components.SecuritySchemes["key"]["type"] != "http" || doc.Components.SecuritySchemes["key"]["scheme"] != "bearer" {
		t.Errorf("schemes: %v", doc.Components.SecuritySchemes)
	}
	got := map[string]pika.KeyRole{}
	for path, methods := range doc.Paths {
		for method, o := range methods {
			name := strings.ToUpper(method) + " " + path
			for _, s := range o.Security {
				for scheme, roles := range s {
					got[name] = pika.KeyRole(strings.Join(roles, " "))
					if scheme != "key" || o.Responses["401"] == nil || o.Responses["403"] == nil {
						t.Errorf("%s: scheme %s, answers %q", name, scheme, slices.Sorted(maps.Keys(o.Responses)))
					}
				}
			}
		}
	}
	if diff := cmp.Diff(needs, got); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

type keyView struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Role      string  `json:"role"`
	CreatedAt string  `json:"created_at"`
	RevokedAt *string `json:"revoked_at"`
	Key       string  `json:"key"`
}

func TestMakeKeyOverHTTP(t *testing.T) {
	t.Parallel()
	b, l := locked(t)
	b.jobs.list = func(string, pika.ListJobs, pika.PageRequest) (pika.Page[pika.Job], error) {
		return pika.Page[pika.Job]{}, nil
	}
	admin := "Bearer " + l.keys[pika.RoleAdmin]
	w := b.send("POST", "/v1/api_keys", `{"name":"Máy của Linh","role":"write"}`, "Authorization", admin)
	var made keyView
	decode(t, w, &made)
	if w.Code != 201 || !strings.HasPrefix(made.Key, "pika_") || made.Name != "Máy của Linh" || made.Role != "write" || made.RevokedAt != nil || !pika.IsID(made.ID) {
		t.Errorf("POST answers %d %s", w.Code, w.Body)
	}
	stored := l.store.keys[len(l.store.keys)-1]
	if stored.Tenant != "acme" || strings.Contains(w.Body.String(), stored.Hash) {
		t.Errorf("the key is of %s; the answer holds its hash: %t", stored.Tenant, strings.Contains(w.Body.String(), stored.Hash))
	}
	if w := b.send("GET", "/v1/jobs", "", "Authorization", "Bearer "+made.Key); w.Code != 200 {
		t.Errorf("the key answers %d", w.Code)
	}
	list := b.send("GET", "/v1/api_keys", "", "Authorization", admin).Body.String()
	if strings.Contains(list, made.Key[5:]) || strings.Contains(list, stored.Hash) || !strings.Contains(list, made.ID) || !strings.Contains(list, `"next_cursor":null`) {
		t.Errorf("GET answers %s", list)
	}
	if strings.Contains(b.log.String(), made.Key[5:]) {
		t.Error("a key stands in the log")
	}
	for body, field := range map[string]string{
		`{"role":"read"}`: "name", `{"name":"a"}`: "role", `{"name":"a","role":"owner"}`: "role", `{"name":"","role":"read"}`: "name",
		`{"name":"a\nb","role":"read"}`: "name", `{"name":"a","role":"read","tenant":"evil"}`: "tenant", `{"name":"` + strings.Repeat("a", 257) + `","role":"read"}`: "name",
	} {
		p := wantProblem(t, b.send("POST", "/v1/api_keys", body, "Authorization", admin), 422, pika.Invalid)
		if len(p.Errors) != 1 || p.Errors[0].Field != field {
			t.Errorf("%.40s: %v; want %s", body, p.Errors, field)
		}
	}
}

func TestKeysOfOtherTenants(t *testing.T) {
	t.Parallel()
	b, l := locked(t)
	made, id := l.create(t, l.book, "evil", pika.RoleAdmin)
	evil, acme := "Bearer "+made, "Bearer "+l.keys[pika.RoleAdmin]
	if list := b.send("GET", "/v1/api_keys", "", "Authorization", evil).Body.String(); strings.Contains(list, l.ids[pika.RoleRead]) || !strings.Contains(list, id) {
		t.Errorf("evil lists %s", list)
	}
	for _, id := range []string{l.ids[pika.RoleRead], pika.DeriveID("none"), "no-id"} {
		wantProblem(t, b.send("DELETE", "/v1/api_keys?id="+id, "", "Authorization", evil), 404, pika.NotFound)
	}
	wantProblem(t, b.send("DELETE", "/v1/api_keys", "", "Authorization", evil), 422, pika.Invalid)
	wantFound(t, l.book, l.keys[pika.RoleRead], true)
	wantProblem(t, b.send("GET", "/v1/api_keys?cursor="+l.ids[pika.RoleRead], "", "Authorization", evil), 422, pika.Invalid)
	if w := b.send("DELETE", "/v1/api_keys?id="+strings.ToUpper(l.ids[pika.RoleRead]), "", "Authorization", acme); w.Code != 204 {
		t.Errorf("its own tenant's DELETE answers %d", w.Code)
	}
}

func TestKeyPages(t *testing.T) {
	t.Parallel()
	b, l := locked(t)
	for range 7 {
		l.create(t, l.book, "acme", pika.RoleRead)
		l.create(t, l.book, "evil", pika.RoleRead)
	}
	var got []string
	cursor := ""
	for {
		var page struct {
			Items []keyView `json:"items"`
			Next  *string   `json:"next_cursor"`
		}
		path := "/v1/api_keys?limit=4"
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		w := b.send("GET", path, "", "Authorization", "Bearer "+l.keys[pika.RoleAdmin])
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			t.Fatal(err, w.Body)
		}
		for _, k := range page.Items {
			got = append(got, k.ID)
		}
		if page.Next == nil {
			break
		}
		cursor = *page.Next
	}
	var want []string
	for _, k := range l.store.keys {
		if k.Tenant == "acme" {
			want = append(want, k.ID)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys in pages (-want +got):\n%s", diff)
	}
}

// A refused request takes no place among those in flight, nor does it read its body.
func TestRefusedRequestsCostLittle(t *testing.T) {
	t.Parallel()
	l := newLockbox(t)
	b := setup(t, func(c *gateway.Config) { c.Keys, c.MaxInFlight = l.book, 1 })
	body := &watched{Reader: strings.NewReader(exampleBody)}
	r := httptest.NewRequest("POST", extractPath, body)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	if wantProblem(t, w, 401, pika.Unauthenticated); body.read {
		t.Error("the body of a refused request was read")
	}
	if got := fmt.Sprint(b.engine.requests()); got != "[]" {
		t.Errorf("started %s", got)
	}
}

type watched struct {
	*strings.Reader
	read bool
}

func (w *watched) Read(p []byte) (int, error) {
	w.read = true
	return w.Reader.Read(p)
}
