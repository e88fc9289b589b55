# shellcheck shell=bash
# What must be on the machine before a server can start: packages of the system by apt
# (only as root or through sudo), Milvus by pip into an environment of its own, Neo4j by
# maven. Nothing is installed twice. Sourced by servers.

# installed NAME: everything NAME_spawn needs is there.
installed() { [[ -z $("$1_missing_packages") ]] && "$1_installed"; }

# missing COMMAND PACKAGE...: the packages, unless the command is there.
missing() { command -v "$1" >/dev/null || echo "${@:2}"; }

install_missing() {
	local name packages='' todo=()
	for name in "$@"; do
		packages+=" $("${name}_missing_packages")"
	done
	exec 8>"$cache/lock"
	flock 8
	if [[ -n ${packages// /} ]]; then
		# shellcheck disable=SC2086
		apt_install $packages
	fi
	for name in "$@"; do
		"${name}_installed" || todo+=("$name")
	done
	if ((${#todo[@]})); then
		say "installing ${todo[*]} into $cache (once)"
		side_by_side install_one "${todo[@]}"
	fi
	exec 8>&-
}

install_one() { "$1_install" 8>&-; }

apt_install() {
	local packages as=()
	packages=$(printf '%s\n' "$@" | sort -u | tr '\n' ' ')
	if ((EUID != 0)); then
		if ! sudo -n true 2>/dev/null; then
			die "needs system packages; install them once and come back: sudo apt-get install $packages"
		fi
		as=(sudo)
	fi
	command -v apt-get >/dev/null || die "needs $packages (names of Debian's packages); this system has no apt-get"
	say "installing system packages: $packages"
	# The package's own servers are not wanted: a policy that starts nothing.
	# shellcheck disable=SC2086
	loudly "apt-get" "${as[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
		bash -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"' - $packages
}

# loudly WHAT COMMAND...: runs it with its output in the cache's log, says every few
# seconds that it still runs, and shows the log's end when it fails.
loudly() {
	local what=$1 pid began=$SECONDS next=2 log
	shift
	log=$cache/install-$what.log
	"$@" </dev/null >"$log" 2>&1 8>&- 9>&- &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		if ((SECONDS - began >= next)); then
			say "… $what, $((SECONDS - began)) s: $(tail -n 1 "$log" | tr -d '\r' | sed 's/\x1b\[[0-9;]*m//g' | cut -c 1-100)"
			next=$((next + 5))
		fi
		sleep 0.2
	done
	wait "$pid" && return
	tail -n 15 "$log" >&2
	die "$what failed; above: the end of $log"
}

# prepare_folders NAME...: the folders of the cache and of each server's data.
prepare_folders() {
	local name
	mkdir -p "$cache"
	for name in "$@"; do
		mkdir -p "$data/$name"
		chmod 700 "$data/$name"
	done
}

# password NAME: made once, kept beside the data, readable by its owner alone.
password() {
	local file=$data/$1/password
	if ! test -s "$file"; then
		(umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$file")
	fi
	cat "$file"
}
