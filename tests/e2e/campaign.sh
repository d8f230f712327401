#!/bin/bash
# SPDX-License-Identifier: MIT
# Campaigns: what a file means, what is wrong with it, and that what was done
# stays done, whatever ends it and however it is shared out.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

export TMPDIR=$work/tmp
mkdir "$TMPDIR"
cd "$work" || exit 99

# file TEXT: campaign.yaml is that.
file() {
	cat >campaign.yaml
}

campaign() {
	timeout 300 "$fracas" campaign campaign.yaml "$@"
}

# What does not depend on the machine: nothing else may differ.
rows() {
	sqlite3 "$1" "select cell, seed, verdict, violation, fingerprint,
		reason, hash, ok, fail, info, throughput, median_ns, p99_ns,
		availability, faults_started, faults_effective, attempts
		from result order by cell, seed;
		select * from recovery order by cell, seed, fault;"
}

failures() {
	sqlite3 "$1" "select cell, fingerprint, violation, reason, count,
		first_seed, command, example_seed, minimal, operations, faults,
		deviations, nodes, words, scenario from failure
		order by cell, fingerprint;"
}

# until_rows FILE N PID: so many results are there; or its process is not.
until_rows() {
	local n
	while kill -0 "$3" 2>/dev/null; do
		n=$(sqlite3 "$1" 'select count(*) from result' 2>/dev/null)
		[ "${n:-0}" -lt "$2" ] || return 0
		sleep 0.02
	done
	return 1
}

# ---- cells ----------------------------------------------------------------------

file <<'END'
name: cells
protocols: [abd, {name: raft, label: other}]
nemeses: [none, kill, [partition, kill]]
nodes: [3, 5]
set: {}
time: 3000ms
seeds: 11..20
exclude:
  - {protocol: abd, nodes: 3}
  - nemesis: "partition,kill"
    protocol: other
include:
  - {protocol: paxos, nodes: 7, nemesis: kill, seeds: 5}
  - {protocol: abd, nodes: 5, nemesis: kill}
END
runs "a dry run" 0 campaign --dry-run --json
is "  the matrix, less the exclusions, and the inclusions once" \
	"$(jq -r '"\(.name)|\(.first)..\(.last)|\(.command)"' <<<"$out")" \
"abd no-faults nodes=5|11..20|fracas sim abd -t 3s
abd kill nodes=5|11..20|fracas sim abd --nemesis kill -t 3s
abd partition,kill nodes=5|11..20|fracas sim abd --nemesis partition,kill -t 3s
other no-faults nodes=3|11..20|fracas sim raft -n 3 -t 3s
other no-faults nodes=5|11..20|fracas sim raft -t 3s
other kill nodes=3|11..20|fracas sim raft --nemesis kill -n 3 -t 3s
other kill nodes=5|11..20|fracas sim raft --nemesis kill -t 3s
paxos kill nodes=7|1..5|fracas sim paxos --nemesis kill -n 7 -t 3s"
runs "  for people" 0 campaign --dry-run
like "  with their number" "$out" '8 cells, 75 runs$'
ok "  and nothing is done" [ ! -e campaign.db ]

# wrong WHAT ERROR-REGEX <<FILE
wrong() {
	file
	runs "refused: $1" 2 campaign
	like "  where, and what to do" "$err" "^fracas: campaign.yaml:$2"
	ok "  before anything is done" [ ! -e campaign.db ]
}
wrong "a key that there is not" "2:1: a campaign has no key 'nemesees'; did you mean 'nemeses'" <<'END'
protocol: abd
nemesees: kill
END
wrong "the same key twice, in two words" "2:1: 'protocols' is the same key as 'protocol' in line 1" <<'END'
protocol: abd
protocols: [raft]
END
wrong "a key of a cell" "3:21: a cell has no key 'node'; did you mean 'nodes'" <<'END'
protocol: abd
include:
  - {protocol: abd, node: 3}
END
wrong "a number" "2:12: nodes: 'many' is not a whole number" <<'END'
protocol: abd
nodes: [3, many]
END
wrong "a time" "2:7: time: " <<'END'
protocol: abd
time: 3
END
wrong "a protocol" "1:18: .*no protocol" <<'END'
protocols: [abd, abdd]
END
wrong "a parameter" "1:11: .*batches" <<'END'
protocol: raft
set: {batches: 3}
END
wrong "a family of faults" "1:11: .*kil" <<'END'
protocol: raft
nemesis: kil
END
wrong "what leaves out nothing" "3:5: this leaves out nothing" <<'END'
protocol: abd
exclude:
  - nodes: 3
