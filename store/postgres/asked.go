package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

// NoteSearches implements pika.QueryCache. Rows are written in one order, so that two
// calls never wait for each other's in turn.
func (db *DB) NoteSearches(ctx context.Context, searches []pika.NotedSearch) error {
	rows, err := truth.Asked(searches)
	if err != nil {
		return err
	}
	op := operation{what: "note what is asked", access: everyone, write: true, once: true, lossy: true}
	return db.do(ctx, op, func(ctx context.Context, t *tx) error {
		if len(rows) == 0 {
			return t.finish(ctx)
		}
		return t.finish(ctx, noteUsers(rows), noteQueries(rows), exec(forgetQueries, scopesOf(rows), pika.MaxAskedQueries))
	})
}

func scopesOf(rows []truth.AskedQuery) []string {
	return slices.Compact(column(rows, func(r *truth.AskedQuery) string { return r.Scope.ID() }))
}

// noteUsers makes the statement that notes who asked.
func noteUsers(rows []truth.AskedQuery) statement {
	return exec(`INSERT INTO scopes AS s (id, tenant, user_id, asked_at)
		SELECT id, min(tenant), min(user_id), max(asked_at) FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[])
			AS n (id, tenant, user_id, asked_at) GROUP BY id ORDER BY id
		ON CONFLICT (id) DO UPDATE SET asked_at = excluded.asked_at WHERE excluded.asked_at > coalesce(s.asked_at, excluded.asked_at - 1)`,
		column(rows, func(r *truth.AskedQuery) string { return r.Scope.ID() }),
		column(rows, func(r *truth.AskedQuery) string { return r.Scope.Tenant }),
		column(rows, func(r *truth.AskedQuery) string { return r.Scope.User }),
		column(rows, func(r *truth.AskedQuery) *int64 { return r.AskedAt }))
}

// noteQueries makes the statement that adds to the counts of questions, as of the later
// time of both.
func noteQueries(rows []truth.AskedQuery) statement {
	return exec(`INSERT INTO query_cache AS c (scope, tenant, key, question, query, searches, warmed, read, counted_at, used_at)
		SELECT n.scope, n.tenant, n.key, n.question, n.query, n.searches, n.warmed, n.read, n.counted_at, coalesce(n.asked_at, 0)
		FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[],
			$6::float8[], $7::float8[], $8::float8[], $9::bigint[], $10::bigint[])
			AS n (scope, tenant, key, question, query, searches, warmed, read, counted_at, asked_at)
		ON CONFLICT (scope, key) DO UPDATE SET
			searches = decayed(c.searches, greatest(excluded.counted_at - c.counted_at, 0)) + decayed(excluded.searches, greatest(c.counted_at - excluded.counted_at, 0)),
			warmed = decayed(c.warmed, greatest(excluded.counted_at - c.counted_at, 0)) + decayed(excluded.warmed, greatest(c.counted_at - excluded.counted_at, 0)),
			read = decayed(c.read, greatest(excluded.counted_at - c.counted_at, 0)) + decayed(excluded.read, greatest(c.counted_at - excluded.counted_at, 0)),
			counted_at = greatest(c.counted_at, excluded.counted_at), used_at = greatest(c.used_at, excluded.used_at)`,
		column(rows, func(r *truth.AskedQuery) string { return r.Scope.ID() }),
		column(rows, func(r *truth.AskedQuery) string { return r.Scope.Tenant }),
		column(rows, func(r *truth.AskedQuery) string { return r.Key }),
		column(rows, func(r *truth.AskedQuery) string { return r.Question }),
		column(rows, func(r *truth.AskedQuery) string { return r.Query }),
		column(rows, func(r *truth.AskedQuery) float64 { return r.Searches }),
		column(rows, func(r *truth.AskedQuery) float64 { return r.Warmed }),
		column(rows, func(r *truth.AskedQuery) float64 { return r.Read }),
		column(rows, func(r *truth.AskedQuery) int64 { return r.CountedAt }),
		column(rows, func(r *truth.AskedQuery) *int64 { return r.AskedAt }))
}

