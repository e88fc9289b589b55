package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// demo puts the example conversation through a running server as a client would,
// and prints what a newcomer wants to see of it.
type demo struct {
	base   string // http://host:port
	dir    string // holds conversation.json and searches.json
	out    io.Writer
	client *http.Client
}

type demoAccepted struct {
	JobID      string `json:"job_id"`
	WorkflowID string `json:"workflow_id"`
	StatusURL  string `json:"status_url"`
}

type demoStatus struct {
	Status   string
	Progress struct {
		Stage   string
		Percent int
	}
	Results *struct {
		Facts []struct {
			Text, Outcome, Reason string
			Supersedes            []string
		}
		Counts    map[string]int
		Extractor string
		Degraded  []string
	}
	Error *struct{ Message string }
}

type demoAnswer struct {
	Facts []struct {
		Text  string
		Score float64
	}
	Messages []struct {
		Content string
		Score   float64
	}
	Cache    struct{ Tier string }
	Degraded []string
	TookMS   float64 `json:"took_ms"`
}

// run plays the whole demo; the first error ends it.
func (d *demo) run(ctx context.Context) error {
	body, err := os.ReadFile(filepath.Join(d.dir, "conversation.json"))
	if err != nil {
		return fmt.Errorf("read the example conversation: %w", err)
	}
	var searches []json.RawMessage
	raw, err := os.ReadFile(filepath.Join(d.dir, "searches.json"))
	if err != nil {
		return fmt.Errorf("read the example searches: %w", err)
	}
	if err := json.Unmarshal(raw, &searches); err != nil {
		return fmt.Errorf("read the example searches: %w", err)
	}
	if err := d.extract(ctx, body); err != nil {
		return err
	}
	for _, s := range searches {
		if err := d.search(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) extract(ctx context.Context, body []byte) error {
	var accepted demoAccepted
	start := time.Now()
	if err := d.call(ctx, http.MethodPost, "/v1/extract_facts", body, &accepted); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\nPOST /v1/extract_facts  <- %s\n  202 accepted in %.1f ms\n  job      %s\n  workflow %s\n",
		filepath.Join(d.dir, "conversation.json"), milliseconds(time.Since(start)), accepted.JobID, accepted.WorkflowID)
	status, err := d.await(ctx, accepted.StatusURL)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "  %s after %.0f ms\n", status.Status, milliseconds(time.Since(start)))
	d.printFacts(status)
	return nil
}

// await follows a job to its end and prints each step it sees.
func (d *demo) await(ctx context.Context, url string) (demoStatus, error) {
	last := ""
	for {
		var s demoStatus
		if err := d.call(ctx, http.MethodGet, url+"?wait_ms=50", nil, &s); err != nil {
			return s, err
		}
		if step := fmt.Sprintf("%-10s %3d %%", s.Progress.Stage, s.Progress.Percent); step != last {
			fmt.Fprintf(d.out, "  progress %s\n", step)
			last = step
		}
		if s.Status != "processing" {
			return s, nil
		}
	}
}

func (d *demo) printFacts(s demoStatus) {
	if s.Error != nil {
		fmt.Fprintf(d.out, "  the job did not succeed: %s\n", s.Error.Message)
	}
	if s.Results == nil {
		return
	}
	fmt.Fprintf(d.out, "\nFacts (extractor %s", s.Results.Extractor)
	if len(s.Results.Degraded) > 0 {
		fmt.Fprintf(d.out, "; degraded: no language model is configured, set OPENAI_API_KEY or OPENAI_BASE_URL for more")
	}
	fmt.Fprintln(d.out, ")")
	for _, f := range s.Results.Facts {
		fmt.Fprintf(d.out, "  %-11s %s\n", f.Outcome, f.Text)
	}
}

func (d *demo) search(ctx context.Context, body []byte) error {
	var request struct{ Query string }
	if err := json.Unmarshal(body, &request); err != nil {
		return fmt.Errorf("read an example search: %w", err)
	}
	var a demoAnswer
	if err := d.call(ctx, http.MethodPost, "/v1/search_facts", body, &a); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\nPOST /v1/search_facts  %q  tier %s, %.1f ms", request.Query, a.Cache.Tier, a.TookMS)
	if len(a.Degraded) > 0 {
		fmt.Fprintf(d.out, ", without %v", a.Degraded)
	}
	fmt.Fprintln(d.out)
	for _, f := range a.Facts {
		fmt.Fprintf(d.out, "  %.2f  fact     %s\n", f.Score, f.Text)
	}
	for _, m := range a.Messages {
		fmt.Fprintf(d.out, "  %.2f  message  %s\n", m.Score, m.Content)
	}
	return nil
}

// call sends a request and reads its answer into result. Anything but 2xx is an error.
func (d *demo) call(ctx context.Context, method, path string, body []byte, result any) error {
	ctx, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, d.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := d.client.Do(request)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return json.Unmarshal(answer, result)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
