# shellcheck shell=bash
# Neo4j 5 Community from its Maven artifacts, with authentication on, as in production.
# Sourced by servers.

neo4j_version=5.26.30
neo4j_port=${PIKA_SERVERS_NEO4J_PORT:-17687}
neo4j_programs=$cache/neo4j-$neo4j_version

neo4j_address() { echo "$host:$neo4j_port"; }
neo4j_ports() { echo "$neo4j_port"; }
neo4j_stop_signal() { echo TERM; }
neo4j_more_logs() { echo " and $data/neo4j/logs"; }
neo4j_url() { echo "neo4j://neo4j:$(password neo4j)@$(neo4j_address)"; }
neo4j_settle() { :; }
neo4j_wipe() { :; }

neo4j_missing_packages() {
	missing java openjdk-17-jre-headless
	neo4j_installed || missing mvn maven openjdk-17-jre-headless
}
neo4j_installed() { test -e "$neo4j_programs/ready"; }

neo4j_install() {
	rm -rf -- "$neo4j_programs"
	mkdir -p "$neo4j_programs"
	cat >"$neo4j_programs/pom.xml" <<END
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>pika</groupId><artifactId>neo4j-local</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>$neo4j_version</version></dependency>
  </dependencies>
</project>
END
	loudly neo4j mvn -B -ntp -f "$neo4j_programs/pom.xml" \
		org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
		-DincludeScope=runtime -DoutputDirectory="$neo4j_programs/lib"
	touch "$neo4j_programs/ready"
}

neo4j_prepare() {
	local home=$data/neo4j
	mkdir -p "$home/conf"
	cat >"$home/conf/neo4j.conf" <<END
server.bolt.listen_address=$(neo4j_address)
server.bolt.advertised_address=$(neo4j_address)
server.default_listen_address=$host
server.http.enabled=false
server.https.enabled=false
dbms.usage_report.enabled=false
server.memory.pagecache.size=128m
db.tx_log.preallocate=false
db.transaction.timeout=30s
END
	test -e "$home/password-set" && return
	(cd "$home" && NEO4J_HOME=$home NEO4J_CONF=$home/conf java -Xmx256m -cp "$neo4j_programs/lib/*" \
		org.neo4j.server.startup.Neo4jAdminCommand dbms set-initial-password "$(password neo4j)" >"$home/log" 2>&1) ||
		{ tail -n 15 "$home/log" >&2 && die "neo4j: setting the first password failed; above: its last lines"; }
	touch "$home/password-set"
}

neo4j_spawn() {
	cd "$data/neo4j"
	spawn neo4j java -Xms512m -Xmx512m -XX:+UseG1GC -XX:-OmitStackTraceInFastThrow -XX:+ExitOnOutOfMemoryError \
		-Djdk.nio.maxCachedBufferSize=1024 -Dio.netty.tryReflectionSetAccessible=true -Dlog4j2.disable.jmx=true \
		-Dfile.encoding=UTF-8 --add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/java.io=ALL-UNNAMED \
		--add-opens=java.base/sun.nio.ch=ALL-UNNAMED -cp "$neo4j_programs/lib/*" \
		org.neo4j.server.CommunityEntryPoint --home-dir="$data/neo4j" --config-dir="$data/neo4j/conf" --console-mode
}

# neo4j_answers: the Bolt handshake: four bytes of magic, four versions offered, one chosen.
neo4j_answers() {
	local chosen
	chosen=$(timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2" &&
		printf "\x60\x60\xb0\x17\x00\x04\x04\x05\x00\x00\x04\x04\x00\x00\x00\x00\x00\x00\x00\x00" >&3 &&
		head -c 4 <&3 | od -An -tx1' - "$host" "$neo4j_port" 2>/dev/null) || return 1
	[[ ${chosen// /} == 0000????  && ${chosen// /} != 00000000 ]]
}
