-- +goose Up

-- The vectors an index may not show yet are read by every search. The former indexes
-- left the model out, so that by estimates that were out of date the primary key looked
-- as good, and all of a user's vectors were walked for a few. These hold every column
-- that is compared: no other index can look better.
DROP INDEX raw_vectors_unsettled;
DROP INDEX raw_vectors_settled;
CREATE INDEX raw_vectors_unsettled ON raw_vectors (scope, corpus, model, dimensions, written_at) WHERE settled_at IS NULL;
CREATE INDEX raw_vectors_settled ON raw_vectors (scope, corpus, model, dimensions, settled_at) WHERE settled_at IS NOT NULL;
