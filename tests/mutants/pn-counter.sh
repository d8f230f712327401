#!/bin/bash
# SPDX-License-Identifier: MIT
# pn-counter: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps pn-counter

finds pn-counter-net 100
finds pn-counter-no_sync 500 --nemesis kill
# Who has lost his disk must not go on counting where somebody remembers him.
wiped=(-n 3 --beyond --set copies=3
	--plan "$top_srcdir/tests/mutants/plans/wiped.plan")
finds pn-counter-same_identity 500 "${wiped[@]}"
out=$("$fracas" sim "$protocols/pn-counter/pn-counter.so" --seeds 1..100 \
	--swarm -t 3s --db "$work/wiped.db" --json "${wiped[@]}" \
	2>"$work/err" </dev/null)
is "pn-counter: nothing is lost with a disk, if others have it" \
	"$(last '"\(.valid) \(.invalid)"')" "100 0"
finds pn-counter-no_anti_entropy 500 --nemesis partition --set fanout=0
done_testing
