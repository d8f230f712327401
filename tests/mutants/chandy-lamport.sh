#!/bin/bash
# SPDX-License-Identifier: MIT
# Distributed snapshots: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps chandy-lamport
keeps chandy-lamport -n 3

finds chandy-lamport-late_state 100
finds chandy-lamport-deaf_channels 100
finds chandy-lamport-stops_early 100
finds chandy-lamport-marker_overtakes 100 --nemesis loss
finds chandy-lamport-no_order 100 --nemesis reorder
done_testing
