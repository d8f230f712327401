#!/bin/bash
# SPDX-License-Identifier: MIT
# One shard of a campaign on a machine of a cluster, whatever started it:
#
#	shard.sh I/N CAMPAIGN.yaml RESULTS
#
# RESULTS is a folder that all machines share.  The runs are made on a disk of
# this machine, since SQLite wants one, and what they came to is put into
# RESULTS/shard-I.db when all is done, or when this is told to end (SIGTERM):
# the next start goes on from there.
set -u
if [ $# -ne 3 ]; then
	echo "usage: $0 I/N CAMPAIGN.yaml RESULTS" >&2
	exit 2
fi
shard=$1 campaign=$2 results=$3
kept=$results/shard-${shard%%/*}.db

mkdir -p "$results" || exit 4
work=$(mktemp -d "${TMPDIR:-/tmp}/fracas-shard-XXXXXX") || exit 4
trap 'rm -rf "$work"' EXIT
if [ -e "$kept" ]; then
	cp "$kept" "$work/shard.db" || exit 4
fi

# A signal goes on to the campaign, which ends with what it has.
fracas campaign "$campaign" --shard "$shard" --db "$work/shard.db" &
pid=$! told=
trap 'told=yes; kill -INT $pid 2>/dev/null' INT TERM
wait $pid
status=$?
while kill -0 $pid 2>/dev/null; do
	wait $pid
	status=$?
done
trap '' INT TERM

# Under its name when it is whole, so that nobody ever reads half a file.
if [ -s "$work/shard.db" ]; then
	cp "$work/shard.db" "$kept.part" && mv "$kept.part" "$kept" || exit 4
fi
# That a protocol failed is a result, and there is nothing to be done again;
# unless there is, since it was told to end.
[ -z "$told" ] || exit 130
case $status in
0|1|3) exit 0 ;;
*) exit $status ;;
esac
