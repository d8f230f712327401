#!/bin/bash
# SPDX-License-Identifier: MIT
# The simulated world from the outside: one seed, one result; many seeds; and
# protocols that go wrong in every way.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

export TMPDIR=$work/tmp
mkdir "$TMPDIR"
db=$work/sim.db
mutants=$top_builddir/tests/mutants

verdict() { tail -n 1 <<<"$out" | jq -r ".$1"; }
sql() { sqlite3 "$db" "$1"; }
seeds_of() { sql "select seed, verdict, hash from seed where batch = $1 order by cast(seed as integer)"; }

# ---- one run ----------------------------------------------------------------------

runs "a run in virtual time" 0 "$fracas" sim abd --nemesis partition,kill,pause \
	--seed 7 -t 3s --db "$db" --json
is "  is valid" "$(verdict verdict)" valid
ok "  with faults" [ "$(verdict faults.effective)" -ge 3 ]
hash=$(verdict hash)
like "  and a hash" "$hash" '^[0-9a-f]{16}$'
for trace in none all; do
	runs "the same, --trace $trace" 0 "$fracas" run abd --world sim --seed 7 \
		--nemesis partition,kill,pause -t 3s --trace $trace --db "$db" --json
	is "  has the same hash" "$(verdict hash)" "$hash"
done
ok "the trace is in the store" [ "$(sql 'select count(*) from message')" -gt 100 ]
runs "judged again" 0 "$fracas" check last --db "$db" --json
is "  it has the same hash" "$(verdict hash)" "$hash"
runs "another seed" 0 "$fracas" sim abd --nemesis partition,kill,pause --seed 8 \
	-t 3s --db "$db" --json
ok "  has another hash" [ "$(verdict hash)" != "$hash" ]
runs "for people" 0 "$fracas" sim echo -t 200ms --seed 1 --db "$db"
like "  the hash is shown" "$out" 'hash [0-9a-f]{16}'

if command -v clang >/dev/null && [ -z "${SAN_CFLAGS-}" ]; then
	for cc in gcc clang; do
		$cc -O2 -fPIC -shared -fvisibility=hidden -I"$top_srcdir/core/include" \
			-o "$work/$cc.so" "$top_srcdir/plugins/protocols/abd/abd.c"
		runs "abd built with $cc" 0 "$fracas" sim "$work/$cc.so" --seed 7 \
			--nemesis partition,kill,pause -t 3s --db "$db" --json
		is "  gives the same hash" "$(verdict hash)" "$hash"
	done
else
	skip "gcc's and clang's plugins give the same hash" "no clang, or sanitizers"
fi

# ---- what one world can do and the other cannot ---------------------------------------

refused() {
	local words=$1
	shift
	runs "refused: $*" 2 "$fracas" "$@" --db "$db"
	is "  in one line" "$(wc -l <<<"$err")" 1
	like "  that says why" "$err" "$words"
}
refused 'carrier' sim abd --carrier nng
refused 'keep' sim abd --keep
refused 'simulated' run abd --seeds 1..3
refused 'one of them' sim abd --seeds 1..3 --seed 4
refused 'seeds' sim abd --resume
refused 'seeds' sim abd --seeds 3..1
runs "ctl of a simulated run" 2 "$fracas" ctl last status --db "$db"

# ---- many seeds -----------------------------------------------------------------------

runs "many seeds, one at a time" 0 "$fracas" sim abd --seeds 1..70 -t 300ms \
	--nemesis kill --jobs 1 --db "$db" --json
is "  all are done" "$(verdict done)" 70
is "  and valid" "$(verdict valid)" 70
ok "  some were run twice" [ "$(verdict repeated)" -ge 1 ]
is "  with the same result" "$(verdict unsteady)" 0
runs "the same, two at a time" 0 "$fracas" sim abd --seeds 1..70 -t 300ms \
	--nemesis kill --jobs 2 --db "$db" --json
