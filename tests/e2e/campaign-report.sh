#!/bin/bash
# SPDX-License-Identifier: MIT
# What is made of the results of campaigns: reports, comparisons, merging.
# Results are written by tests/e2e/results.c, so that their texts can be as bad
# as texts get.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99
cd "$work" || exit 1
sql() { sqlite3 "$@"; }

# Words that stand between tabs.
line() {
	local IFS=$'\t'
	printf '%s\n' "$*"
}

store() {
	"$top_builddir/tests/e2e/results" "$1"
}

# ---- a report ---------------------------------------------------------------------

{
	line campaign nightly 00ff 1 1 1000000000
	line cell aaaaaaaaaaaa 'good, "quoted"' abd 1 4 'done'
	line cell bbbbbbbbbbbb 'bad]]>\x1b[31m<&\xff' 'b\x01ad' 1 4 'done'
	line cell cccccccccccc mute abd 1 2 'done'
	line cell dddddddddddd part abd 1 2 'done'
	line cell eeeeeeeeeeee later abd 1 2 open
	line cell ffffffffffff gone abd 1 2 dropped
	for seed in 1 2 3 4; do
		line recovery 0 kill "$((seed * 1000000))"
		line recovery 1 cut "$((seed * 2000000))"
		line result aaaaaaaaaaaa $seed valid - 'fine' "$seed" \
			$((seed * 100)) $((seed * 1000)) $((seed * 9000)) 0.5
	done
	line recovery 0 kill -
	line result bbbbbbbbbbbb 3 invalid stale 'seed three' 3 10 1000 9000 0.25
	line result bbbbbbbbbbbb 1 valid - 'fine' 1 20 1000 9000 1
	line result bbbbbbbbbbbb 2 invalid stale 'two ]]>\x02 \xc3\x28 \xef\xbf\xbe \xe2\x82\xac' 2 30 - - -
	line result bbbbbbbbbbbb 4 invalid 'lost\nline' 'a,b "c"\nd' 4 40 - - -
	line example bbbbbbbbbbbb stale 2 'client 0 writes ]]>\nclient 1 reads \x07nil'
	line result cccccccccccc 1 unknown - 'no node was ready' 1 0 - - -
	line result cccccccccccc 2 unknown - 'no node was ready' 2 0 - - -
	line result dddddddddddd 1 unknown - 'nothing was read' 1 0 - - -
	line result dddddddddddd 2 valid - 'fine' 2 0 - - -
	line result ffffffffffff 1 invalid stale 'not told' 1 0 - - -
} | store r.db
is "the results are there" "$(sql r.db 'select count(*) from result')" 13

runs "fracas campaign report" 0 "$fracas" campaign report r.db
like "the head" "$out" '^campaign nightly \(some.yaml\): 5 cells, 12 of 14 runs, 3 failing, 3 unknown'
like "  says what was left out" "$out" 'left out: 1 cell that'
like "a cell without failures, and its bounds" "$out" \
	'good, "quoted" +4 +0 +0% +0% \.\. 49\.0% +0 +200 +2\.00us +18\.0us +50\.0% +3\.00ms +8\.00ms'
like "a failing one; a fault that was felt to the end" "$out" \
	'bad\]\]>\\x1b\[31m<&\\xff +4 +3 +75\.0% +30\.1% \.\. 95\.4% +0 +20\.0 +1\.00us +9\.00us +25\.0% +never +never'
like "one without a verdict" "$out" 'mute +2 +0 +- +- +2 '
like "one that has not begun" "$out" 'later +0 of 2 +0 '
like "a violation once" "$out" '1\. b\\x01ad: stale, 2 times, first with seed 2
   two \]\]>\\x02 \\xc3\( .*
   in bad'
like "  its example" "$out" 'the smallest example, from seed 2: 2 operations, 1 fault, 3 choices
     client 0 writes \]\]>
     client 1 reads \\x07nil'
