#!/bin/bash
# SPDX-License-Identifier: MIT
# Gossip: see library.sh, and run.sh for processes.
. "$top_srcdir/tests/mutants/library.sh"

keeps broadcast

finds broadcast-no_anti_entropy 100 --nemesis partition --set fanout=0
finds broadcast-early_answer 100 --nemesis kill
finds broadcast-takes_gaps 100 --nemesis loss --set fanout=0
done_testing
