#!/bin/bash
# SPDX-License-Identifier: MIT
# What can be wrong with the database, and with the words of a command.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

export TMPDIR=$work
run() { "$fracas" run echo -n 2 --ops 20 -t 20s "$@"; }

runs "a directory that is not there" 2 run --db "$work/no/such/x.db"
like "  is named" "$err" 'no/such'
echo "this is not a database, whatever its name says" >"$work/text.db"
runs "a file that is not SQLite" 2 run --db "$work/text.db"
like "  is named" "$err" 'text.db.*SQLite'
is "  and it is untouched" "$(cat "$work/text.db")" \
	"this is not a database, whatever its name says"
sqlite3 "$work/foreign.db" 'create table t(a); insert into t values(1)'
runs "somebody else's SQLite file" 2 run --db "$work/foreign.db"
like "  is named" "$err" 'foreign.db'
is "  and it is untouched" "$(sqlite3 "$work/foreign.db" .tables)" "t"
runs "a first run" 0 run --db "$work/good.db"
cp "$work/good.db" "$work/newer.db"
sqlite3 "$work/newer.db" 'pragma user_version = 4711'
runs "a file of a newer version" 2 run --db "$work/newer.db"
like "  names both versions" "$err" '4711'
if [ "$(id -u)" -ne 0 ]; then
	cp "$work/good.db" "$work/readonly.db"
	chmod a-w "$work/readonly.db"
	runs "a read-only file" 2 run --db "$work/readonly.db"
	like "  says so" "$err" 'readonly.db.*(read-only|permission|written)'
else
	# Root may write everything: a read-only mount, of the test's own.
	cp "$work/good.db" "$work/readonly.db"
	if unshare -m true 2>/dev/null; then
		mkdir "$work/ro"
		cp "$work/good.db" "$work/ro/readonly.db"
		# shellcheck disable=SC2016 # for the inner shell
		runs "a read-only file" 2 unshare -m bash -c '
			mount --bind "$1/ro" "$1/ro" &&
			mount -o remount,ro,bind "$1/ro" &&
			exec "$2" run echo -n 2 --ops 20 -t 20s --db "$1/ro/readonly.db"' \
			- "$work" "$fracas"
		like "  says so" "$err" 'readonly.db'
	else
		skip "a read-only file" "root without mount namespaces"
	fi
fi

# A full disk: a small file system of the test's own.
if unshare -m true 2>/dev/null && [ "$(id -u)" -eq 0 ]; then
	mkdir "$work/small"
	# shellcheck disable=SC2016
	runs "a full disk" 4 unshare -m bash -c '
		mount -t tmpfs -o size=600k none "$1/small" || exit 99
		"$2" run echo -n 2 -t 20s --ops 200000 --rate 0 --db "$1/small/full.db"
		status=$?
		cp "$1"/small/full.db* "$1/ro/" 2>/dev/null
		exit $status' - "$work" "$fracas"
	like "  says so" "$err$out" '(full|space)'
else
	skip "a full disk" "no mount namespaces"
fi

# Locked by somebody who does not let go.
python3 - "$work/good.db" <<'END' &
import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("begin exclusive")
open(sys.argv[1] + ".held", "w").close()
time.sleep(60)
END
holder=$!
while [ ! -e "$work/good.db.held" ]; do sleep 0.05; done
runs "a database that another holds" 4 run --db "$work/good.db"
like "  says so" "$err" 'good.db.*lock'
kill $holder 2>/dev/null
wait $holder 2>/dev/null
runs "and afterwards it works" 0 run --db "$work/good.db"

# Two at the same time, one file.
run --db "$work/two.db" >"$work/one.out" 2>&1 &
first=$!
run --db "$work/two.db" >"$work/two.out" 2>&1
second=$?
wait $first
is "two runs share a file: the first" $? 0
is "two runs share a file: the second" $second 0
is "both are in it" "$(sqlite3 "$work/two.db" \
	"select count(*) from run where verdict = 'valid'")" 2

runs "show of a file that is not there" 2 "$fracas" show last --db "$work/none.db"
ok "  and none was made" [ ! -e "$work/none.db" ]
runs "show of a run that is not there" 2 "$fracas" show 4711 --db "$work/good.db"
like "  is named" "$err" '4711'
done_testing
