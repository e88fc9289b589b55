package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pikamem/pika"
)

// oldestServer is the oldest server that Pika is tested on, as server_version_num.
const oldestServer = 150_000

// checkTimeout bounds the look at a new connection.
const checkTimeout = 3 * time.Second

// checkConn looks at a new connection before anything else uses it: whether the
// database can keep Pika's text, row-level security binds the user, and the schema is
// that of this program.
func checkConn(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	var user string
	var free bool
	err := conn.QueryRow(ctx, "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").Scan(&user, &free)
	if err != nil {
		return fmt.Errorf("look at the database's user: %w", err)
	}
	if free {
		return pika.Errorf(pika.Unavailable, "the database's user %q is a superuser or has BYPASSRLS, so nothing would keep tenants apart: "+
			"make a plain user (CREATE ROLE pika LOGIN PASSWORD '…'), give it the database, and name it in PIKA_FACTS", user)
	}
	if err := checkServer(ctx, conn); err != nil {
		return err
	}
	return checkSchema(ctx, conn)
}

func checkServer(ctx context.Context, conn *pgx.Conn) error {
	var version int
	var encoding string
	err := conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')").Scan(&version, &encoding)
	switch {
	case err != nil:
		return fmt.Errorf("look at the database server: %w", err)
	case version < oldestServer:
		return pika.Errorf(pika.Unavailable, "the database server is PostgreSQL %d; Pika needs 15 or newer", version/10_000)
	case encoding != "UTF8":
		return pika.Errorf(pika.Unavailable, "the database has the encoding %s; Pika needs one made with ENCODING 'UTF8'", encoding)
	}
	return nil
}

func checkSchema(ctx context.Context, conn *pgx.Conn) error {
	want, err := latestVersion()
	if err != nil {
		return err
	}
	var have int64
	if err := conn.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&have); err != nil {
		return fmt.Errorf("read the version of the database's schema: %w", err)
	}
	return compareVersions(have, want)
}

func compareVersions(have, want int64) error {
	switch {
	case have < want:
		return pika.Errorf(pika.Unavailable, "the database's schema has version %d and this program needs %d: run `pika migrate`", have, want)
	case have > want:
		return pika.Errorf(pika.Unavailable, "the database was migrated by a newer version of Pika (schema %d, this program knows %d): upgrade Pika", have, want)
	}
	return nil
}

// checkWritable refuses a server that takes no writes.
func checkWritable(ctx context.Context, conn *pgx.Conn) error {
	var closed bool
	err := conn.QueryRow(ctx, "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool").Scan(&closed)
	if err == nil && closed {
		return pika.Errorf(pika.Unavailable, "%s", readOnlySentence)
	}
	return err
}
