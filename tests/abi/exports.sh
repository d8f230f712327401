#!/bin/bash
# SPDX-License-Identifier: MIT
# A plugin exports its table and nothing else, and asks of its host nothing but
# what is in the table that it is given.
. "$top_srcdir/tests/e2e/lib.sh"
cd "$top_builddir" || exit 99

# What sanitizers and coverage add begins with two underscores or "_".
symbols() {
	nm -D "$@" | sed 's/@.*//' | awk '$NF !~ /^_/ { print $NF }' | sort |
		tr '\n' ' '
}

count=0
for so in plugins/protocols/*/*.so tests/mutants/*.so tests/abi/old.so; do
	count=$((count + 1))
	is "$so exports its table alone" "$(symbols --defined-only "$so")" \
		"fracas_protocol_v1 "
	ours=$(symbols --undefined-only "$so" | tr ' ' '\n' | grep '^fr')
	is "$so asks for nothing of ours" "${ours/free/}" ""
done
for so in plugins/workloads/*.so tests/abi/old-work.so; do
	count=$((count + 1))
	is "$so exports its table alone" "$(symbols --defined-only "$so")" \
		"fracas_workload_v1 "
done
ok "there were plugins to look at" [ "$count" -ge 15 ]
done_testing
