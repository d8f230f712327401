#!/bin/bash
# SPDX-License-Identifier: MIT
# What is wrong with a file, in every format: one line that names the file, the
# line and the column, and status 2; from check and from import, which leaves
# nothing behind.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99
export TMPDIR=$work
cd "$work" || exit 99

# refuses FORMAT "what" LINE "words": the file on standard input.
refuses() {
	local format=$1 what=$2 line=$3 words=$4 command
	cat >bad
	for command in check import; do
		runs "$format: $what: $command refuses it" 2 \
			"$fracas" $command ./bad --format "$format"
		like "  with its place" "$err" "^fracas: ./bad:$line:[1-9][0-9]*: .*$words"
		is "  in one line, and nothing else" "$(wc -l <<<"$err")$out" 1
	done
	ok "  and leaves nothing" [ ! -e fracas.db ]
}

# event FORMAT PROCESS TYPE F VALUE [TIME]: a line of it.
event() {
	local time=${6:-}
	case $1 in
	edn) echo "{:process $2 :type :$3 :f :$4 :value $5${time:+ :time $time}}" ;;
	porcupine-kv)
		echo "{:process $2 :type :$3 :f :$4 :key \"0\" :value $5${time:+ :time $time}}" ;;
	jepsen-log)
		printf 'INFO  jepsen.util - %s\t:%s\t:%s\t%s\n' "$2" "$3" "$4" "$5" ;;
	jsonl)
		echo "{\"process\":$2,\"type\":\"$3\",\"f\":\"$4\",\"value\":${5/nil/null}${time:+,\"time\":$time}}" ;;
	esac
}

for format in edn porcupine-kv jepsen-log jsonl; do
	write=write read=read value=1
	[ $format = porcupine-kv ] && { write=put read=get value='"a"'; }
	good() {
		event $format 0 invoke $write "$value"
		event $format 0 ok $write "$value"
	}
	good >fine
	runs "$format: a file that is fine" 0 "$fracas" check ./fine \
		--format $format --model "$([ $format = porcupine-kv ] && echo kv ||
		echo register)" -q
	refuses $format "truncated" 3 '' < <(
		good; event $format 1 invoke $read nil | head -c 30)
	refuses $format "binary" 3 '' < <(
		good; printf '\177ELF\001\002\000\000\377\376')
	refuses $format "nothing but zeros" 1 '' < <(
		head -c 400 /dev/zero)
	refuses $format "an end without a call" 3 'did not call|ends an operation' < <(
		good; event $format 3 ok $read nil)
	refuses $format "two open calls" 4 'is open|still open' < <(
		good; event $format 3 invoke $read nil; event $format 3 invoke $read nil)
	refuses $format "the end of something else" 4 'had called' < <(
		good; event $format 3 invoke $write "$value"; event $format 3 ok $read nil)
	[ $format = jepsen-log ] && continue # it has no times
	refuses $format "time running backwards" 2 'backwards' < <(
		event $format 0 invoke $write "$value" 20; event $format 0 ok $write "$value" 19)
done
done_testing
