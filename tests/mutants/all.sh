#!/bin/bash
# SPDX-License-Identifier: MIT
# `make mutants`: every planted bug looked for, also those that take long, and
# a table: found or not, by which violation, at which seed, after how many
# seconds, and what was left of the run after shrinking, as operations, faults
# and deviations.  Words restrict it to these scripts: all.sh raft paxos.
: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
export top_srcdir top_builddir MUTANTS=all
TABLE=$(mktemp "${TMPDIR:-/tmp}/fracas-mutants-XXXXXX") || exit 99
export TABLE
trap 'rm -f "$TABLE"' EXIT
here=$top_srcdir/tests/mutants
failed=0
if [ $# -eq 0 ]; then
	for script in "$here"/*.sh; do
		grep -q '/library.sh"$' "$script" &&
			set -- "$@" "$(basename "$script" .sh)"
	done
fi
for name; do
	if bash "$here/$name.sh" | grep -v '^ok\|^1\.\.'; [ "${PIPESTATUS[0]}" -ne 0 ]; then
		echo "$name.sh failed"
		failed=1
	fi
done

line='%-38s %-7s %-22s %8s %8s  %s\n'
# shellcheck disable=SC2059
printf "\n$line" 'planted bug' '' violation seed seconds 'after shrinking'
sort "$TABLE" | while IFS=$'\t' read -r kind name how what seed took less; do
	# shellcheck disable=SC2059
	[ "$kind" != finds ] ||
		printf "$line" "$name" "$how" "$what" "$seed" "$took" "$less"
done
awk -F'\t' '$1 == "finds" { all++; n += $3 == "found"; late += $6 > 60 }
	END { printf "\n%d planted bugs, %d found, %d of them after more than a minute\n",
		all, n, late }' "$TABLE"
exit $failed
