#!/bin/bash
# SPDX-License-Identifier: MIT
# Paxos Commit: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"
. "$top_srcdir/tests/mutants/gone.sh"

keeps paxos-commit
keeps paxos-commit -n 3 --epilogue core
gone paxos-commit 0

finds paxos-commit-leader_aborts 500 --nemesis partition,delay
finds paxos-commit-one_is_enough 500 --nemesis partition,delay
finds paxos-commit-promise_ignored 500 --nemesis delay,pause
finds paxos-commit-accepted_not_durable 500 --nemesis kill,crash-at
finds paxos-commit-free_is_prepared 500 --nemesis kill
slowly paxos-commit-promise_not_durable 5000 -n 3 \
	--nemesis crash-at,kill,pause,delay --interval 200ms
done_testing
