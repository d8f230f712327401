#!/bin/bash
# SPDX-License-Identifier: MIT
# Unique numbers: see library.sh, and run.sh for processes.
. "$top_srcdir/tests/mutants/library.sh"

keeps flake-ids

finds flake-ids-no_node 100
finds flake-ids-forgetful 500 --nemesis kill,clock
finds flake-ids-follows_clock 100 --nemesis clock
done_testing
