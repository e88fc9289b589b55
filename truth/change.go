package truth

import "github.com/pikamem/pika"

// Change returns what the plan changes for searches; nil: nothing.
func (p *Plan) Change() *pika.Change {
	if len(p.Created)+len(p.Changed) == 0 {
		return nil
	}
	c := &pika.Change{}
	for _, f := range p.Created {
		c.Added = append(c.Added, f.ID)
	}
	for _, f := range p.Changed {
		c.Touched = append(c.Touched, f.ID)
	}
	return c
}
