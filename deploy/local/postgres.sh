# shellcheck shell=bash
# Postgres: a cluster of our own, with the role and database that pika uses. The role
# owns its database and may make others (tests do), but is no superuser and obeys
# row-level security, as pika demands. Sourced by servers.

postgres_port=${PIKA_SERVERS_POSTGRES_PORT:-15432}

postgres_address() { echo "$host:$postgres_port"; }
postgres_ports() { echo "$postgres_port"; }
postgres_stop_signal() { echo INT; }
postgres_more_logs() { :; }
postgres_url() { echo "postgres://pika:$(password postgres)@$(postgres_address)/pika?sslmode=disable"; }

# postgres_bin: the folder of the newest installed version's programs.
postgres_bin() {
	local found
	found=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	if test -x "$found/initdb"; then
		echo "$found"
	elif command -v initdb >/dev/null; then
		dirname "$(command -v initdb)"
	fi
}

postgres_missing_packages() { [[ -n $(postgres_bin) ]] || echo "postgresql postgresql-contrib"; }
postgres_installed() { [[ -n $(postgres_bin) ]]; }
postgres_install() { :; }

# as_postgres COMMAND...: Postgres refuses root, so root lends it the user postgres.
as_postgres() {
	if ((EUID == 0)); then
		setpriv --reuid postgres --regid postgres --init-groups -- "$@"
	else
		"$@"
	fi
}

# postgres_home: the cluster's folder: in the data folder, or, where the user postgres
# may not pass to it (a root's home), a folder of its own named after the data folder.
postgres_home() {
	if as_postgres test -x "$data" 2>/dev/null; then
		echo "$data/postgres-cluster"
	else
		echo "/var/lib/pika-servers/$(printf %s "$data" | cksum | cut -d ' ' -f 1)"
	fi
}

postgres_prepare() {
	local home first
	home=$(postgres_home)
	if test -e "$home/PG_VERSION"; then
		postgres_clear_crash "$home"
		return
	fi
	rm -rf -- "$home"
	(umask 022 && mkdir -p "$home")
	chmod 700 "$home"
	first=$(mktemp)
	password postgres >"$first"
	if ((EUID == 0)); then chown postgres:postgres "$home" "$first"; fi
	if ! (cd / && as_postgres "$(postgres_bin)/initdb" -D "$home" -U admin --encoding=UTF8 --locale=C.UTF-8 \
		--auth=scram-sha-256 --pwfile="$first" >"$data/postgres/log" 2>&1); then
		rm -rf -- "$home" "$first"
		tail -n 15 "$data/postgres/log" >&2
		die "initdb failed; above: its last lines"
	fi
	rm -f "$first"
}

# postgres_clear_crash HOME: after a kill -9, waits until the orphans of the old server
# have ended (they do so by themselves), and removes the lock file of a server that is
# dead. Postgres itself takes a dead process for alive until somebody reaps it.
postgres_clear_crash() {
	local pid=''
	postgres_wait_for_orphans "$1"
	{ read -r pid <"$1/postmaster.pid"; } 2>/dev/null || return 0
	if [[ -z $(started_at "$pid") ]]; then rm -f "$1/postmaster.pid"; fi
}

postgres_wait_for_orphans() {
	local process until=$((SECONDS + 15)) living=yes
	while [[ -n $living ]] && ((SECONDS < until)); do
		living=''
		for process in /proc/[0-9]*; do
			[[ $(readlink "$process/cwd" 2>/dev/null) == "$1" && -n $(started_at "${process#/proc/}") ]] && living=yes
		done
		[[ -z $living ]] || sleep 0.1
	done
	[[ -z $living ]] || die "postgres: processes of the last server still work in $1; end them first"
}

postgres_spawn() {
	local as=()
	if ((EUID == 0)); then as=(setpriv --reuid postgres --regid postgres --init-groups --); fi
	cd /
	spawn postgres "${as[@]}" "$(postgres_bin)/postgres" -D "$(postgres_home)" \
		-c listen_addresses="$host" -c port="$postgres_port" -c unix_socket_directories= \
		-c max_connections=200 -c shared_buffers=128MB -c timezone=UTC -c log_timezone=UTC
}

postgres_query() {
	PGPASSWORD=$(password postgres) PGCONNECT_TIMEOUT=5 "$(postgres_bin)/psql" -XqAt -v ON_ERROR_STOP=1 \
		-h "$host" -p "$postgres_port" -U "$1" -d "$2" "${@:3}"
}

postgres_answers() { [[ $(postgres_query admin postgres -c 'SELECT 1' 2>/dev/null) == 1 ]]; }

# postgres_settle: the role and the database, if they are not there.
postgres_settle() {
	[[ $(postgres_query admin postgres -c "SELECT count(*) FROM pg_database WHERE datname = 'pika'") == 0 ]] || return 0
	postgres_query admin postgres >/dev/null <<END
SELECT count(*) FROM pg_roles WHERE rolname = 'pika' \gset
\if :count
\else
CREATE ROLE pika LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB NOCREATEROLE PASSWORD '$(password postgres)';
\endif
CREATE DATABASE pika OWNER pika;
END
}

postgres_wipe() {
	local home
	home=$(postgres_home)
	test ! -e "$home" || rm -rf -- "$home"
}
