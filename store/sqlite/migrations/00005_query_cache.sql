-- +goose Up

-- The third tier of answers, and what is asked how often: a row for each question of a
-- user. question is truth.EncodeQuery's id of the query, equal for all users. The counts
-- are what they were at counted_at (truth.Decayed).
CREATE TABLE query_cache (
    scope      INTEGER NOT NULL,
    key        TEXT NOT NULL,
    question   TEXT NOT NULL,
    query      TEXT NOT NULL, -- JSON
    searches   REAL NOT NULL,
    warmed     REAL NOT NULL,
    read       REAL NOT NULL,
    counted_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL, -- when it was last asked, or its answer kept
    until      INTEGER,          -- NULL: no answer is kept
    value      BLOB,
    UNIQUE (scope, key)
);
CREATE INDEX query_cache_used ON query_cache (scope, used_at DESC, key);
CREATE INDEX query_cache_kept ON query_cache (scope, used_at DESC, key) WHERE until IS NOT NULL;
CREATE INDEX query_cache_until ON query_cache (until) WHERE until IS NOT NULL;

-- Who asked anything, and when last.
ALTER TABLE scopes ADD COLUMN asked_at INTEGER;
CREATE INDEX scopes_asked ON scopes (asked_at DESC, id) WHERE asked_at IS NOT NULL;
CREATE INDEX scopes_tenant_asked ON scopes (tenant, asked_at DESC, id) WHERE asked_at IS NOT NULL;

-- What several users of a tenant ask, the first of each, as of the last refresh.
CREATE TABLE popular_searches (
    tenant   TEXT NOT NULL,
    question TEXT NOT NULL,
    query    TEXT NOT NULL,
    searches REAL NOT NULL,
    users    INTEGER NOT NULL,
    warmed   REAL NOT NULL,
    read     REAL NOT NULL,
    rank     REAL NOT NULL,
    PRIMARY KEY (tenant, question)
) WITHOUT ROWID;
CREATE INDEX popular_searches_rank ON popular_searches (tenant, rank DESC, question);

-- How long answers are kept, by class. The counts are those since the last tuning; what it
-- read is in tuned_hits and tuned_misses.
CREATE TABLE answer_ttls (
    class        TEXT PRIMARY KEY,
    hits         INTEGER NOT NULL,
    misses       INTEGER NOT NULL,
    ttl          INTEGER, -- microseconds; NULL: never tuned
    tuned_hits   INTEGER NOT NULL DEFAULT 0,
    tuned_misses INTEGER NOT NULL DEFAULT 0,
    reason       TEXT NOT NULL DEFAULT '',
    tuned_at     INTEGER
) WITHOUT ROWID;
