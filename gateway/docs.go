package gateway

import (
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"net/http"
	"strings"
)

// The page needs nothing but /openapi.json, so it works without a network.
var (
	//go:embed page/docs.html
	docsHTML string
	//go:embed page/docs.css
	docsCSS string
	//go:embed page/docs.js
	docsJS string
)

// showDocument answers /openapi.json.
func (s *server) showDocument(c *call) error {
	c.w.Header().Set("Content-Type", mediaJSON)
	c.w.Write(s.document()) // an error here means that the caller has gone
	return nil
}

// showDocs answers /docs. The policy lets the browser run this page's own script and
// ask this server; nothing else.
func showDocs() handler {
	page := strings.NewReplacer("{{style}}", docsCSS, "{{script}}", docsJS).Replace(docsHTML)
	policy := strings.Join([]string{
		"default-src 'none'", "connect-src 'self'", "script-src '" + sourceHash(docsJS) + "'",
		"style-src '" + sourceHash(docsCSS) + "'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
	}, "; ")
	return func(c *call) error {
		h := c.w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer")
		c.w.WriteHeader(http.StatusOK)
		c.w.Write([]byte(page)) // an error here means that the caller has gone
		return nil
	}
}

func sourceHash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
