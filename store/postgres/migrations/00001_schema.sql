-- +goose Up

-- Text that is compared or ordered is COLLATE "C": byte by byte, as in every other
-- store. Times are microseconds since 1970 in UTC; NULL is "not stated". scope is
-- pika.Scope.ID(); tenant stands in every row for row-level security, at the end.

-- Whose memory a scope is.
CREATE TABLE scopes (
    id      uuid PRIMARY KEY,
    tenant  text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL
);
CREATE INDEX scopes_tenant ON scopes (tenant, user_id);

-- Live facts: valid time is [effective_at, valid_to), recorded time recorded_at.
CREATE TABLE facts (
    scope         uuid NOT NULL,
    id            text COLLATE "C" NOT NULL,
    tenant        text COLLATE "C" NOT NULL,
    document      bigint NOT NULL, -- its number in the keyword index
    text          text NOT NULL,
    subject       text NOT NULL,
    predicate     text COLLATE "C" NOT NULL,
    object        text NOT NULL,
    category      text COLLATE "C" NOT NULL,
    language      text NOT NULL,
    confidence    double precision NOT NULL,
    negated       boolean NOT NULL,
    valid_from    bigint,
    valid_to      bigint,
    effective_at  bigint NOT NULL,
    source_index  integer NOT NULL,
    recorded_at   bigint NOT NULL,
    superseded_by text COLLATE "C" NOT NULL,
    extractor     text NOT NULL,
    content_hash  text COLLATE "C" NOT NULL,
    subject_key   text COLLATE "C" NOT NULL,
    object_key    text COLLATE "C" NOT NULL,
    entities      text NOT NULL, -- JSON, as are sources and metadata: a fact is read in one row
    sources       text NOT NULL,
    metadata      text NOT NULL,
    PRIMARY KEY (scope, id)
);
CREATE INDEX facts_id ON facts (id);
CREATE UNIQUE INDEX facts_document ON facts (scope, document) INCLUDE (id, tenant);
CREATE INDEX facts_recorded ON facts (scope, recorded_at DESC, id);
CREATE INDEX facts_content ON facts (scope, content_hash);
CREATE INDEX facts_subject ON facts (scope, subject_key, predicate);
CREATE INDEX facts_superseded ON facts (scope, superseded_by) WHERE superseded_by <> '';

-- Which messages prove which facts, for lists by conversation.
CREATE TABLE sources (
    scope        uuid NOT NULL,
    conversation text COLLATE "C" NOT NULL,
    message      text COLLATE "C" NOT NULL,
    fact         text COLLATE "C" NOT NULL,
    tenant       text COLLATE "C" NOT NULL,
    PRIMARY KEY (scope, conversation, message, fact)
);

-- Which facts name which entities, for lists of entities.
CREATE TABLE entities (
    scope  uuid NOT NULL,
    id     text COLLATE "C" NOT NULL,
    fact   text COLLATE "C" NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    name   text NOT NULL,
    type   text NOT NULL,
    PRIMARY KEY (scope, id, fact)
);

-- The events of every fact. Rows are only ever added, save that a deletion takes out
-- the text and the sources, through erase_history alone.
CREATE TABLE history (
    key          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope        uuid NOT NULL,
    tenant       text COLLATE "C" NOT NULL,
    fact         text COLLATE "C" NOT NULL,
    event        text NOT NULL,
    at           bigint NOT NULL,
    job          text NOT NULL,
    successor    text NOT NULL,
    text         text NOT NULL,
    conversation text,
    message      text
);
CREATE INDEX history_fact ON history (fact, key);

-- +goose StatementBegin
CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('pika.erasing', true) = 'on' THEN
        IF (NEW.key, NEW.scope, NEW.tenant, NEW.fact, NEW.event, NEW.at, NEW.job, NEW.successor)
            IS NOT DISTINCT FROM (OLD.key, OLD.scope, OLD.tenant, OLD.fact, OLD.event, OLD.at, OLD.job, OLD.successor)
            AND NEW.text = '' AND NEW.conversation IS NULL AND NEW.message IS NULL
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'rows of history are never changed: erase_history takes the text out of a deleted fact''s'
        USING ERRCODE = 'restrict_violation';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON history FOR EACH ROW EXECUTE FUNCTION keep_history();
CREATE TRIGGER keep_all_history BEFORE TRUNCATE ON history FOR EACH STATEMENT EXECUTE FUNCTION keep_history();

