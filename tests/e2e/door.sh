#!/bin/bash
# SPDX-License-Identifier: MIT
# The examples that stand outside the door: each sees events, sends commands,
# and ends when the run does.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

export TMPDIR=$work/tmp
mkdir "$TMPDIR"
db=$work/door.db

# One run that stays until it is told to stop.
"$fracas" run abd -n 4 -t 600s --db "$db" -q >"$work/run.out" 2>&1 &
pid=$!
until "$fracas" ctl last status --json --db "$db" 2>/dev/null |
	grep -q '"phase":"main"'; do
	kill -0 $pid 2>/dev/null || break
	sleep 0.05
done
url=$("$fracas" watch --url --db "$db")
like "the door has a URL" "$url" '^ipc://.*/door$'

# Answers come behind the command and a colon, events by themselves.
printed() {
	grep -q '^\(kill\|restart\) 3: {' "$work/$1.out" &&
		sed 's/^[a-z0-9 ]*: {/{/' "$work/$1.out" | jq -e . >/dev/null
}

state_of() {
	"$fracas" ctl last status --json --db "$db" | jq -r ".nodes[$1].state"
}

# They watch until the run ends; what they print goes to files.
read -ra compiler <<<"${CC:-cc}"
ok "the C example compiles" "${compiler[@]}" -Wall -Wextra \
	-o "$work/watch" "$top_srcdir/examples/door/watch.c" -lnng
"$work/watch" "$url" 'kill 3' >"$work/c.out" 2>"$work/c.err" &
watcher=$!
until grep -q '"read"' "$work/c.out"; do
	kill -0 $watcher 2>/dev/null || break
	sleep 0.05
done
is "it killed a node" "$(state_of 3)" down

with_python=no
if command -v python3 >/dev/null && python3 -c 'import ctypes; ctypes.CDLL("libnng.so.1")' 2>/dev/null; then
	with_python=yes
	python3 "$top_srcdir/examples/door/door.py" "$url" 'restart 3' status \
		>"$work/py.out" 2>"$work/py.err" &
	py=$!
	until grep -q '"read"' "$work/py.out"; do
		kill -0 $py 2>/dev/null || break
		sleep 0.05
	done
	until [ "$(state_of 3)" = up ]; do
		kill -0 $pid 2>/dev/null || break
		sleep 0.05
	done
	is "the Python example started it again" "$(state_of 3)" up
else
	skip "the Python example" "python3 or libnng.so.1 is missing"
fi

runs "stop" 0 "$fracas" ctl last stop --db "$db"
wait $pid
is "the run ends well" $? 0
wait $watcher
is "and the C example with it" $? 0
ok "  it printed the answer, and JSON, one object a line" printed c
like "  up to the end" "$(tail -n 1 "$work/c.out")" '"type": ?"end"'
if [ $with_python = yes ]; then
	wait $py
	is "and the Python example" $? 0
	ok "  it printed the answers, and JSON, one object a line" printed py
	like "  up to the end" "$(tail -n 1 "$work/py.out")" '"type": ?"end"'
fi
runs "nobody is there any more" 2 "$fracas" ctl "$url" status
done_testing
