#!/usr/bin/env bash
# Runs once, when the database folder is new: the role and the database of pika. The role
# owns its database, is no superuser and obeys row-level security, as pika demands.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'END'
\getenv password PIKA_DB_PASSWORD
CREATE ROLE pika LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE pika OWNER pika;
REVOKE CONNECT ON DATABASE pika FROM PUBLIC;
END
