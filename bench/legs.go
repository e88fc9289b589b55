package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"

	"github.com/pikamem/pika/bench/process"
)

// legTimes are the times of one leg's calls, as its histogram has them.
type legTimes struct {
	count, sum float64
	buckets    []legBucket // in order
}

type legBucket struct{ upTo, count float64 } // seconds; how many calls took no longer

var legLine = regexp.MustCompile(`^pika_search_leg_duration_seconds_(sum|count|bucket)\{leg="(\w+)"(?:,le="([^"]+)")?\} (\S+)$`)

// readLegs reads the legs' histograms of a pika.
func readLegs(ctx context.Context, s *process.Server) (map[string]legTimes, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("read the metrics: %w", err)
	}
	defer response.Body.Close()
	return parseLegs(response.Body)
}

func parseLegs(r io.Reader) (map[string]legTimes, error) {
	legs := map[string]legTimes{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		m := legLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		value, err := strconv.ParseFloat(m[4], 64)
		if err != nil {
			return nil, fmt.Errorf("read the metric %s: %w", m[0], err)
		}
		t := legs[m[2]]
		switch m[1] {
		case "sum":
			t.sum = value
		case "count":
			t.count = value
		case "bucket":
			upTo, err := strconv.ParseFloat(m[3], 64)
			if err != nil {
				return nil, fmt.Errorf("read the metric %s: %w", m[0], err)
			}
			t.buckets = append(t.buckets, legBucket{upTo, value})
		}
		legs[m[2]] = t
	}
	return legs, lines.Err()
}

// since returns the calls that came after an earlier reading.
func (t legTimes) since(before legTimes) legTimes {
	later := legTimes{count: t.count - before.count, sum: t.sum - before.sum}
	for i, b := range t.buckets {
		if i < len(before.buckets) {
			b.count -= before.buckets[i].count
		}
		later.buckets = append(later.buckets, b)
	}
	return later
}

// text returns the mean, and the bound of the histogram that 95 % of the calls kept.
func (t legTimes) text() string {
	if t.count == 0 {
		return "–"
	}
	for _, b := range t.buckets {
		if b.count >= 0.95*t.count {
			return fmt.Sprintf("%.2f ms, ≤ %g ms", 1000*t.sum/t.count, 1000*b.upTo)
		}
	}
	return fmt.Sprintf("%.2f ms", 1000*t.sum/t.count)
}
