#!/bin/bash
# SPDX-License-Identifier: MIT
# What is stored, from the outside: runs, show, check; also of a run whose
# supervisor was killed, and of one that is going on.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99
export TMPDIR=$work
cd "$work" || exit 99

sql() { sqlite3 fracas.db "$1"; }
lines() { wc -l <<<"$out"; }

# ---- nothing there --------------------------------------------------------------

for c in runs show check; do
	runs "$c without a file" 2 "$fracas" $c
	like "  names it, and what makes one" "$err" \
		"^fracas: there is no file fracas.db: 'fracas run' makes one"
	is "  in one line" "$(wc -l <<<"$err")" 1
	is "  and nothing on stdout" "$out" ""
done
ok "no file was made" [ ! -e fracas.db ]

# ---- one run ----------------------------------------------------------------------

runs "a run with a whole trace" 0 "$fracas" run abd -n 3 -c 3 --ops 200 \
	-t 60s --rate 0 --trace all --seed 7
runs "runs" 0 "$fracas" runs
is "  a heading and a line" "$(lines)" 2
like "  with what it was" "$out" $'\n *1  .*abd +register +3 +live +- +[0-9]+ +valid '
runs "runs --json" 0 "$fracas" runs --json
is "  one object" "$(jq -r '"\(.v) \(.type) \(.run) \(.protocol) \(.seed) \(.verdict) \(.status)"' <<<"$out")" \
	"1 run 1 abd 7 valid done"
is "  with the operations that are in the file" \
	"$(jq '.ops.ok + .ops.fail + .ops.info' <<<"$out")" \
	"$(sql 'select count(*) from operation where run = 1')"

runs "show" 0 "$fracas" show
summary=$out
like "  the run" "$out" '^run 1: abd, workload register, 3 nodes, 3 clients, live world, seed 7'
like "  how to repeat it" "$out" 'again +fracas run abd -n 3 -c 3 --ops 200'
like "  what happened" "$out" 'What happened.*3 nodes ready.*the run ends'
like "  the operations" "$out" 'operation +ok +fail +info +median +p99 +slowest'
like "  the messages" "$out" '[0-9]+ messages between nodes'
like "  the verdict" "$out" $'\nvalid: '
runs "show 1 is the same" 0 "$fracas" show 1
is "  to the letter" "$out" "$summary"
runs "show --json" 0 "$fracas" show --json
is "  one object, with the configuration in it" \
	"$(jq -r '"\(.type) \(.config.nodes) \(.operations[0]) \(.report.verdict)"' <<<"$out")" \
	"run 3 read valid"

for list in events ops messages; do
	runs "show --$list" 0 "$fracas" show "--$list"
	is "  is cut to a hundred lines, and one that says so" "$(lines)" 101
	like "  with how to see all" "$out" '\.\.\.  \([0-9]+ more; --all shows them\)'
	runs "show --$list --all" 0 "$fracas" show "--$list" --all
	all=$(lines)
	runs "show --$list --json" 0 "$fracas" show "--$list" --json
	is "  is as long" "$(lines)" "$all"
	ok "  and all JSON" jq -e . <<<"$out" >/dev/null
	case $list in
	events) table='event where id >> 40 = 1' ;;
	ops) table='operation where run = 1' ;;
	messages) table='message where id >> 40 = 1' ;;
	esac
	is "  and what the file holds" "$all" "$(sql "select count(*) from $table")"
done
runs "show --log of nodes that say nothing" 0 "$fracas" show --log
is "  says so" "$out" "run 1 has none"

runs "check" 0 "$fracas" check
like "  the verdict" "$out" $'\nvalid: '
runs "check --json" 0 "$fracas" check 1 --json
is "  one line" "$(lines)" 1
is "  of the fields that are promised" "$(jq -rc 'keys_unsorted' <<<"$out")" \
	'["v","type","verdict","reason","hash","ops","violation","algorithm","seconds"]'
is "  of the same events that the run saw" "$(jq -r .hash <<<"$out")" \
	"$(sql 'select report from run' | jq -r .hash)"
runs "check -q" 0 "$fracas" check -q
is "  one word" "$out" valid

# ---- words that are no run ----------------------------------------------------------

runs "show of a run that is not there" 2 "$fracas" show 9
like "  names it" "$err" 'no run 9'
runs "show lst" 2 "$fracas" show lst
like "  offers the nearest" "$err" 'did you mean last\?'
runs "show last-failed of none" 2 "$fracas" show last-failed
like "  says so" "$err" 'no run with the verdict invalid'
runs "runs --limit -1" 2 "$fracas" runs --limit -1

# ---- a supervisor that was killed ------------------------------------------------------

"$fracas" run abd -n 3 -t 60s -q >/dev/null 2>&1 &
supervisor=$!
# Until it has recorded something; it writes every 50 ms.
until [ "$(sql 'select count(*) from event where id >> 40 = 2')" -gt 50 ]; do
	sleep 0.05
done 2>/dev/null
runs "runs while one is going on" 0 "$fracas" runs --limit 1
like "  calls it running" "$out" $'\n *2 .* running '
like "  and says that there are more" "$out" 'only the newest 1'
runs "show while it is going on" 0 "$fracas" show
like "  has no verdict yet" "$out" 'no verdict: the run has not ended yet'
runs "check while it is going on" 2 "$fracas" check
like "  is refused" "$err" 'run 2 is still running'
kill -KILL $supervisor
wait $supervisor 2>/dev/null
runs "runs after it was killed" 0 "$fracas" runs
like "  calls it interrupted" "$out" $'\n *2 .* interrupted '
runs "show after it was killed" 0 "$fracas" show
like "  says how to judge it" "$out" "'fracas check 2' judges what it recorded"
runs "check after it was killed" 0 "$fracas" check 2
like "  judges what there is" "$out" $'\nvalid: .*cut off'
is "nobody has written that down" "$(sql 'select status from run where id = 2')" running
runs "the next run" 0 "$fracas" run echo -n 2 --ops 20 -t 60s -q
is "  does" "$(sql 'select status from run where id = 2')" interrupted
ok "  with the operations counted" \
	[ "$(sql 'select ok + fail + info from run where id = 2')" -gt 0 ]

# ---- one that failed -------------------------------------------------------------------

# An answer that nobody wrote.
sql "update event set value = 424242 where id = (select max(id) from event
	where id >> 40 = 1 and kind = 2 and form = 1);
	update run set verdict = 'invalid', reason = 'so it is' where id = 1"
runs "check of a history with a wrong answer" 1 "$fracas" check 1
like "  the verdict" "$out" $'\ninvalid: '
like "  the evidence" "$out" '424242'
runs "show last-failed" 0 "$fracas" show last-failed
like "  is the first" "$out" '^run 1: '
sql "delete from event where id = (select min(id) from event
	where id >> 40 = 1 and kind = 1)"
runs "check of a history that contradicts itself" 4 "$fracas" check 1
like "  names run, event and process" "$err" 'run 1: event [0-9]+ \(ok of process [0-9]+\)'
is "the file is whole" "$(sql 'pragma integrity_check')" ok
done_testing
