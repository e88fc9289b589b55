"""Writes Milvus's configuration: milvus_config.py FOLDER HOST PORT.

The package's own template, with every port derived from PORT, every address on HOST, the
embedded etcd moved off its fixed 2379 and 2380, and a stop that takes seconds.
"""

import re
import sys
from pathlib import Path

import milvus

folder, host, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

PORTS = {
    "proxy_port": port,
    # port + 100 is the health page, given by METRICS_PORT.
    "etcd_port": port + 101,
    # port + 102 is etcd's port for its peers.
    "proxy_internal_port": port + 103,
    "root_coord_port": port + 104,
    "query_coord_port": port + 105,
    "data_coord_port": port + 106,
    "index_coord_port": port + 107,
    "query_node_port": port + 108,
    "index_node_port": port + 109,
    "data_node_port": port + 110,
}

config = milvus.MilvusServerConfig(data_dir=str(folder))
# Not config.resolve(): it binds the ports to try them, which fails for a minute after a
# crash though the server itself could bind them.
for name, value in PORTS.items():
    config.configurable_items[name][1] = value
config.resolve_storage()
config.extra_configs["common.gracefulStopTimeout"] = 3
for role in ("rootCoord", "proxy", "queryCoord", "queryNode", "indexNode", "dataCoord", "dataNode"):
    config.extra_configs[f"{role}.ip"] = host
config.write_config()

etcd = folder / "configs" / "etcd.yaml"
client, peer = f"http://{host}:{port + 101}", f"http://{host}:{port + 102}"
etcd.write_text(
    f"""name: default
data-dir: {folder}/data/etcd.data
listen-client-urls: {client}
advertise-client-urls: {client}
listen-peer-urls: {peer}
initial-advertise-peer-urls: {peer}
initial-cluster: default={peer}
"""
)
written = folder / "configs" / "milvus.yaml"
text = written.read_text()
text, found = re.subn(r"(?m)^etcd:$", f"etcd:\n  config:\n    path: {etcd}", text, count=1)
if found != 1:
    sys.exit("Milvus's template has no section etcd any more")
written.write_text(text)
