#!/bin/bash
# SPDX-License-Identifier: MIT
# What only the faults of one family can find: small protocols (courier,
# bracha, tickets), right as they stand, and each with one precaution taken
# away.  Each mutant is found with its family, and neither without faults nor
# with the families that need another precaution.  All in virtual time, over
# seeds, so that what passes once passes always.
#
# And each family takes effect and ends in processes, too.
. "$top_srcdir/tests/mutants/library.sh"
common=(-n 4 -c 8 --interval 1s --beyond --json --db "$work/runs.db")
most=60 few=10

# searched NAME SEEDS ARG ...: how many of them are invalid, in $invalid.
searched() {
	local name=$1 seeds=$2
	shift 2
	out=$("$fracas" sim "$mutants/$name.so" --seeds "1..$seeds" \
		"${common[@]}" "$@" 2>"$work/err" </dev/null)
	case $? in
	0 | 1 | 3) invalid=$(last .invalid) ;;
	*) invalid=none && note "$(head -c 2000 "$work/err")" ;;
	esac
}

# finds BASE BUG FAMILY VIOLATION "SPARED ..." ARG ...
finds() {
	local base=$1 bug=$1-$2 family=$3 want=$4 spared=$5 other begun=$SECONDS
	shift 5
	searched "$base" $few "$@" --nemesis "$family"
	is "$base bears $family" "$invalid" 0
	searched "$bug" $most "$@" --nemesis "$family" --until-failure
	print=$(last '.failures[0].fingerprint // "-"')
	row finds "$bug" "$([ "$print" != - ] && echo found || echo missed)" \
		"${print%%:*}" "$(last '.failures[0].first // "-"')" \
		$((SECONDS - begun)) -
	is "$bug is found with $family" "$(last '.failures | length > 0')" \
		true
	like "  by what it does" "$print" \
		"^($want)"
	searched "$bug" $few "$@"
	is "  and not without faults" "$invalid" 0
	for other in $spared; do
		searched "$bug" $few "$@" --nemesis "$other"
		is "  nor with $other" "$invalid" 0
	done
}

register='invented|stale-read|future-read|order|no-order|not-linearizable'
all="partition delay loss duplicate reorder corrupt bandwidth replay client"

finds courier no_sum corrupt "$register" "${all/corrupt /}" -t 3s
finds courier no_number duplicate "$register" "delay bandwidth client" -t 3s
finds courier one_bit reorder "$register" \
	"partition delay loss duplicate corrupt bandwidth client" -t 3s
finds courier byte replay "$register" "${all/replay /}" -t 3s
finds courier no_retry loss no-progress \
	"delay duplicate bandwidth replay client" -t 3s
finds courier impatient delay "$register" "${all/delay /}" -t 3s
finds courier bulk bandwidth "$register" "${all/bandwidth /}" -t 8s
finds courier no_dedup client "$register" "${all/ client/}" -t 3s
finds bracha 2f byzantine claim "$all" -t 3s --set list=0
finds tickets no_draw twins duplicate "$all" -t 3s

# A liar among so few is more than bracha bears.
runs "the guard keeps liars out" 2 "$fracas" sim "$mutants/bracha.so" -n 3 \
	--nemesis byzantine
like "  and says why" "$err" 'bears any byzantine node among 3'

# Chosen liars are the same all the time.
runs "so many liars" 0 "$fracas" sim "$mutants/bracha.so" -n 7 --byzantine 2 \
	-t 3s --seed 1 --set list=0 --db "$work/runs.db"
is "  are the same in every fault" "$("$fracas" show last --json --db \
	"$work/runs.db" | jq -r .plan | grep -o '[^ ]*$' | sort -u | wc -l)" 1
runs "more than it bears" 2 "$fracas" sim "$mutants/bracha.so" -n 4 \
	--byzantine 2
like "  are kept out" "$err" '2 liars: the protocol says that it bears 1'

# In processes: the same faults, drawn from the same seed, do something and
# come to their end.
plan_of() {
	"$fracas" show last --json --db "$work/runs.db" | jq -r .plan
}

for family in $all byzantine twins; do
	plans=()
	for world in sim live; do
		out=$("$fracas" run "$mutants/courier.so" --world $world -t 2s \
			--seed 3 --nemesis "$family" "${common[@]}" \
			2>"$work/err" </dev/null)
		is "$world: $family takes effect and ends" "$(tail -n 1 \
			<<<"$out" | jq -r '.faults | "\(.started) \(
			.effective > 0)"')" "2 true"
		plans+=("$(plan_of)")
	done
	is "  the same faults" "${plans[1]}" "${plans[0]}"
done
done_testing