like "  and how to see it" "$out" 'to see it again:
     fracas sim bbbbbbbbbbbb --seed 2'
like "the other violation" "$out" '2\. b\\x01ad: lost line, 1 time, first with seed 4'
like "why nothing could be said" "$out" '2 of 2 in mute; seed 1: no node was ready'
is "no control character gets out" "$(grep -c '[[:cntrl:]]' <<<"$out")" 0
is "what was dropped is not told" "$(grep -c 'not told' <<<"$out")" 0

runs "--format json" 0 "$fracas" campaign report r.db -f json
report=$out
is "  lines that jq reads" "$(jq -r .type <<<"$report" | sort | uniq -c | xargs)" \
	"1 campaign 5 cell 2 failure"
is "  with the same figures" "$(jq -c 'select(.cell == "good, \"quoted\"" and .type == "cell")
	| [.runs, .invalid, .rate, .throughput, .p99_ns, .recovery_ns, .recovery_worst_ns]' \
	<<<"$report")" '[4,0,0,200,18000,3000000,8000000]'
is "  what is not known is null" "$(jq -c 'select(.id == "cccccccccccc") | [.rate, .median_ns]' \
	<<<"$report")" '[null,null]'
is "  never is counted" "$(jq -c 'select(.type == "cell" and .id == "bbbbbbbbbbbb")
	| [.recoveries, .never_recovered, .recovery_worst_ns]' <<<"$report")" '[1,1,null]'

# RFC 4180, as somebody else reads it.
csv() {
	python3 -c '
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline=""), strict=True))
for r in rows:
	print("|".join(r[c].replace("\n", "/") for c in sys.argv[2].split()))' "$@"
}
runs "--format csv" 0 "$fracas" campaign report r.db --format csv
cp "$work/.out" cells.csv
is "  every line ends as it must" "$(grep -c $'\r$' cells.csv)" "$(grep -c '' cells.csv)"
if command -v python3 >/dev/null; then
	is "  read back" "$(csv cells.csv 'cell runs invalid rate_high')" \
		'good, "quoted"|4|0|0.4898908365
