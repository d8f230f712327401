#!/bin/bash
# SPDX-License-Identifier: MIT
# The figures that are promised, each with the command that gives it; the
# median of three, on whatever machine this is.  `make bench`; a word or two
# chooses sections: bash tests/bench/run.sh start switch
set -u
: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
cd "$top_builddir" || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/fracas-bench-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
fracas=./fracas
bench=tests/bench

# median COMMAND ARG ...: of the numbers that three runs print.
median() {
	{ "$@"; "$@"; "$@"; } | sort -g | sed -n 2p
}

# row WHAT FIGURE UNIT [PROMISED]
row() {
	printf '%-58s %14s %-9s %s\n' "$1" "$2" "$3" "${4:+(promised: $4)}"
}

verdict() {
	"$fracas" run "$@" --db "$work/bench.db" --json | tail -n 1
}

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'
}

wants() {
	[ -z "${chosen-}" ] || [[ " $chosen " == *" $1 "* ]]
}
chosen=$*

echo "On $(nproc) cores: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
echo

if wants start; then
	first() { verdict echo -n 5 --ops 50 -t 5s | jq .first_ok_ms; }
	row 'command to first completed operation, 5 nodes' \
		"$(median first | cut -c1-6)" ms '<= 60'
	echo '    fracas run echo -n 5 --ops 50 --json | jq .first_ok_ms'
	"$fracas" run echo -n 100 -t 60s --no-door --db "$work/rss.db" >"$work/out" 2>&1 &
	pid=$!
	until [ "$(sqlite3 "$work/rss.db" 'select count(*) from event where kind = 11' \
		2>/dev/null || echo 0)" -ge 100 ]; do
		kill -0 $pid 2>/dev/null || break
		sleep 0.1
	done
	most=0 threads=0
	for status in $(pgrep -P "$(pgrep -P $pid -f nursery)" | sed 's|.*|/proc/&/status|'); do
		rss=$(awk '/^VmRSS/ { print $2 }' "$status" 2>/dev/null)
		count=$(awk '/^Threads/ { print $2 }' "$status" 2>/dev/null)
		[ "${rss:-0}" -gt "$most" ] && most=$rss
		[ "${count:-0}" -gt "$threads" ] && threads=$count
	done
	kill -INT $pid
	wait $pid
	row 'largest node process of 100, RSS' "$most" KiB '<= 4096'
	row 'most threads in one' "$threads" '' 1
	echo '    fracas run echo -n 100, and /proc/PID/status of each node'
fi

if wants switch; then
	rate() {
		verdict "$bench/ball.so" -w echo -n 5 -t 3s --trace counts "$@" |
			jq '.messages / .main_seconds | floor'
	}
	for inflight in 16 1; do
		bare=$(median "$bench/relay" $inflight 2)
		ours=$(median rate --set inflight=$inflight)
		row "messages a second, $inflight in flight a pair" "$ours" /s \
			"$([ $inflight -eq 16 ] && echo '>= 1500000' || echo '>= 150000')"
		row '    a bare relay in the same run' "$bare" /s
		row '    ratio' "$(ratio "$ours" "$bare")" '' '>= 0.4'
	done
	row 'messages a second, 16 in flight, nng carrier' \
		"$(median rate --set inflight=16 --carrier nng)" /s '>= 250000'
	echo "    fracas run $bench/ball.so -w echo -n 5 --set inflight=16 --trace counts"
	echo "    $bench/relay 16 2"
	kept() {
		local before after
		rm -f "$work"/trace.db*
		before=$(date +%s%N)
		"$fracas" run "$bench/ball.so" -w echo -n 5 -t 3s --trace all \
			--set inflight=16 --db "$work/trace.db" -q >/dev/null
		after=$(date +%s%N)
		sqlite3 "$work/trace.db" 'select count(*) from message' |
			awk -v ns=$((after - before)) '{ printf "%d\n", $1 / ns * 1e9 }'
	}
	row 'full trace: rows in the file a second, start to end' \
		"$(median kept)" /s '>= 400000'
	echo "    fracas run $bench/ball.so -w echo -n 5 --set inflight=16 --trace all"
fi

if wants recorder; then
	"$bench/recorder" 1000000 1000000 "$work" >"$work/recorder.json"
	jq -r 'to_entries[] | select(.key != "v" and .key != "type") |
		"\(.key)\t\(.value)"' "$work/recorder.json" |
		while IFS=$'\t' read -r what figure; do
			row "recorder: ${what//_/ }" "$figure" ''
		done
	echo '    promised: events >= 200000 a second, <= 120 bytes a row'
	echo "    $bench/recorder"
fi

if wants checker; then
	echo 'the checker, from a file of JSON Lines to a verdict:'
	"$bench/checker"
	echo "    $bench/checker"
	echo 'the weaker conditions:'
	"$bench/weak"
	echo "    $bench/weak"
fi

if wants cell; then
	echo 'virtual time:'
	bash "$top_srcdir/tests/bench/cell.sh"
fi

if wants raft; then
	echo 'a protocol as one would run it:'
	bash "$top_srcdir/tests/bench/raft.sh"
fi

if wants swarm; then
	echo 'planted bugs, with everything always on, and with --swarm:'
	bash "$top_srcdir/tests/bench/swarm.sh" 300
	echo '    fracas sim MUTANT --nemesis LIST --seeds 1..300 -t 2s [--swarm]'
fi
