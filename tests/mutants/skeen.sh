#!/bin/bash
# SPDX-License-Identifier: MIT
# Skeen's total order: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps skeen
keeps skeen -n 3

finds skeen-ignores_pending 100
finds skeen-own_proposal 100
finds skeen-deaf_clock 100
finds skeen-ties 100
finds skeen-forgets_proposals 500 --nemesis kill
done_testing
