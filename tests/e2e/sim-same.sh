#!/bin/bash
# SPDX-License-Identifier: MIT
# One seed, one result: again and again, with other compilers, workers, traces
# and sanitizers, and as it is written down in tests/data/sim-hashes.tsv; and a
# protocol that goes wrong in one run leaves the others alone.
#
# FRACAS_FULL=1 (make check-full) does it a thousand times.  A change of the
# simulated world's rules gives other hashes: FRACAS_HASHES=write (make hashes)
# writes them down, and the commit says why.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

export TMPDIR=$work/tmp
mkdir "$TMPDIR"
db=$work/same.db
golden=$top_srcdir/tests/data/sim-hashes.tsv
if [ -n "${FRACAS_FULL-}" ]; then
	times=1000 seeds=10000 one_in=2000
else
	times=15 seeds=50 one_in=10
fi

verdict() { tail -n 1 <<<"$out" | jq -r ".$1"; }
# hash ARG ...: of one run.
hash() { "$fracas" sim "$@" --db "$db" --json 2>>"$work/err" | tail -n 1 | jq -r .hash; }

# ---- as it is written down ---------------------------------------------------------

cases=(
	'echo -n 3 -t 1s --seed 1'
	'abd -t 2s --nemesis partition,kill,pause --seed 2'
	'abd -n 3 -c 9 -r 0 --ops 2000 --latency pareto:300us,1.2 --seed 3'
	'abd -t 2s --nemesis partition,kill --swarm --seed 4'
	'abd -t 1s --latency uniform:0s,3ms --set keys=1 --seed 5'
	'broadcast -n 9 --topology grid -t 1s --nemesis partition --seed 6'
	'broadcast -n 12 --topology random:0.3 -t 1s --seed 7'
	'flake-ids -t 1s --nemesis kill --interval 200ms --seed 8'
	'primary-backup -t 3s --nemesis kill --seed 9'
	'primary-backup -t 2s --nemesis kill --swarm --seed 10'
)
written=$work/hashes.tsv
for c in "${cases[@]}"; do
	# shellcheck disable=SC2086 # words
	printf '%s\t%s\n' "$c" "$(hash $c)"
done >"$written"
if [ "${FRACAS_HASHES-}" = write ]; then
	cp "$written" "$golden"
	note "written to $golden"
fi
while IFS=$'\t' read -r c want; do
	is "as it is written down: $c" "$(awk -F'\t' -v c="$c" '$1 == c { print $2 }' "$written")" "$want"
done <"$golden"
is "all of them are" "$(cut -f 1 "$golden")" "$(cut -f 1 "$written")"

# ---- the same again -----------------------------------------------------------------

run=(abd --nemesis partition,kill,pause -t 1s --seed 7)
for ((i = 0; i < times; i++)); do
	hash "${run[@]}"
	[ $((i % 100)) -ne 99 ] || rm -f "$db"*
done | sort | uniq -c >"$work/hashes"
is "$times times: the same" "$(awk '{ print $1 }' "$work/hashes")" $times
want=$(awk '{ print $2 }' "$work/hashes")
for trace in none counts all; do
	is "with --trace $trace" "$(hash "${run[@]}" --trace $trace)" "$want"
done
for jobs in 1 2 3; do
	"$fracas" sim "${run[@]:0:${#run[@]}-2}" --seeds 1..20 --jobs $jobs --db "$work/jobs.db" -q >/dev/null
	is "one of many, $jobs at a time" \
		"$(sqlite3 "$work/jobs.db" 'select hash from seed where seed = 7 order by batch desc limit 1')" "$want"
done
for cc in gcc clang; do
	command -v $cc >/dev/null || {
		skip "$cc's plugin" "$cc is not installed"
		continue
	}
	for opt in -O0 -O2 '-O3 -march=native'; do
		# shellcheck disable=SC2086 # flags
		$cc $opt -fPIC -shared -fvisibility=hidden -I"$top_srcdir/core/include" \
			-o "$work/$cc.so" "$top_srcdir/plugins/protocols/abd/abd.c"
		is "the plugin by $cc $opt" "$(hash "$work/$cc.so" "${run[@]:1}")" "$want"
	done
done

# ---- one that goes wrong ---------------------------------------------------------------

# ill N WHAT WORDS
ill() {
	# shellcheck disable=SC2086 # flags
	${CC:-cc} ${SAN_CFLAGS-} -O1 -g -fPIC -shared -fvisibility=hidden -DILL="$1" \
		-DONE_IN=$one_in -I"$top_srcdir/core/include" -o "$work/ill$1.so" \
		"$top_srcdir/tests/e2e/sim.c"
	runs "$2 in one run of $one_in" 1 "$fracas" sim "$work/ill$1.so" -n 3 \
		--seeds "1..$seeds" -t 500ms --hang-limit 200ms --db "$db" --json
	is "  all $seeds are done" "$(verdict done)" "$seeds"
	ok "  most of them well" [ "$(verdict valid)" -gt $((seeds / 2)) ]
	is "  the others in one group" "$(verdict 'failures | length')" 1
	is "  and all the same the second time" "$(verdict unsteady)" 0
	reason=$(head -n 1 <<<"$out" | jq -r .reason)
	like "  with its node, what it did and the time" "$reason" "$3"
	is "  seed by seed the same with one worker" "$("$fracas" sim "$work/ill$1.so" -n 3 \
		--seeds 1..20 -t 500ms --hang-limit 200ms --db "$work/one.db" --jobs 1 -q >/dev/null
		sqlite3 "$work/one.db" 'select seed, hash from seed order by cast(seed as integer)')" \
		"$(sqlite3 "$db" 'select seed, hash from seed where batch = (select max(id) from batch)
			order by cast(seed as integer) limit 20')"
	rm -f "$work"/one.db*
}
ill 1 "a crash" 'node 1 .*(SIGSEGV|status 1) in the handler of request `echo`.* at 0\.[0-9]+s'
ill 2 "a loop" 'node 1 .*did not return from the handler of request `echo`.* at 0\.[0-9]+s'
ill 3 "an exit" 'node 1 .*exited with status 7 in the handler.* at 0\.[0-9]+s'
ill 4 "a sleep" 'node 1 .*did not return from the handler.* at 0\.[0-9]+s'
ill 5 "the end of the process" 'node 1 .*SIGKILL in the handler of request `echo`, at 0\.[0-9]+s'
ok "nothing is left behind" [ -z "$(find "$TMPDIR" -mindepth 2)" ]
done_testing
