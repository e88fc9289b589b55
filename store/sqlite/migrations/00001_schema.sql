-- +goose Up

-- Whose memory a row belongs to. The integer key stands in every other table.
CREATE TABLE scopes (
    key    INTEGER PRIMARY KEY,
    id     TEXT NOT NULL UNIQUE, -- pika.Scope.ID
    tenant TEXT NOT NULL,
    user   TEXT NOT NULL
);
CREATE INDEX scopes_tenant ON scopes (tenant, user);

-- Live facts. Times are microseconds since 1970 in UTC; NULL is "not stated".
CREATE TABLE facts (
    key           INTEGER PRIMARY KEY,
    scope         INTEGER NOT NULL,
    id            TEXT NOT NULL,
    document      INTEGER NOT NULL, -- its number in the keyword index
    text          TEXT NOT NULL,
    subject       TEXT NOT NULL,
    predicate     TEXT NOT NULL,
    object        TEXT NOT NULL,
    category      TEXT NOT NULL,
    language      TEXT NOT NULL,
    confidence    REAL NOT NULL,
    negated       INTEGER NOT NULL,
    valid_from    INTEGER,
    valid_to      INTEGER,
    effective_at  INTEGER NOT NULL,
    source_index  INTEGER NOT NULL,
    recorded_at   INTEGER NOT NULL,
    superseded_by TEXT NOT NULL,
    extractor     TEXT NOT NULL,
    content_hash  TEXT NOT NULL,
    subject_key   TEXT NOT NULL,
    object_key    TEXT NOT NULL,
    entities      TEXT NOT NULL, -- JSON, as are sources and metadata: a fact is read in one row
    sources       TEXT NOT NULL,
    metadata      TEXT NOT NULL,
    UNIQUE (id, scope)
);
CREATE INDEX facts_document ON facts (scope, document, id);
CREATE INDEX facts_recorded ON facts (scope, recorded_at DESC, id);
CREATE INDEX facts_content ON facts (scope, content_hash);
CREATE INDEX facts_subject ON facts (scope, subject_key, predicate);

-- Which messages prove which facts, for lists by conversation.
CREATE TABLE sources (
    scope        INTEGER NOT NULL,
    conversation TEXT NOT NULL,
    message      TEXT NOT NULL,
    fact         TEXT NOT NULL,
    PRIMARY KEY (scope, conversation, message, fact)
) WITHOUT ROWID;

-- Which facts name which entities, for lists of entities.
CREATE TABLE entities (
    scope INTEGER NOT NULL,
    id    TEXT NOT NULL,
    fact  TEXT NOT NULL,
    name  TEXT NOT NULL,
    type  TEXT NOT NULL,
    PRIMARY KEY (scope, id, fact)
) WITHOUT ROWID;

-- The events of every fact, only ever appended to, save that a deletion takes out
-- the text and the sources.
CREATE TABLE history (
    key          INTEGER PRIMARY KEY,
    scope        INTEGER NOT NULL,
    fact         TEXT NOT NULL,
    event        TEXT NOT NULL,
    at           INTEGER NOT NULL,
    job          TEXT NOT NULL,
    successor    TEXT NOT NULL,
    text         TEXT NOT NULL,
    conversation TEXT,
    message      TEXT
);
CREATE INDEX history_fact ON history (fact, key);

CREATE TABLE messages (
    scope        INTEGER NOT NULL,
    id           TEXT NOT NULL, -- pika.MessageKey
    document     INTEGER,       -- NULL: the content is not kept, so nothing is indexed
    conversation TEXT NOT NULL,
    message      TEXT NOT NULL,
    role         TEXT NOT NULL,
    name         TEXT NOT NULL,
    content      TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    at           INTEGER NOT NULL,
    metadata     TEXT NOT NULL,
    PRIMARY KEY (scope, id)
);
CREATE INDEX messages_document ON messages (scope, document, id);

-- Posting blocks of package keyword. first is the lowest document number the block
-- may hold. corpus is 1 for facts, 2 for messages.
CREATE TABLE postings (
    scope  INTEGER NOT NULL,
    corpus INTEGER NOT NULL,
    term   TEXT NOT NULL,
    first  INTEGER NOT NULL,
    block  BLOB NOT NULL,
    PRIMARY KEY (scope, corpus, term, first)
) WITHOUT ROWID;

CREATE TABLE keyword_statistics (
    scope        INTEGER NOT NULL,
    corpus       INTEGER NOT NULL,
    documents    INTEGER NOT NULL, -- live ones
    total_length INTEGER NOT NULL, -- their terms, with repeats
    next         INTEGER NOT NULL, -- the number of the next document; never reused
    PRIMARY KEY (scope, corpus)
) WITHOUT ROWID;

-- Projections that may not match the truth.
CREATE TABLE outbox (
    key    INTEGER PRIMARY KEY,
    scope  INTEGER NOT NULL,
    corpus INTEGER NOT NULL,
    id     TEXT NOT NULL,
    store  TEXT NOT NULL,
    since  INTEGER NOT NULL,
    UNIQUE (scope, id, store, corpus)
);
CREATE INDEX outbox_since ON outbox (since, key);

CREATE TABLE jobs (
    tenant     TEXT NOT NULL,
    id         TEXT NOT NULL,
    user       TEXT NOT NULL,
    workflow   TEXT NOT NULL,
    kind       TEXT NOT NULL,
    status     TEXT NOT NULL,
    batch      TEXT NOT NULL, -- JSON, as are progress, summary and error
    progress   TEXT NOT NULL,
    summary    TEXT NOT NULL,
    error      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at   INTEGER,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX jobs_created ON jobs (tenant, created_at DESC, id);
CREATE INDEX jobs_user ON jobs (tenant, user, created_at DESC, id);

-- Chunks that were committed: the memory that makes a second Commit harmless.
CREATE TABLE commits (
    scope INTEGER NOT NULL,
    job   TEXT NOT NULL,
    chunk INTEGER NOT NULL,
    PRIMARY KEY (scope, job, chunk)
) WITHOUT ROWID;

CREATE TABLE job_items (
    scope      INTEGER NOT NULL,
    job        TEXT NOT NULL,
    chunk      INTEGER NOT NULL,
    item       INTEGER NOT NULL,
    fact       TEXT NOT NULL,
    outcome    TEXT NOT NULL,
    text       TEXT NOT NULL, -- empty where the fact's own row holds it
    reason     TEXT NOT NULL,
    supersedes TEXT NOT NULL, -- JSON
    PRIMARY KEY (scope, job, chunk, item)
) WITHOUT ROWID;
CREATE INDEX job_items_fact ON job_items (scope, fact);

-- Embedded vector index: value is the row's float32 values, little-endian.
CREATE TABLE vectors (
    scope  INTEGER NOT NULL,
    corpus INTEGER NOT NULL,
    id     TEXT NOT NULL,
    value  BLOB NOT NULL,
    PRIMARY KEY (scope, corpus, id)
) WITHOUT ROWID;

-- Embedded entity graph: one row per fact and entity it touches.
CREATE TABLE adjacency (
    scope     INTEGER NOT NULL,
    fact      TEXT NOT NULL,
    entity    TEXT NOT NULL,
    position  INTEGER NOT NULL, -- 0: the subject
    predicate TEXT NOT NULL,
    PRIMARY KEY (scope, entity, fact)
) WITHOUT ROWID;
CREATE INDEX adjacency_fact ON adjacency (scope, fact);

-- What the file must remember about itself, such as the embedding model of its vectors.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
