#!/bin/bash
# SPDX-License-Identifier: MIT
# Paxos: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps paxos -r 100

finds paxos-shared_ballots 500 -r 100
finds paxos-quorums_miss 500 -r 100
finds paxos-last_promise 2000 --nemesis partition,delay -r 100
sought paxos-accept_promises_nothing 20000 'three proposers, and a late accept' \
	--nemesis delay,reorder,partition -r 100
sought paxos-ballot_reused 20000 'a crash between two phases, twice' \
	--nemesis kill,crash-at -r 100
done_testing
