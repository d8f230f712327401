#!/bin/bash
# SPDX-License-Identifier: MIT
# Paxos: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps paxos -r 100

finds paxos-shared_ballots 500 -r 100
finds paxos-quorums_miss 500 -r 100
finds paxos-last_promise 2000 --nemesis partition,delay -r 100
finds paxos-accept_promises_nothing 1000 -n 3 -c 9 -r 500 \
	--nemesis delay,reorder,partition
slowly paxos-ballot_reused 20000 -n 3 -c 6 -r 50 --set proposals=20 \
	--interval 100ms --nemesis kill,crash-at,delay
done_testing
