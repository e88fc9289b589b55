package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

// NoteSearches implements pika.QueryCache.
func (db *DB) NoteSearches(ctx context.Context, searches []pika.NotedSearch) error {
	rows, err := truth.Asked(searches)
	if err != nil {
		return err
	}
	return db.write(ctx, "note what is asked", func(tx querier) error {
		keys := map[pika.Scope]int64{}
		for i := range rows {
			if err := db.noteQuery(ctx, tx, keys, &rows[i]); err != nil {
				return err
			}
		}
		for _, key := range keys {
			if _, err := tx.ExecContext(ctx, forgetQueries, key, pika.MaxAskedQueries); err != nil {
				return err
			}
		}
		return nil
	})
}

// noteQuery adds to the counts of a question, as of the later time of both, and notes who
// asked.
func (db *DB) noteQuery(ctx context.Context, tx querier, keys map[pika.Scope]int64, r *truth.AskedQuery) (err error) {
	key, ok := keys[r.Scope]
	if !ok {
		if key, _, err = db.scopeKey(ctx, tx, r.Scope, true); err != nil {
			return err
		}
		keys[r.Scope] = key
	}
	if r.AskedAt != nil {
		_, err = tx.ExecContext(ctx, "UPDATE scopes SET asked_at = ?2 WHERE key = ?1 AND coalesce(asked_at, ?2 - 1) < ?2", key, *r.AskedAt)
		if err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, noteQuery, key, r.Key, r.Question, r.Query, r.Searches, r.Warmed, r.Read, r.CountedAt, r.AskedAt)
	return err
}

// decayed is truth.Decayed in SQL: what is left of a count at a time.
func decayed(count, at, now string) string {
	return fmt.Sprintf("CASE WHEN %[1]s < 1e-9 THEN 0.0 ELSE %[1]s * pow(0.5, min(max(%[3]s - %[2]s, 0) / %[4]d.0, 60)) END", count, at, now, truth.HalfLife)
}

// sumOf adds a count of the rows of one question, as of a time.
func sumOf(count, now string) string { return "sum(" + decayed(count, "counted_at", now) + ")" }

func addTo(count string) string {
	return count + " = " + decayed(count, "counted_at", "excluded.counted_at") + " + " + decayed("excluded."+count, "excluded.counted_at", "counted_at")
}

var (
	noteQuery = `INSERT INTO query_cache (scope, key, question, query, searches, warmed, read, counted_at, used_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, coalesce(?9, 0))
		ON CONFLICT DO UPDATE SET ` + addTo("searches") + ", " + addTo("warmed") + ", " + addTo("read") + `,
			counted_at = max(counted_at, excluded.counted_at), used_at = max(used_at, excluded.used_at)`

	countedQueries = "SELECT question, min(query) AS query, " + sumOf("searches", "?1") + " AS searches, " +
		sumOf("warmed", "?1") + " AS warmed, " + sumOf("read", "?1") + " AS read"

	// Of one user, ?2.
	userSearches = "SELECT query, searches, 1, warmed, read, " + rankOf + " AS rank FROM (" +
		countedQueries + ` FROM query_cache WHERE scope = ?2 GROUP BY question HAVING sum(searches) > 0
		) ORDER BY rank DESC, question LIMIT ?3`

	// Of all tenants, the first of each.
	makePopular = `INSERT INTO popular_searches (tenant, question, query, searches, users, warmed, read, rank)
		SELECT tenant, question, query, searches, users, warmed, read, rank FROM (
			SELECT *, row_number() OVER (PARTITION BY tenant ORDER BY rank DESC, question) AS place FROM (
				SELECT *, ` + rankOf + " AS rank FROM (" +
		countedQueries + `, tenant, count(DISTINCT CASE WHEN searches > 0 THEN scope END) AS users
					FROM query_cache JOIN scopes ON scopes.key = query_cache.scope GROUP BY tenant, question
				) WHERE users > 1
			)
		) WHERE place <= ?2`
)

const rankOf = "searches * (read + 1) / (warmed + 1)"

// RefreshPopular implements pika.QueryCache. One process has the file, so it is always the
// one that does it.
func (db *DB) RefreshPopular(ctx context.Context, now time.Time) (refreshed bool, err error) {
	err = db.write(ctx, "make the popular searches", func(tx querier) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM popular_searches"); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, makePopular, micros(now), pika.MaxPageLimit)
		return err
	})
	return err == nil, err
}

// PopularSearches implements pika.QueryCache.
func (db *DB) PopularSearches(ctx context.Context, tenant string, limit int) ([]pika.PopularSearch, error) {
	if err := truth.CheckLimit(limit); err != nil {
		return nil, err
	}
	var searches []pika.PopularSearch
	err := db.read(ctx, "read the popular searches", func(tx querier) (err error) {
		searches, err = queryPopular(ctx, tx, popularSearches, tenant, limit)
		return err
	})
	return searches, err
}

const popularSearches = "SELECT query, searches, users, warmed, read, rank FROM popular_searches WHERE tenant = ? ORDER BY rank DESC, question LIMIT ?"

// UserSearches implements pika.QueryCache.
func (db *DB) UserSearches(ctx context.Context, scope pika.Scope, now time.Time, limit int) ([]pika.PopularSearch, error) {
	if err := truth.CheckLimit(limit); err != nil {
		return nil, err
	}
	var searches []pika.PopularSearch
	err := db.read(ctx, "read what a user asks", func(tx querier) error {
		key, found, err := db.scopeKey(ctx, tx, scope, false)
		if err != nil || !found {
			return err
		}
		searches, err = queryPopular(ctx, tx, userSearches, micros(now), key, limit)
		return err
	})
	return searches, err
}

func queryPopular(ctx context.Context, tx querier, query string, args ...any) ([]pika.PopularSearch, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var searches []pika.PopularSearch
	for rows.Next() {
		var p pika.PopularSearch
		var encoded string
		if err := rows.Scan(&encoded, &p.Searches, &p.Users, &p.Warmed, &p.Read, &p.Rank); err != nil {
			return nil, err
		}
		if p.Query, err = truth.DecodeQuery(encoded); err != nil {
			return nil, err
		}
		searches = append(searches, p)
	}
	return searches, rows.Err()
}

// ActiveUsers implements pika.QueryCache.
func (db *DB) ActiveUsers(ctx context.Context, tenant string, since time.Time, limit int) ([]pika.Scope, error) {
	if err := truth.CheckLimit(limit); err != nil {
		return nil, err
	}
	query, args := activeUsers, []any{micros(since), limit}
	if tenant != "" {
		query, args = activeUsersOf, append(args, tenant)
	}
	var scopes []pika.Scope
	err := db.read(ctx, "list who asks", func(tx querier) error {
		rows, err := tx.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var s pika.Scope
			if err := rows.Scan(&s.Tenant, &s.User); err != nil {
				return err
			}
			scopes = append(scopes, s)
		}
		return rows.Err()
	})
	return scopes, err
}

const (
	activeUsers   = "SELECT tenant, user FROM scopes WHERE asked_at >= ?1 ORDER BY asked_at DESC, id LIMIT ?2"
	activeUsersOf = "SELECT tenant, user FROM scopes WHERE asked_at >= ?1 AND tenant = ?3 ORDER BY asked_at DESC, id LIMIT ?2"
)