is "  gives the same, seed by seed" "$(seeds_of 2)" "$(seeds_of 1)"
runs "one of them alone" 0 "$fracas" sim abd --seed 33 -t 300ms --nemesis kill \
	--db "$db" --json
is "  gives the same, too" "$(verdict hash)" \
	"$(sql 'select hash from seed where batch = 1 and seed = 33')"

mutant=(sim "$mutants/abd-no_write_back.so" --seeds 1..2000 -t 2s
	--nemesis partition --set keys=1 --until-failure --db "$db" --json)
runs "abd without write-back is found within 2000 seeds" 1 \
	"$fracas" "${mutant[@]}" --jobs 2
first=$(verdict 'failures[0].first')
note "at seed $first: $(verdict 'failures[0].fingerprint')"
like "  as what it is" "$(verdict 'failures[0].fingerprint')" '^stale-read'
run=$(verdict 'failures[0].run')
runs "  with one worker" 1 "$fracas" "${mutant[@]}" --jobs 1
is "  it is the same seed" "$(verdict 'failures[0].first')" "$first"
runs "  its run can be judged again" 1 "$fracas" check "$run" --db "$db" --json
is "  with the same verdict" "$(verdict violation)" stale-read
ok "  it has its whole history" [ "$(sql "select count(*) from event_text where run = $run")" -gt 100 ]

# ---- step by step ---------------------------------------------------------------------

runs "the failure is replayed" 0 "$fracas" replay "$run" --db "$db"
like "  with messages, in words" "$out" 'node [0-9] receives `found` from node [0-9] \(40 bytes\): op [0-9]+, register'
like "  with faults" "$out" 'fault 1: partition'
like "  and the verdict" "$(tail -n 1 <<<"$out")" '^invalid: '
runs "a part of it" 0 "$fracas" replay "$run" --db "$db" --from 1s --to 1010ms --node 2
is "  is of that time and node" "$(grep -c 'node 2 receives' <<<"$out")" \
	"$(grep -cE '^ *[0-9]+ +1\.0(0[0-9]|10000).* node [0-9] receives' <<<"$out")"
ok "  and not nothing" [ "$(wc -l <<<"$out")" -gt 5 ]
printf 'at 100ms for 100ms kill 1\n' >"$work/kill.plan"
runs "a run with a plan of one's own" 0 "$fracas" sim abd --plan "$work/kill.plan" \
	-t 500ms --seed 4 --db "$db" -q
rm "$work/kill.plan"
runs "  is replayed without its file" 0 "$fracas" replay last --db "$db"
like "  with the fault" "$out" 'kill'
runs "a run of real processes" 0 "$fracas" run echo -n 1 --ops 5 -t 5s --db "$db" -q
runs "  cannot be replayed" 2 "$fracas" replay last --db "$db"
like "  and is told so" "$err" 'simulated'

# Interrupted as soon as something is in the file; then resumed.
"$fracas" sim echo --seeds 1..2500 -t 1s --db "$work/c.db" -q >"$work/c.out" 2>&1 &
pid=$!
until [ "$(sqlite3 "$work/c.db" 'select count(*) from seed' 2>/dev/null || echo 0)" -gt 0 ]; do
	kill -0 $pid 2>/dev/null || break
	sleep 0.05
done
kill -INT $pid 2>/dev/null
wait $pid
status=$?
kept=$(sqlite3 "$work/c.db" 'select count(*) from seed')
ok "Ctrl-C keeps what was found ($kept)" [ "$kept" -gt 0 ]
ok "  and says so" [ $status -eq 130 ] || [ "$kept" -eq 2500 ]
runs "the same command with --resume" 0 "$fracas" sim echo --seeds 1..2500 -t 1s \
	--db "$work/c.db" --resume --json
is "  does the rest" "$(verdict 'done + .skipped')" 2500
is "  skips what was done" "$(verdict skipped)" "$kept"
is "  all of them are there, once" \
	"$(sqlite3 "$work/c.db" 'select count(*), count(distinct seed), count(distinct batch) from seed')" '2500|2500|1'
