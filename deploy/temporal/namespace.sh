#!/bin/sh
# Makes pika's namespace, unless it is there. The first moments after a start may refuse;
# a failed run is repeated by compose.
set -eu
if temporal operator namespace describe -n "$NAMESPACE" --address "$TEMPORAL_ADDRESS" >/dev/null 2>&1; then
	echo "namespace $NAMESPACE is there"
	exit 0
fi
temporal operator namespace create -n "$NAMESPACE" --retention "$RETENTION" --address "$TEMPORAL_ADDRESS"
