-- +goose Up

-- The version of the terms that a user's facts are indexed by (keyword.Version); an older
-- one is rebuilt by Migrate. It says nothing of messages: they have no labels.
ALTER TABLE keyword_statistics ADD COLUMN version integer NOT NULL DEFAULT 0;
CREATE INDEX keyword_statistics_version ON keyword_statistics (version) WHERE corpus = 1;

-- Terms have at most 256 bytes now, and longer words are cut: an index row of more than
-- 2,704 bytes was refused, and the message with it. Those of messages that are there
-- already are no longer found by such a word, which nobody types.
SELECT set_config('pika.all_tenants', 'on', true);
DELETE FROM postings WHERE corpus = 2 AND octet_length(term) > 256;
