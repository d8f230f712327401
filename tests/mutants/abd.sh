#!/bin/bash
# SPDX-License-Identifier: MIT
# Registers over majorities: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps abd
keeps abd -n 3

# Writes at the same time are all that this one takes.
finds abd-no_writer 500
finds abd-no_write_back 2000 --nemesis partition
finds abd-half 500 -n 4
finds abd-early_ack 500 --nemesis kill
finds abd-tells_first 500 --nemesis kill,crash-at,disk
done_testing
