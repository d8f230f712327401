#!/bin/bash
# SPDX-License-Identifier: MIT
# The guard: a plugin that does not do the same twice is found, and told where;
# and what fracas lint says of such a plugin without running it.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

export TMPDIR=$work/tmp
mkdir "$TMPDIR"
db=$work/guard.db

build() {
	# shellcheck disable=SC2086 # flags
	${CC:-cc} ${SAN_CFLAGS-} -O1 -g -fPIC -shared -fvisibility=hidden \
		-I"$top_srcdir/core/include" -DUNSTEADY="$1" \
		-o "$work/unsteady$1.so" "$top_srcdir/tests/e2e/unsteady.c"
}

# unsteady N WHAT
unsteady() {
	if ! build "$1" 2>"$work/cc.err"; then
		skip "$2" "not on this machine"
		return
	fi
	# The last seed is one of those that are always run twice.
	runs "$2: nothing can be said" 3 "$fracas" sim "$work/unsteady$1.so" -n 3 \
		--seeds 60..64 -t 500ms --db "$db"
	like "  and where it differed" "$out" \
		'NOT DETERMINISTIC: 1 of 1 runs.* seed 64, first at step [0-9]+: once, at 0\.[0-9]+s node 1 sends `seen` to node 2; once, at 0\.[0-9]+s node 1 sends `seen` to node 2'
	runs "  for programs" 3 "$fracas" sim "$work/unsteady$1.so" -n 3 \
		--seeds 64 -t 500ms --db "$db" --json
	is "  too" "$(tail -n 1 <<<"$out" | jq -c '[.repeated, .unsteady]')" '[1,1]'
}

unsteady 1 "an address"
if [ -z "${SAN_CFLAGS-}" ]; then
	unsteady 2 "memory that nobody has written to"
else
	skip "memory that nobody has written to" "a sanitizer fills it"
fi
unsteady 3 "the processor's clock"
unsteady 4 "the kernel's random numbers"
unsteady 5 "the kernel's clock"
unsteady 6 "the number of the process"
build 7
runs "what only looks so" 0 "$fracas" sim "$work/unsteady7.so" -n 3 --seeds 1..64 \
	-t 500ms --db "$db" --json
is "  is the same twice" "$(tail -n 1 <<<"$out" | jq -c '[.repeated, .unsteady]')" '[1,0]'
if [ -z "${SAN_CFLAGS-}" ] && setarch -R true 2>/dev/null; then
	runs "an address, where the kernel always gives the same" 3 setarch -R "$fracas" \
		sim "$work/unsteady1.so" -n 3 --seeds 64 -t 500ms --db "$db"
else
	skip "an address, where the kernel always gives the same" "setarch may not, or sanitizers are in"
fi

# ---- a replay that is not the same run ---------------------------------------------

"$fracas" sim "$work/unsteady4.so" -n 3 --seed 64 -t 500ms --db "$db" -q >/dev/null
runs "a replay of one that is not deterministic" 4 "$fracas" replay last --db "$db"
like "  says that it was another run" "$err" 'this was not the same run: its hash is'

# ---- without running it --------------------------------------------------------------

lint() {
	runs "lint of $1" 1 "$fracas" lint "$work/unsteady$1.so"
	out=$(tr '\n' ' ' <<<"$out" | tr -s ' ')
	like "  names $2" "$out" "$2"
	like "  and why" "$out" "$3"
}
build 2
lint 2 'asked' 'note: .*global variables can change \(.*asked.*each node is given its own copy'
lint 4 'uses the process \(.*syscall' 'the process is the host'
lint 6 'uses the environment \(.*getpid' 'not in the record of the run'
lint 7 'uses randomness \(.*rand' 'drawn by fr_random'
lint 7 'uses time \(.*time' 'it can be skewed and simulated'
done_testing
