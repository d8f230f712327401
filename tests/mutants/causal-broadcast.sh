#!/bin/bash
# SPDX-License-Identifier: MIT
# Causal broadcast: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps causal-broadcast
keeps causal-broadcast -n 3

finds causal-broadcast-ignores_causes 100
finds causal-broadcast-names_no_causes 100
finds causal-broadcast-takes_twice 100 --nemesis duplicate --set period=10s
finds causal-broadcast-never_compares 100 --nemesis loss
finds causal-broadcast-own_only 200 --nemesis kill:for-good,loss
finds causal-broadcast-early_news 1000 --nemesis kill
finds causal-broadcast-shows_early 1000 --nemesis kill
done_testing
