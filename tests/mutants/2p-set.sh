#!/bin/bash
# SPDX-License-Identifier: MIT
# 2p-set: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps 2p-set -r 100

finds 2p-set-readd 500 -r 200
finds 2p-set-no_sync 500 --nemesis kill -r 100
finds 2p-set-reaps 500 --nemesis partition -r 100 --set period=20ms \
	--set again=0
done_testing
