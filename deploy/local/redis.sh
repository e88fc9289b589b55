# shellcheck shell=bash
# Redis as pika's cache: a password, a bounded memory that forgets what is used least,
# nothing on disk. Sourced by servers.

redis_port=${PIKA_SERVERS_REDIS_PORT:-16379}

redis_address() { echo "$host:$redis_port"; }
redis_ports() { echo "$redis_port"; }
redis_stop_signal() { echo TERM; }
redis_more_logs() { :; }
redis_url() { echo "redis://:$(password redis)@$(redis_address)/0"; }
redis_missing_packages() { missing redis-server redis-server; }
redis_installed() { :; }
redis_install() { :; }
redis_settle() { :; }
redis_wipe() { :; }

# The password goes through a file: a command line is for everyone to read.
redis_prepare() {
	(umask 077 && cat >"$data/redis/redis.conf" <<END
bind $host
port $redis_port
dir $data/redis
requirepass $(password redis)
maxmemory ${PIKA_SERVERS_REDIS_MEMORY:-256mb}
maxmemory-policy allkeys-lfu
save ""
appendonly no
daemonize no
END
	)
}

redis_spawn() { spawn redis redis-server "$data/redis/redis.conf"; }

redis_answers() {
	[[ $(REDISCLI_AUTH=$(password redis) timeout 5 redis-cli -h "$host" -p "$redis_port" ping 2>/dev/null) == PONG ]]
}
