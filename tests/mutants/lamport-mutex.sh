#!/bin/bash
# SPDX-License-Identifier: MIT
# Lamport's mutual exclusion: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps lamport-mutex

finds lamport-mutex-hears_nobody 100
finds lamport-mutex-tie 100
finds lamport-mutex-hears_once 100
done_testing
