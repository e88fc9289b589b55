package projection

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pikamem/pika"
)

// ReindexReport is what a run of a Reindexer did.
type ReindexReport struct {
	From     pika.ActiveModel `json:"from"`
	To       pika.ActiveModel `json:"to"`
	Passes   []ReindexPass    `json:"passes"`
	Recall   Recall           `json:"recall"` // of the new index, before the switch
	Switched bool             `json:"switched"`
	Seconds  float64          `json:"seconds"`
}

// ReindexPass is one comparison of the new index with the truth.
type ReindexPass struct {
	Name string `json:"pass"`
	ReconcileReport
}

// rows returns how many rows the truth wanted at the last pass.
func (r ReindexReport) rows() int {
	if len(r.Passes) == 0 {
		return 0
	}
	n := 0
	for _, l := range r.Passes[len(r.Passes)-1].Lines {
		n += l.Truth
	}
	return n
}

// String returns the report as a table.
func (r ReindexReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "from %s to %s\n", r.From.ID, r.To.ID)
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "pass\tcorpus\ttruth\twritten\tfailed\tdeleted\tseconds\t")
	for _, p := range r.Passes {
		for _, l := range p.Lines {
			fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%.1f\t\n", p.Name, l.Corpus, l.Truth, l.Repaired, l.Failed, l.Deleted, p.Seconds)
		}
	}
	table.Flush()
	for _, p := range r.Passes {
		for _, l := range p.Lines {
			for _, problem := range l.Problems {
				fmt.Fprintf(&b, "%s, %s: %s\n", p.Name, l.Corpus, problem)
			}
		}
	}
	fmt.Fprintln(&b, r.Recall)
	state := "not switched"
	if r.Switched {
		state = "switched"
	}
	fmt.Fprintf(&b, "%s; took %v\n", state, time.Duration(r.Seconds*float64(time.Second)).Round(time.Millisecond))
	return b.String()
}
