#!/bin/bash
# SPDX-License-Identifier: MIT
# Hybrid logical clocks: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"
wild=(--plan "$top_srcdir/tests/mutants/plans/wild.plan" --beyond --set wild=1)

keeps hlc
keeps hlc -n 3

finds hlc-no_merge 100 --nemesis clock
finds hlc-no_count 100
finds hlc-no_bound 1000 --nemesis kill,clock --interval 100ms
finds hlc-no_limit 10 "${wild[@]}"
# The same clock without that bug.
out=$("$fracas" sim "$protocols/hlc/hlc.so" --seeds 1..100 --swarm -t 3s \
	--db "$work/wild.db" --json "${wild[@]}" 2>"$work/err" </dev/null)
is "one wild clock drags nobody along" "$(last '"\(.valid) \(.invalid)"')" \
	"100 0"
done_testing
