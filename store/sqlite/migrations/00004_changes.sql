-- +goose Up

-- What changed in each user's memory of late (pika.Change, as JSON): the last
-- pika.MaxChanges rows of each.
CREATE TABLE changes (
    scope   INTEGER NOT NULL,
    version INTEGER NOT NULL,
    change  TEXT NOT NULL,
    PRIMARY KEY (scope, version)
) WITHOUT ROWID;
