#!/bin/bash
# SPDX-License-Identifier: MIT
# Swarm testing: each seed draws what the command leaves open, the same each
# time, one thing without disturbing another, and says what it drew.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

export TMPDIR=$work/tmp
mkdir "$TMPDIR"
db=$work/swarm.db
mutants=$top_builddir/tests/mutants

verdict() { tail -n 1 <<<"$out" | jq -r ".$1"; }
sql() { sqlite3 "$db" "$1"; }

# draws ARG ...: what each of the first 40 seeds draws, a line each.
draws() {
	local seed
	for ((seed = 1; seed <= 40; seed++)); do
		"$fracas" sim "$@" --swarm --seed $seed -t 200ms --ops 1 --db "$work/draws.db" -q
	done >/dev/null
	sqlite3 "$work/draws.db" "select json_extract(config, '\$.swarm') from run order by id"
	rm "$work"/draws.db*
}
# Without the families: what is drawn of everything else.
others() { sed -E 's/^[a-z,]+(;|$)//; s/^no faults(;|$)//; s/interval [^;]*(;|$)//; s/^ *//'; }

all=$(draws abd --nemesis partition,kill)
plain=$(grep -cx plain <<<"$all")
ok "plain seeds stay among them ($plain of 40)" [ "$plain" -ge 3 ]
ok "  and are the fewer" [ "$plain" -le 20 ]
for what in '^partition(;|$)' '^kill(;|$)' '^partition,kill(;|$)' '^no faults' 'interval [0-9]+' \
	'latency const' 'latency uniform' 'latency exp' 'latency pareto' '[0-9]+ clients?(;|$)' \
	'operations/s' 'retry=2ms' 'retry=1s' 'keys=1(;|$)' 'keys=10' 'reads='; do
	ok "some draw: $what" grep -qE "$what" <<<"$all"
done
is "the same again" "$(draws abd --nemesis partition,kill)" "$all"
is "one more family changes nothing else" \
	"$(draws abd --nemesis partition,kill,pause | others)" "$(others <<<"$all")"
not_ok "nor do other families appear" grep -q pause <<<"$all"
fixed=$(draws abd --nemesis partition,kill -c 3 -r 50 --latency const:1ms \
	--interval 100ms --set retry=5ms --set keys=2)
not_ok "what is given is not drawn" grep -qE 'client|operations/s|latency|interval|retry|keys' <<<"$fixed"
ok "  what is left open still is" grep -q 'reads=' <<<"$fixed"
is "  and is the same as before" "$(grep -oE 'reads=[^;]*' <<<"$fixed")" \
	"$(grep -oE 'reads=[^;]*' <<<"$all")"
ok "all: of every family there is" grep -qE '^[a-z,]*pause' <<<"$(draws abd --nemesis all)"
ok "no tail for who needs delays to be bounded" \
	grep -q 'latency exp' <<<"$(draws primary-backup)"
not_ok "  nor any pareto" grep -q pareto <<<"$(draws primary-backup)"
not_ok "without --nemesis there are no faults" grep -qE 'partition|kill|pause|no faults' \
	<<<"$(draws abd)"

# ---- many seeds, and one of them -------------------------------------------------------

search=(sim "$mutants/abd-half.so" --nemesis partition,kill --swarm -t 1s --db "$db")
runs "many seeds, one at a time" 1 "$fracas" "${search[@]}" --seeds 1..60 --jobs 1
told=$out
like "  a failure says what it drew" "$out" 'seed [0-9]+: [a-z-]+: .* \(run [0-9]+\) \[[^]]+\]'
like "  so does the end" "$out" 'which draws: [a-z]'
like "  and how to have it again" "$out" 'to run it again:
  fracas sim [^ ]*abd-half.so --nemesis partition,kill --swarm -t 1s --db [^ ]* --seed [0-9]+'
runs "two at a time" 1 "$fracas" "${search[@]}" --seeds 1..60 --jobs 2 --json
is "  give the same, seed by seed" \
	"$(sql 'select seed, verdict, hash from seed where batch = 2 order by seed')" \
	"$(sql 'select seed, verdict, hash from seed where batch = 1 order by seed')"
is "  twice the same" "$(verdict unsteady)" 0
like "  and tell programs what was drawn" "$(verdict 'failures[0].drawn')" '^[a-z]'

first=$(sed -n 's/^seed \([0-9]*\):.*/\1/p' <<<"$told" | head -n 1)
run=$(sed -n 's/^seed [0-9]*:.*(run \([0-9]*\)).*/\1/p' <<<"$told" | head -n 1)
hash=$(sql "select hash from seed where batch = 1 and seed = $first")
again=$(sed -n '/^to run it again:/{n;s/^ *fracas //;p}' <<<"$told")
# shellcheck disable=SC2086 # a command line
runs "the command that is printed" 1 "$fracas" $again --json
is "  gives the same run" "$(jq -r .hash <<<"$(tail -n 1 <<<"$out")")" \
	"$(sql "select hash from seed where batch = 1 and seed = $(grep -oE '[0-9]+$' <<<"$again")")"
runs "one of them alone" 1 "$fracas" "${search[@]}" --seed "$first" --json
is "  is the same run" "$(verdict hash)" "$hash"
is "  without its own command being changed" "$(sql "select json_extract(config, '\$.swarm') from run order by id desc limit 1")" \
	"$(sql "select json_extract(config, '\$.swarm') from run where id = $run")"
runs "it is shown" 0 "$fracas" show "$run" --db "$db"
like "  with what was drawn" "$out" "drawn +[a-z]"
like "  and the command of this seed" "$out" "again +fracas sim .*--swarm .*--seed $first"
not_ok "  and not of all" grep -q -- '--seeds' <<<"$out"
runs "it is replayed" 0 "$fracas" replay "$run" --db "$db"
like "  to the same verdict" "$(tail -n 1 <<<"$out")" '^invalid: '
runs "--resume knows it" 1 "$fracas" "${search[@]}" --seeds 1..60 --resume --json
is "  " "$(verdict skipped)" 60
runs "--resume without --swarm does not" 1 "$fracas" sim "$mutants/abd-half.so" \
	--nemesis partition,kill -t 1s --db "$db" --seeds 1..5 --resume --json
is "  " "$(verdict skipped)" 0

# ---- what it is for ----------------------------------------------------------------------

runs "abd without write-back is found within 200 seeds" 1 "$fracas" sim \
	"$mutants/abd-no_write_back.so" --nemesis partition,kill,pause --swarm \
	--seeds 1..200 -t 2s --until-failure --db "$db" --json
note "at seed $(verdict 'failures[0].first'), which draws: $(verdict 'failures[0].drawn')"
like "  as what it is" "$(verdict 'failures[0].fingerprint')" '^stale-read'
for p in abd broadcast flake-ids; do
	runs "$p keeps its promise in every one" 0 "$fracas" sim $p --nemesis kill --swarm \
		--seeds 1..100 -t 1s --db "$db" --json
	is "  " "$(verdict invalid)" 0
done

runs "refused with real processes" 2 "$fracas" run abd --swarm --db "$db"
like "  and why" "$err" 'simulated'
runs "knobs are described" 0 "$fracas" describe abd
like "  with what is drawn" "$out" 'KNOB.*retry .*1ms \.\. 10s +2ms \.\. 1s'
runs "  for programs" 0 "$fracas" describe abd --json
is "  too" "$(jq -c '.params[] | select(.name == "retry") | [.knob, .low, .high]' <<<"$out")" \
	'[true,"2ms","1s"]'
done_testing
