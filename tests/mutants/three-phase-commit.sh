#!/bin/bash
# SPDX-License-Identifier: MIT
# Three-phase commit: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"
. "$top_srcdir/tests/mutants/gone.sh"

keeps three-phase-commit
keeps three-phase-commit -n 3 --latency uniform:0,5ms
gone three-phase-commit 0

# So that a coordinator has much under way when it dies.
busy=(-n 4 -c 12 --nemesis crash-at --latency exp:20ms --set noes=0
	--set asks=0.1)
finds three-phase-commit-vote_not_durable 500 --nemesis crash-at
finds three-phase-commit-skips_pre_commit 1000 "${busy[@]}"
finds three-phase-commit-missing_means_abort 1000 "${busy[@]}"
finds three-phase-commit-crashed_takes_part 1000 -n 3 -c 12 -r 0 \
	--nemesis kill,crash-at --interval 200ms --set noes=0
sought three-phase-commit-hasty_termination 20000 \
	'two leaders of one transaction have to die' "${busy[@]}"

# What it says that it does not bear.
out=$("$fracas" sim "$protocols/three-phase-commit/three-phase-commit.so" \
	-n 3 --beyond --nemesis partition --swarm --seeds 1..2000 \
	--until-failure -t 3s --db "$work/cut.db" --json 2>"$work/err" \
	</dev/null)
is "a partition breaks three-phase-commit: exit status" $? 1
like "  some commit, and some abort" \
	"$(last '.failures[0].fingerprint')" '^(claim|agreement)'
done_testing
