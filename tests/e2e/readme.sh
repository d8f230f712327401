#!/bin/bash
# SPDX-License-Identifier: MIT
# The README's tutorial, pasted block by block, against an installed prefix.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

export HOME=$work/home TMPDIR=$work
mkdir "$HOME"
cd "$HOME" || exit 1

# The blocks of shell in the README, one file each.
awk -v dir="$work" '
	/^```sh$/ { n++; file = sprintf("%s/block-%02d", dir, n); next }
	/^```$/ { file = ""; next }
	file != "" { print > file }' "$top_srcdir/README.md"
is "the README has its blocks" "$(find "$work" -name 'block-*' | wc -l)" 6

# The first two build; this tree is built.  The third installs.
is "the first command" "$(cat "$work/block-01")" "./bootstrap demo"
is "the second command" "$(cat "$work/block-02")" "./bootstrap check"
like "the third installs" "$(cat "$work/block-03")" \
	'make -C build install prefix=\$HOME/fracas'
runs "make install into a prefix" 0 make -C "$top_builddir" install \
	prefix="$HOME/fracas"
PATH=$HOME/fracas/bin:$PATH
export PKG_CONFIG_PATH=$HOME/fracas/lib/pkgconfig
export CFLAGS="${SAN_CFLAGS:-} -g" LDFLAGS="${SAN_CFLAGS:-}"
# make gave these to this test; they are not the tutorial's.
unset MAKEFLAGS MFLAGS MAKELEVEL
like "it finds its own things there" "$(fracas list protocols)" 'abd'

paste() {
	# shellcheck disable=SC1090 # one of the blocks
	( . "$work/block-$1" )
}

runs "begin, build, run" 0 paste 04
like "  ends valid" "$out" 'valid: all'
cd mine || exit 1
runs "make test finds what is wrong" 2 paste 05
like "  a value that is gone" "$out" 'invalid: (stale-read|no-order|order)'
if command -v patch >/dev/null; then
	runs "the patch, and make test again" 0 paste 06
	like "  ends valid" "$out" 'valid: all'
else
	skip "the patch" "patch is not installed"
fi
runs "make uninstall" 0 make -C "$top_builddir" uninstall prefix="$HOME/fracas"
is "  leaves no file" "$(find "$HOME/fracas" -type f -o -type l)" ""
done_testing
