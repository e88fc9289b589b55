-- +goose Up

-- The third tier of answers, and what is asked how often: a row for each question of a
-- user. question is truth.EncodeQuery's id of the query, equal for all users. The counts
-- are what they were at counted_at; decayed says what is left of them later.
CREATE TABLE query_cache (
    scope      uuid NOT NULL,
    key        text COLLATE "C" NOT NULL,
    tenant     text COLLATE "C" NOT NULL,
    question   uuid NOT NULL,
    query      text COLLATE "C" NOT NULL, -- JSON
    searches   double precision NOT NULL,
    warmed     double precision NOT NULL,
    read       double precision NOT NULL,
    counted_at bigint NOT NULL,
    used_at    bigint NOT NULL, -- when it was last asked, or its answer kept
    until      bigint,          -- NULL: no answer is kept
    value      bytea,
    PRIMARY KEY (scope, key)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX query_cache_used ON query_cache (scope, used_at DESC, key) INCLUDE (tenant);
CREATE INDEX query_cache_kept ON query_cache (scope, used_at DESC, key) INCLUDE (tenant) WHERE until IS NOT NULL;
CREATE INDEX query_cache_until ON query_cache (until) WHERE until IS NOT NULL;

-- Who asked anything, and when last.
ALTER TABLE scopes ADD COLUMN asked_at bigint;
CREATE INDEX scopes_asked ON scopes (asked_at DESC, id) WHERE asked_at IS NOT NULL;
CREATE INDEX scopes_tenant_asked ON scopes (tenant, asked_at DESC, id) WHERE asked_at IS NOT NULL;

-- truth.Decayed: each search counts half after pika.SearchHalfLife. The bounds keep
-- numbers from getting so small that the server refuses them.
-- +goose StatementBegin
CREATE FUNCTION decayed(count double precision, age bigint) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN count < 1e-9 THEN 0 ELSE count * power(0.5::double precision, least(age / 604800000000.0::double precision, 60)) END
$$;
-- +goose StatementEnd

-- What several users of a tenant ask, the first of each. It is made as of pika.now, in
-- microseconds.
CREATE MATERIALIZED VIEW popular_searches AS
SELECT tenant, question, query, searches, users, warmed, read, rank FROM (
    SELECT *, row_number() OVER (PARTITION BY tenant ORDER BY rank DESC, question) AS place FROM (
        SELECT *, searches * (read + 1) / (warmed + 1) AS rank FROM (
            SELECT c.tenant, c.question, min(c.query) AS query, count(DISTINCT c.scope) FILTER (WHERE c.searches > 0) AS users,
                sum(decayed(c.searches, greatest(n.now - c.counted_at, 0))) AS searches,
                sum(decayed(c.warmed, greatest(n.now - c.counted_at, 0))) AS warmed,
                sum(decayed(c.read, greatest(n.now - c.counted_at, 0))) AS read
            FROM query_cache c CROSS JOIN (SELECT coalesce(nullif(current_setting('pika.now', true), '')::bigint,
                (extract(epoch FROM now()) * 1000000)::bigint) AS now) n
            GROUP BY c.tenant, c.question
        ) AS counted WHERE users > 1
    ) AS ranked
) AS placed WHERE place <= 1000;
CREATE UNIQUE INDEX popular_searches_question ON popular_searches (tenant, question);
CREATE INDEX popular_searches_rank ON popular_searches (tenant, rank DESC, question);

-- Only its owner may refresh the view, who need not be the user that Pika works as. It is
-- made of all tenants' rows, so it is read with a condition on the tenant: row-level
-- security does not guard materialized views. One process makes it, the others are told
-- that they do not. A refresh reads whole tables and compares the former view with the new
-- one, so what the settings of a transaction rule out is allowed.
-- +goose StatementBegin
DO $$
BEGIN
    EXECUTE format($f$
        CREATE FUNCTION refresh_popular_searches(as_of bigint) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp
        SET enable_seqscan = on SET enable_hashjoin = on SET enable_mergejoin = on SET enable_sort = on AS $b$
        BEGIN
            IF NOT pg_try_advisory_xact_lock(hashtextextended('pika popular_searches', 0)) THEN
                RETURN false;
            END IF;
            PERFORM set_config('pika.all_tenants', 'on', true), set_config('pika.now', as_of::text, true);
            REFRESH MATERIALIZED VIEW CONCURRENTLY %I.popular_searches;
            RETURN true;
        END
        $b$
    $f$, current_schema());
END
$$;
-- +goose StatementEnd

ALTER TABLE query_cache ENABLE ROW LEVEL SECURITY;
ALTER TABLE query_cache FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON query_cache USING (
    tenant = (SELECT nullif(current_setting('pika.tenant', true), ''))
    OR (SELECT current_setting('pika.all_tenants', true)) = 'on');

-- How long answers are kept, by class. The counts are those since the last tuning; what it
-- read is in tuned_hits and tuned_misses. Nothing here is of a user.
CREATE TABLE answer_ttls (
    class        text COLLATE "C" PRIMARY KEY,
    hits         bigint NOT NULL,
    misses       bigint NOT NULL,
    ttl          bigint, -- microseconds; NULL: never tuned
    tuned_hits   bigint NOT NULL DEFAULT 0,
    tuned_misses bigint NOT NULL DEFAULT 0,
    reason       text NOT NULL DEFAULT '',
    tuned_at     bigint
);
