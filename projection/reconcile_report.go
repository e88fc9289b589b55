package projection

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pikamem/pika"
)

// ReconcileReport is what a run of a Reconciler found and did.
type ReconcileReport struct {
	Lines   []ReconcileLine `json:"stores"`
	Seconds float64         `json:"seconds"` // how long it took, interrupted runs before it included
}

// ReconcileLine is one corpus in one store, in rows.
type ReconcileLine struct {
	Store  pika.Store  `json:"store"`
	Corpus pika.Corpus `json:"corpus"`

	Truth      int `json:"truth"`      // that the truth wants
	Projection int `json:"projection"` // that the store had
	Missing    int `json:"missing"`    // wanted, and not there
	Stale      int `json:"stale"`      // there with another content, or with none in the truth to build them from
	Extra      int `json:"extra"`      // there, and not wanted
	Repaired   int `json:"repaired"`   // of the missing and stale
	Deleted    int `json:"deleted"`    // of the extra
	Left       int `json:"left"`       // out of step, but too young to be touched; in none of the counts above
	Refused    int `json:"refused"`    // of the extra: too many to be deleted without being told to
	Failed     int `json:"failed"`     // of the missing and stale: refused by the model or the store

	// Problems are sentences about what went wrong, at most maxProblems; empty: nothing.
	Problems []string `json:"problems,omitempty"`

	// Ended says that the store or the truth stopped answering, and not all was compared.
	Ended bool `json:"ended,omitempty"`
}

const maxProblems = 20

func (l *ReconcileLine) problem(format string, args ...any) {
	if len(l.Problems) < maxProblems {
		l.Problems = append(l.Problems, fmt.Sprintf(format, args...))
	}
}

// add takes the counts of another bucket in.
func (l *ReconcileLine) add(o ReconcileLine) {
	l.Truth += o.Truth
	l.Projection += o.Projection
	l.Missing += o.Missing
	l.Stale += o.Stale
	l.Extra += o.Extra
	l.Repaired += o.Repaired
	l.Deleted += o.Deleted
	l.Left += o.Left
	l.Refused += o.Refused
	l.Failed += o.Failed
	for _, p := range o.Problems {
		l.problem("%s", p)
	}
	l.Ended = l.Ended || o.Ended
}

func (l *ReconcileLine) counts() map[string]int {
	return map[string]int{
		"missing": l.Missing, "stale": l.Stale, "extra": l.Extra, "repaired": l.Repaired, "deleted": l.Deleted,
		"left": l.Left, "refused": l.Refused, "failed": l.Failed,
	}
}

// Rows returns how many rows were compared, on both sides.
func (r ReconcileReport) Rows() int {
	n := 0
	for _, l := range r.Lines {
		n += l.Truth + l.Projection
	}
	return n
}

// Drift returns how many rows were missing or stale.
func (r ReconcileReport) Drift() int {
	n := 0
	for _, l := range r.Lines {
		n += l.Missing + l.Stale
	}
	return n
}

// Repaired returns how many rows were repaired or deleted.
func (r ReconcileReport) Repaired() int {
	n := 0
	for _, l := range r.Lines {
		n += l.Repaired + l.Deleted
	}
	return n
}

// InStep reports whether everything was compared and now agrees, the rows aside that
// were too young.
func (r ReconcileReport) InStep() bool {
	return r.complete() && !slices.ContainsFunc(r.Lines, func(l ReconcileLine) bool { return l.Refused+l.Failed > 0 })
}

func (r ReconcileReport) complete() bool {
	return !slices.ContainsFunc(r.Lines, func(l ReconcileLine) bool { return l.Ended })
}

// String returns the report as a table, with the problems below it.
func (r ReconcileReport) String() string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "store\tcorpus\ttruth\tprojection\tmissing\tstale\textra\trepaired\tdeleted\tleft\trefused\tfailed\t")
	for _, l := range r.Lines {
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n",
			l.Store, l.Corpus, l.Truth, l.Projection, l.Missing, l.Stale, l.Extra, l.Repaired, l.Deleted, l.Left, l.Refused, l.Failed)
	}
	table.Flush()
	for _, l := range r.Lines {
		for _, p := range l.Problems {
			fmt.Fprintf(&b, "%s, %s: %s\n", l.Store, l.Corpus, p)
		}
	}
	fmt.Fprintf(&b, "took %v\n", time.Duration(r.Seconds*float64(time.Second)).Round(time.Millisecond))
	return b.String()
}
