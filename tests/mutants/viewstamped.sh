#!/bin/bash
# SPDX-License-Identifier: MIT
# Viewstamped Replication: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps viewstamped -n 3
keeps viewstamped -n 5
keeps viewstamped -n 5 --set compact=6 --set window=2 -c 10

finds viewstamped-early_answer 500 --nemesis partition,kill
finds viewstamped-from_anybody 500 -n 3 --nemesis kill,partition,delay \
	--interval 300ms
finds viewstamped-longest_log 500 -n 3 --nemesis partition,delay -c 20 -r 100
finds viewstamped-no_client_table 500 -n 3 --nemesis client,partition \
	--set window=2 --set compact=4 -c 20 --latency uniform:1ms,20ms
finds viewstamped-recovering_votes 1000 -n 5 --nemesis partition,kill,delay
finds viewstamped-truncates 500 -n 5 --nemesis partition,delay,loss -c 20

# What the paper's recovery lacks takes three crashes and messages that arrive
# behind them, in just that order: it is told step by step.
ok 'viewstamped-no_crash_vector is built' build viewstamped-no_crash_vector
runs 'viewstamped-no_crash_vector is found: exit status' 1 "$fracas" scenario \
	"$top_srcdir/tests/data/scenarios/viewstamped-recovery.scenario" \
	--protocol "$mutants/viewstamped-no_crash_vector.so" \
	--db "$work/scenario.db"
like '  by two operations at one number' "$out" \
	'the run is invalid claim: .* operation committed 2 is'
done_testing
