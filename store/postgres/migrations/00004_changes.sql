-- +goose Up

-- What changed in each user's memory of late (pika.Change, as JSON): the last
-- pika.MaxChanges rows of each.
CREATE TABLE changes (
    scope   uuid NOT NULL,
    version bigint NOT NULL,
    tenant  text COLLATE "C" NOT NULL,
    change  text NOT NULL,
    PRIMARY KEY (scope, version)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE changes FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON changes USING (
    tenant = (SELECT nullif(current_setting('pika.tenant', true), ''))
    OR (SELECT current_setting('pika.all_tenants', true)) = 'on');
