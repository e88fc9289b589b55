package workflows

import "github.com/pikamem/pika"

// progress counts what a job has behind it. A chunk has two halves: read, written.
type progress struct {
	total, read, written int
	begun, ended         bool
}

// report returns the progress as a caller sees it. The percentage never falls while
// total is unchanged, and reaches 100 only at the end.
func (p *progress) report() pika.Progress {
	r := pika.Progress{Stage: p.stage(), Done: p.written, Total: p.total}
	switch {
	case p.ended:
		r.Percent = 100
	case p.total > 0:
		r.Percent = 5 + 90*(p.read+p.written)/(2*p.total)
	case p.begun:
		r.Percent = 5
	}
	return r
}

func (p *progress) stage() pika.Stage {
	switch {
	case p.ended:
		return pika.StageCompleted
	case !p.begun:
		return pika.StageAccepted
	case p.read < p.total:
		return pika.StageExtracting
	case p.written < p.total:
		return pika.StageEmbedding
	}
	return pika.StageStoring
}
