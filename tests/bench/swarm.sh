#!/bin/bash
# SPDX-License-Identifier: MIT
# What swarm testing is worth: of so many seeds (300, or the first argument),
# how many find each planted bug, and which does first, with everything that is
# asked for always on, and with --swarm.
set -u
: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
cd "$top_builddir" || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/fracas-bench-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
seeds=${1:-300}

# found FILE ARG ...: "how many, first" of a search.
found() {
	./fracas sim "$@" --seeds "1..$seeds" -t 2s --db "$work/swarm.db" --json |
		tail -n 1 | jq -r '"\(.invalid)\t\([.failures[].first] | min // "-")\t\(.unknown)"'
}

row() {
	printf '%-34s %8s %8s %8s   %8s %8s %8s\n' "$@"
}

row "planted bug, $seeds seeds" plain first unknown swarm first unknown
for file in tests/mutants/*.so; do
	name=$(basename "$file" .so)
	# What a protocol does not promise to bear tells nothing about a bug.
	faults=partition,kill,pause
	[ "${name%-*}" = primary-backup ] && faults=kill
	IFS=$'\t' read -r a b c < <(found "$file" --nemesis $faults)
	IFS=$'\t' read -r d e f < <(found "$file" --nemesis $faults --swarm)
	row "$name" "$a" "$b" "$c" "$d" "$e" "$f"
done
