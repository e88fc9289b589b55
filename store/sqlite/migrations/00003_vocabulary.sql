-- +goose Up

-- The version of the terms that a user's facts are indexed by (keyword.Version); an older
-- one is rebuilt when the file is opened. It says nothing of messages: they have no labels.
ALTER TABLE keyword_statistics ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX keyword_statistics_version ON keyword_statistics (version) WHERE corpus = 1;

-- Terms have at most 256 bytes now, and longer words are cut. Those of messages that
-- are there already are no longer found by such a word, which nobody types.
DELETE FROM postings WHERE corpus = 2 AND length(CAST(term AS BLOB)) > 256;
