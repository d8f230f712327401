#!/bin/bash
# SPDX-License-Identifier: MIT
# g-set: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps g-set -r 100

finds g-set-no_sync 500 --nemesis kill -r 100
finds g-set-no_anti_entropy 500 --nemesis partition --set fanout=0 -r 100
finds g-set-counts_only 500 --nemesis partition --set fanout=0 -r 100
done_testing
