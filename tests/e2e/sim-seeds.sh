#!/bin/bash
# SPDX-License-Identifier: MIT
# Many seeds, whatever happens meanwhile: interrupted, killed, a worker killed,
# the disk full.  What was found stays, and --resume comes to the same end as
# if nothing had been.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

export TMPDIR=$work/tmp
mkdir "$TMPDIR"
mutant=$top_builddir/tests/mutants/abd-half.so
# Sanitizers make ten of one.
all=400
[ -z "${SAN_CFLAGS-}" ] || all=150
search=(sim "$mutant" --nemesis partition,kill --seeds 1..$all --swarm -t 1s --json)

rows() { sqlite3 "$1" 'select seed, verdict, hash, coalesce(fingerprint, "") from seed order by cast(seed as integer)'; }
count() { sqlite3 "$1" 'select count(*) from seed' 2>/dev/null || echo 0; }
# What a command's last line comes to, without what time has to do with.
totals() { tail -n 1 <<<"$out" | jq -c '{all: (.done + .skipped), valid, invalid, unknown,
	failures: [.failures[] | {fingerprint, seeds, first, drawn}]}'; }
# until_rows FILE N PID: so many are in the file, or the process is gone.
until_rows() {
	until [ "$(count "$1")" -ge "$2" ]; do
		kill -0 "$3" 2>/dev/null || return
		sleep 0.02
	done
}
workers_of() { pgrep -P "$1" -x fracas-cell; }
until_gone() {
	local pid
	for pid; do
		while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
	done
}

runs "without interruption" 1 "$fracas" "${search[@]}" --db "$work/whole.db"
whole=$(totals)
is "  all seeds are there" "$(count "$work/whole.db")" $all
ok "  some fail" [ "$(jq .invalid <<<"$whole")" -gt 10 ]
ok "  and some do not" [ "$(jq .valid <<<"$whole")" -gt 10 ]

# ---- interrupted, killed -------------------------------------------------------------

for signal in INT TERM KILL; do
	db=$work/$signal.db
	resume=
	for part in 1 2 3; do
		# shellcheck disable=SC2086 # nothing, or one word
		"$fracas" "${search[@]}" --db "$db" $resume >"$work/out" 2>&1 &
		pid=$!
		# Anywhere: before the first is done, and in between.
		until_rows "$db" $(((part - 1) * all / 4 + 1)) $pid
		cells=$(workers_of $pid)
		kill -$signal $pid
		wait $pid 2>/dev/null
		status=$?
		# shellcheck disable=SC2086 # numbers
		until_gone $cells
		resume=--resume
	done
	[ $signal != INT ] || is "Ctrl-C is told by the status" \
		"$([ $status -eq 1 ] || [ $status -eq 130 ]; echo $?)" 0
	kept=$(count "$db")
	ok "$signal three times: $kept seeds are kept" [ "$kept" -gt 0 ]
	is "  each once" "$(sqlite3 "$db" 'select count(distinct seed) from seed')" "$kept"
	is "  the file is whole" "$(sqlite3 "$db" 'pragma integrity_check')" ok
	runs "  --resume does the rest" 1 "$fracas" "${search[@]}" --db "$db" --resume
	is "  skipping what was done" "$(tail -n 1 <<<"$out" | jq .skipped)" "$kept"
	is "  with the same totals" "$(totals)" "$whole"
	is "  seed by seed" "$(rows "$db")" "$(rows "$work/whole.db")"
done
runs "--resume with nothing left to do" 1 "$fracas" "${search[@]}" \
	--db "$work/INT.db" --resume
is "  tells the same" "$(totals)" "$whole"
runs "--resume of another search" 1 "$fracas" "${search[@]}" --set keys=2 \
	--db "$work/INT.db" --resume
is "  begins at its beginning" "$(tail -n 1 <<<"$out" | jq .skipped)" 0

# ---- a worker is killed ------------------------------------------------------------

db=$work/worker.db
"$fracas" "${search[@]}" --jobs 2 --db "$db" >"$work/out" 2>"$work/err" &
pid=$!
for n in 1 $((all / 8)) $((all / 4)) $((all / 2)); do
	until_rows "$db" $n $pid
	worker=$(workers_of $pid | head -n 1)
	[ -n "$worker" ] && kill -KILL "$worker"
done
wait $pid
is "four workers are killed: the command ends as ever" $? 1
out=$(cat "$work/out")
is "  with the same totals" "$(totals)" "$whole"
is "  seed by seed" "$(rows "$db")" "$(rows "$work/whole.db")"
note "$(cat "$work/err")"

# ---- until the first failure ----------------------------------------------------------

runs "--until-failure" 1 "$fracas" "${search[@]}" --until-failure --jobs 2 --db "$work/until.db"
first=$(jq '[.failures[].first] | min' <<<"$whole")
is "  stops at the lowest that fails" \
	"$(tail -n 1 <<<"$out" | jq '.failures[0].first')" "$first"
done=$(tail -n 1 <<<"$out" | jq '.done')
ok "  and does no more" [ "$done" -lt 40 ]
runs "  --resume has nothing to do" 1 "$fracas" "${search[@]}" --until-failure \
	--db "$work/until.db" --resume
is "  and finds the same" "$(tail -n 1 <<<"$out" | jq -c '[.done, .skipped, .failures[0].first]')" \
	"[0,$done,$first]"
runs "  the others may follow" 1 "$fracas" "${search[@]}" --db "$work/until.db" --resume
is "  with the same totals" "$(totals)" "$whole"

# ---- the disk is full ---------------------------------------------------------------

# As a limit on the size of files: SQLite is told EFBIG in place of ENOSPC.
# The copy of the plugin has to fit, and the store must not.
size=$(($(stat -c %s "$work/whole.db") / 1024))
least=$(($(stat -c %s "$mutant") / 1024 + 8))
for part in 3 1; do
	kib=$((size / 4 * (4 - part)))
	[ $kib -ge $least ] || kib=$least
	db=$work/full-$kib.db
	(
		trap '' XFSZ
		ulimit -f $kib
		exec "$fracas" "${search[@]}" --db "$db"
	) >"$work/out" 2>"$work/err"
	is "files of $kib KiB at most: its own failure" $? 4
	like "  named" "$(cat "$work/err")" "$db"
	runs "  with room again, --resume does the rest" 1 "$fracas" "${search[@]}" \
		--db "$db" --resume
	is "  with the same totals" "$(totals)" "$whole"
done

# ---- on a terminal -------------------------------------------------------------------

if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
	script -qec "$fracas sim echo --seeds 1..300 -t 1s --db '$work/tty.db'" /dev/null \
		>"$work/tty.out" </dev/null
	like "a terminal sees how far it is" "$(cat "$work/tty.out")" \
		$'\r\033\\[K[0-9]+ of 300 seeds  valid [0-9]+  invalid 0  unknown 0  [0-9]+/s'
	is "  on one line, which is gone in the end" \
		"$(grep -c 'of 300 seeds' "$work/tty.out")" 1
else
	skip "how far it is, on a terminal" "no pseudo-terminal"
fi
runs "nobody else does" 0 "$fracas" sim echo --seeds 1..30 -t 1s --db "$work/tty.db"
is "  not a word" "$err" ""
ok "nothing is left behind" [ -z "$(find "$TMPDIR" -mindepth 2)" ]
done_testing