bad]]>\x1b[31m<&\xff|4|3|0.9544127392
mute|2|0|1
part|2|0|0.7934506856
later|0|0|1'
	runs "--rows failures" 0 "$fracas" campaign report r.db --format csv --rows failures
	cp "$work/.out" failures.csv
	is "  read back" "$(csv failures.csv 'protocol fingerprint count first_seed reason operations')" \
		'b\x01ad|stale|2|2|two ]]>\x02 \xc3( '$'\xef\xbf\xbe \xe2\x82\xac''|2
b\x01ad|lost/line|1|4|a,b "c"/d|'
else
	skip "  read back" "python3 is not installed"
fi
runs "--rows goes with csv" 2 "$fracas" campaign report r.db --rows failures

runs "--format junit" 0 "$fracas" campaign report r.db --format junit
cp "$work/.out" r.xml
if command -v xmllint >/dev/null; then
	path() { xmllint --xpath "string($1)" r.xml; }
	ok "  well-formed" xmllint --noout r.xml
	is "  its counts" "$(path /testsuites/testsuite/@tests) $(path //testsuite/@failures) \
$(path //testsuite/@errors) $(path //testsuite/@skipped)" "5 1 1 2"
	is "  a name" "$(path '//testcase[2]/@name')" 'bad]]>\x1b[31m<&\xff'
	like "  the text" "$(path '//testcase[2]/failure')" '2 times, first with seed 2: stale: two \]\]>\\x02 \\xc3\( \\ufffe €?.*client 1 reads \\x07nil'
	like "  no verdict is an error" "$(path '//testcase[3]/error/@message')" 'no node was ready'
	like "  nor is an unknown run a success" "$(path '//testcase[4]/skipped/@message')" '1 of 2 runs are unknown'
	is "  the valid cell has neither" "$(path 'count(//testcase[1]/*[not(self::system-out)])')" 0
else
	skip "  well-formed" "xmllint is not installed"
fi

"$fracas" sim abd --seed 1 -t 100ms -q --db runs.db >/dev/null
runs "a file without a campaign" 2 "$fracas" campaign report runs.db
like "  says so" "$err" "runs.db holds no results of a campaign"
runs "a file that is not there" 2 "$fracas" campaign report none.db
runs "help of two words" 0 "$fracas" help campaign report
like "  its usage" "$out" '^usage: fracas campaign report \[OPTION ...\] FILE.db'
runs "help of too many" 2 "$fracas" help run sim
like "  says so" "$err" "help: 'sim' is one argument too many"

offered() {
	bash -c 'source <("$1" help --completion); shift
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		_fracas fracas "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
		echo "${COMPREPLY[*]}"' - "$fracas" fracas "$@"
}
is "completion of the second word" "$(offered campaign repo)" report
is "  of its options" "$(offered campaign report --form)" --format
is "  of their values" "$(offered campaign report --format ju)" junit

# ---- a comparison -------------------------------------------------------------------

# many NAME FAILING OK/S P99 RECOVERY: a cell of 60 runs, so many of them failing.
many() {
	line campaign "$1" "$1" 1 1 1
	line cell aaaaaaaaaaaa one abd 1 60 'done'
	line cell bbbbbbbbbbbb "only-$1" abd 1 60 'done'
	for seed in {1..60}; do
		line recovery 0 kill $(($5 + seed))
		if [ "$seed" -le "$2" ]; then
			line result aaaaaaaaaaaa "$seed" invalid "f$((seed % 2))" why "$seed" \
				$(($3 + seed % 7)) $((1000 + seed % 5)) $(($4 + seed % 11)) 0.9
		else
			line result aaaaaaaaaaaa "$seed" valid - fine "$seed" \
				$(($3 + seed % 7)) $((1000 + seed % 5)) $(($4 + seed % 11)) 0.9
		fi
	done
}
many before 0 100 5000 70000 | store before.db
many worse 12 90 4000 70000 | store worse.db
many rare 1 100 5000 70000 | store rare.db

runs "the same twice" 0 "$fracas" compare before.db before.db
like "  differs in nothing" "$out" '0 worse, 0 better, 7 no more than chance'
runs "after a change" 1 "$fracas" compare before.db worse.db
like "  it fails more often" "$out" 'Worse.*one +failing +0% +20\.0% +0\.00[0-9]+.*Better'
like "  is slower" "$out" 'Worse.*one +ok/s +103 +93\.0 +[0-9.e-]+.*Better'
like "  but quicker at the end" "$out" 'Better.*one +p99 latency +5\.00us +4\.00us'
like "  in ways that are new" "$out" 'not seen before
  abd: f1, 6 times; to see it:
    fracas sim aaaaaaaaaaaa --seed 1'
like "  what is in one only" "$out" 'only in worse.db, and not compared:
  only-worse'
like "  and what it comes to" "$out" '2 worse, 1 better, 4 no more than chance'
runs "the other way round it is better" 1 "$fracas" compare worse.db before.db
like "  all but what is quicker" "$out" '1 worse, 2 better'
runs "--alpha" 0 "$fracas" compare --alpha 1e-30 before.db worse.db
runs "--json" 1 "$fracas" compare --json before.db worse.db
is "  says the same" "$(jq -rc 'select(.change == "worse").what' <<<"$out" | xargs)" "failing ok/s"
p=$(jq 'select(.what == "failing").p' <<<"$out")
# 12 of 60 against none: twice C(60, 12) / C(120, 12), the third by size of 7.
ok "  with Fisher's p, times Holm's rank" awk -v p="$p" 'BEGIN {
	q = 2; for (i = 0; i < 12; i++) q *= (60 - i) / (120 - i)
	r = p / q; exit !(r > 4.999 && r < 5.001) }'
