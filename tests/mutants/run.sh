#!/bin/bash
# SPDX-License-Identifier: MIT
# The testbed tested: each protocol keeps its promise in a run of real
# processes, and each of its mutants, the same source with one planted bug, is
# found, with the right kind of violation.  `make mutants` runs this alone.
#
# A mutant is searched for over a few seeds; each run is bounded in time, and
# its plan makes the bug all but certain to show in it.  Nothing here asserts
# on how fast anything is.
. "$top_srcdir/tests/mutants/library.sh"
plans=$top_srcdir/tests/mutants/plans
seeds=6

# keeps PROTOCOL ARG ...: valid, under the faults that are asked for.
keeps() {
	local name=$1
	shift
	runs "$name keeps its promise" 0 "$fracas" run \
		"$protocols/$name/$name.so" --seed 1 --json "$@"
	is "$name: valid" "$(last .verdict)" valid
	[[ " $* " =~ " --nemesis "|" --plan " ]] &&
		ok "$name: under faults that took effect" \
			[ "$(last .faults.effective)" -gt 0 ]
	note "$name: $(last '"\(.ops.ok) ok, \(.faults.started) faults"')"
}

# finds MUTANT VIOLATION ARG ...: VIOLATION is an extended regular expression.
finds() {
	local name=$1 want=$2 seed status violation=none begun=$SECONDS
	shift 2
	for ((seed = 1; seed <= seeds; seed++)); do
		out=$("$fracas" run "$mutants/$name.so" --seed "$seed" --json \
			"$@" 2>"$work/err" </dev/null)
		status=$?
		# Valid and unknown are not found; all else but invalid is wrong.
		[ $status -eq 0 ] || [ $status -eq 3 ] || break
	done
	[ $status -eq 1 ] && violation=$(last .violation)
	like "$name is found: exit status" "$status" '^1$'
	like "$name is found: violation" "$violation" "^($want)\$"
	note "$name: $violation, seed $seed: $(last .reason)"
	row finds "$name (processes)" \
		"$([ $status -eq 1 ] && echo found || echo missed)" \
		"$violation" "$seed" $((SECONDS - begun)) -
	[ $status -eq 1 ] || note "$(head -c 2000 "$work/err")"
}

# What the checker of single registers can find fault with.
not_linearizable='stale-read|future-read|order|no-order|not-linearizable'

keeps echo -n 3 -t 1s
finds echo-stale_answer mismatch -n 3 -t 1s

keeps flake-ids -n 5 -t 2s --nemesis kill --interval 400ms
finds flake-ids-no_node duplicate -n 3 -c 9 -r 0 -t 2s --ops 5000

keeps broadcast -n 9 --topology grid -t 2s --nemesis partition,kill \
	--interval 500ms --set settle=30s
finds broadcast-no_anti_entropy lost -n 5 -t 2s --plan "$plans/cut.plan" \
	--set settle=500ms

# A write that has asked a majority and is then cut off is told to few; for a
# while some reads see it, and others do not.  Short cuts, many reads, and few
# writes that contend: then those reads follow each other.
inversion=(-n 5 -c 50 -r 0 -t 3s --nemesis partition --interval 100ms
	--latency exp:2ms --set reads=0.9 --set keys=20 --set turn=0)
keeps abd "${inversion[@]}"
keeps abd -n 5 -t 3s --nemesis partition,kill --interval 1s
finds abd-no_write_back "$not_linearizable" "${inversion[@]}"
finds abd-half "$not_linearizable" -n 4 -t 2s --plan "$plans/halves.plan" \
	--set keys=1 --set turn=0

# Its promise ends where a machine is so slow that one alive is taken for dead.
keeps primary-backup -n 5 -t 7s --plan "$plans/first.plan" --set patience=3s
finds primary-backup-early_answer "$not_linearizable|claim" -n 5 -t 4s \
	--plan "$plans/first.plan" --set beat=300ms --set patience=1500ms \
	--set keys=1 --set turn=0
# No mutant, but a promise that is not made: two primaries.
cp "$protocols/primary-backup/primary-backup.so" .
mutants=. finds primary-backup "$not_linearizable|claim" -n 5 -t 3s \
	--plan "$plans/two-primaries.plan" --beyond --set patience=500ms \
	--set keys=1 --set turn=0
done_testing
