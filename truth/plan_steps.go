package truth

import (
	"slices"
	"time"

	"github.com/pikamem/pika"
)

func (p *Plan) create(f pika.Fact) {
	made := p.add(f)
	p.Created = append(p.Created, made)
	recorded := pika.Revision{FactID: f.ID, Event: EventRecorded, At: p.At, JobID: p.job, Text: f.Text}
	if len(f.Sources) > 0 {
		recorded.Source = &f.Sources[0]
	}
	p.Revisions = append(p.Revisions, recorded)
	for i := 1; i < len(f.Sources); i++ {
		p.note(f.ID, f.Sources[i])
	}
	p.Sources[f.ID] = slices.Clone(f.Sources)
	if f.SupersededBy != "" {
		p.Revisions = append(p.Revisions, p.superseded(f.ID, f.SupersededBy))
	}
}

func (p *Plan) note(id string, s pika.Source) {
	p.Revisions = append(p.Revisions, pika.Revision{FactID: id, Event: EventSourceAdded, At: p.At, JobID: p.job, Source: &s})
}

func (p *Plan) superseded(id, by string) pika.Revision {
	return pika.Revision{FactID: id, Event: EventSuperseded, At: p.At, JobID: p.job, By: by}
}

// prove adds the sources of a repetition to the fact that is known.
func (p *Plan) prove(f *pika.Fact, sources []pika.Source) {
	for _, s := range distinct(sources) {
		if slices.Contains(f.Sources, s) {
			continue
		}
		f.Sources = append(f.Sources, s)
		p.Sources[f.ID] = append(p.Sources[f.ID], s)
		p.changed[f.ID] = f
		p.note(f.ID, s)
	}
}

// begin moves the start of a fact's interval back; nil leaves it.
func (p *Plan) begin(f *pika.Fact, at *time.Time) {
	if at == nil {
		return
	}
	f.EffectiveAt = *at
	if f.ValidFrom != nil {
		f.ValidFrom = at
	}
	p.changed[f.ID] = f
}

// end closes the interval of a fact.
func (p *Plan) end(e pika.EndedFact) {
	f := p.facts[e.ID]
	f.ValidTo, f.SupersededBy = &e.ValidTo, e.By
	p.changed[e.ID] = f
	p.Revisions = append(p.Revisions, p.superseded(e.ID, e.By))
}