END
wrong "a cell that does not say which" "4:5: say which nodes: the file has 2 values" <<'END'
protocol: abd
nodes: [3, 5]
include:
  - protocol: raft
END
wrong "one label for two protocols" "1:18: another protocol has the label 'abd', in line 1" <<'END'
protocols: [abd, {name: raft, label: abd}]
END
wrong "one cell with two ranges of seeds" "4:16: this cell is there already, with the seeds 1..9 \(line 1\)" <<'END'
protocol: abd
seeds: 9
include:
  - {protocol: abd, seeds: 10}
END
wrong "a budget" "2:22: confidence: 'very' should be like '95% below 0.1%'" <<'END'
protocol: abd
budget: {confidence: very}
END
wrong "too few seeds for a bound" "2:8: 95% below 1% takes 299 runs" <<'END'
protocol: abd
seeds: 1..298
budget: {confidence: 95% below 1%}
END
wrong "YAML that is none" "2:1: a tab cannot indent" <<'END'
protocol:
	abd
END
wrong "an empty file" "1:1: the file is empty" </dev/null
runs "no such file" 2 "$fracas" campaign nothing.yaml
runs "a shard that there is not" 2 campaign --shard 3/2

# ---- runs, and doing them once ------------------------------------------------------

# shellcheck disable=SC2086 # a list
if ! ${CC:-cc} ${SAN_CFLAGS-} -O1 -g -std=gnu11 -fPIC -shared \
	-fvisibility=hidden -I"$top_srcdir/core/include" -DBUG_no_writer \
	-o bug.so "$top_srcdir"/plugins/protocols/abd/abd.c; then
	note "no planted bug could be built"
	exit 99
fi
file <<'END'
name: several
protocols: [abd, {path: ./bug.so, label: bug}]
nemeses: [none, kill]
nodes: 3
time: 500ms
seeds: 40
budget: {shrink: 1m}
END
runs "a campaign with a planted bug" 1 campaign --json --db one.db
end=$(tail -n 1 <<<"$out")
is "  all of it is done" "$(jq -c '[.wanted, .done, .now, .valid + .invalid +
	.unknown, .cells, .cells_failing, .cells_open]' <<<"$end")" \
	'[160,160,160,160,4,2,0]'
ok "  the bug is found" [ "$(jq .invalid <<<"$end")" -gt 0 ]
is "  by nobody else" "$(sqlite3 one.db "select count(*) from result join cell
	on cell = id where verdict = 'invalid' and protocol <> 'bug'")" 0
is "  each failure is counted, and told with its first seed" \
	"$(sqlite3 one.db 'select cell, fingerprint, count, first_seed
		from failure order by 1, 2')" \
	"$(sqlite3 one.db 'select cell, fingerprint, count(*), min(seed)
		from result where fingerprint is not null group by 1, 2')"
is "  with a small example" "$(sqlite3 one.db 'select count(*) from failure
	where example_seed is not first_seed or words is null or minimal = 0 or
	operations > 6')" 0
like "  in words" "$(sqlite3 one.db 'select words from failure limit 1')" \
	'asks node [0-2] to (read|write)'
run=$(sqlite3 one.db 'select run from failure limit 1')
runs "  which is stored in full" 0 "$fracas" show "$run" --db one.db
like "    and tells its availability" "$out" 'availability +[0-9.]+ % of'
command=$(sqlite3 one.db 'select command from failure limit 1')
# shellcheck disable=SC2086 # the command, as a person would paste it
runs "  and can be done again" 1 "$top_builddir/"$command --db again.db --json
is "    the same" "$(tail -n 1 <<<"$out" | jq -r .hash)" \
	"$(sqlite3 one.db "select hash from result join failure f using (cell)
		where seed = f.first_seed and command = '$command'")"
is "  faults and what came after them are known" "$(sqlite3 one.db 'select
	count(*) > 0, min(availability) >= 0, max(availability) <= 1,
	min(p99_ns >= median_ns) from result where ok > 0')" '1|1|1|1'
ok "    of those with faults" [ "$(sqlite3 one.db "select count(*) from recovery
	where family like 'kill%' and ns >= 0")" -gt 0 ]
rows one.db >one.rows
failures one.db >one.failures
runs "the same again" 1 campaign --json --db one.db
is "  adds nothing" "$(tail -n 1 <<<"$out" | jq -c '[.done, .now]')" '[160,0]'
ok "  and changes nothing" cmp -s <(rows one.db) one.rows

# ---- killed ------------------------------------------------------------------------------

for n in 30 70 120; do
	"$fracas" campaign campaign.yaml -q --db killed.db >/dev/null 2>&1 &
	pid=$!
	if until_rows killed.db $n $pid; then
		kill -9 $pid
		wait $pid 2>/dev/null
		report 0 "killed in the middle, with $n runs"
	else
		wait $pid
		report 1 "killed in the middle, with $n runs: it was over"
	fi
