#!/bin/bash
# SPDX-License-Identifier: MIT
# The tests of the checker catch the bugs that are planted in it: the same
# tests, linked with a checker that has one, fail; without, they pass.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99
# Their words are not this test's; and no files of theirs.
unset CK_TAP_LOG_FILE_NAME CK_LOG_FILE_NAME CK_XML_LOG_FILE_NAME
export CK_VERBOSITY=normal
cd "$work" || exit 99

# catches PROGRAM: by its own checks, and not by falling over.
catches() {
	local name=${1##*/} percent
	runs "${name#*-} is caught by test_${name%%-*}" 1 "$1"
	percent=$(sed -n 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: 0$/\2 of \1/p' \
		<<<"$out")
	ok "  by a check that failed" [ -n "$percent" ]
	note "$percent checks failed"
}

for plain in checker weak; do
	runs "test_$plain passes without a bug" 0 \
		"$top_builddir/tests/mutants/$plain-none"
done
for mutant in "$top_builddir"/tests/mutants/{checker,weak}-BUG_*; do
	case $mutant in *.o) continue ;; esac
	catches "$mutant"
done
ok "there were all of them" [ "$tests_run" -ge 26 ]
done_testing
