#!/bin/bash
# SPDX-License-Identifier: MIT
# The figures of virtual time, the median of five: bash tests/bench/cell.sh
# What starting and storing takes is part of each.  On a machine that does
# other things the processor time a run says more than runs a minute.
set -u
: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
cd "$top_builddir" || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/fracas-bench-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT

median() {
	for _ in 1 2 3 4 5; do "$@"; done | sort -g | sed -n 3p
}

row() {
	printf '%-58s %14s %-9s %s\n' "$1" "$2" "$3" "${4:+(promised: $4)}"
}

# Each message is one event of the world.
messages() {
	local before after
	before=$(date +%s%N)
	./fracas sim tests/bench/ball.so -w echo -n 5 -r 1 -t 10s \
		--set inflight=16 --latency "$1" --json \
		--db "$work/cell.db" >"$work/out"
	after=$(date +%s%N)
	tail -n 1 "$work/out" | jq --argjson ns $((after - before)) \
		'.messages / $ns * 1e9 | floor'
}

# 3,000 events of the world in each, and 1,900 that are recorded and judged.
runs_a_minute() {
	./fracas sim echo --seeds 1..2000 -t 1850ms --json \
		--db "$work/cell.db" | tail -n 1 |
		jq '.done / .seconds * 60 | floor'
}

# Of everything: supervisor, workers, cells.
ms_a_run() {
	local TIMEFORMAT='%U %S'
	{ time runs_a_minute >"$work/out"; } 2>&1 |
		awk '{ printf "%.3f\n", ($1 + $2) / 2 }'
}

echo "Load before: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) cores"
row 'messages a second in one cell, latency const:1ms' \
	"$(median messages const:1ms)" /s
row '    latency exp:1ms, as by default' "$(median messages exp:1ms)" /s \
	'>= 3000000'
echo '    fracas sim tests/bench/ball.so -w echo -n 5 -r 1 -t 10s --set inflight=16'
row 'whole runs a minute, 5 nodes, 3,000 events each' \
	"$(median runs_a_minute)" /min '>= 60000'
row '    processor time of one' "$(median ms_a_run)" ms '<= 2 on two cores'
echo '    fracas sim echo --seeds 1..2000 -t 1850ms'
