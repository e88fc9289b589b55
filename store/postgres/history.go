package postgres

import (
	"context"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

// History implements pika.Facts.
func (db *DB) History(ctx context.Context, tenant, id string) ([]pika.Revision, error) {
	var revisions []pika.Revision
	err := db.do(ctx, operation{what: "read the history of a fact", access: access{tenant: tenant}}, func(ctx context.Context, t *tx) error {
		revisions = nil
		return t.finish(ctx, collect(&revisions, revisionOf(id), `SELECT event, at, job, successor, text, conversation, message
			FROM history WHERE fact = $1 AND tenant = $2 ORDER BY key`, id, tenant))
	})
	if err == nil && len(revisions) == 0 {
		return nil, truth.NoFact()
	}
	return revisions, err
}

func revisionOf(id string) func(scan) (pika.Revision, error) {
	return func(s scan) (pika.Revision, error) {
		r := pika.Revision{FactID: id}
		var at int64
		var conversation, message *string
		if err := s(&r.Event, &at, &r.JobID, &r.By, &r.Text, &conversation, &message); err != nil {
			return r, err
		}
		r.At = truth.FromMicros(at)
		if message != nil {
			r.Source = &pika.Source{ConversationID: *conversation, MessageID: *message}
		}
		return r, nil
	}
}

// insertRevisions appends events in their order.
func insertRevisions(scope pika.Scope, revisions []pika.Revision) statement {
	source := func(part func(*pika.Source) string) []*string {
		return column(revisions, func(r *pika.Revision) *string {
			if r.Source == nil {
				return nil
			}
			s := escape(part(r.Source))
			return &s
		})
	}
	return exec(`INSERT INTO history (scope, tenant, fact, event, at, job, successor, text, conversation, message)
		SELECT $1, $2, r.fact, r.event, r.at, r.job, r.successor, r.text, r.conversation, r.message
		FROM unnest($3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[]) WITH ORDINALITY
			AS r (fact, event, at, job, successor, text, conversation, message, position)
		ORDER BY r.position`, scope.ID(), scope.Tenant,
		column(revisions, func(r *pika.Revision) string { return r.FactID }),
		column(revisions, func(r *pika.Revision) string { return r.Event }),
		column(revisions, func(r *pika.Revision) int64 { return truth.Micros(r.At) }),
		column(revisions, func(r *pika.Revision) string { return r.JobID }),
		column(revisions, func(r *pika.Revision) string { return r.By }),
		column(revisions, func(r *pika.Revision) string { return r.Text }),
		source(func(s *pika.Source) string { return s.ConversationID }),
		source(func(s *pika.Source) string { return s.MessageID }))
}
