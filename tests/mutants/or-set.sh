#!/bin/bash
# SPDX-License-Identifier: MIT
# or-set: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps or-set -r 100

finds or-set-tags_reused 500 -r 200
finds or-set-removes_one 500 -r 200
finds or-set-no_sync 500 --nemesis kill -r 100
finds or-set-reaps 500 --nemesis partition -r 100 --set period=20ms \
	--set again=0
done_testing
