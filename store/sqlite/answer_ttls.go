package sqlite

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
	return db.write(ctx, "note the use of answers", func(tx querier) error {
		for _, u := range use {
			_, err := tx.ExecContext(ctx, `INSERT INTO answer_ttls (class, hits, misses) VALUES (?, ?, ?)
				ON CONFLICT DO UPDATE SET hits = hits + excluded.hits, misses = misses + excluded.misses`, u.Class, u.Hits, u.Misses)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// AnswerUse implements pika.AnswerTTLs.
func (db *DB) AnswerUse(ctx context.Context) ([]pika.AnswerUse, error) {
	var use []pika.AnswerUse
	err := db.read(ctx, "read the use of answers", func(tx querier) error {
		rows, err := tx.QueryContext(ctx, "SELECT class, hits, misses FROM answer_ttls WHERE hits + misses > 0 ORDER BY class")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var u pika.AnswerUse
			if err := rows.Scan(&u.Class, &u.Hits, &u.Misses); err != nil {
				return err
			}
			use = append(use, u)
		}
		return rows.Err()
	})
	return use, err
}

// AnswerTTLs implements pika.AnswerTTLs.
func (db *DB) AnswerTTLs(ctx context.Context) ([]pika.AnswerTTL, error) {
	var ttls []pika.AnswerTTL
	err := db.read(ctx, "read how long answers are kept", func(tx querier) error {
		rows, err := tx.QueryContext(ctx,
			"SELECT class, ttl, tuned_hits, tuned_misses, reason, tuned_at FROM answer_ttls WHERE ttl IS NOT NULL ORDER BY class")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var a pika.AnswerTTL
			var ttl, tuned int64
			if err := rows.Scan(&a.Class, &ttl, &a.Hits, &a.Misses, &a.Reason, &tuned); err != nil {
				return err
			}
			a.TTL, a.TunedAt = time.Duration(ttl)*time.Microsecond, fromMicros(tuned)
			ttls = append(ttls, a)
		}
		return rows.Err()
	})
	return ttls, err
}

// TuneAnswerTTLs implements pika.AnswerTTLs.
func (db *DB) TuneAnswerTTLs(ctx context.Context, ttls []pika.AnswerTTL) error {
	ttls, err := truth.CheckAnswerTTLs(ttls)
	if err != nil {
		return err
	}
	return db.write(ctx, "set how long answers are kept", func(tx querier) error {
		for _, a := range ttls {
			_, err := tx.ExecContext(ctx, `INSERT INTO answer_ttls (class, hits, misses, ttl, tuned_hits, tuned_misses, reason, tuned_at)
				VALUES (?1, 0, 0, ?2, ?3, ?4, ?5, ?6)
				ON CONFLICT DO UPDATE SET ttl = ?2, tuned_hits = ?3, tuned_misses = ?4, reason = ?5, tuned_at = ?6,
					hits = max(hits - ?3, 0), misses = max(misses - ?4, 0)`,
				a.Class, max(a.TTL.Microseconds(), 1), a.Hits, a.Misses, a.Reason, micros(a.TunedAt))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
