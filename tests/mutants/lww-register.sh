#!/bin/bash
# SPDX-License-Identifier: MIT
# lww-register: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps lww-register --set newest=node

finds lww-register-no_tie 500
finds lww-register-own_clock 500 --set newest=node
finds lww-register-no_sync 500 --nemesis kill --set newest=node
finds lww-register-no_anti_entropy 500 --nemesis partition --set fanout=0
done_testing
