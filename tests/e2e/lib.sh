# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What every shell test begins with: . "$top_srcdir/tests/e2e/lib.sh"
#
#	ok "what must hold" COMMAND ARG ...	passes when the command does
#	not_ok "..." COMMAND ARG ...		passes when it does not
#	is "..." "$got" "$want"			compares two texts
#	like "..." "$text" 'EXTENDED REGEX'
#	runs "..." STATUS COMMAND ARG ...	checks the exit status; what it said
#						is in $out (stdout) and $err (stderr)
#	skip "what" "why"
#	note "words"				for the log
#	done_testing				last
#
# $work is an empty directory that is gone afterwards; $fracas is the program.

# Run by hand, from the source tree, after ./bootstrap:
: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
export top_srcdir top_builddir
# shellcheck disable=SC2034 # for the tests
fracas=$top_builddir/fracas
unset FRACAS_PLUGIN_PATH FRACAS_NODE
export NO_COLOR=1 LC_ALL=C

# Results go where this script's output went when it began, so that a test may
# send its command's output elsewhere: ok "..." jq . file >/dev/null
exec {tap}>&1
tests_run=0 tests_failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/fracas-test-XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT

note() {
	printf '%s\n' "$*" | sed 's/^/# /' >&"$tap"
}

report() {
	tests_run=$((tests_run + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests_run - ${2//#/}" >&"$tap"
	else
		tests_failed=$((tests_failed + 1))
		echo "not ok $tests_run - ${2//#/}" >&"$tap"
	fi
}

ok() {
	local what=$1
	shift
	"$@"
	report $? "$what"
}

not_ok() {
	local what=$1
	shift
	! "$@"
	report $? "$what"
}

is() {
	[ "$2" = "$3" ]
	report $? "$1"
	[ "$2" = "$3" ] || note "got:  $2"$'\n'"want: $3"
}

like() {
	[[ $2 =~ $3 ]]
	local result=$?
	report $result "$1"
	[ $result -eq 0 ] || note "no match for: $3"$'\n'"in: $2"
}

# shellcheck disable=SC2034 # out and err are for the tests
runs() {
	local what=$1 want=$2 got
	shift 2
	"$@" >"$work/.out" 2>"$work/.err" </dev/null
	got=$?
	out=$(tr -d '\0' <"$work/.out")
	err=$(tr -d '\0' <"$work/.err")
	[ "$got" -eq "$want" ]
	report $? "$what"
	[ "$got" -eq "$want" ] || {
		note "exit status $got, not $want: $*"
		note "stdout: $(head -c 3000 <<<"$out")"
		note "stderr: $(head -c 3000 <<<"$err")"
	}
}

skip() {
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - ${1//#/} # SKIP $2" >&"$tap"
}

done_testing() {
	echo "1..$tests_run" >&"$tap"
	[ "$tests_failed" -eq 0 ]
	exit
}
