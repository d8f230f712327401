#!/bin/bash
# SPDX-License-Identifier: MIT
# Chain replication: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps chain
keeps chain -n 3 -w register

# Reads ask the tail, so that this one needs no fault.
finds chain-early_answer 500
finds chain-local_reads 500 --nemesis partition
finds chain-joins_early 500 --nemesis kill
finds chain-early_ack 500 --nemesis kill,crash-at,disk
finds chain-incomplete_view 500 --nemesis partition,kill
finds chain-forgets_view 500 --nemesis partition,kill
finds chain-no_fence 500 -n 3 -r 500 --nemesis partition,pause,delay \
	--set patience=100ms --set beat=10ms
done_testing
