package cachewarm

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// Stopped says why a run ended before all was done; empty: it did not.
type Stopped string

// The reasons.
const (
	StoppedLoad   Stopped = "load"    // searches of callers kept Pika busy
	StoppedTime   Stopped = "time"    // the run's time was over
	StoppedInVain Stopped = "in_vain" // question after question failed, or lacked a part
)

// sentence says it to people.
func (s Stopped) sentence() string {
	switch s {
	case StoppedLoad:
		return "stopped: searches keep Pika busy, or a part of it fails; the next run goes on"
	case StoppedTime:
		return "stopped: the time of a run is over; the next run goes on"
	case StoppedInVain:
		return fmt.Sprintf("stopped: %d answers in a row failed or lacked a part; /readyz says what is wrong", maxInVain)
	}
	return ""
}

// Report is what a run of a Warmer did. It names no user and no question.
type Report struct {
	Users     int     `json:"users"`     // all of whose questions were dealt with
	Left      int     `json:"left"`      // users who were not dealt with
	Questions int     `json:"questions"` // that were dealt with
	Made      int     `json:"made"`      // answers made and kept
	Kept      int     `json:"kept"`      // there already, and they hold
	NotKept   int     `json:"not_kept"`  // made without a part that was away or late
	Failed    int     `json:"failed"`
	Stopped   Stopped `json:"stopped,omitempty"`
	Seconds   float64 `json:"seconds"` // how long it took, interrupted runs before it included
}

// add takes the counts of one user in.
func (r *Report) add(o Report) {
	r.Users += o.Users
	r.Questions += o.Questions
	r.Made += o.Made
	r.Kept += o.Kept
	r.NotKept += o.NotKept
	r.Failed += o.Failed
	if o.Stopped != "" {
		r.Stopped = o.Stopped
	}
}

// String returns the report as a table, and below it why the run stopped.
func (r Report) String() string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "users\tleft\tquestions\tmade\tkept\tnot kept\tfailed\t")
	fmt.Fprintf(table, "%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", r.Users, r.Left, r.Questions, r.Made, r.Kept, r.NotKept, r.Failed)
	table.Flush()
	if r.Stopped != "" {
		fmt.Fprintln(&b, r.Stopped.sentence())
	}
	fmt.Fprintf(&b, "took %v\n", time.Duration(r.Seconds*float64(time.Second)).Round(time.Millisecond))
	return b.String()
}
