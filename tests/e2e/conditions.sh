#!/bin/bash
# SPDX-License-Identifier: MIT
# The checker's conditions from the outside: listed, described, named by a
# workload and by people, in both worlds, and transactions through a whole run.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99
export TMPDIR=$work
cd "$work" || exit 99
plugins=$top_builddir/tests/unit/plugins
store=$plugins/txn-store.so
append=$plugins/list-append.so

# ---- list and describe ----------------------------------------------------------

runs "list conditions" 0 "$fracas" list conditions --names
is "  each with one name" "$(sort <<<"$out" | uniq -d)" ""
conditions=$out
like "  weaker ones" "$conditions" $'(^|\n)monotonic-reads\n'
like "  and those of transactions" "$conditions" $'\nsnapshot-isolation\n'
models=$("$fracas" list models --names)
is "no model has a condition's name" \
	"$(sort <<<"$models"$'\n'"$conditions" | uniq -d)" ""
runs "list" 0 "$fracas" list
like "  has them too" "$out" $'\nConditions:\n  sequential '
for c in $conditions; do
	runs "describe $c" 0 "$fracas" describe "$c"
	like "  its operations, and how to use it" "$out" \
		'operations .*fracas check RUN\|FILE --model '"$c"
	runs "  as JSON" 0 "$fracas" describe "$c" --json
	is "  with the settings apart" "$(jq -r 'select(.type == "condition") |
		[.type, (.operations|length > 3),
		([.settings[]|(.setting|contains("=")) and (.help|length > 5)]|all)]|@csv' \
		<<<"$out")" '"condition",true,true'
done
runs "describe isolation levels" 0 "$fracas" describe list-append
like "  with all of them" "$out" $'\n  strict-serializable +serializable in real time'
runs "a name that is none" 2 "$fracas" describe sequentail
like "  offers the nearest" "$err" "did you mean 'sequential'"

# ---- a workload that names a condition -------------------------------------------

runs "describe the workload" 0 "$fracas" describe "$append"
like "  says how it is judged" "$out" 'judged by +list-append with isolation=\$isolation'
runs "  as JSON too" 0 "$fracas" describe "$append" --json
is "  apart" "$(jq -c .conditions <<<"$out")" \
	'[{"name":"list-append","settings":"isolation=$isolation"}]'
runs "lint has nothing against it" 0 "$fracas" lint "$append"

# judged WORLD STATUS "what" ARG ...
judged() {
	local world=$1 status=$2 what=$3
	shift 3
	runs "$world: $what" "$status" "$fracas" run "$store" -w "$append" \
		--world "$world" -n 2 -c 4 --ops 300 -t 30s --rate 0 --seed 5 --json "$@"
	line=$(tail -n 1 <<<"$out")
}

for world in live sim; do
	judged $world 0 "transactions one after the other"
	is "  are judged by their cycles" "$(jq -r .algorithm <<<"$line")" \
		"dependency cycles"
	like "  and keep what is promised" "$(jq -r .reason <<<"$line")" \
		'strict-serializable'
	judged $world 1 "reads of the past" --set bug=stale
	like "  are wrong in real time" "$(jq -r .violation <<<"$line")" 'causal|realtime|session'
	runs "  judged again" 1 "$fracas" check --json
	is "  alike" "$(jq -r .violation <<<"$out")" "$(jq -r .violation <<<"$line")"
	runs "  show" 0 "$fracas" show
	like "  has a picture" "$out" $'\n  client [0-9] +[|]-+T[0-9]'
	like "  and the transactions" "$out" $'\n  T1: '
	judged $world 0 "the same" --set bug=stale --set isolation=serializable
	like "  is serializable" "$(jq -r .reason <<<"$line")" 'serializable'
	runs "  judged again" 0 "$fracas" check -q
	runs "  but not by another level" 1 "$fracas" check \
		--model list-append --set isolation=strict-serializable -q
	judged $world 1 "what failed shows" --set bug=dirty
	is "  as what it is" "$(jq -r .violation <<<"$line")" G1a
done
runs "the history of transactions" 0 "$fracas" export -o txns.jsonl
runs "  is judged from a file" 1 "$fracas" check txns.jsonl --json
is "  by what it looks like" "$(jq -r '.model + " " + .violation' <<<"$out")" \
	"list-append G1a"
runs "a level that is none" 2 "$fracas" run "$store" -w "$append" -n 1 \
	--set isolation=serialisable
like "  is refused before the run" "$err" "list-append: .*no model .serialisable"

# ---- a condition that is asked for -----------------------------------------------

for model in sequential read-your-writes monotonic-writes \
	cas-register:initial=nil rw-register:isolation=strict-serializable; do
	runs "run --model $model" 0 "$fracas" run abd -n 3 -c 3 --ops 150 \
		-t 30s --rate 0 --seed 3 --model $model --json
	runs "  judged again" 0 "$fracas" check -q
done
runs "run --model: not by this one" 1 "$fracas" run abd -n 3 -c 3 --ops 60 \
	-t 30s --rate 0 --seed 3 --model register:initial=7 -q
is "  it says" "$out" invalid
runs "a setting that is none" 2 "$fracas" run abd --model sequential:initail=7
like "  is refused before the run" "$err" "there is no setting"
runs "a condition that is none" 2 "$fracas" run abd --model sequentail
like "  offers the nearest" "$err" "did you mean 'sequential'"
runs "a setting without a value" 2 "$fracas" run abd --model sequential:initial
like "  is refused" "$err" 'write NAME=VALUE'

# ---- a check that sees the run's parameters -----------------------------------------

runs "the broadcast workload" 0 "$fracas" run broadcast -n 3 -t 300ms \
	--set settle=0 --seed 1 --world sim -q
runs "its stale reads, where they are forbidden" 1 "$fracas" run broadcast -n 9 \
	--topology line -t 3s --seed 1 --world sim --set stale=violation --json
is "  are a violation" "$(tail -n 1 <<<"$out" | jq -r .violation)" stale
runs "  again" 1 "$fracas" check --json
is "  from what is stored" "$(jq -r .violation <<<"$out")" stale
done_testing
