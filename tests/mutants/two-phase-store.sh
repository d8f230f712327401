#!/bin/bash
# SPDX-License-Identifier: MIT
# The store that locks and commits in two phases: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps two-phase-store
keeps two-phase-store -n 3 --workload rw-register
keeps two-phase-store --workload bank

# Others at the same time are all that these two take.
finds two-phase-store-releases_when_it_agrees 100
finds two-phase-store-reads_lock_nothing 100
finds two-phase-store-restores_no_locks 500 --nemesis kill,crash-at
finds two-phase-store-tells_before_logging 500 --nemesis kill,crash-at
slowly two-phase-store-restores_no_locks 500 --workload bank \
	--nemesis kill,crash-at
done_testing
