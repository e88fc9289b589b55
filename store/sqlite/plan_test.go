package sqlite_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pikamem/pika/store/sqlite"
)

// TestPlans checks that the queries read what they ask for and not all rows of a
// user: the index they use is bound by more than the scope.
func TestPlans(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "pika.db"), sqlite.Options{})
	defer db.Close()
	narrow := regexp.MustCompile(`SEARCH \w+ USING (COVERING )?INDEX \w+ \(scope=\? AND (document|fact)=\?\)`)
	for _, query := range sqlite.Queries() {
		args := make([]any, strings.Count(query, "?"))
		plan, err := db.Explain(t.Context(), query, args...)
		if err != nil || !narrow.MatchString(plan) {
			t.Errorf("%s runs as\n%s%v", query, plan, err)
		}
	}
}

// TestQueryCachePlans: nothing of the third tier walks over the rows of all users.
func TestQueryCachePlans(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "pika.db"), sqlite.Options{})
	defer db.Close()
	for index, queries := range sqlite.QueryCacheQueries() {
		for _, query := range queries {
			plan, err := db.Explain(t.Context(), query, make([]any, strings.Count(query, "?"))...)
			if err != nil || !strings.Contains(plan, index+" (") || strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "SCAN query_cache") {
				t.Errorf("%s runs as\n%s%v", query, plan, err)
			}
		}
	}
}