done
ok "  there was something left to do" \
	[ "$(sqlite3 killed.db 'select count(*) from result')" -lt 160 ]
runs "  and it goes on" 1 campaign --resume --json --db killed.db
is "  to the same totals" \
	"$(tail -n 1 <<<"$out" | jq -c 'del(.now, .seconds, .repeated)')" \
	"$(jq -c 'del(.now, .seconds, .repeated)' <<<"$end")"
ok "  the same rows" cmp -s <(rows killed.db) one.rows
ok "  and the same examples" cmp -s <(failures killed.db) one.failures

# ---- shared out -----------------------------------------------------------------------------

for i in 1 2 3; do
	campaign -q --shard $i/3 --db "part-$i.db" >/dev/null 2>&1
done
for i in 1 2 3; do
	sqlite3 "part-$i.db" 'select cell, seed from result'
done | sort >parts
is "shards have each run once" "$(uniq -d parts | wc -l) $(wc -l <parts)" \
	"0 160"
sqlite3 whole.db "attach 'part-1.db' as a; attach 'part-2.db' as b;
	attach 'part-3.db' as c;
	create table result as select * from a.result union all
		select * from b.result union all select * from c.result;
	create table recovery as select * from a.recovery union all
		select * from b.recovery union all select * from c.recovery;
	create table every as select * from a.failure union all
		select * from b.failure union all select * from c.failure;
	create table failure as select e.* from every e where first_seed =
		(select min(first_seed) from every x where x.cell = e.cell and
		x.fingerprint = e.fingerprint);
	update failure set count = (select sum(count) from every x where
		x.cell = failure.cell and
		x.fingerprint = failure.fingerprint);"
ok "  and together the rows of one" cmp -s <(rows whole.db) one.rows
ok "  and its failures" cmp -s <(failures whole.db) one.failures
is "  none of them has nothing" "$(for i in 1 2 3; do
	sqlite3 "part-$i.db" 'select count(*) > 20 from result'; done | uniq)" 1

# ---- a changed file ---------------------------------------------------------------------------

file <<'END'
name: several, and one more
protocols: [{path: ./bug.so, label: bug}, paxos, abd]
nemeses: [kill]
nodes: 3
time: 500ms
seeds: 50
budget: {shrink: 0s}
END
runs "a file that changed" 1 campaign --json --db one.db
is "  does what is new" "$(tail -n 1 <<<"$out" | jq -c '[.done, .now]')" \
	'[150,70]'
is "  and forgets nothing" "$(sqlite3 one.db "select state, count(*) from cell
	group by 1 order by 1")" "done|3
dropped|2"
touch -d '2001-01-01' bug.so
# shellcheck disable=SC2086 # a list
${CC:-cc} ${SAN_CFLAGS-} -O2 -g -std=gnu11 -fPIC -shared \
	-fvisibility=hidden -I"$top_srcdir/core/include" -DBUG_no_writer \
	-o bug.so "$top_srcdir"/plugins/protocols/abd/abd.c
runs "a protocol that was built anew" 2 campaign --db one.db
like "  is another one" "$err" 'bug: its protocol was built anew .*--again'
runs "  unless it may be forgotten" 1 campaign --json --again --db one.db
is "  and is tried again" "$(tail -n 1 <<<"$out" | jq -c '[.done, .now]')" \
	'[150,50]'

# ---- interrupted ---------------------------------------------------------------------------------

file <<'END'
name: long
protocols: [abd]
nemesis: kill
nodes: 3
time: 1s
seeds: 100000
budget: {shrink: 0s}
END
"$fracas" campaign campaign.yaml --json --db long.db >long.out 2>&1 &
pid=$!
ok "a long one begins" until_rows long.db 10 $pid
"$fracas" campaign campaign.yaml --db long.db >second.out 2>&1 &
second=$!
wait $second
is "  nobody else may write there meanwhile" $? 2
like "  and is told so" "$(cat second.out)" "another .fracas campaign. writes"
kill -INT $pid
wait $pid
is "  and is interrupted" $? 130
is "  which it says" "$(tail -n 1 long.out | jq -c '[.type, .interrupted,
	.cells_open, .done == .now]')" '["totals",true,1,true]'
is "  what it says is what there is" "$(tail -n 1 long.out | jq .done)" \
	"$(sqlite3 long.db 'select count(*) from result')"
sed -i 's/^seeds: .*/seeds: 20/' campaign.yaml
runs "  the rest" 0 campaign --json --db long.db
ok "  is less" [ "$(tail -n 1 <<<"$out" | jq .now)" -le 10 ]

