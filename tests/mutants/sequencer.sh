#!/bin/bash
# SPDX-License-Identifier: MIT
# Total order by a sequencer: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps sequencer
keeps sequencer -n 3

finds sequencer-skips_gaps 100 --nemesis loss
finds sequencer-numbers_twice 100 --nemesis duplicate --set period=500ms
finds sequencer-never_fetches 100 --nemesis loss
finds sequencer-early_number 500 --nemesis kill
finds sequencer-forgets_members 2000 --nemesis kill
done_testing
