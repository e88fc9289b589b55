package process

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Accepted is the body of a 202.
type Accepted struct {
	JobID     string `json:"job_id"`
	StatusURL string `json:"status_url"`
	Replayed  bool   `json:"replayed"`
}

// Status is what benchmarks read of a job's status.
type Status struct {
	JobID   string `json:"job_id"`
	Status  string `json:"status"`
	Results *struct {
		Facts []struct {
			FactID     string            `json:"fact_id"`
			Text       string            `json:"text"`
			Outcome    string            `json:"outcome"`
			Reason     string            `json:"reason"`
			Supersedes []string          `json:"supersedes"`
			Stores     map[string]string `json:"stores"`
		} `json:"facts"`
		Counts         map[string]int `json:"counts"`
		Extractor      string         `json:"extractor"`
		LLMCache       string         `json:"llm_cache"`
		Degraded       []string       `json:"degraded"`
		UnreadMessages []int          `json:"unread_messages"`
	} `json:"results"`
	Error *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// Source names a message.
type Source struct {
	ConversationID string `json:"conversation_id"`
	MessageID      string `json:"message_id"`
}

// Answer is what benchmarks read of a search's answer.
type Answer struct {
	Facts []struct {
		ID      string   `json:"id"`
		Text    string   `json:"text"`
		Score   float64  `json:"score"`
		Sources []Source `json:"sources"`
	} `json:"facts"`
	Messages []struct {
		ConversationID string  `json:"conversation_id"`
		MessageID      string  `json:"message_id"`
		Content        string  `json:"content"`
		Score          float64 `json:"score"`
	} `json:"messages"`
	Cache struct {
		Tier  string `json:"tier"`
		AgeMS int64  `json:"age_ms"`
	} `json:"cache"`
	Degraded []string `json:"degraded"`
	TookMS   float64  `json:"took_ms"`
}

var client = &http.Client{
	Timeout:   2 * time.Minute,
	Transport: &http.Transport{MaxIdleConnsPerHost: 256, MaxConnsPerHost: 256},
}

// Call sends body as JSON (nil: none) and reads the answer into result (nil:
// dropped). An answer that is not 2xx is an error with its text. header holds
// pairs of name and value.
func (s *Server) Call(ctx context.Context, method, path string, body, result any, header ...string) error {
	var payload io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, payload)
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if s.Key != "" {
		request.Header.Set("Authorization", "Bearer "+s.Key)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(answer, result)
}

// Await waits for the end of a job.
func (s *Server) Await(ctx context.Context, jobID string) (Status, error) {
	for {
		var status Status
		if err := s.Call(ctx, http.MethodGet, "/v1/jobs/"+jobID+"/status?wait_ms=20000", nil, &status); err != nil {
			return status, err
		}
		if status.Status == "completed" {
			return status, nil
		}
		if status.Status != "processing" {
			return status, fmt.Errorf("job %s ended %s: %w", jobID, status.Status, jobError(status))
		}
	}
}

func jobError(s Status) error {
	if s.Error == nil {
		return errors.New("no reason given")
	}
	return fmt.Errorf("%s: %s", s.Error.Code, s.Error.Message)
}
