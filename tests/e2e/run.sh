#!/bin/bash
# SPDX-License-Identifier: MIT
# One experiment from the outside: what the README promises, interrupted in
# every way, and with nothing left behind.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

export TMPDIR=$work/tmp
mkdir "$TMPDIR"
db=$work/run.db

verdict() { tail -n 1 <<<"$out" | jq -r ".$1"; }

# ---- the main job ---------------------------------------------------------------

runs "abd keeps its promise under partitions and kills" 0 \
	"$fracas" run abd -n 5 --nemesis partition,kill -t 4s --db "$db" --json
is "  the last line is the verdict" "$(verdict type)" verdict
is "  valid" "$(verdict verdict)" valid
ok "  with many operations" [ "$(verdict ops.ok)" -gt 100 ]
ok "  faults began" [ "$(verdict faults.started)" -ge 2 ]
ok "  and had an effect" [ "$(verdict faults.effective)" -ge 1 ]
is "  no violation" "$(verdict violation)" null
run=$(verdict run)
runs "it can be shown" 0 "$fracas" show "$run" --db "$db"
like "  with its faults" "$out" 'partition'
runs "and judged again" 0 "$fracas" check "$run" --db "$db" --json
is "  with the same verdict" "$(verdict verdict)" valid
runs "and listed" 0 "$fracas" runs --db "$db"
like "  by name" "$out" 'abd'
is "invokes come before their completions" "$(sqlite3 "$db" "
	select count(*) from (
		select min(case kind when 1 then id end) as called,
			min(case when kind in (2, 3, 4) then id end) as ended
		from event group by id >> 40, process)
	where ended is not null and (called is null or called > ended)" 2>&1)" 0

runs "nng carries as well" 0 \
	"$fracas" run abd -n 3 --carrier nng --nemesis kill -t 2s --db "$db" --json
is "  valid" "$(verdict verdict)" valid
runs "a plan of one's own" 0 bash -c "
	printf 'at 200ms for 500ms partition 0|1,2 # alone\nat 900ms for 300ms kill 2\n' >'$work/plan'
	'$fracas' run abd -n 3 -t 2s --plan '$work/plan' --db '$db' --json"
is "  both faults" "$(verdict faults.started)" 2
runs "a plan with a mistake" 2 bash -c "
	printf 'at 200ms for 500ms partition 0|1,2\nat 1s for 1s partitoin 0|1\n' >'$work/plan'
	'$fracas' run abd -n 3 -t 2s --plan '$work/plan' --db '$db'"
like "  names line, column and the nearest word" "$err" 'plan:2:[0-9]+:.*partition'
runs "one protocol on most nodes, another file on one" 0 \
	"$fracas" run abd -n 3 -t 1s --node "2=$top_builddir/plugins/protocols/abd/abd.so" --db "$db" --json

# ---- wrong usage -------------------------------------------------------------------

for words in '-n 0' '-n 100000' '-t -1' '-t 0' '-n x' '--nosuch' '-w nosuch' \
	'--topology nosuch' '--nemesis nosuch' '--set nosuch=1' \
	'--carrier pigeon' '--latency often' '--node 9=x.so' '--model nosuch' \
	'--trace some' '--timeout 0' '--set retry=1y'; do
	# shellcheck disable=SC2086 # a flag and its value
	runs "run abd $words" 2 "$fracas" run abd $words --db "$work/none.db"
	is "  is one line" "$(wc -l <<<"$err")" 1
done
ok "  and nothing was made" [ ! -e "$work/none.db" ]
runs "a protocol that is not there" 2 "$fracas" run abdd --db "$db"
like "  the nearest is offered" "$err" "'abd'"
runs "a workload it does not answer" 2 "$fracas" run echo -w register --db "$db"
like "  names both" "$err" 'echo.*register|register.*echo'

# ---- endings --------------------------------------------------------------------------

# begin OPTION ...: a long run in the background; waits until it is under way.
begin() {
	rm -f "$work/b.db"*
	"$fracas" run abd -n 3 -t 600s --db "$work/b.db" --json "$@" \
		>"$work/b.out" 2>"$work/b.err" &
	pid=$!
	until "$fracas" ctl last status --json --db "$work/b.db" 2>/dev/null |
		grep -q '"phase":"main"'; do
		kill -0 $pid 2>/dev/null || break
		sleep 0.05
	done
}

left_behind() {
	pgrep -f "$work" -a | grep -v -e " $$ " -e pgrep
	find "$TMPDIR" -mindepth 2
	find "$TMPDIR" -type s
}

gone() {
	local i
	for ((i = 0; i < 600; i++)); do
		[ -z "$(left_behind)" ] && return 0
		sleep 0.1
	done
	note "$(left_behind)"
	return 1
}

begin
kill -INT $pid
wait $pid
is "Ctrl-C ends the run in order, with a verdict" $? 0
is "  which is printed" "$(tail -n 1 "$work/b.out" | jq -r .verdict)" valid
ok "  nothing is left" gone

begin --nemesis partition,kill
kill -INT $pid
kill -INT $pid
wait $pid
status=$?
ok "Ctrl-C twice stops at once" [ $status -ne 0 -o -s "$work/b.out" ]
ok "  nothing is left" gone

begin
# What is to survive has to be there.
until [ "$(sqlite3 "$work/b.db" 'select count(*) from event where kind = 2')" -gt 50 ]; do
	kill -0 $pid 2>/dev/null || break
	sleep 0.05
done
kill -KILL $pid
wait $pid 2>/dev/null
ok "after SIGKILL of the supervisor nothing is left" gone
runs "  the history up to then is judged" 0 "$fracas" check last --db "$work/b.db" --json
is "  as valid" "$(verdict verdict)" valid
runs "  the run is marked" 0 "$fracas" runs --db "$work/b.db"
like "  as interrupted" "$out" 'interrupted'

begin
runs "ctl kills a node" 0 "$fracas" ctl last kill 2 --db "$work/b.db"
runs "ctl cuts the network" 0 "$fracas" ctl last partition '0|1,2' --db "$work/b.db"
runs "ctl tells the status" 0 "$fracas" ctl last status --json --db "$work/b.db"
is "  the node is down" "$(jq -r '.nodes[2].state' <<<"$out")" down
runs "ctl refuses what makes no sense" 2 "$fracas" ctl last kill 77 --db "$work/b.db"
runs "ctl heals" 0 "$fracas" ctl last heal --db "$work/b.db"
"$fracas" watch last --json --db "$work/b.db" >"$work/watch.out" 2>&1 &
watcher=$!
until [ -s "$work/watch.out" ]; do
	kill -0 $watcher 2>/dev/null || break
	sleep 0.05
done
runs "ctl stops" 0 "$fracas" ctl last stop --db "$work/b.db"
wait $pid
is "  and the run ends well" $? 0
wait $watcher
is "watch ends with the run" $? 0
ok "  every line was JSON" jq -e . "$work/watch.out" >/dev/null
runs "ctl of a run that is over" 2 "$fracas" ctl last status --db "$work/b.db"
ok "  nothing is left" gone
done_testing
