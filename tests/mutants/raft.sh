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
slowly raft-vote_not_durable 20000 --nemesis all
sought raft-old_term 20000 'three changes of leader in a row, with one entry at a time' \
	--nemesis partition,kill,crash-at --set batch=1
sought raft-term_not_durable 20000 'the vote, which is, brings the term along' \
	--nemesis kill,crash-at
sought raft-hasty_change 20000 'two changes of two leaders at once' \
	-n 4 --nemesis partition,kill,pause --set churn=600
sought raft-lease_votes 20000 'a vote within a lease needs a candidate cut off for just so long' \
	--nemesis partition,delay,pause --set reading=lease
done_testing
