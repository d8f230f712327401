#!/bin/bash
# SPDX-License-Identifier: MIT
# echo: see library.sh.  Its bugs take no faults.
. "$top_srcdir/tests/mutants/library.sh"

keeps echo

finds echo-stale_answer 100
finds echo-short_list 100
finds echo-one_byte 100
done_testing
