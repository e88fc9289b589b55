package postgres

import (
	"context"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.Facts = (*DB)(nil)

// Get implements pika.Facts.
func (db *DB) Get(ctx context.Context, scope pika.Scope, ids []string) ([]pika.Fact, error) {
	if len(ids) > pika.MaxPageLimit {
		return nil, pika.InvalidField("ids", "must be at most %d", pika.MaxPageLimit)
	}
	var facts []pika.Fact
	err := db.do(ctx, operation{what: "get facts", access: tenantOf(scope), search: true}, func(ctx context.Context, t *tx) error {
		facts = nil
		return t.finish(ctx, collect(&facts, factOf(scope.User),
			"SELECT "+factColumns+" FROM facts f WHERE f.scope = $1 AND f.id = ANY($2)", scope.ID(), ids))
	})
	if err != nil {
		return nil, err
	}
	return truth.InOrder(facts, ids, func(f *pika.Fact) string { return f.ID }), nil
}

// Find implements pika.Facts.
func (db *DB) Find(ctx context.Context, tenant, id string) (pika.Fact, error) {
	f, _, err := db.locate(ctx, "find a fact", tenant, id)
	return f, err
}

// locate returns a live fact of the tenant and its number in the keyword index.
func (db *DB) locate(ctx context.Context, what, tenant, id string) (f pika.Fact, document uint32, err error) {
	err = db.do(ctx, operation{what: what, access: access{tenant: tenant}}, func(ctx context.Context, t *tx) error {
		var user string
		var found []pika.Fact
		err := t.finish(ctx, collect(&found, factOf("", &document, &user), "SELECT "+factColumns+`, f.document, s.user_id
			FROM facts f JOIN scopes s ON s.id = f.scope WHERE f.id = $1 AND f.tenant = $2`, id, tenant))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return truth.NoFact()
		}
		f, f.UserID = found[0], user
		return nil
	})
	return f, document, err
}

// List implements pika.Facts.
func (db *DB) List(ctx context.Context, scope pika.Scope, f pika.ListFacts, p pika.PageRequest) (pika.Page[pika.Fact], error) {
	start, err := truth.StartOf(p, truth.FactList)
	if err != nil {
		return pika.Page[pika.Fact]{}, err
	}
	var facts []pika.Fact
	err = db.do(ctx, operation{what: "list facts", access: tenantOf(scope), list: true}, func(ctx context.Context, t *tx) error {
		facts = nil
		return t.finish(ctx, collect(&facts, factOf(scope.User), `SELECT `+factColumns+` FROM facts f
			WHERE f.scope = $1 AND f.recorded_at <= $2 AND (f.recorded_at < $2 OR f.id > $3)
				AND ($4 OR f.superseded_by = '') AND ($5 = '' OR f.category = $5) AND ($6 = '' OR f.predicate = $6)
				AND ($7 = '' OR f.id IN (SELECT fact FROM sources WHERE scope = $1 AND conversation = $7))
			ORDER BY f.recorded_at DESC, f.id LIMIT $8`,
			scope.ID(), start.At, start.ID, f.IncludeSuperseded, f.Category, f.Predicate, f.ConversationID, p.Limit+1))
	})
	if err != nil {
		return pika.Page[pika.Fact]{}, err
	}
	return truth.PageOf(facts, p.Limit, truth.FactList, func(f *pika.Fact) (time.Time, string) { return f.RecordedAt, f.ID }), nil
}