runs "one failure is no more than chance" 0 "$fracas" compare before.db rare.db
like "  but told" "$out" 'abd: f1, 1 time; to see it'
runs "  and worse if one is strict" 1 "$fracas" compare --strict before.db rare.db
{ line campaign x x 1 1 1; line cell cccccccccccc other abd 1 2 open; } | store other.db
runs "nothing to compare" 3 "$fracas" compare before.db other.db
like "  says so" "$out" 'Nothing can be compared'

# ---- merging ------------------------------------------------------------------------

# shard I N FILE: what the I-th of N would do of 24 seeds in two cells; 1 of 1 is
# all.  Every third seed fails, in two ways.
shard() {
	local cell seed f
	{
		line campaign nightly 00ff "$1" "$2" $((1000 + $1))
		line cell aaaaaaaaaaaa one abd 1 24 'done'
		line cell bbbbbbbbbbbb two raft 1 24 'done'
		for cell in aaaaaaaaaaaa bbbbbbbbbbbb; do
			for ((seed = $1; seed <= 24; seed += $2)); do
				f=f$((seed / 3 % 2))
				if [ $((seed % 3)) -eq 0 ]; then
					[ "$seed" -gt 6 ] || {
						line run $cell "$seed" invalid $f "why $seed" "$seed"
						line example $cell $f "$seed" "words of $seed"
						continue
					}
					line recovery 0 kill -
					line result $cell "$seed" invalid $f "why $seed" "$seed" 1 2 3 0.5
				else
					line recovery 0 kill "$seed"
					line recovery 3 cut 7
					line result $cell "$seed" valid - fine "$seed" 1 2 3 0.5
				fi
			done
		done
	} | store "$3"
}

# Everything but what depends on the machine.
rows() {
	sql "$1" "select * from cell order by id;
		select cell, seed, verdict, violation, fingerprint, reason, hash,
			ok, fail, info, throughput, median_ns, p99_ns, availability,
			faults_started, faults_effective, disturbed, run is null
			from result order by cell, seed;
		select * from recovery order by cell, seed, fault;
		select cell, fingerprint, violation, reason, count, first_seed,
			run is null, command, example_seed, minimal, words, scenario
			from failure order by cell, fingerprint;
		select name, file, text, digest, shard, shards, version from campaign"
}

shard 1 1 whole.db
for i in 1 2 3 4; do
	shard $i 4 shard-$i.db
done
whole=$(rows whole.db)
runs "fracas merge" 0 "$fracas" merge all.db shard-{1,2,3,4}.db
is "  says what there is now" "$out" "all.db: 48 runs of 2 cells; 48 came from 4 files"
is "  row for row as on one machine" "$(rows all.db)" "$whole"
runs "in another order" 0 "$fracas" merge -q back.db shard-{4,2,3,1}.db
is "  says nothing" "$out" ""
is "  the same" "$(rows back.db)" "$whole"
runs "the report is the same" 0 "$fracas" campaign report all.db
merged=$out
runs "  as that of the whole" 0 "$fracas" campaign report whole.db
is "  in every line" "$merged" "$out"
run=$(sql all.db "select run from failure where cell = 'bbbbbbbbbbbb' and fingerprint = 'f1'")
runs "a run that was stored came along" 0 "$fracas" export "$run" --db all.db
like "  with its events" "$out" '"type":"invoke"|invoke|read'
is "  all of them" "$(sql all.db "select count(*) from event where id >> 40 = $run")" 2
is "  and its name and cell are right" "$(sql all.db "select protocol, seed, reason from run where id = $run")" \
	"bbbbbbbbbbbb|3|why 3"
is "  all that were" "$(sql all.db 'select count(*), count(distinct id) from run')" \
	"$(sql whole.db 'select count(*), count(distinct id) from run')"
is "nothing is left behind" "$(find . -name '*merging*')" ""

