#!/bin/bash
# SPDX-License-Identifier: MIT
# Ricart and Agrawala: see library.sh.
. "$top_srcdir/tests/mutants/library.sh"

keeps ricart-agrawala

finds ricart-agrawala-tie 100
finds ricart-agrawala-holder_agrees 500
finds ricart-agrawala-deaf_clock 500
done_testing
