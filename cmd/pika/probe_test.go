package main_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// TestRecallProbe: an index that answers wrongly is noticed by the running processes
// without a question of a user, said in /readyz, mended by `pika reconcile`, and seen to
// be well again. Once rows are missing, once vectors are wrong under the right ids.
func TestRecallProbe(t *testing.T) {
	w := newWorld(t)
	w.env["PIKA_RECALL_PROBE_EVERY"] = "10s"
	p := startCommand(t, "dev", w.env, &output{})
	awaitWell(t, p)
	give(t, p, "an", hobbies(60))
	s := w.open(t)
	scope := pika.Scope{Tenant: "default", User: "an"}
	for name, spoil := range map[string]func(ids []string){
		"half of the rows are missing": func(ids []string) {
			if err := s.vectors.DeleteVectors(t.Context(), scope, pika.CorpusFacts, ids[:len(ids)/2]); err != nil {
				t.Fatal(err)
			}
		},
		"wrong vectors": func(ids []string) { s.spoilVectors(t, scope, ids[:len(ids)/2]) },
	} {
		t.Run(name, func(t *testing.T) {
			awaitWell(t, p)
			s.aged(t)
			spoil(s.idsOf(t, scope))
			begun := time.Now()
			reason := awaitTrouble(t, p, "vectors", "recall", "pika reconcile")
			t.Logf("noticed after %s: %s", time.Since(begun).Round(time.Second), reason)
			if r, err := ready(t, p); err != nil || r.Code != http.StatusOK || r.Status != "degraded" {
				t.Errorf("/readyz: %s, want 200 and degraded", describe(r, err))
			}
			s.aged(t)
			t.Logf("reconcile:\n%s", strings.TrimSpace(w.run(t, "reconcile")))
			awaitOK(t, p, "vectors")
			s.sameFacts(t)
		})
	}
}