ok "nothing is left behind" [ -z "$(find "$TMPDIR" -mindepth 2)" ]

# ---- no memory ---------------------------------------------------------------------------

# (A sanitizer takes terabytes of addresses for itself.)
if [ -z "${SAN_CFLAGS-}" ]; then
	runs "a run for which there is no memory" 4 bash -c "ulimit -v 250000
		exec '$fracas' sim echo --seed 1 -c 100 -r 20000000 -t 300ms \
			--latency const:1us --db '$work/m.db' --json"
	is "  is nobody's crash" "$(verdict violation)" null
	like "  and says so" "$(verdict reason)" 'not enough memory for the run'
else
	skip "a run for which there is no memory" "a sanitizer takes all addresses"
fi

# ---- protocols that go wrong ------------------------------------------------------------

# ill N WORDS: the run says WORDS; the other seeds finish.
ill() {
	# shellcheck disable=SC2086 # flags
	${CC:-cc} ${SAN_CFLAGS-} -O1 -g -fPIC -shared -fvisibility=hidden \
		-I"$top_srcdir/core/include" -DILL="$1" -o "$work/ill$1.so" \
		"$top_srcdir/tests/e2e/sim.c"
	runs "ill in way $1" "$3" "$fracas" sim "$work/ill$1.so" -n 3 --seed 5 \
		-t 1s --hang-limit 300ms --db "$db" --json
	like "  is told" "$(verdict reason)" "$2"
}
# A sanitizer says it in its own way, and exits.
ill 1 'node 1 .*(SIGSEGV|status 1) in the handler of request `echo`' 1
ill 2 'node 1 .*did not return from the handler of request `echo` within 300ms' 1
ill 3 'node 1 .*exited with status 7 in the handler' 1
ill 4 'node 1 .*did not return from the handler' 1
ill 5 'node 1 .*SIGKILL in the handler of request `echo`, at 0\.[0-9]+s' 1
ill 6 'node 1 .*did not return from the handler' 1
ill 7 'node 1 .*did not return from the handler' 1
runs "many seeds of one that dies altogether" 1 "$fracas" sim "$work/ill5.so" \
	-n 3 --seeds 1..20 -t 1s --db "$db" --json
is "  all of them are done" "$(verdict done)" 20
is "  in one group" "$(verdict 'failures | length')" 1
ill 8 'nothing' 0
runs "one that is not deterministic" 3 "$fracas" sim "$work/ill8.so" -n 3 \
	--seeds 1..64 -t 500ms --db "$db"
like "  is told at which step it differed" "$out" \
	'NOT DETERMINISTIC.*first at step [0-9]+: once, at 0\.[0-9]+s node 1'
ill 9 'nothing' 0
like "sleeping is a misuse" "$(sql "select text from event_text where kind = 'misuse'")" \
	'slept for 2.00ms in the handler of request `echo` \(nanosleep\)'
like "the time is virtual" "$(sql "select text from event_text where name = 'stdout'")" \
	'^at 15778368'
like "randomness is the seed's" "$(sql "select count(distinct text) from event_text where text like 'drawn %'")" '^[1-9]'

# Globals: each node its own, and forgotten by a crash.
runs "globals under kills" 0 "$fracas" sim "$work/ill9.so" -n 3 --seed 3 -t 2s \
	--nemesis kill --interval 300ms --db "$db" --json
ok "  nodes were started again" [ "$(verdict faults.effective)" -ge 3 ]
is "  each boot counts from 1, in each node" "$(sql "
	select count(*) from (select key >> 20 as boot, min(key & 0xfffff) as low,
		max(key & 0xfffff) as high, count(*) as n from event_text
		where run = (select max(id) from run) and kind = 'claim' group by 1)
	where low <> 1 or high <> n")" 0
done_testing
