#!/bin/bash
# SPDX-License-Identifier: MIT
# The state machine that logs are of, kept by Raft, with each workload that
# only a general one can carry; see library.sh.
. "$top_srcdir/tests/mutants/library.sh"
[ -n "$MUTANTS" ] || seeds=20

for workload in queue stack set counter log list-append rw-register bank \
	lock fenced-lock; do
	keeps raft --workload "$workload"
done

# Asked twice, done twice: it stands in the queue twice, counts twice, ...
finds raft-no_sessions 500 --workload queue --nemesis client,duplicate
finds raft-no_sessions 500 --workload log --nemesis client,duplicate
for workload in stack counter list-append bank; do
	slowly raft-no_sessions 500 --workload "$workload" \
		--nemesis client,duplicate
done
for workload in counter list-append set bank; do
	slowly raft-local_reads 2000 --workload "$workload" --nemesis partition
done

# The first change of a transaction at once, the others with the next command.
finds raft-two_steps 100 --workload bank
finds raft-two_steps 100 --workload list-append
slowly raft-two_steps 100 --workload rw-register
slowly raft-overdraft 100 --workload bank

# Anybody unlocks; no token is greater; a late writer is not kept out.
finds raft-any_owner 100 --workload lock
slowly raft-any_owner 100 --workload fenced-lock --set lease=0
finds raft-same_token 100 --workload fenced-lock
finds raft-no_fence 500 --workload fenced-lock --nemesis pause

# There is no such bug: a lock that lapses, and no fence, is all it takes.
finds raft-lease 500 --workload lock --set lease=60ms --nemesis pause
done_testing