# ---- budgets ---------------------------------------------------------------------------------------

file <<'END'
protocols: [abd, paxos, raft]
nodes: 3
time: 300ms
seeds: 1000
budget: {runs: 80}
END
runs "a budget of runs" 0 campaign --json --db runs.db
is "  is kept to" "$(tail -n 1 <<<"$out" | jq -c '[.done, .spent, .cells_open]')" \
	'[80,true,3]'
is "  and shared" "$(sqlite3 runs.db 'select count(*) from result group by cell
	order by 1')" "16
32
32"
runs "  and has been had" 0 campaign --json --db runs.db
is "  the second time" "$(tail -n 1 <<<"$out" | jq -c '[.done, .now]')" '[80,0]'
sed -i 's/^budget.*/budget: {time: 1ns}/' campaign.yaml
runs "a budget of time" 0 campaign --json --db time.db
is "  ends it" "$(tail -n 1 <<<"$out" | jq -c '[.late, .cells_open]')" '[true,3]'

file <<'END'
protocols: [abd, {path: ./bug.so, label: bug}]
nodes: 3
time: 500ms
budget: {confidence: 90% below 10%, shrink: 0s}
END
runs "a bound to prove" 1 campaign --json --db bound.db
is "  is proven, or not" "$(jq -c 'select(.type == "cell") | [.name, .state,
	.valid, .invalid]' <<<"$out" | sed -E 's/,[0-9]+,1]$/,-,1]/')" \
	'["abd","proven",22,0]
["bug","failed",-,1]'
is "  and ends with the first failure" "$(sqlite3 bound.db "select max(seed) =
	min(iif(verdict = 'invalid', seed, 1000)) from result join cell
	on cell = id where protocol = 'bug'")" 1
sed -i 's/^budget.*/budget: {until: first failure, shrink: 0s}/
	s/^protocols.*/protocols: [{path: .\/bug.so, label: bug}, abd]/' campaign.yaml
runs "until the first failure" 1 campaign --json --db first.db
is "  of all" "$(tail -n 1 <<<"$out" | jq -c '[.invalid, .cells_open]')" '[1,1]'

# ---- live -------------------------------------------------------------------------------------------

file <<'END'
protocol: echo
world: live
nodes: 3
time: 300ms
seeds: 4
jobs: 2
END
runs "live runs, two at a time" 0 campaign --json --db live.db
is "  are done" "$(tail -n 1 <<<"$out" | jq -c '[.done, .valid]')" '[4,4]'
is "  and stored" "$(sqlite3 live.db 'select count(*), count(distinct r.run)
	from result r join run on run.id = r.run where world = "live" and
	run.seed = r.seed and availability > 0')" '4|4'

# One that says nothing: nothing is on a disk that faults could harm.  Its helper
# stands still for a while, as on a machine that has no time for it.
file <<'END'
protocol: echo
world: live
nodes: 3
time: 1500ms
nemesis: disk
seeds: 1
END
"$fracas" campaign campaign.yaml -q --db still.db >/dev/null 2>&1 &
pid=$!
started() {
	while kill -0 $pid 2>/dev/null; do
		# The clients have begun.
		[ "$(sqlite3 still.db 'select count(*) from event where kind = 2' \
			2>/dev/null || echo 0)" = 0 ] || return 0
		sleep 0.02
	done
	return 1
}
ok "a live run begins" started
helper=$(pgrep -P $pid | head -n 1)
kill -STOP "$helper"
sleep 0.6
kill -CONT "$helper"
wait $pid
is "  nothing can be said of it" $? 3
ok "  it was disturbed, and done again" \
	[ "$(sqlite3 still.db 'select attempts from result')" -ge 2 ]
is "  each attempt is stored" "$(sqlite3 still.db 'select count(*) = attempts
	from run, result')" 1

# ---- examples ---------------------------------------------------------------------------------------

for name in short nightly; do
	runs "the example $name" 0 "$fracas" campaign \
		"$top_srcdir/examples/campaigns/$name.yaml" --dry-run
done
mkdir -p build/tests/mutants examples/campaigns
cp "$top_srcdir/examples/campaigns/planted-bugs.yaml" examples/campaigns
for bug in no_write_back no_writer early_ack; do
	cp bug.so build/tests/mutants/abd-$bug.so
done
runs "the example planted-bugs" 0 "$fracas" campaign \
	examples/campaigns/planted-bugs.yaml --dry-run
like "  its cells" "$out" '15 cells, 7500 runs at most'
ok "nothing is left behind" [ -z "$(find "$TMPDIR" -mindepth 2)" ]
done_testing
