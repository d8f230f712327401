#!/bin/bash
# SPDX-License-Identifier: MIT
# Multi-Paxos: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps multi-paxos -n 3
keeps multi-paxos -n 5
keeps multi-paxos -n 5 --set prepares=4 --set accepts=2 --set reading=log

finds multi-paxos-accept_not_durable 500 --nemesis kill
finds multi-paxos-bears_amnesia 500 --nemesis amnesia
finds multi-paxos-early_answer 500 --nemesis partition,kill
finds multi-paxos-last_promise 500 --nemesis partition,kill,delay
finds multi-paxos-local_reads 500 --nemesis partition
finds multi-paxos-quorums_miss 500 --nemesis partition
slowly multi-paxos-gaps 2000 --nemesis loss,kill,reorder --set batch=1 \
	-c 10 -r 0
slowly multi-paxos-promise_not_durable 5000 --nemesis kill,partition,crash-at
slowly multi-paxos-sessions_lost 2000 --nemesis client,kill,partition \
	--set compact=6 -r 1000

# Quorums that need not meet are refused, in words.
runs 'quorums that miss each other: unknown' 3 "$fracas" sim \
	"$protocols/multi-paxos/multi-paxos.so" -n 5 --seed 1 -t 500ms \
	--set prepares=2 --set accepts=3 --db "$work/refused.db"
like '  and it says why' \
	"$("$fracas" show last --log --db "$work/refused.db")" \
	'the quorums need not meet'
done_testing
