#!/bin/bash
# SPDX-License-Identifier: MIT
# lww: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps lww

finds lww-no_tie 500 --plan "$top_srcdir/tests/mutants/plans/ticks.plan"
finds lww-no_sync 500 --nemesis kill --set newest=world
finds lww-reaps 500 --nemesis partition --set newest=world -r 100 \
	--set keys=30 --set deletes=0.6 --set period=20ms

# What it does not promise: that the last write wins.  It does while clocks are
# right, and an acknowledged write is lost where they are not.
newest() {
	out=$("$fracas" sim "$protocols/lww/lww.so" --seeds 1..50 --swarm \
		-t 3s --db "$work/newest.db" --json --set newest=world \
		--nemesis "$1" 2>"$work/err" </dev/null)
	rm -f "$work/newest.db"*
}
newest partition,kill,delay,loss
is "lww: the last write wins while clocks are right" "$(last .invalid)" 0
newest clock
ok "lww: writes are lost where they are not" [ "$(last .invalid)" -gt 0 ]
like "  and that is what is said" \
	"$(last '.failures[0].fingerprint')" '^overwritten'
done_testing
