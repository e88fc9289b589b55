# shellcheck shell=bash
# Processes and how they are told apart: a server is its pid file, which holds the
# process id and the moment that process started, so that a number given to another
# program after a crash or a reboot is never taken for ours. Sourced by servers.

say() { printf '%s\n' "$*"; }

die() {
	printf 'servers: %s\n' "$*" >&2
	exit 1
}

# started_at PID: the kernel's start time of a living process; nothing for a dead one.
started_at() {
	local stat threads=("/proc/$1/task/"*)
	{ stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
	stat=${stat##*) }
	set -- $stat
	# A zombie has ended, whatever its entry says, once its last thread has: until then
	# its ports are taken.
	[[ $1 == Z ]] && ((${#threads[@]} < 2)) || echo "${20}"
}

# pid_of NAME: the process id in its pid file, if there is one.
pid_of() {
	local pid=
	{ read -r pid _ <"$data/$1/pid"; } 2>/dev/null || true
	echo "$pid"
}

# alive NAME: the very process that was started lives.
alive() {
	local pid='' since=''
	{ read -r pid since <"$data/$1/pid"; } 2>/dev/null || true
	[[ -n $pid && -n $since && $(started_at "$pid") == "$since" ]]
}

drop_stale_pid() {
	test -e "$data/$1/pid" || return 0
	if [[ -n $(started_at "$(pid_of "$1")") ]]; then
		say "$1: its pid file names process $(pid_of "$1"), which is another program now; starting anew"
	else
		say "$1: its process $(pid_of "$1") ended unasked; starting anew"
	fi
	rm -f "$data/$1/pid"
}

# close_inherited: a server keeps no file of who started it: locks, pipes of make or CI
# that are read to their end.
close_inherited() {
	local fd
	for fd in /proc/"$BASHPID"/fd/*; do
		fd=${fd##*/}
		((fd < 3)) || eval "exec $fd>&-"
	done
}

# spawn NAME COMMAND...: runs COMMAND detached from this shell and its terminal, output
# to its log, and writes the pid file. Call it as the last step of NAME_spawn.
spawn() {
	local name=$1 pid
	shift
	touch "$data/$name/log"
	chmod 600 "$data/$name/log"
	(close_inherited && exec setsid "$@") </dev/null >>"$data/$name/log" 2>&1 &
	pid=$!
	disown "$pid" 2>/dev/null || true
	echo "$pid $(started_at "$pid")" >"$data/$name/pid"
}

wait_for_answer() {
	local name=$1 until=$((SECONDS + patience))
	until answers "$name"; do
		if ! alive "$name"; then
			rm -f "$data/$name/pid"
			tail -n 15 "$data/$name/log" >&2
			die "$name ended while starting; above: the end of $data/$name/log$("${name}_more_logs")"
		fi
		((SECONDS < until)) || die "$name gave no answer for $patience s; see: $0 log $name"
		sleep 0.2
	done
}

# port_open PORT: something listens there.
port_open() { (exec 3<>"/dev/tcp/$host/$1") 2>/dev/null; }

refuse_foreign_ports() {
	local port
	for port in $("$1_ports"); do
		! port_open "$port" || die "$1: port $port is taken by another program; stop it or set PIKA_SERVERS_${1^^}_PORT"
	done
}

# stop_process NAME: asks it to end, waits 30 s, then ends it hard.
stop_process() {
	local name=$1 pid until=$((SECONDS + 30))
	if ! alive "$name"; then
		rm -f "$data/$name/pid"
		say "$name: does not run"
		return
	fi
	pid=$(pid_of "$name")
	kill -s "$("${name}_stop_signal")" "$pid"
	while alive "$name" && ((SECONDS < until)); do sleep 0.1; done
	if alive "$name"; then
		say "$name: does not end by itself, killing it"
		kill_hard "$name"
	fi
	rm -f "$data/$name/pid"
	say "$name: stopped"
}

# kill_hard NAME: kill -9 for the process and its children at once (a Postgres has many),
# and returns when all are gone. The pid file stays, as after a crash.
kill_hard() {
	local name=$1 pid child family=()
	pid=$(pid_of "$name")
	family=("$pid")
	for child in $(cat "/proc/$pid/task/"*/children 2>/dev/null); do family+=("$child"); done
	kill -9 "${family[@]}" 2>/dev/null || true
	for child in "${family[@]}"; do
		while [[ -n $(started_at "$child") ]]; do sleep 0.02; done
	done
}

# side_by_side FUNCTION NAME...: the function for each name at the same time, in
# processes of their own; fails if one fails. Says every few seconds who is awaited.
side_by_side() {
	local function=$1 name pid failed=0 began=$SECONDS next=2 waiting
	local -A running=()
	shift
	for name in "$@"; do
		("$function" "$name") &
		running[$name]=$!
	done
	while ((${#running[@]})); do
		for name in "${!running[@]}"; do
			pid=${running[$name]}
			kill -0 "$pid" 2>/dev/null && continue
			wait "$pid" || failed=1
			unset "running[$name]"
		done
		waiting="${!running[*]}"
		if [[ -n $waiting ]] && ((SECONDS - began >= next)); then
			say "… $((SECONDS - began)) s, waiting for: $waiting"
			next=$((next + 3))
		fi
		[[ -z $waiting ]] || sleep 0.1
	done
	return $failed
}
