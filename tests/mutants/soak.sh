#!/bin/bash
# SPDX-License-Identifier: MIT
# `make soak`: every protocol of the library as it should be, over SOAK_SEEDS
# seeds (10,000) of all that it says it bears, and SOAK_RUNS runs (20) of ten
# seconds in processes, and a table.  Words restrict it: soak.sh raft paxos.
: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
export top_srcdir top_builddir MUTANTS=soak
TABLE=$(mktemp "${TMPDIR:-/tmp}/fracas-soak-XXXXXX") || exit 99
export TABLE
trap 'rm -f "$TABLE"' EXIT
here=$top_srcdir/tests/mutants
failed=0
if [ $# -eq 0 ]; then
	for script in "$here"/*.sh; do
		# What seeks in its own way has no promises of the library.
		grep -q '/library.sh"$' "$script" &&
			! grep -q '^\(keeps\|finds\|found\)() {' "$script" &&
			set -- "$@" "$(basename "$script" .sh)"
	done
fi
for name; do
	bash "$here/$name.sh" | grep -v '^ok\|^1\.\.'
	[ "${PIPESTATUS[0]}" -eq 0 ] || failed=1
done

line='%-46s %8s %8s %8s %6s %8s %8s\n'
# shellcheck disable=SC2059
printf "\n$line" 'protocol' valid unknown invalid live invalid seconds
while IFS=$'\t' read -r kind name valid unknown invalid live broken took; do
	# shellcheck disable=SC2059
	[ "$kind" != keeps ] || printf "$line" "$name" "$valid" "$unknown" \
		"$invalid" "$live" "$broken" "$took"
done <"$TABLE"
exit $failed
