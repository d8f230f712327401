#!/bin/bash
# SPDX-License-Identifier: MIT
# Spanner's commit wait: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps commit-wait
keeps commit-wait -n 3

finds commit-wait-no_wait 100 --nemesis clock
finds commit-wait-earliest 100 --nemesis clock
finds commit-wait-eager_read 100 --nemesis clock
finds commit-wait-forgets_last 1000 --nemesis clock,kill --interval 100ms
finds commit-wait-newest 100
done_testing
