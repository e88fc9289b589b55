-- +goose Up

-- The version of the terms that a user's facts, or messages, are indexed by
-- (keyword.Version); an older one is rebuilt when the file is opened.
ALTER TABLE keyword_statistics ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX keyword_statistics_version ON keyword_statistics (version);
