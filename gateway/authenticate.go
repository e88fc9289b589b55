package gateway

import (
	"net/http"
	"slices"
	"strings"

	"github.com/pikamem/pika"
)

const (
	headerAuthenticate = "WWW-Authenticate"
	challenge          = `Bearer realm="pika"`
	challengeRefused   = challenge + `, error="invalid_token"`
)

// authenticate says on whose behalf a request under /v1 acts. Everything else is open
// to everyone.
func (s *server) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if underAPI(r) {
			c := callOf(r.Context())
			var err error
			if c.principal, err = s.identify(w, r.Header.Values("Authorization")); err != nil {
				s.fail(c, w, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// underAPI reports whether a request is one of those that act for a tenant.
func underAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v1/") }

// identify returns whose key a request shows. Where none is needed, the request without
// one is the default tenant's administrator's.
func (s *server) identify(w http.ResponseWriter, given []string) (principal, error) {
	switch {
	case len(given) == 0 && s.keyless():
		return principal{tenant: pika.DefaultTenant, role: roleAdmin}, nil
	case len(given) == 0:
		w.Header().Set(headerAuthenticate, challenge)
		return principal{}, pika.Errorf(pika.Unauthenticated, "An API key is needed: send it as Authorization: Bearer KEY.")
	case s.Keys == nil:
		return principal{tenant: pika.DefaultTenant, role: roleAdmin}, nil // there are no keys to look it up in
	}
	key, ok := bearer(given)
	if !ok {
		w.Header().Set(headerAuthenticate, challengeRefused)
		return principal{}, pika.Errorf(pika.Unauthenticated, "The Authorization header must be given once, as Bearer KEY.")
	}
	known, err := s.Keys.Find(key)
	if pika.CodeOf(err) == pika.Unauthenticated {
		w.Header().Set(headerAuthenticate, challengeRefused)
	}
	if err != nil {
		return principal{}, err
	}
	return principal{tenant: known.Tenant, role: roleOf(known.Role)}, nil
}

// keyless reports whether requests need no key.
func (s *server) keyless() bool { return s.Keys == nil || s.Keyless }

// bearer returns the key of an Authorization header (RFC 6750).
func bearer(given []string) (key string, ok bool) {
	scheme, key, ok := strings.Cut(given[0], " ")
	key = strings.Trim(key, " ")
	return key, ok && len(given) == 1 && strings.EqualFold(scheme, "Bearer") && key != ""
}

// roleOf returns what a key allows; a role that this program does not know: nothing.
func roleOf(r pika.KeyRole) role { return role(slices.Index(pika.KeyRoles(), r) + 1) }

// allowed checks the caller's role.
func (s *server) allowed(c *call, needed role) error {
	if c.principal.role < needed {
		return pika.Errorf(pika.Forbidden, "This needs a key with the role %s; yours has the role %s.", needed, c.principal.role)
	}
	return nil
}
