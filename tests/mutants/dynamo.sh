#!/bin/bash
# SPDX-License-Identifier: MIT
# Dynamo: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps dynamo
keeps dynamo --set sloppy=false --set r=2 --set w=2 --set stale=violation

finds dynamo-plain_clock 500
finds dynamo-no_merge 500 --nemesis partition --set r=1 --set w=1 \
	--set repair=false
finds dynamo-no_sync 500 --nemesis kill
finds dynamo-one_actor 500 --nemesis partition --set n=2
# With one copy of a key, a hint may be the only one there is.
finds dynamo-hints_lost 500 --nemesis partition,kill --set n=1
finds dynamo-hints_forgotten 500 --nemesis partition,loss --set n=1
# Anti-entropy alone, without the two others that mend.
finds dynamo-tree_keeps_deleted 500 --nemesis partition -r 100 \
	--set sloppy=false --set r=1 --set w=1 --set repair=false \
	--set give-up=60ms --set keys=30 --set deletes=0.6
# Reads that meet writes, if nobody stands in, and R + W > N.
finds dynamo-sloppy_reads 500 --nemesis partition --set sloppy=false \
	--set stale=violation --set r=2 --set w=2 --set patience=100ms
finds dynamo-quorums_miss 500 --set sloppy=false --set stale=violation \
	--set r=2
done_testing