-- +goose StatementBegin
CREATE FUNCTION erase_history(of_scope uuid, of_fact text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('pika.erasing', 'on', true);
    UPDATE history SET text = '', conversation = NULL, message = NULL WHERE scope = of_scope AND fact = of_fact COLLATE "C";
    PERFORM set_config('pika.erasing', 'off', true);
END
$$;
-- +goose StatementEnd

CREATE TABLE messages (
    scope        uuid NOT NULL,
    id           text COLLATE "C" NOT NULL, -- pika.MessageKey
    tenant       text COLLATE "C" NOT NULL,
    document     bigint,                    -- NULL: the content is not kept, so nothing is indexed
    conversation text COLLATE "C" NOT NULL,
    message      text COLLATE "C" NOT NULL,
    role         text NOT NULL,
    name         text NOT NULL,
    content      text NOT NULL,
    content_hash text COLLATE "C" NOT NULL,
    at           bigint NOT NULL,
    metadata     text NOT NULL,
    stored_at    bigint NOT NULL, -- when the row was written, where at is when it was said
    PRIMARY KEY (scope, id)
);
CREATE UNIQUE INDEX messages_document ON messages (scope, document) INCLUDE (id, tenant);

-- Posting blocks of package keyword. first is the lowest document number the block may
-- hold. corpus is 1 for facts, 2 for messages. Every commit rewrites the last block of
-- its terms: room on the page lets that be done in place.
CREATE TABLE postings (
    scope  uuid NOT NULL,
    corpus smallint NOT NULL,
    term   text COLLATE "C" NOT NULL,
    first  bigint NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    block  bytea NOT NULL,
    PRIMARY KEY (scope, corpus, term, first)
) WITH (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE keyword_statistics (
    scope        uuid NOT NULL,
    corpus       smallint NOT NULL,
    tenant       text COLLATE "C" NOT NULL,
    documents    bigint NOT NULL, -- live ones
    total_length bigint NOT NULL, -- their terms, with repeats
    next         bigint NOT NULL, -- the number of the next document; never reused
    PRIMARY KEY (scope, corpus)
) WITH (fillfactor = 50);

-- Projections that may not match the truth.
CREATE TABLE outbox (
    key    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope  uuid NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    corpus smallint NOT NULL,
    id     text COLLATE "C" NOT NULL,
    store  text COLLATE "C" NOT NULL,
    since  bigint NOT NULL,
    UNIQUE (scope, id, store, corpus)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX outbox_since ON outbox (since, key);

-- Jobs. The id derives from the tenant and the request's idempotency key, so this
-- primary key is what makes a repeated request one job.
CREATE TABLE jobs (
    tenant     text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    user_id    text COLLATE "C" NOT NULL,
    workflow   text NOT NULL,
    kind       text NOT NULL,
    status     text COLLATE "C" NOT NULL,
    batch      text NOT NULL, -- JSON, as are progress, summary and error
    progress   text NOT NULL,
    summary    text NOT NULL,
    error      text NOT NULL,
    created_at bigint NOT NULL,
    ended_at   bigint,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX jobs_created ON jobs (tenant, created_at DESC, id);
CREATE INDEX jobs_user ON jobs (tenant, user_id, created_at DESC, id);

-- Chunks that were committed: the memory that makes a second Commit harmless.
CREATE TABLE commits (
    scope  uuid NOT NULL,
    job    text COLLATE "C" NOT NULL,
    chunk  integer NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    PRIMARY KEY (scope, job, chunk)
);

CREATE TABLE job_items (
    scope      uuid NOT NULL,
    job        text COLLATE "C" NOT NULL,
    chunk      integer NOT NULL,
    item       integer NOT NULL,
    tenant     text COLLATE "C" NOT NULL,
    fact       text COLLATE "C" NOT NULL,
    outcome    text COLLATE "C" NOT NULL,
    text       text NOT NULL, -- empty where the fact's own row holds it
    reason     text NOT NULL,
    supersedes text NOT NULL, -- JSON
    PRIMARY KEY (scope, job, chunk, item)
);
CREATE INDEX job_items_fact ON job_items (scope, fact);

-- The vectors that indexes are built from, of every embedding model in use. value is
-- float32, little-endian; digest is pika.VectorDigest of it. settled_at is when the
-- index was last said to hold it, NULL: not since it was written.
CREATE TABLE raw_vectors (
    scope      uuid NOT NULL,
    corpus     smallint NOT NULL,
    model      text COLLATE "C" NOT NULL,
    dimensions integer NOT NULL,
    id         text COLLATE "C" NOT NULL,
    tenant     text COLLATE "C" NOT NULL,
    value      bytea NOT NULL,
    digest     bigint NOT NULL,
    written_at bigint NOT NULL,
    settled_at bigint,
    PRIMARY KEY (scope, corpus, id, model, dimensions)
);
ALTER TABLE raw_vectors ALTER COLUMN value SET STORAGE EXTERNAL; -- floats do not compress
CREATE INDEX raw_vectors_unsettled ON raw_vectors (scope, corpus, written_at) WHERE settled_at IS NULL;
CREATE INDEX raw_vectors_settled ON raw_vectors (scope, corpus, settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX raw_vectors_model ON raw_vectors (model, dimensions);

-- What the database must remember about itself: the active embedding model.
CREATE TABLE settings (
    name  text COLLATE "C" PRIMARY KEY,
    value text NOT NULL
);

-- Who may call. hash is the hex SHA-256 of the key; the key itself is nowhere.
CREATE TABLE api_keys (
    id         text COLLATE "C" PRIMARY KEY,
    tenant     text COLLATE "C" NOT NULL,
    role       text NOT NULL,
    name       text NOT NULL,
    hash       text COLLATE "C" NOT NULL UNIQUE,
    created_at bigint NOT NULL,
    revoked_at bigint
);
CREATE INDEX api_keys_tenant ON api_keys (tenant, created_at, id);

-- The second wall between tenants. A transaction sees and writes the rows of the tenant
-- it has named in pika.tenant, or all of them if it has set pika.all_tenants; without
-- either, none. A setting that was never made reads as NULL, one of an earlier
-- transaction on the same connection as ''. Two settings, and not one with a special
-- value: no tenant's name can stand for all. The subqueries are evaluated once per
-- statement, not once per row.
-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['scopes', 'facts', 'sources', 'entities', 'history', 'messages', 'postings', 'keyword_statistics',
        'outbox', 'jobs', 'commits', 'job_items', 'raw_vectors', 'api_keys']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING (
            tenant = (SELECT nullif(current_setting(''pika.tenant'', true), ''''))
            OR (SELECT current_setting(''pika.all_tenants'', true)) = ''on'')', name);
    END LOOP;
END
$$;
-- +goose StatementEnd
