#!/bin/bash
# SPDX-License-Identifier: MIT
# Two-phase commit: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"
. "$top_srcdir/tests/mutants/gone.sh"

keeps two-phase-commit
keeps two-phase-commit -n 3
# It blocks, and says so.
gone two-phase-commit 1

finds two-phase-commit-impatient 500 --nemesis partition,delay
finds two-phase-commit-tells_before_logging 500 --nemesis crash-at
finds two-phase-commit-agreed_not_durable 500 --nemesis loss,crash-at
finds two-phase-commit-presumes_commit 500 --nemesis kill,crash-at
finds two-phase-commit-forgets_its_abort 500 --nemesis loss,crash-at

done_testing
