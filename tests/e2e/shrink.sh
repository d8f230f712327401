#!/bin/bash
# SPDX-License-Identifier: MIT
# Failures made small: the same violation, nothing in it that could be left
# out, the same result whoever computes it, and words that tell the story.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

export TMPDIR=$work/tmp
mkdir "$TMPDIR"
db=$work/shrink.db
mutants=$top_builddir/tests/mutants

field() { tail -n 1 <<<"$out" | jq -r ".$1"; }
sql() { sqlite3 "$db" "$1"; }

# fails MUTANT ARG ...: the first failing seed's run is in $run.
fails() {
	local name=$1
	shift
	runs "$name fails" 1 "$fracas" sim "$mutants/$name.so" --until-failure \
		--db "$db" --json "$@"
	run=$(field 'failures[0].run')
	print=$(field 'failures[0].fingerprint')
}

# shrink: of $run; the new one is in $small, what it is in $out.
shrink() {
	runs "  it is shrunk" 0 "$fracas" shrink "$run" --db "$db" --json
	small=$(field run)
	note "$(field words)"
	note "$(field candidates) candidates, $(field seconds)s"
	is "  with the same fingerprint" "$(field fingerprint)" "$print"
	is "  to a minimal one" "$(field minimal)" true
	is "  that says from where" "$(sql "select shrunk_from from run where id = $small")" "$run"
}

# Every line of the scenario that something happens in, left out alone.
is_minimal() {
	local file=$work/minimal.scenario line bad=
	"$fracas" shrink "$run" --db "$db" --scenario "$file" -q >/dev/null
	runs "  as a scenario it is as expected" 0 "$fracas" scenario "$file" --db "$db"
	while read -r line; do
		sed "${line}d" "$file" >"$work/less.scenario"
		"$fracas" scenario "$work/less.scenario" --db "$db" \
			>/dev/null 2>&1 && bad="$bad $line"
	done < <(grep -nE '^(at|finally at|message|start|random|fault) ' "$file" | cut -d: -f1)
	is "  which nothing can be left out of" "$bad" ''
}

# The same with one worker and with two; and another shrink changes nothing.
is_steady() {
	local words size
	words=$(field words)
	runs "  with one worker" 0 "$fracas" shrink "$run" --db "$db" --json --jobs 1
	is "    it is the same" "$(field words)" "$words"
	runs "  with two" 0 "$fracas" shrink "$run" --db "$db" --json --jobs 2
	is "    it is the same" "$(field words)" "$words"
	# A time may still become a rounder one.
	size=$(field after)
	runs "  what is shrunk already" 0 "$fracas" shrink "$small" --db "$db" --json
	is "    stays as small as it is" "$(field after)" "$size"
	runs "  it is replayed" 0 "$fracas" replay "$small" --db "$db"
	like "    to the same verdict" "$(tail -n 1 <<<"$out")" '^invalid: '
	runs "  it is judged again" 1 "$fracas" check "$small" --db "$db" -q
}

# ---- the new/old inversion ------------------------------------------------------------

fails abd-no_write_back --seeds 1..200 -t 2s --nemesis partition --interval 200ms \
	--set keys=1 --set reads=0.8 -c 10
shrink
ok "  at most 4 operations" [ "$(field after.operations)" -le 4 ]
ok "  at most 3 deviations" [ "$(field after.deviations)" -le 3 ]
ok "  some hundred candidates do" [ "$(field candidates)" -lt 2000 ]
words=$(field words)
like "  told in sentences: a write" "$words" 'client [0-9] asks node [0-9] to write 1 \(key 0\)'
like "  a message that is late" "$words" 'the message `update` from node [0-9] to node [0-9] takes [0-9.]+m?s, until'
like "  a read that sees it" "$words" 'asks node [0-9] to read \(key 0\); the answer, at [0-9.]+m?s: 1'
like "  and a later one that does not" "$(grep 'to read' <<<"$words" | tail -n 1)" 'nil$'
runs "  replay" 0 "$fracas" replay "$small" --db "$db"
like "    says why that is wrong" "$out" 'read key 0 -> 1\) was over before \(client [0-9]: read key 0 -> nil\) was called'
like "    and draws it" "$out" '\|-a-\|'
runs '  once more' 0 "$fracas" shrink "$run" --db "$db" --json
is_steady
is_minimal
runs "  the scenario against the correct one" 1 "$fracas" scenario \
	"$work/minimal.scenario" --protocol abd --db "$db"
