#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs that are told step by step: as expected, not as expected, and files
# that are wrong.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

export TMPDIR=$work/tmp
mkdir "$TMPDIR"
db=$work/scenario.db
data=$top_srcdir/tests/data/scenarios
mutants=$top_builddir/tests/mutants

for file in "$data"/*.scenario; do
	runs "$(basename "$file")" 0 "$fracas" scenario "$file" --db "$db" --json
	is "  is as expected" "$(jq -r .passed <<<"$out")" true
	ok "  in more than one thing" [ "$(jq -r .expected <<<"$out")" -gt 1 ]
	hash=$(jq -r .hash <<<"$out")
	cp "$file" "$work/same.scenario"
	echo "expect hash $hash" >>"$work/same.scenario"
	runs "  its hash can be expected" 0 "$fracas" scenario "$work/same.scenario" --db "$db"
done
runs "all at once" 0 "$fracas" scenario "$data"/*.scenario --db "$db" -q
is "  quietly" "$out" ''

runs "the inversion, without write-back" 1 "$fracas" scenario \
	"$data/abd-inversion.scenario" --protocol "$mutants/abd-no_write_back.so" --db "$db"
like "  names the line and what came" "$out" 'abd-inversion.scenario:14: expected: gives 2 by 70ms; but it gave 1, at 6[0-9.]+ms'
like "  and the violation" "$out" 'expected: valid; but the run is invalid stale-read'
like "  and how to look at it" "$out" 'step by step: fracas replay [0-9]+ --db'
run=$(sed -nE 's/.*fracas replay ([0-9]+).*/\1/p' <<<"$out")
runs "  which works" 0 "$fracas" replay "$run" --db "$db"
like "  and shows it" "$out" 'client 2 from node 2: ok, read 0 = 1'
runs "  and is shrunk" 0 "$fracas" shrink "$run" --db "$db"

# says TEXT LINE ...: a scenario of these lines is not as expected, and says so.
# shellcheck disable=SC2317 # both are called
says() {
	local want=$1
	shift
	printf '%s\n' 'protocol primary-backup' 'nodes 3' "$@" >"$work/x.scenario"
	runs "not as expected: ${!#}" 1 "$fracas" scenario "$work/x.scenario" --db "$db"
	like "  $want" "$out" "^x.scenario:$want"
}
write='at 10ms client 0 node 0: write key 0 value 1'
says '3: expected: fails; but it gave nil, at ' "$write fails"
says '3: expected: gives 2; but it gave nil' "$write gives 2"
says '3: expected: is unsure by 1s; but' "$write is unsure by 1s"
says '3: expected: succeeds by 1ms; but it gave nil, at ' "$write succeeds by 1ms"
says '4: expected: node 1 role=primary by 5ms; but node 1 said role is backup' \
	"$write" 'expect node 1 role=primary by 5ms'
says '4: expected: node 1 mood=good by 5ms; but node 1 said nothing of mood' \
	"$write" 'expect node 1 mood=good by 5ms'
says '5: expected: node 0 role=primary at 2s; but' 'at 100ms for 1s kill 0' \
	"$write" 'expect node 0 role=primary at 2s'
says '4: expected: node 0 claims update 1 2; but node 0 said update is 1' \
	"$write" 'expect node 0 claims update 1 2'
says '4: expected: invalid; but the run is valid' "$write" 'expect invalid'
says '4: expected: hash 0123456789abcdef; but its hash is' "$write" \
	'expect hash 0123456789abcdef'
says '4: expected: gives 1; but it was never asked' 'length 100ms' \
	"${write/10ms/200ms} gives 1"
# Where no verdict is expected, nothing may be wrong.
grep -v '^expect\|gives 2 by 70ms' "$data/abd-inversion.scenario" >"$work/y.scenario"
echo 'at 60ms client 2 node 2: read key 0' >>"$work/y.scenario"
runs "a violation that nobody expects" 1 "$fracas" scenario "$work/y.scenario" \
	--protocol "$mutants/abd-no_write_back.so" --db "$db"
like "  is told" "$out" 'no violation was expected; but stale-read'

# wrong TEXT LINE ...: a scenario of these lines is refused.
wrong() {
	local want=$1
	shift
	printf '%s\n' "$@" >"$work/bad.scenario"
	runs "refused: ${*: -1}" 2 "$fracas" scenario "$work/bad.scenario" --db "$db"
	is "  in one line" "$(wc -l <<<"$err")" 1
	like "  $want" "$err" "$want"
}
wrong 'it names no protocol' 'nodes 3'
wrong "bad.scenario:1:10: .*there is no protocol|abd" 'protocol abdd'
wrong 'bad.scenario:2:7: ' 'protocol abd' 'nodes 0'
wrong "bad.scenario:3:1: 'nodes' was told already" 'protocol abd' 'nodes 3' 'nodes 4'
wrong "bad.scenario:2:1: no line begins with 'expct'; did you mean 'expect'" 'protocol abd' 'expct valid'
wrong "bad.scenario:2:8: 'expect' what" 'protocol abd' 'expect vaild'
wrong 'bad.scenario:2:27: a hash has 16|bad.scenario:2:13: a hash has 16' 'protocol abd' 'expect hash 12'
wrong "bad.scenario:2:25: there is no operation 'raed'; did you mean 'read'" 'protocol abd' 'at 1ms client 0 node 0: raed key 0'
wrong "bad.scenario:2:37: 'giving' is nothing that comes" 'protocol abd' 'at 1ms client 0 node 0: read key 0  giving 1'
wrong "bad.scenario:2:9: there is no message 'udpate'; did you mean 'update'" 'protocol abd' 'message udpate 1 from node 0 to node 1 is lost'
wrong 'bad.scenario:2:13: a parameter|bad.scenario:2:5: a parameter' 'protocol abd' 'set retry'
wrong "nothing happens" 'protocol abd' 'expect valid'
wrong "bad.scenario:2:[0-9]+: kill" 'protocol abd' 'at 1s for 1s kill 7'
runs "no such file" 2 "$fracas" scenario "$work/none.scenario" --db "$db"
runs "not a text" 2 "$fracas" scenario "$fracas" --db "$db"
runs "a good one behind a bad one" 2 "$fracas" scenario "$work/bad.scenario" \
	"$data/echo.scenario" --db "$db"
like "  is run all the same" "$out" 'echo.scenario: as expected'
ok "nothing is left behind" [ -z "$(find "$TMPDIR" -mindepth 2)" ]
done_testing
