#!/bin/bash
# SPDX-License-Identifier: MIT
# Plugins that do what they must not: the supervisor survives each, and says
# in words what happened.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

export TMPDIR=$work
db=$work/h.db

# build HOW: a hostile plugin of that kind, as $work/HOW.so
build() {
	# shellcheck disable=SC2086 # a list of flags
	${CC:-cc} -shared -fPIC -w -std=gnu11 ${SAN_CFLAGS:-} \
		-I"$top_srcdir/core/include" -D"HOW_$1" \
		-o "$work/$1.so" "$top_srcdir/tests/e2e/hostile.c" ${2:-}
}

# try HOW STATUS REGEX [OPTION ...]: what a run of it says.
try() {
	local how=$1 status=$2 want=$3
	shift 3
	build "$how" || { ok "$how compiles" false; return; }
	runs "$how: exit status $status" "$status" "$fracas" run "$work/$how.so" \
		-n 3 -c 6 --ops 60 -t 20s --timeout 500ms --db "$db" "$@"
	like "$how: says so" "$out$err" "$want"
}

# What cannot even be loaded is refused before anything starts.
runs "a missing file" 2 "$fracas" run ./nowhere.so --db "$db"
like "  is named" "$err" 'nowhere.so'
echo "int main" >"$work/text.so"
runs "not a shared object" 2 "$fracas" run "$work/text.so" --db "$db"
like "  says so" "$err" 'text.so'
build segfault
head -c 5000 "$work/segfault.so" >"$work/cut.so"
runs "a truncated one" 2 "$fracas" run "$work/cut.so" --db "$db"
like "  says so" "$err" 'cut.so'
try version_2 2 'version 2.*version 1|version 1.*version 2'
try no_symbol 2 'fracas_protocol_v1'
try undefined_symbol 2 'a_function_that_nobody_has'
try huge_state 2 'state'
try no_handler 2 'echo'
try no_echo 2 'ehco.*echo|echo.*ehco|echo'
try constructor_crash 2 'SIGABRT'
try constructor_exit 2 'exited'

# What dies or hangs by itself keeps no promise.
if [[ "${SAN_CFLAGS:-}" == *address* ]]; then
	# The sanitizer turns the signal into its own report and exit.
	try segfault 1 'node 1.*(SIGSEGV|exited with status)'
else
	try segfault 1 'node 1.*SIGSEGV.*echo'
fi
try abort 1 'node 1.*SIGABRT'
try start_crash 1 'SIGFPE|exited with status'
try exit 1 'node 1.*exited with status 3'
try exit_well 1 'node 1.*exited with status 0'
try loop 1 'node 1.*did not return.*echo' --hang-limit 1s
try sleep 1 'node 1.*did not return.*echo' --hang-limit 1s
try claims 1 'colour'
try close_all 1 'node 1'
try junk 1 'node 1'

# What breaks the contract is on record, and the run goes on.
try node_77 0 'node 77'
try unknown_type 0 '4711'
try too_short 0 'ping'
try gigabyte 0 '1 ?(GiB|G|073741824)|1073741824'
try null_body 0 'ping|NULL|body'
try reply_twice 0 '(twice|already|not outstanding|no such|answered)'
try reply_to_nobody 0 '(nobody|never asked|unknown|not outstanding|answered)'
try bad_timer 0 'timer'
try bad_file 0 'file'
ok "  nothing escaped" [ ! -e /tmp/escaped ]
try flood 0 'valid'
try output_flood 0 'valid'
try log_flood 0 'valid'
try memory 0 'valid'
try daemon 0 'valid'
try bad_value 0 'value|kind' --ops 600

# No answer is no success.
try never_reply 3 'unknown'

try kill_parent 4 'nursery|killed'

ok "no process is left" test -z "$(pgrep -f "$work" | grep -v "^$$\$" | head -n 3)"
is "no run directory is left" "$(find "$work" -maxdepth 2 -name 'run-*' | head -n 3)" ""
done_testing
