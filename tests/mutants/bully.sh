#!/bin/bash
# SPDX-License-Identifier: MIT
# The bully: see library.sh.  Faults that last: an election takes a second.
. "$top_srcdir/tests/mutants/library.sh"
long=(--interval 3s -t 15s)

keeps bully
keeps bully "${long[@]}"
keeps bully -n 3 "${long[@]}"
# The same question, of who has terms.
keeps raft -w election

finds bully-stubborn 100 --nemesis kill "${long[@]}"
finds bully-old_coordinator 100 --nemesis kill
finds bully-reign_reused 100 --nemesis kill
# No bug, but a promise that is not made: two where messages are late or lost.
for family in partition delay loss; do
	out=$("$fracas" sim "$protocols/bully/bully.so" --seeds 1..200 --swarm \
		--nemesis "$family" --beyond --until-failure "${long[@]}" \
		--db "$work/beyond.db" --json 2>"$work/err" </dev/null)
	is "$family makes two coordinators" \
		"$(last '.failures[0].fingerprint | split(":")[0]')" two-leaders
	rm -f "$work/beyond.db"*
done
done_testing
