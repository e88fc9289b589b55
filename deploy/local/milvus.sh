# shellcheck shell=bash
# Milvus standalone with its embedded etcd, queue and storage, from the package milvus of
# Python's index. Its wrapper is not used: it orphans the server on SIGTERM and refuses to
# start after a crash. All ports follow from the first, so that a second set on the same
# machine needs one setting. Sourced by servers.

milvus_version=2.3.5
milvus_port=${PIKA_SERVERS_MILVUS_PORT:-19530}
milvus_programs=$cache/milvus-$milvus_version

milvus_address() { echo "$host:$milvus_port"; }
# The proxy, its health page, etcd's two, and one for each role.
milvus_ports() { echo "$milvus_port" && seq $((milvus_port + 100)) $((milvus_port + 110)); }
milvus_health_port() { echo $((milvus_port + 100)); }
milvus_stop_signal() { echo TERM; }
milvus_more_logs() { echo " and $data/milvus/logs"; }
milvus_settle() { :; }
milvus_wipe() { :; }

milvus_missing_packages() {
	python3 -c 'import venv, ensurepip' 2>/dev/null || test -e "$milvus_programs/ready" || echo "python3 python3-venv"
}
milvus_installed() { test -e "$milvus_programs/ready"; }

milvus_install() {
	rm -rf -- "$milvus_programs"
	loudly milvus bash -euc 'python3 -m venv "$1/venv"
		"$1/venv/bin/pip" install --disable-pip-version-check --no-input "milvus==$2"
		echo "unpacking the server"
		"$1/venv/bin/python" -c "import sys, milvus; milvus._initialize_data_files(sys.argv[1])" "$1"
		touch "$1/ready"' - "$milvus_programs" "$milvus_version"
}

# Milvus keeps its process ids in /run/milvus or, where it may not write there, in
# /tmp/milvus, whatever it is told; a folder that another user left there stops it.
milvus_prepare() {
	if ((EUID != 0)) && test -e /tmp/milvus && ! test -w /tmp/milvus; then
		die "milvus: /tmp/milvus belongs to $(stat -c %U /tmp/milvus), and Milvus must write there: have it removed, or start Milvus as that user"
	fi
	"$milvus_programs/venv/bin/python" "$here/milvus_config.py" "$data/milvus" "$host" "$milvus_port"
}

milvus_spawn() {
	cd "$data/milvus"
	# It builds indexes on all cores, and searches wait for the others.
	spawn milvus nice -n 10 env DEPLOY_MODE=STANDALONE METRICS_PORT="$(milvus_health_port)" MILVUS_RUN_DIR="$data/milvus/run" \
		LD_LIBRARY_PATH="$milvus_programs/bin" "$milvus_programs/bin/milvus" run standalone
}

milvus_answers() {
	local answer
	answer=$(timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2" && printf "GET /healthz HTTP/1.0\r\n\r\n" >&3 && cat <&3' \
		- "$host" "$(milvus_health_port)" 2>/dev/null) || return 1
	[[ $answer == *OK ]] && port_open "$milvus_port"
}
