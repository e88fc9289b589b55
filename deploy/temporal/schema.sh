#!/bin/sh
# Brings both of Temporal's databases to the schema of this release; harmless when they
# have it. The tool takes the password from SQL_PASSWORD.
set -eu
schema=/etc/temporal/schema/postgresql/v12
tool() {
	temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_SEEDS" -p "$DB_PORT" -u "$POSTGRES_USER" --db "$@"
}
for part in temporal:temporal temporal_visibility:visibility; do
	database=${part%%:*}
	echo "schema of $database"
	tool "$database" create
	tool "$database" setup-schema -v 0.0
	tool "$database" update-schema -d "$schema/${part#*:}/versioned"
done
