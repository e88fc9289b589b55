package projection

import (
	"cmp"
	"context"
	"time"

	"github.com/pikamem/pika"
)

// pageTimeout bounds the reading of one page of rows.
const pageTimeout = 30 * time.Second

// pageSize is how many rows are asked for at once.
const pageSize = pika.MaxPageLimit

// listing reads the rows of a range one by one, and the next page while one is being
// read. It holds two pages at most.
type listing struct {
	pages chan page
	now   []pika.Row
	err   error
}

type page struct {
	rows []pika.Row
	err  error
}

// list starts reading. It ends with ctx at the latest; ended is called then. Only an
// empty page is the end: a store that holds a key twice returns shorter ones before.
func list(ctx context.Context, r pika.RowRange, read func(context.Context, pika.RowRange) ([]pika.Row, error), ended func()) *listing {
	l := &listing{pages: make(chan page)}
	r.Limit = pageSize
	go func() {
		defer ended()
		defer close(l.pages)
		for {
			var p page
			p.err = within(ctx, pageTimeout, func(ctx context.Context) (err error) {
				p.rows, err = read(ctx, r)
				return err
			})
			select {
			case l.pages <- p:
			case <-ctx.Done():
				return
			}
			if p.err != nil || len(p.rows) == 0 {
				return
			}
			r.After = p.rows[len(p.rows)-1].RowKey
		}
	}()
	return l
}

// next returns the next row. There is none after the last, nor after an error: err
// tells the two apart.
func (l *listing) next() (row pika.Row, ok bool) {
	for len(l.now) == 0 {
		p, more := <-l.pages
		if !more || p.err != nil {
			l.err = cmp.Or(l.err, p.err)
			return pika.Row{}, false
		}
		l.now = p.rows
	}
	row, l.now = l.now[0], l.now[1:]
	return row, true
}

// compareKeys is the order of pika.RowKey.
func compareKeys(a, b pika.RowKey) int {
	return cmp.Or(cmp.Compare(a.ScopeID, b.ScopeID), cmp.Compare(a.ID, b.ID))
}
