package postgres

import (
	"context"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.AnswerTTLs = (*DB)(nil)

// NoteAnswerUse implements pika.AnswerTTLs.
func (db *DB) NoteAnswerUse(ctx context.Context, use []pika.AnswerUse) error {
	use, err := truth.CheckAnswerUse(use)
	if err != nil {
		return err
	}
	return db.do(ctx, operation{what: "note the use of answers", write: true, once: true, lossy: true}, func(ctx context.Context, t *tx) error {
		return t.finish(ctx, exec(`INSERT INTO answer_ttls AS a (class, hits, misses) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
			ON CONFLICT (class) DO UPDATE SET hits = a.hits + excluded.hits, misses = a.misses + excluded.misses`,
			column(use, func(u *pika.AnswerUse) string { return string(u.Class) }),
			column(use, func(u *pika.AnswerUse) int64 { return u.Hits }),
			column(use, func(u *pika.AnswerUse) int64 { return u.Misses })))
	})
}

// AnswerUse implements pika.AnswerTTLs.
func (db *DB) AnswerUse(ctx context.Context) ([]pika.AnswerUse, error) {
	var use []pika.AnswerUse
	err := db.do(ctx, operation{what: "read the use of answers"}, func(ctx context.Context, t *tx) error {
		use = nil
		return t.finish(ctx, collect(&use, func(s scan) (u pika.AnswerUse, err error) {
			var class string
			err = s(&class, &u.Hits, &u.Misses)
			u.Class = pika.AnswerClass(class)
			return u, err
		}, "SELECT class, hits, misses FROM answer_ttls WHERE hits + misses > 0 ORDER BY class"))
	})
	return use, err
}

// AnswerTTLs implements pika.AnswerTTLs.
func (db *DB) AnswerTTLs(ctx context.Context) ([]pika.AnswerTTL, error) {
	var ttls []pika.AnswerTTL
	err := db.do(ctx, operation{what: "read how long answers are kept"}, func(ctx context.Context, t *tx) error {
		ttls = nil
		return t.finish(ctx, collect(&ttls, answerTTL,
			"SELECT class, ttl, tuned_hits, tuned_misses, reason, tuned_at FROM answer_ttls WHERE ttl IS NOT NULL ORDER BY class"))
	})
	return ttls, err
}

func answerTTL(s scan) (a pika.AnswerTTL, err error) {
	var class string
	var ttl, tuned int64
	err = s(&class, &ttl, &a.Hits, &a.Misses, &a.Reason, &tuned)
	a.Class, a.TTL, a.TunedAt = pika.AnswerClass(class), time.Duration(ttl)*time.Microsecond, truth.FromMicros(tuned)
	return a, err
}

// TuneAnswerTTLs implements pika.AnswerTTLs.
func (db *DB) TuneAnswerTTLs(ctx context.Context, ttls []pika.AnswerTTL) error {
	ttls, err := truth.CheckAnswerTTLs(ttls)
	if err != nil {
		return err
	}
	return db.do(ctx, operation{what: "set how long answers are kept", write: true, once: true}, func(ctx context.Context, t *tx) error {
		return t.finish(ctx, exec(`INSERT INTO answer_ttls AS a (class, hits, misses, ttl, tuned_hits, tuned_misses, reason, tuned_at)
			SELECT class, 0, 0, ttl, hits, misses, reason, at FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[])
				AS n (class, ttl, hits, misses, reason, at)
			ON CONFLICT (class) DO UPDATE SET ttl = excluded.ttl, tuned_hits = excluded.tuned_hits, tuned_misses = excluded.tuned_misses,
				reason = excluded.reason, tuned_at = excluded.tuned_at,
				hits = greatest(a.hits - excluded.tuned_hits, 0), misses = greatest(a.misses - excluded.tuned_misses, 0)`,
			column(ttls, func(a *pika.AnswerTTL) string { return string(a.Class) }),
			column(ttls, func(a *pika.AnswerTTL) int64 { return max(a.TTL.Microseconds(), 1) }),
			column(ttls, func(a *pika.AnswerTTL) int64 { return a.Hits }),
			column(ttls, func(a *pika.AnswerTTL) int64 { return a.Misses }),
			column(ttls, func(a *pika.AnswerTTL) string { return a.Reason }),
			column(ttls, func(a *pika.AnswerTTL) int64 { return truth.Micros(a.TunedAt) })))
	})
}
