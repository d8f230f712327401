#!/bin/bash
# SPDX-License-Identifier: MIT
# g-counter: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps g-counter

finds g-counter-adds 100 -r 100
finds g-counter-no_sync 500 --nemesis kill
finds g-counter-no_anti_entropy 500 --nemesis partition --set fanout=0
finds g-counter-counts_only 500 --nemesis partition --set fanout=0
done_testing
