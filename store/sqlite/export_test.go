package sqlite

import (
	"context"
	"fmt"

	"github.com/pikamem/pika"
)

// Queries are those whose plan the planner is known to get wrong.
func Queries() []string {
	return []string{identifyQueries[pika.CorpusFacts], identifyQueries[pika.CorpusMessages], silenceOutcomes}
}

// RangeQueries are those that walk over the rows of all users, by what they list.
func RangeQueries() map[string]string {
	return map[string]string{
		"wanted facts": wantedFacts, "wanted messages": wantedMessages, "wanted links": wantedLinks,
		"vectors": heldVectors, "links": heldLinks,
	}
}

// UnsettledQuery reads the vectors that an index may not show.
func UnsettledQuery() string { return unsettledOf }

// QueryCacheQueries are those of the third tier of answers, by the index each must walk.
func QueryCacheQueries() map[string][]string {
	return map[string][]string{
		"query_cache_kept": {forgetAnswers, dropAnswers}, "query_cache_used": {forgetQueries}, "query_cache_until": {expireAnswers},
		"popular_searches_rank": {popularSearches}, "scopes_asked": {activeUsers}, "scopes_tenant_asked": {activeUsersOf},
		"sqlite_autoindex_query_cache_1": {keptAnswers},
	}
}

// Write runs f on the writer's goroutine, inside a transaction.
func (db *DB) Write(ctx context.Context, f func() error) error {
	return db.write(ctx, "test", func(querier) error { return f() })
}

// Set stores a setting through f's transaction and then returns what f returns.
func (db *DB) Set(ctx context.Context, name string, f func() error) error {
	return db.write(ctx, "test", func(tx querier) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO settings (name, value) VALUES (?, 'x')", name); err != nil {
			return err
		}
		return f()
	})
}

// Settings returns the names that Set stored.
func (db *DB) Settings(ctx context.Context) (names []string, err error) {
	err = db.read(ctx, "test", func(tx querier) error {
		rows, err := tx.QueryContext(ctx, "SELECT name FROM settings ORDER BY name")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			names = append(names, name)
		}
		return rows.Err()
	})
	return names, err
}

// Waiting returns how many writes wait in the queue.
func (db *DB) Waiting() int { return len(db.writer.queue) }

// LimitPages makes the file behave as on a disk with room for n pages.
func (db *DB) LimitPages(ctx context.Context, n int) error {
	return db.write(ctx, "test", func(tx querier) error {
		var got int
		return tx.QueryRowContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", n)).Scan(&got)
	})
}

// Pragma returns what the writer's connection says to a pragma.
func (db *DB) Pragma(ctx context.Context, name string) (value string, err error) {
	err = db.write(ctx, "test", func(tx querier) error {
		return tx.QueryRowContext(ctx, "PRAGMA "+name).Scan(&value)
	})
	return value, err
}

// Explain returns how SQLite runs a query.
func (db *DB) Explain(ctx context.Context, query string, args ...any) (plan string, err error) {
	err = db.read(ctx, "test", func(tx querier) error {
		rows, err := tx.QueryContext(ctx, "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				return err
			}
			plan += detail + "\n"
		}
		return rows.Err()
	})
	return plan, err
}
