#!/bin/bash
# SPDX-License-Identifier: MIT
# Primary and backups without consensus: see library.sh; run.sh has the
# promise that it does not make.
. "$top_srcdir/tests/mutants/library.sh"

keeps primary-backup
keeps primary-backup -n 3

finds primary-backup-early_answer 500 --nemesis kill
finds primary-backup-joins_early 500 --nemesis kill
finds primary-backup-complete_at_boot 500 --nemesis kill
done_testing
