package main

import (
	"strings"
	"testing"
)

func TestLegTimes(t *testing.T) {
	t.Parallel()
	read := func(count string) legTimes {
		legs, err := parseLegs(strings.NewReader(`# TYPE pika_search_leg_duration_seconds histogram
pika_search_leg_duration_seconds_bucket{leg="graph",le="0.001"} 1
pika_search_leg_duration_seconds_bucket{leg="graph",le="0.01"} ` + count + `
pika_search_leg_duration_seconds_bucket{leg="graph",le="+Inf"} ` + count + `
pika_search_leg_duration_seconds_sum{leg="graph"} 0.0` + count + `
pika_search_leg_duration_seconds_count{leg="graph"} ` + count + `
other 3`))
		if err != nil || len(legs) != 1 {
			t.Fatalf("%v, %v", legs, err)
		}
		return legs["graph"]
	}
	if got := read("4").since(read("2")).text(); got != "10.00 ms, ≤ 10 ms" {
		t.Errorf("text = %q", got)
	}
	if got := read("2").since(read("2")).text(); got != "–" {
		t.Errorf("text of no call = %q", got)
	}
}
