-- +goose Up

-- The truth's copies of the vectors that an index elsewhere is built from, of any
-- number of models. digest is pika.VectorDigest of value and stands before it, so that
-- it is read without it. settled_at: when the index was last acknowledged to match.
CREATE TABLE raw_vectors (
    key        INTEGER PRIMARY KEY,
    scope      INTEGER NOT NULL,
    corpus     INTEGER NOT NULL,
    id         TEXT NOT NULL,
    model      TEXT NOT NULL,
    dimensions INTEGER NOT NULL,
    digest     INTEGER NOT NULL,
    written_at INTEGER NOT NULL,
    settled_at INTEGER,
    value      BLOB NOT NULL,
    UNIQUE (scope, corpus, id, model, dimensions)
);
CREATE INDEX raw_vectors_settled ON raw_vectors (scope, corpus, settled_at);
CREATE INDEX raw_vectors_model ON raw_vectors (model, dimensions);

-- When rows were written, so that what is only just under way is not taken for drift;
-- 0 for rows that were there before.
ALTER TABLE vectors ADD COLUMN written_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE adjacency ADD COLUMN written_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN stored_at INTEGER NOT NULL DEFAULT 0;

-- For walks over the facts of all users in the order of their ids.
CREATE INDEX facts_in_order ON facts (scope, id);

-- Who may call. hash is the hex SHA-256 of a key; the key itself is nowhere.
CREATE TABLE api_keys (
    id         TEXT PRIMARY KEY,
    tenant     TEXT NOT NULL,
    role       TEXT NOT NULL,
    name       TEXT NOT NULL,
    hash       TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) WITHOUT ROWID;
CREATE INDEX api_keys_tenant ON api_keys (tenant, created_at, id);
