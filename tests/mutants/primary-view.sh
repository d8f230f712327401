#!/bin/bash
# SPDX-License-Identifier: MIT
# A primary and its backups under a view service: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps primary-view
keeps primary-view -n 3 -w register

# A backup is a step behind, so that this one needs no fault.
finds primary-view-backup_answers 500
finds primary-view-local_reads 500 --nemesis partition
finds primary-view-serves_early 500 --nemesis partition,kill
finds primary-view-clean_on_receipt 500 --nemesis partition,kill
finds primary-view-incomplete_view 500 --nemesis partition,kill
finds primary-view-no_fence 500 -n 3 -r 500 --nemesis partition,pause,delay \
	--set patience=100ms --set beat=10ms
done_testing
