# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# gone PROTOCOL STATUS: node 0 dies for good, in the middle of transactions, and
# nobody may be in doubt of one for long.  1: somebody is; 0: nobody.
gone() {
	out=$("$fracas" sim "$protocols/$1/$1.so" -n 3 -t 6s \
		--plan "$top_srcdir/tests/mutants/plans/gone.plan" \
		--set nonblocking=4s --seeds 1..100 --until-failure \
		--db "$work/gone.db" --json 2>"$work/err" </dev/null)
	is "$1 when its coordinator is gone: exit status" $? "$2"
	is "  and why" "$(last '.failures[0].fingerprint // "" |
		sub(":.*"; "")')" "$([ "$2" -eq 0 ] || echo blocked)"
	rm -f "$work/gone.db"*
}
