package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pikamem/pika"
)

// grace is how long after the last intended time requests that are late are still sent.
const grace = 5 * time.Second

// clientTimeout bounds one request.
const clientTimeout = 10 * time.Second

// load says how a plan is sent.
type load struct {
	workers int
	grace   time.Duration // 0: however late
	report  bool          // lines of progress
}

// outcome is what became of a request.
type outcome struct {
	kind     kind
	took     time.Duration // from the intended time to the end of the answer
	late     time.Duration // from the intended time until it was sent
	status   int           // of HTTP; 0: none came
	unsent   bool          // its time was over when its turn came
	tier     pika.Tier     // of an answer to a search
	degraded string        // legs, as the answer has them
	answered bool          // the whole answer was read
}

func (o outcome) failed() bool {
	want := http.StatusOK
	if o.kind == written {
		want = http.StatusAccepted
	}
	return !o.answered || o.status != want
}

func (o outcome) search() bool { return o.kind != written }

func (o outcome) hit() bool { return o.search() && !o.failed() && o.tier != pika.TierNone }

// driver sends a plan: a bounded number of workers, each taking the next request and
// waiting for its time. A request whose time comes while all are busy is late, and its
// latency holds the wait.
type driver struct {
	client *http.Client
	url    string
	load
	plan     []request
	start    time.Time
	outcomes []outcome // by index of the request

	next                 atomic.Int64
	done, hits, failures atomic.Int64
	slowest              atomic.Int64 // since the last line of progress
	reportedDone         int64
}

// drive sends a plan to a pika and returns what became of each request, in its order.
func drive(ctx context.Context, url string, plan []request, l load) []outcome {
	transport := &http.Transport{MaxIdleConns: l.workers, MaxIdleConnsPerHost: l.workers, DisableCompression: true}
	defer transport.CloseIdleConnections()
	d := &driver{
		client: &http.Client{Timeout: clientTimeout, Transport: transport}, url: url, load: l,
		plan: plan, outcomes: make([]outcome, len(plan)), start: time.Now(),
	}
	stop := d.reporting()
	defer stop()
	var all sync.WaitGroup
	for range l.workers {
		all.Go(func() { d.work(ctx) })
	}
	all.Wait()
	return d.outcomes
}

func (d *driver) work(ctx context.Context) {
	var answer bytes.Buffer
	for {
		i := int(d.next.Add(1)) - 1
		if i >= len(d.plan) {
			return
		}
		r, o := &d.plan[i], &d.outcomes[i]
		o.kind = r.kind
		intended := d.start.Add(r.at)
		if ctx.Err() != nil || !wait(ctx, time.Until(intended)) || d.over() {
			o.unsent = true
		} else {
			o.late = time.Since(intended)
			d.send(ctx, r, o, &answer)
		}
		o.took = time.Since(intended)
		d.count(o)
	}
}

// over reports whether it is too late to send anything.
func (d *driver) over() bool {
	return d.grace > 0 && time.Since(d.start) > d.plan[len(d.plan)-1].at+d.grace
}

func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (d *driver) send(ctx context.Context, r *request, o *outcome, answer *bytes.Buffer) {
	path := "/v1/search_facts"
	if r.kind == written {
		path = "/v1/facts"
	}
	posted, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+path, bytes.NewReader(r.body))
	if err != nil {
		return
	}
	posted.Header.Set("Content-Type", "application/json")
	response, err := d.client.Do(posted)
	if err != nil {
		return
	}
	defer response.Body.Close()
	o.status = response.StatusCode
	answer.Reset()
	if _, err := answer.ReadFrom(response.Body); err != nil {
		return
	}
	o.answered = true
	if r.kind != written && o.status == http.StatusOK {
		o.read(answer.Bytes())
	}
}

// read finds the tier and what is degraded in an answer without decoding it, which would
// cost the machine more than a search from memory. Texts before them cannot hold the same
// bytes: in JSON their quotes are escaped.
func (o *outcome) read(answer []byte) {
	o.tier = pika.Tier(between(answer, `"cache":{"tier":"`, `"`))
	o.degraded = string(between(answer, `"degraded":[`, `]`))
	o.answered = o.tier != ""
}

func between(b []byte, before, after string) []byte {
	i := bytes.LastIndex(b, []byte(before))
	if i < 0 {
		return nil
	}
	b = b[i+len(before):]
	return b[:max(bytes.Index(b, []byte(after)), 0)]
}

// count keeps what lines of progress say.
func (d *driver) count(o *outcome) {
	d.done.Add(1)
	if o.failed() {
		d.failures.Add(1)
	}
	if o.hit() {
		d.hits.Add(1)
	}
	for {
		slowest := d.slowest.Load()
		if int64(o.took) <= slowest || d.slowest.CompareAndSwap(slowest, int64(o.took)) {
			return
		}
	}
}

// reportEvery is the time between two lines of progress.
const reportEvery = 5 * time.Second

// reporting prints progress until it is stopped.
func (d *driver) reporting() (stop func()) {
	if !d.report {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(reportEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				d.progress()
			case <-ctx.Done():
				return
			}
		}
	})
	return func() { cancel(); running.Wait() }
}

func (d *driver) progress() {
	done, hits, slowest := d.done.Load(), d.hits.Load(), time.Duration(d.slowest.Swap(0))
	fmt.Fprintf(os.Stderr, "… %3.0f s: %d of %d requests, %.0f/s, %.0f %% hits, slowest lately %.0f ms, %d errors\n",
		time.Since(d.start).Seconds(), done, len(d.plan), float64(done-d.reportedDone)/reportEvery.Seconds(),
		100*float64(hits)/float64(max(done, 1)), float64(slowest.Microseconds())/1e3, d.failures.Load())
	d.reportedDone = done
}
