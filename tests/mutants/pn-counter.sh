#!/bin/bash
# SPDX-License-Identifier: MIT
# pn-counter: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps pn-counter

finds pn-counter-net 100
finds pn-counter-no_sync 500 --nemesis kill
# Who has lost his disk must not go on counting where somebody remembers him.
finds pn-counter-same_identity 500 --nemesis amnesia --beyond -n 3 \
	--set copies=3
finds pn-counter-no_anti_entropy 500 --nemesis partition --set fanout=0
done_testing
