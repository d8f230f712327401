#!/bin/bash
# SPDX-License-Identifier: MIT
# A simulated run, told again: what each node did, where it is stopped, what
# the nodes are like there, and the same place in gdb.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

export TMPDIR=$work/tmp
mkdir "$TMPDIR"
db=$work/replay.db
mutants=$top_builddir/tests/mutants

run=last
replay() { "$fracas" replay "$run" --db "$db" "$@"; }
# at LINE: that line of the whole.
at() { grep -E "^ *$1 " <<<"$whole"; }

runs "a run that fails" 1 "$fracas" sim "$mutants/abd-no_write_back.so" \
	--seeds 1..1000 --until-failure --nemesis partition,kill,pause --swarm \
	-t 2s --db "$db" --json
run=$(tail -n 1 <<<"$out" | jq -r '.failures[0].run')
runs "is told" 0 replay
whole=$out
lines=$(sed '/^$/,$d' <<<"$whole")
is "  in lines that are numbered" \
	"$(awk '{ print $1 }' <<<"$lines" | cmp - <(seq 1 "$(wc -l <<<"$lines")") && echo all)" all
like "  a client asks" "$whole" $'\n +[0-9]+ +0\\.[0-9]+  client [0-9]+ asks node [0-9]: write [0-9]+ = [0-9]+\n'
like "  a node is called, and what it does stands below" "$whole" \
	$'node 2 is asked by client [0-9]+: write key [0-9]+, [0-9]+\n +[0-9]+ +sends `query` to nodes 0, 1, 3, 4: op [0-9]+, register [0-9]+\n'
like "  it answers" "$whole" $'\n +[0-9]+ +answers client [0-9]+: ok [0-9]+\n'
like "  it claims" "$whole" $'\n +[0-9]+ +([0-9.]+ +)?node [0-9] claims write to register'
like "  what does not arrive is told" "$whole" 'does not get `[a-z]+` from node [0-9] \((cut|node down)'

# ---- a part of it, and a place to stop ----------------------------------------------------

runs "until a line" 0 replay --until 1000
is "  and no further" "$(grep -cE '^ *[0-9]+ +([0-9]+\.|[a-z])' <<<"$(sed '/^After/,$d' <<<"$out")")" 1000
like "  where each node is told" "$out" $'After line 1000, at [0-9.]+s\n  node 0 is up'
is "  all five" "$(grep -cE '^  node [0-4] is (up|down|paused|starting)' <<<"$out")" 5
like "  with a digest" "$out" 'digest of its state [0-9a-f]{16}'
like "  and what is under way" "$out" $'\n +timer `retry` \\([0-9]+\\) runs out in '
runs "until something happens" 0 replay --until message:update
stop=$(sed -n 's/^After line \([0-9]*\),.*/\1/p' <<<"$out")
like "  it does" "$(at "$stop")" 'receives `update`'
is "  for the first time" \
	"$(grep -m 1 'receives `update`' <<<"$whole")" "$(at "$stop")"
runs "at one node" 0 replay --until message:update --node 3
stop=$(sed -n 's/^After line \([0-9]*\),.*/\1/p' <<<"$out")
is "  it is there" "$(grep -m 1 'node 3 receives `update`' <<<"$whole")" "$(at "$stop")"
for what in claim send:stored timer:retry invoke:write fault heal phase:final drop \
	request:read answer; do
	runs "until $what" 0 replay --until "$what"
done
runs "until the violation" 0 replay --until violation
stop=$(sed -n 's/^After line \([0-9]*\),.*/\1/p' <<<"$out")
like "  the read that came too late to be true" "$(at "$stop")" 'client [0-9]+ from node [0-9]: ok, read'
runs "nothing like that" 2 replay --until claim:leader
like "  is said" "$err" 'nothing like that happens'
runs "no such thing" 2 replay --until mesage:update
like "  has a nearest" "$err" "did you mean 'message'"
run=last
# shellcheck disable=SC2086 # flags
${CC:-cc} ${SAN_CFLAGS-} -O1 -g -fPIC -shared -fvisibility=hidden -DILL=5 \
	-I"$top_srcdir/core/include" -o "$work/ill5.so" "$top_srcdir/tests/e2e/sim.c"
runs "a run whose process ended" 1 "$fracas" sim "$work/ill5.so" -n 3 --seed 5 \
	-t 1s --db "$db" -q
runs "  until the violation" 0 replay --until violation
like "  is what there was" "$out" $'node 1 is asked by client [0-9]: echo, [0-9]+\n\nAfter line [0-9]+'
runs "a run that is valid" 0 "$fracas" sim abd --seed 1 -t 200ms --db "$db" -q
runs "  has no violation" 2 replay --until violation
like "  and is told so" "$err" 'there is none'

runs "a run of real processes" 0 "$fracas" run echo -n 1 --ops 5 -t 5s --db "$db" -q
runs "  cannot be made again" 2 replay
like "  and why, and what there is" "$err" 'would not happen the same way again.*fracas show [0-9]+ --events'

# ---- in gdb ------------------------------------------------------------------------------

# Its own symbols, and state where it does not belong: each node has a copy.
# shellcheck disable=SC2086 # flags
${CC:-cc} ${SAN_CFLAGS-} -O0 -g -fPIC -shared -fvisibility=hidden -DILL=9 \
	-I"$top_srcdir/core/include" -o "$work/ill.so" "$top_srcdir/tests/e2e/sim.c"
runs "a plugin with globals" 0 "$fracas" sim "$work/ill.so" -n 3 --seed 3 -t 1s \
	--nemesis kill --db "$db" --json
hash=$(tail -n 1 <<<"$out" | jq -r .hash)
if command -v gdb >/dev/null && [ -z "${SAN_CFLAGS-}" ] &&
	gdb -q -batch -ex run --args true 2>&1 | grep -q 'exited normally'; then
	gdb_says() {
		printf '%s\n' "$@" 'continue' 'quit' >"$work/commands"
		"$fracas" replay last --db "$db" --node 2 --gdb 2 --until request:echo \
			<"$work/commands" >"$work/gdb.out" 2>&1
		status=$?
		out=$(cat "$work/gdb.out")
	}
	gdb_says 'bt 1' 'print me->id' 'print count' 'info symbol on_echo'
	is "gdb comes and goes" $status 0
	like "  it stops in the handler" "$out" '#0  on_echo \(me=0x[0-9a-f]+, rq=0x[0-9a-f]+\)'
	like "  of that node" "$out" '\$1 = 2'
	like "  with its own globals" "$out" '\$2 = 0'
	like "  and the run ends as it did" "$out" "the run is over: valid: .*hash $hash"
	runs "a node that there is not" 2 replay --gdb 7 --until 20
	runs "a node that nothing has called yet" 2 replay --gdb 2 --until 3
	like "  is said" "$err" 'nothing has called this node until line 3'
	ok "nothing is left behind" [ -z "$(find "$TMPDIR" -mindepth 2)" ]
else
	skip "gdb" "it is not installed, may not trace, or sanitizers are in"
fi
mkdir "$work/bin"
runs "without gdb" 2 env PATH="$work/bin" "$fracas" replay last --db "$db" --gdb 2
like "  what to do is said" "$err" 'gdb is not installed, or not in the PATH \(apt install gdb\)'
done_testing
