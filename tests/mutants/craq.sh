#!/bin/bash
# SPDX-License-Identifier: MIT
# Chain replication with apportioned queries: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps craq
keeps craq -n 3 -w register

# Both need nothing but a read that overtakes an update.
finds craq-dirty_read 500
finds craq-clean_on_receipt 500
finds craq-local_reads 500 --nemesis partition
finds craq-joins_early 500 --nemesis kill
finds craq-early_ack 500 --nemesis kill,crash-at,disk
done_testing
