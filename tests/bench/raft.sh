#!/bin/bash
# SPDX-License-Identifier: MIT
# Raft in processes, with 3 and with 5 nodes: how much, how soon, and how long
# nothing goes after the leader's crash.  Medians of three, each of them of a
# run that was found valid: bash tests/bench/raft.sh
set -u
: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
cd "$top_builddir" || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/fracas-bench-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
db=$work/raft.db
# The leader dies, and comes back after its successor is long elected.
echo 'at 2s for 2s kill role=leader' >"$work/crash.plan"

row() {
	printf '%-58s %14s %-9s\n' "$@"
}

median() {
	for _ in 1 2 3; do "$@"; done | sort -g | sed -n 2p
}

run() {
	rm -f "$db"*
	./fracas run raft --db "$db" --json --seed 1 --set "election=150ms" "$@" |
		tail -n 1 >"$work/out"
	[ "$(jq -r .verdict "$work/out")" = valid ] ||
		echo "not valid: $(jq -r .reason "$work/out")" >&2
}

# Of changes alone; what is read is not on the disk.
rate() {
	run -n "$1" -c "$2" -r 0 -t 3s --set reads=0
	jq '.metrics.throughput.value | floor' "$work/out"
}

latency() {
	run -n "$1" -c 4 -r 200 -t 5s --set reads=0
	jq '.operations.put.median_ms' "$work/out"
}

# From the crash to the first change that began later and was answered.
recovery() {
	run -n "$1" -c 16 -r 2000 -t 4s --set reads=0 --plan "$work/crash.plan"
	./fracas export last --db "$db" | jq -s --argjson crash "$(sqlite3 "$db" \
		"select t from event where kind = (select kind from event_kind
		 where name = 'fault') limit 1")" '
		reduce .[] as $e ({}; if .done then .
			elif $e.type == "invoke" then .open[$e.process | tostring] = $e.time
			elif $e.type == "ok" and .open[$e.process | tostring] > $crash
			then .done = $e.time else . end) |
		(.done - $crash) / 1e6 | floor'
}

for n in 3 5; do
	row "raft, $n nodes: changes a second, 64 clients" \
		"$(median rate $n 64)" /s
	row "    1 client" "$(median rate $n 1)" /s
	row "    median latency of a put, 200 a second" "$(median latency $n)" ms
	row "    from the leader's crash to the next change" \
		"$(median recovery $n)" ms
done
echo "    fracas run raft -n 3 -c 64 -r 0 --set reads=0"
echo "    fracas run raft -n 3 -c 16 -r 2000 --plan FILE, in which there is: at 2s for 2s kill role=leader"
