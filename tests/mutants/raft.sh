#!/bin/bash
# SPDX-License-Identifier: MIT
# Raft: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps raft
keeps raft --set reading=log --set churn=300

finds raft-half 500 -n 4
finds raft-local_reads 500 --nemesis partition
finds raft-no_sessions 2000 --nemesis client,duplicate
finds raft-no_up_to_date 2000 --nemesis partition,kill
finds raft-truncate_always 2000 --nemesis all
slowly raft-members_lost 20000 --nemesis partition,kill,crash-at,pause \
	--set churn=600 --set compact=4
slowly raft-early_ack 2000 --nemesis kill,crash-at,disk
slowly raft-keeps_suffix 20000 --nemesis all
slowly raft-snapshot_not_durable 20000 --nemesis all
finds raft-vote_not_durable 3000 -n 3 -c 5 -r 50 -t 5s --interval 200ms \
	--latency const:20ms --set election=100ms --nemesis kill:rapid,partition
finds raft-term_not_durable 1000 -n 3 -c 5 -r 50 -t 5s --interval 200ms \
	--set election=100ms --nemesis kill,crash-at,partition
# Figure 8: a leader falls before its first entry is anywhere else, twice.
finds raft-old_term 1000 -n 3 -c 5 -r 50 -t 5s --interval 200ms \
	--latency const:20ms --set election=100ms --set pre-vote=false \
	--set batch=1 --set window=1 --nemesis loss:most,partition
# A new leader is elected by who hears both, and the old one still reads.
finds raft-lease_votes 1000 -n 3 -c 9 -r 100 -t 20s --interval 3s \
	--latency const:1ms --set election=1s --set beats=2 \
	--set reading=lease --set keys=1 --set reads=0.97 --nemesis partition
sought raft-hasty_change 20000 \
	'two leaders at once, each with a change that the other never saw' \
	-n 4 --nemesis partition,kill,pause --set churn=600
done_testing
