package truth_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

// A question has one form, which comes back as it was encoded.
func TestEncodeQuery(t *testing.T) {
	t.Parallel()
	q := pika.Query{Text: " a  cat", Limit: 3, Mode: pika.ModeHybrid, Filters: pika.Filters{Languages: []string{"vi", "en", "vi"}}}
	encoded, id, err := truth.EncodeQuery(q)
	if want := `{"text":"a cat","limit":3,"mode":"hybrid","languages":["en","vi"]}`; err != nil || encoded != want {
		t.Errorf("EncodeQuery = %s, %v; want %s", encoded, err, want)
	}
	decoded, err := truth.DecodeQuery(encoded)
	if err != nil {
		t.Fatal(err)
	}
	again, sameID, err := truth.EncodeQuery(decoded)
	if err != nil || again != encoded || sameID != id {
		t.Errorf("encoded again: %s, %v", again, err)
	}
	if _, _, err := truth.EncodeQuery(pika.Query{MinScore: math.NaN()}); pika.CodeOf(err) != pika.Invalid {
		t.Errorf("EncodeQuery(NaN) = %v; want invalid", err)
	}
	if _, err := truth.DecodeQuery("{"); err == nil {
		t.Error("DecodeQuery reads what is no JSON")
	}
}

// Searches of one question in one call are one row, as of the last of them.
func TestAsked(t *testing.T) {
	t.Parallel()
	at, scope := time.UnixMicro(1e15), pika.Scope{Tenant: "t", User: "u"}
	later := at.Add(pika.SearchHalfLife)
	rows, err := truth.Asked([]pika.NotedSearch{
		{Scope: scope, Key: "k", At: later, Warmed: 2}, {Scope: scope, Key: "k", At: at, Searches: 2}, {Scope: scope, Key: "a", At: at, Read: 1},
	})
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	asked := at.UnixMicro()
	want := truth.AskedQuery{
		Scope: scope, Key: "k", Question: rows[1].Question, Query: rows[1].Query,
		Searches: 1, Warmed: 2, CountedAt: later.UnixMicro(), AskedAt: &asked,
	}
	if diff := cmp.Diff(want, rows[1]); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if rows[0].Key != "a" || rows[0].AskedAt != nil {
		t.Errorf("the first row: %+v", rows[0])
	}
}
