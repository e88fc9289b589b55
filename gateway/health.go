package gateway

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const readyDeadline = 2 * time.Second

// health is the answer of /healthz.
type health struct {
	Status  string `json:"status"`
	Version string `json:"version"`
}

// readiness is the answer of /readyz.
type readiness struct {
	Status       DependencyStatus `json:"status" enum:"ok,degraded,down" doc:"down: the main job cannot run"`
	Version      string           `json:"version"`
	Dependencies []Dependency     `json:"dependencies"`
}

// alive answers /healthz: the process answers requests.
func (s *server) alive(c *call) error {
	return c.reply(http.StatusOK, health{Status: "ok", Version: s.Version})
}

// ready answers /readyz.
func (s *server) ready(c *call) error {
	ctx, cancel := c.within(readyDeadline)
	defer cancel()
	answer := readiness{Status: StatusOK, Version: s.Version, Dependencies: []Dependency{}}
	if s.Keys != nil && !s.Keyless {
		answer.Dependencies = append(answer.Dependencies, s.Keys.State())
	}
	if s.Ready != nil {
		answer.Dependencies = append(answer.Dependencies, s.Ready(ctx)...)
	}
	status := http.StatusOK
	for _, d := range answer.Dependencies {
		switch {
		case d.Status == StatusDown && d.Required:
			answer.Status, status = StatusDown, http.StatusServiceUnavailable
		case d.Status != StatusOK && answer.Status == StatusOK:
			answer.Status = StatusDegraded
		}
	}
	return c.reply(status, answer)
}

// showMetrics answers /metrics in Prometheus's format. Who may not read them is told
// that there is nothing.
func (s *server) showMetrics() handler {
	h := promhttp.HandlerFor(s.Registry, promhttp.HandlerOpts{Registry: nil, EnableOpenMetrics: true})
	return func(c *call) error {
		if !s.keyless() && !s.MetricsOpen && !fromHere(c.r) {
			return failNoPath()
		}
		h.ServeHTTP(c.w, c.r)
		return nil
	}
}

// fromHere reports whether a request comes from this machine itself; what a proxy passes
// on does not.
func fromHere(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	return loopbackHost(hostName(r.RemoteAddr))
}