like "    is not as expected: it is valid" "$out" 'expected: invalid stale-read; but the run is valid'
runs "for people" 0 "$fracas" shrink "$run" --db "$db"
like "  what it was" "$out" "run $run: [0-9]+ operations by 10 clients, [0-9]+ faults, 5 nodes"
like "  and how it is shown" "$out" 'fracas replay [0-9]+ --db'
runs "show" 0 "$fracas" show "$small" --db "$db"
like "  tells how it was made" "$out" "again +fracas shrink $run"

# ---- other mutants, other kinds of violations -----------------------------------------

while read -r name most args; do
	# shellcheck disable=SC2086 # words
	fails "$name" $args
	shrink
	ok "  at most $most operations" [ "$(field after.operations)" -le "$most" ]
	is_steady
	is_minimal
done <<-END
	abd-half 2 --seeds 1..50 -n 4 -t 1s --nemesis partition
	abd-no_write_back 4 --seeds 1..200 -t 1s --nemesis partition --interval 100ms --set reads=0.9 --set keys=1 -c 10 -r 0 --set turn=0 --latency uniform:1ms,5ms
	abd-no_write_back 4 --seeds 1..200 -n 3 -t 1s --nemesis partition --interval 100ms --set reads=0.9 --set keys=1 -c 10 -r 0 --set turn=0 --latency pareto:1ms,1.5
	primary-backup-early_answer 3 --seeds 1..50 -t 4s --nemesis kill
	flake-ids-no_node 2 --seeds 1..9 -n 3 -t 500ms
	echo-stale_answer 10 --seeds 1..9 -n 3 -t 500ms
	broadcast-no_anti_entropy 3 --seeds 1..50 -t 1s --nemesis partition
END

# A node that crashes: what led to it.
${CC:-cc} ${SAN_CFLAGS-} -O1 -g -fPIC -shared -fvisibility=hidden \
	-I"$top_srcdir/core/include" -DILL=3 -o "$work/ill.so" "$top_srcdir/tests/e2e/sim.c"
runs "a protocol that exits" 1 "$fracas" sim "$work/ill.so" -n 3 --seeds 5..5 -t 1s \
	--db "$db" --json
run=$(field 'failures[0].run') print=$(field 'failures[0].fingerprint')
like "  crashes" "$print" '^crash: node # ended by itself: exited with status #'
shrink
like "  told to its end" "$(field words)" 'node [01] ends by itself: exited with status 7'
is "  on as few nodes as it takes" "$(field after.nodes)" 2

# ---- what it is not for, and its end --------------------------------------------------

runs "a valid run" 0 "$fracas" sim abd -t 200ms --seed 1 --db "$db" -q
runs "  is not shrunk" 2 "$fracas" shrink last --db "$db"
like "  and is told so" "$err" 'is valid: there is no violation to shrink'
runs "a run of real processes" 0 "$fracas" run echo -n 1 --ops 5 -t 5s --db "$db" -q
runs "  is not shrunk" 2 "$fracas" shrink last --db "$db"
like "  and is told why" "$err" 'real processes and clocks'
runs "what there is not" 2 "$fracas" shrink 4711 --db "$db"

fails abd-no_write_back --seeds 1..200 -t 2s --nemesis partition --interval 200ms \
	--set keys=1 --set reads=0.8 -c 10
runs "with a budget of next to nothing" 0 "$fracas" shrink "$run" --budget 1ms \
	--db "$db" --json
is "  the best so far is kept" "$(field late)" true
best=$(field run)
is "  and fails in the same way" "$(sql "select verdict from run where id = $best")" invalid
run=$best
shrink
ok "  from there it goes on" [ "$(field after.operations)" -le 4 ]
ok "nothing is left behind" [ -z "$(find "$TMPDIR" -mindepth 2)" ]
done_testing