runs "some of the shards" 0 "$fracas" merge some.db shard-1.db shard-3.db
like "  are not all of it" "$out" '24 runs of 2 cells; 24 came.*2 cells have not all of their runs yet'
like "  as the report says" "$("$fracas" campaign report some.db)" '24 of 48 runs.*one +12 of 24 '
runs "the others are added" 0 "$fracas" merge some.db shard-2.db shard-4.db
is "  to the same" "$(rows some.db)" "$whole"
runs "once more" 0 "$fracas" merge --json some.db shard-2.db whole.db
is "  is already there" "$(jq -c '[.added, .there, .runs, .open]' <<<"$out")" "[0,60,48,0]"
is "  and changes nothing" "$(rows some.db)" "$whole"

# What cannot be joined leaves everything as it was.
refuses() {
	local what=$1 why=$2 before
	shift 2
	before=$(rows some.db)
	runs "$what" 2 "$fracas" merge some.db "$@"
	is "  in one line" "$(wc -l <<<"$err")" 1
	like "  that says why" "$err" "$why"
	is "  and nothing changed" "$(rows some.db)" "$before"
	runs "$what, anew" 2 "$fracas" merge none.db shard-1.db "$@"
	ok "  and nothing is there" [ ! -e none.db ]
	is "  nor left" "$(find . -name '*merging*')" ""
}
{ line campaign other 1234 1 1 1; line cell cccccccccccc x abd 1 2 open; } | store other.db
refuses "another campaign file" 'different campaign files \(some.yaml, digest 00ff; some.yaml, digest 1234\)' other.db
cp shard-4.db odd.db
sql odd.db "update result set hash = '00000000000000aa' where cell = 'aaaaaaaaaaaa' and seed = 8"
cp odd.db odd-1.db
refuses "a run that came out otherwise" \
	'odd.db: seed 8 of cell one is valid there, and came out otherwise \(valid\)' shard-4.db odd.db
sql odd-1.db "update cell set sha256 = 'bb' where name = 'two'"
refuses "another build" 'odd-1.db ran another build of raft \(sha256 bb\) in cell two' odd-1.db
cp shard-4.db version.db
sql version.db "update campaign set version = '99'"
refuses "another fracas" 'made by fracas 0 and version.db by 99' version.db
refuses "a file without results" 'runs.db holds no results' runs.db
refuses "a file that is none" 'there is no file' nowhere.db
runs "into itself" 2 "$fracas" merge shard-1.db ./shard-1.db
like "  is refused" "$err" 'is what is written, and one of the files'
cp runs.db kept.db
runs "into a file without a campaign" 2 "$fracas" merge kept.db shard-1.db
ok "  which stays as it was" cmp -s runs.db kept.db

# Killed at whatever moment, there is all of it, or what was there before.
killed_after() {
	local delay=$1 pid
	shift
	"$@" &
	pid=$!
	sleep "$delay"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	seen+=" $?"
}
half=$("$fracas" merge -q half.db shard-1.db shard-2.db && rows half.db)
broken='' seen=''
for delay in 0 0.002 0.004 0.006 0.008 0.01 0.012 0.015 0.02 0.03; do
	rm -f anew.db more.db*
	cp half.db more.db
	killed_after $delay "$fracas" merge -q anew.db shard-{1,2,3,4}.db
	[ ! -e anew.db ] || [ "$(rows anew.db)" = "$whole" ] || broken+=" anew:$delay"
	killed_after $delay "$fracas" merge -q more.db shard-{3,4}.db
	got=$(rows more.db)
	[ "$got" = "$whole" ] || [ "$got" = "$half" ] || broken+=" more:$delay"
done
note "killed (137) or not (0):$seen"
is "a kill leaves the old file or none" "$broken" ""
rm -f anew.db
runs "  and the next merge" 0 "$fracas" merge -q anew.db shard-{1,2,3,4}.db
is "  makes it whole" "$(rows anew.db)" "$whole"
is "  and clears what the killed left" "$(find . -name '*merging*')" ""
done_testing
