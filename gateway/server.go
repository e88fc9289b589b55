package gateway

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/pikamem/pika"
)

// New returns the whole HTTP API. The error names the member of the configuration
// that is missing or wrong. The handler starts no goroutine that outlives a request.
//
// Everything under /v1 needs an API key, unless Config.Keys is nil or Config.Keyless is
// set. The handler must then only be served on a loopback address; it refuses requests
// that are addressed to another host (DNS rebinding).
func New(config Config) (http.Handler, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(config.Registry)
	if err != nil {
		return nil, err
	}
	s := &server{
		Config: config, metrics: m, schemas: map[string]*huma.Schema{},
		registry: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
		inFlight: make(gate, config.MaxInFlight), waiters: make(gate, config.MaxWaiters),
	}
	return s.router(), nil
}

func (s *server) router() http.Handler {
	mux := chi.NewRouter()
	mux.Use(s.begin, s.trace, s.observe, s.recoverPanic, s.checkHost, s.authenticate, s.limit, middleware.GetHead)
	mux.NotFound(s.notFound)
	mux.MethodNotAllowed(s.methodNotAllowed)
	api := huma.NewAPI(s.apiConfig(), humachi.NewAdapter(mux))
	for _, o := range s.operations() {
		s.register(api, o)
	}
	s.finishSchemas()
	s.document = sync.OnceValue(func() []byte { return document(api) }) // rendering takes longer than all else here
	return mux
}

func (s *server) notFound(w http.ResponseWriter, r *http.Request) {
	s.fail(callOf(r.Context()), w, failNoPath())
}

func failNoPath() error {
	return pika.Errorf(pika.NotFound, "There is no such path. GET /openapi.json lists all of them.")
}

// methodNotAllowed answers for a known path; chi calls it for unknown methods on
// unknown paths too.
func (s *server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	allowed := allowedMethods(r)
	if len(allowed) == 0 {
		s.notFound(w, r)
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	s.fail(callOf(r.Context()), w, pika.Errorf(pika.Method, "This path takes %s.", strings.Join(allowed, ", ")))
}

func allowedMethods(r *http.Request) []string {
	routes := chi.RouteContext(r.Context()).Routes
	path := r.URL.RawPath
	if path == "" {
		path = r.URL.Path
	}
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if routes.Match(chi.NewRouteContext(), method, path) {
			allowed = append(allowed, method)
		}
	}
	if slices.Contains(allowed, http.MethodGet) {
		allowed = slices.Insert(allowed, 1, http.MethodHead)
	}
	return allowed
}
