// Command replay puts LoCoMo conversations through bin/pika twice, once with a
// language model's stand-in that answers with the data set's own observations and
// once without a language model, and prints what became of every observation and how
// much of the questions' evidence a search finds.
//
//	go run ./bench/replay -data locomo.json
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/pikamem/pika/bench/locomo"
	"github.com/pikamem/pika/bench/process"
	"github.com/pikamem/pika/pikatest"
)

func main() {
	data := flag.String("data", "", "file in LoCoMo's format; the data is not part of this repository")
	binary := flag.String("binary", "bin/pika", "the pika to measure")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *data, *binary); err != nil {
		fmt.Fprintln(os.Stderr, "replay:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, data, binary string) error {
	conversations, err := locomo.Load(data)
	if err != nil {
		return fmt.Errorf("-data: %w", err)
	}
	binary, err = filepath.Abs(binary)
	if err != nil {
		return err
	}
	model := httptest.NewServer(pikatest.NewLLMServer(newScript(conversations).answer))
	defer model.Close()
	fmt.Printf("Conditions: %s, %d conversations, mode hybrid, deadline_ms 10000\n", time.Now().UTC().Format("2006-01-02 15:04 MST"), len(conversations))
	for _, arm := range []struct {
		name string
		env  map[string]string
	}{
		{"with the observations as the language model's answers", map[string]string{"OPENAI_BASE_URL": model.URL + "/v1", "OPENAI_API_KEY": "none"}},
		{"without a language model (rules)", nil},
	} {
		fmt.Printf("\n%s\n", arm.name)
		if err := replay(ctx, conversations, binary, arm.env); err != nil {
			return fmt.Errorf("%s: %w", arm.name, err)
		}
	}
	return nil
}

// replay runs one arm on a pika of its own.
func replay(ctx context.Context, conversations []locomo.Conversation, binary string, env map[string]string) error {
	dir, err := os.MkdirTemp("", "pika-replay-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	log, err := os.Create(filepath.Join(os.TempDir(), "pika-replay.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	starting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	s, err := process.Start(starting, process.Options{Binary: binary, Data: dir, Env: env, Log: log})
	if err != nil {
		return err
	}
	defer s.Stop()
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  conversation\tmessages\tobservations\tstored\tduplicate\tsuperseding\trejected\tfailed\tmissing\tunread")
	for _, c := range conversations {
		l, err := extractAll(ctx, s, c)
		if err != nil {
			return fmt.Errorf("%s: %w", c.ID, err)
		}
		missing := "–"
		if env != nil {
			missing = fmt.Sprint(len(l.missing(c)))
		}
		fmt.Fprintf(table, "  %s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%d\n", c.ID, l.messages, countObservations(c),
			l.counts["stored"], l.counts["duplicate"], l.counts["superseding"], l.counts["rejected"], l.counts["failed"], missing, l.unread)
	}
	table.Flush()
	return printRecall(ctx, s, conversations)
}

// ledger is what the jobs of one conversation reported.
type ledger struct {
	messages, unread int
	counts           map[string]int
	texts            map[string]bool // of facts that are stored or named as duplicate
}

// missing returns the observations that no job accounted for.
func (l ledger) missing(c locomo.Conversation) []string {
	var texts []string
	for _, s := range c.Sessions {
		for _, o := range s.Observations {
			if !l.texts[o.Text] {
				texts = append(texts, o.Text)
			}
		}
	}
	return texts
}

func countObservations(c locomo.Conversation) int {
	n := 0
	for _, s := range c.Sessions {
		n += len(s.Observations)
	}
	return n
}

// extractAll posts the sessions of a conversation one after another and waits for
// each: the order of time is part of what is replayed.
func extractAll(ctx context.Context, s *process.Server, c locomo.Conversation) (ledger, error) {
	l := ledger{counts: map[string]int{}, texts: map[string]bool{}}
	for _, session := range c.Sessions {
		var messages []any
		for _, t := range session.Turns {
			messages = append(messages, map[string]any{"id": t.ID, "role": "user", "name": t.Speaker, "content": t.Content, "timestamp": session.At})
		}
		l.messages += len(messages)
		var accepted process.Accepted
		body := map[string]any{"user_id": c.ID, "conversation_id": c.ID, "conversation": messages}
		if err := s.Call(ctx, http.MethodPost, "/v1/extract_facts", body, &accepted); err != nil {
			return l, err
		}
		status, err := s.Await(ctx, accepted.JobID)
		if err != nil {
			return l, fmt.Errorf("%s: %w", session.ID, err)
		}
		l.unread += len(status.Results.UnreadMessages)
		for outcome, n := range status.Results.Counts {
			l.counts[outcome] += n
		}
		for _, f := range status.Results.Facts {
			if f.Outcome == "stored" || f.Outcome == "duplicate" || f.Outcome == "superseding" {
				l.texts[f.Text] = true
			}
		}
	}
	return l, nil
}
