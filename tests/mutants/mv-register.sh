#!/bin/bash
# SPDX-License-Identifier: MIT
# mv-register: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps mv-register -r 200

finds mv-register-no_merge 500 -r 200
finds mv-register-no_sync 500 --nemesis kill -r 200
finds mv-register-no_anti_entropy 500 --nemesis partition --set fanout=0 \
	-r 200
done_testing