// RefreshPopular implements pika.QueryCache.
func (db *DB) RefreshPopular(ctx context.Context, now time.Time) (refreshed bool, err error) {
	op := operation{what: "make the popular searches", access: everyone, write: true, whole: true}
	err = db.do(ctx, op, func(ctx context.Context, t *tx) error {
		return t.finish(ctx, into("SELECT refresh_popular_searches($1)", []any{truth.Micros(now)}, &refreshed))
	})
	return refreshed && err == nil, err
}

// PopularSearches implements pika.QueryCache.
func (db *DB) PopularSearches(ctx context.Context, tenant string, limit int) ([]pika.PopularSearch, error) {
	return db.popular(ctx, operation{what: "read the popular searches", access: access{tenant: tenant}, list: true}, limit,
		`SELECT query, searches, users, warmed, read, rank FROM popular_searches
			WHERE tenant = $1 ORDER BY rank DESC, question LIMIT $2`, tenant, limit)
}

// UserSearches implements pika.QueryCache.
func (db *DB) UserSearches(ctx context.Context, scope pika.Scope, now time.Time, limit int) ([]pika.PopularSearch, error) {
	return db.popular(ctx, operation{what: "read what a user asks", access: tenantOf(scope)}, limit,
		`SELECT query, searches, 1, warmed, read, searches * (read + 1) / (warmed + 1) AS rank FROM (
			SELECT question, min(query) AS query, sum(decayed(searches, greatest($2 - counted_at, 0))) AS searches,
				sum(decayed(warmed, greatest($2 - counted_at, 0))) AS warmed, sum(decayed(read, greatest($2 - counted_at, 0))) AS read
			FROM query_cache WHERE scope = $1 GROUP BY question HAVING sum(searches) > 0
		) AS counted ORDER BY rank DESC, question LIMIT $3`, scope.ID(), truth.Micros(now), limit)
}

func (db *DB) popular(ctx context.Context, op operation, limit int, sql string, args ...any) ([]pika.PopularSearch, error) {
	if err := truth.CheckLimit(limit); err != nil {
		return nil, err
	}
	var searches []pika.PopularSearch
	err := db.do(ctx, op, func(ctx context.Context, t *tx) error {
		searches = nil
		return t.finish(ctx, collect(&searches, popularSearch, sql, args...))
	})
	return searches, err
}

func popularSearch(s scan) (p pika.PopularSearch, err error) {
	var encoded string
	if err := s(&encoded, &p.Searches, &p.Users, &p.Warmed, &p.Read, &p.Rank); err != nil {
		return p, err
	}
	p.Query, err = truth.DecodeQuery(encoded)
	return p, err
}

// ActiveUsers implements pika.QueryCache.
func (db *DB) ActiveUsers(ctx context.Context, tenant string, since time.Time, limit int) ([]pika.Scope, error) {
	if err := truth.CheckLimit(limit); err != nil {
		return nil, err
	}
	op, sql, args := operation{what: "list who asks", access: everyone, list: true}, activeUsers, []any{truth.Micros(since), limit}
	if tenant != "" {
		op.access, sql, args = access{tenant: tenant}, activeUsersOf, append(args, tenant)
	}
	var scopes []pika.Scope
	err := db.do(ctx, op, func(ctx context.Context, t *tx) error {
		scopes = nil
		return t.finish(ctx, collect(&scopes, func(s scan) (scope pika.Scope, err error) {
			err = s(&scope.Tenant, &scope.User)
			return scope, err
		}, sql, args...))
	})
	return scopes, err
}

const (
	activeUsers   = "SELECT tenant, user_id FROM scopes WHERE asked_at >= $1 ORDER BY asked_at DESC, id LIMIT $2"
	activeUsersOf = "SELECT tenant, user_id FROM scopes WHERE asked_at >= $1 AND tenant = $3 ORDER BY asked_at DESC, id LIMIT $2"
)
