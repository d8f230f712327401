#!/bin/bash
# SPDX-License-Identifier: MIT
# Foreign histories from the outside: checked, imported, exported.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99
data=$top_srcdir/tests/data/histories/foreign
export TMPDIR=$work
cd "$work" || exit 99

lines() { wc -l <<<"$out"; }

# ---- each file of the table ---------------------------------------------------

while IFS=$'\t' read -r file format want; do
	case $file in '#'*) continue ;; esac
	case $want in
	valid | invalid)
		status=$([ "$want" = valid ] && echo 0 || echo 1)
		runs "$file is $want" "$status" "$fracas" check "$data/$file"
		like "  it says what it guessed" "$out" \
			"^$data/$file, read as $format \\(a guess"
		runs "  in JSON too" "$status" "$fracas" check "$data/$file" --json
		is "  with the promised fields" \
			"$(jq -r '[.v,.type,.verdict,.format,(.ops|add > 0),(.algorithm|length > 0),(.seconds >= 0)]|@csv' <<<"$out")" \
			"1,\"verdict\",\"$want\",\"$format\",true,true,true"
		runs "  with the format named" "$status" "$fracas" check "$data/$file" \
			--format "$format" -q
		is "  one word" "$out" "$want"
		;;
	*)
		runs "$file is refused" 2 "$fracas" check "$data/$file"
		is "  with its place" "$err" "fracas: $data/$file:$want"
		is "  and nothing else" "$out" ""
		runs "  import refuses it too" 2 "$fracas" import "$data/$file"
		is "  with the same words" "$err" "fracas: $data/$file:$want"
		;;
	esac
done <"$data/EXPECT.tsv"
ok "nothing of a bad file was imported" [ ! -e fracas.db ]

# ---- import, and what works on it ---------------------------------------------

count=0 written= refused=
while IFS=$'\t' read -r file format want; do
	case $want in valid | invalid) ;; *) continue ;; esac
	count=$((count + 1))
	status=$([ "$want" = valid ] && echo 0 || echo 1)
	runs "import $file" 0 "$fracas" import "$data/$file" --json
	is "  as run $count" "$(jq -r '"\(.type) \(.run) \(.format)"' <<<"$out")" \
		"imported $count $format"
	is "  it has no verdict yet" "$("$fracas" show --json | jq -r .verdict)" unknown
	runs "  its verdict is the file's" "$status" "$fracas" check -q
	is "  in the word" "$out" "$want"
	is "  which is stored" "$("$fracas" show --json | jq -r .verdict)" "$want"
	for form in jsonl edn; do
		runs "  export as $form" 0 "$fracas" export --format $form -o "$count.$form"
		is "  quietly" "$out$err" ""
		runs "  it is judged alike" "$status" "$fracas" check "$count.$form" \
			--format $form -q
		runs "  import(export(x))" 0 "$fracas" import "$count.$form" --db again.db
		runs "  is x" 0 "$fracas" export --db again.db -o again
		ok "  to the letter" cmp -s again "$count.jsonl"
	done
	for form in porcupine-kv jepsen-log; do
		# Either as others write it, or one line and nothing.
		"$fracas" export --format $form -o "$count.$form" >out 2>err; got=$?
		if [ $got -eq 0 ]; then
			runs "  as $form it is judged alike" "$status" "$fracas" check \
				"$count.$form" --format $form -q
			runs "  import(export(x))" 0 "$fracas" import "$count.$form" --db again.db
			runs "  is x" 0 "$fracas" export --db again.db --format $form -o again
			ok "  to the letter" cmp -s again "$count.$form"
			written=$written$form
		else
			is "  as $form it is refused" "$got" 2
			like "  naming an operation" "$(cat err)" \
				"^fracas: operation [0-9]+ \\(.*\\) cannot be written as $form: .*$"
			is "  in one line" "$(wc -l <err)" 1
			ok "  with nothing written" [ ! -e "$count.$form" ]
			refused=$refused$form
		fi
	done
	runs "  a file is exported without a store" 0 "$fracas" export \
		"$data/$file" -o direct
	ok "  alike" cmp -s direct "$count.jsonl"
done <"$data/EXPECT.tsv"

for form in porcupine-kv jepsen-log; do
	like "some were written as $form" "$written" $form
done
like "and some refused" "$refused" porcupine-kv

runs "runs" 0 "$fracas" runs --limit 0
is "  lists them all" "$(lines)" $((count + 1))
like "  of a world of their own" "$out" ' imported '
ok "  with their verdicts" grep -qw valid <<<"$out"
runs "show" 0 "$fracas" show 1
like "  names the file" "$out" '^run 1: info-happened.edn'
like "  and its verdict" "$out" $'\nvalid: all 2 operations fit into one legal order \(as register\)'
is "  with all of it for programs" \
	"$("$fracas" show 1 --json | jq -r '.report|"\(.type) \(.model) \(.algorithm|length > 0)"')" \
	"verdict register true"
runs "last-failed" 0 "$fracas" show last-failed
like "  is one that was imported" "$out" ', imported world'
like "  with its picture" "$out" $'\n  client [0-9]+ +[|]-+'
runs "what is not judged" 0 "$fracas" import "$data/set.jsonl" --db new.db
runs "  says" 0 "$fracas" show --db new.db
like "  how to judge it" "$out" "not judged yet: 'fracas check 1' does"
chmod 444 new.db; chmod 555 .
if [ ! -w new.db ]; then
	runs "a store that cannot be written" 0 "$fracas" check --db new.db -q
	like "  is said" "$err" 'the verdict is not stored'
fi
chmod 755 .; chmod 644 new.db
runs "show --ops" 0 "$fracas" show 1 --ops
like "  an info is an info" "$out" 'write 1 -> info'
runs "the keys' names come back" 0 "$fracas" export "$(
	"$fracas" runs --json --limit 0 | jq 'select(.protocol == "text-keys.txt").run')"
like "  as texts" "$out" '"key":"y \\"q\\""'
runs "a model for the checker" 0 "$fracas" import "$data/set.jsonl" --model counter
runs "  which it uses" 2 "$fracas" check
like "  and which does not fit" "$err" 'a counter answers with a whole number'
runs "  unless told otherwise" 0 "$fracas" check --model set -q

# ---- the settings ---------------------------------------------------------------

printf '%s\n' '{"process":0,"type":"invoke","f":"write","value":1}' \
	'{"process":0,"type":"ok","f":"write","value":1}' \
	'{"process":0,"type":"invoke","f":"read","value":null}' \
	'{"process":0,"type":"ok","f":"read","value":null}' >nil.jsonl
runs "a read of nil after a write" 1 "$fracas" check nil.jsonl
runs "  tells nothing where nil-reads=any" 0 "$fracas" check nil.jsonl --set nil-reads=any
printf '%s\n' '{"process":0,"type":"invoke","f":"read"}' \
	'{"process":0,"type":"ok","f":"read","value":0}' >zero.jsonl
runs "a read of 0 at first" 1 "$fracas" check zero.jsonl
runs "  is right where initial=0" 0 "$fracas" check zero.jsonl --set initial=0
runs "a setting that is none" 2 "$fracas" check zero.jsonl --set initail=0
like "  offers the nearest" "$err" 'did you mean initial'
runs "a model that is none" 2 "$fracas" check zero.jsonl --model regster
like "  offers the nearest" "$err" "did you mean 'register'"
runs "a condition that is none" 2 "$fracas" check zero.jsonl --model sequentia
like "  offers the nearest" "$err" "did you mean 'sequential'"
runs "a condition" 0 "$fracas" check "$data/info-never.jsonl" --model sequential -q
runs "what others call it" 1 "$fracas" check zero.jsonl --model cas-register
runs "--explain" 1 "$fracas" check "$data/info-twice.edn" --explain
like "  a diagram" "$out" $'\n +client 2 .*\\|-'
like "  and why" "$out" 'each of them is needed'
runs "--explain --json" 0 "$fracas" check "$data/info-late.edn" --explain --json
is "  has the whole linearization" "$(jq -c .linearization <<<"$out")" "[0,2,1,3]"
runs "--json of an invalid one" 1 "$fracas" check "$data/info-twice.edn" --json
is "  has the core" "$(jq '.core | length > 1 and all(.text | length > 0)' <<<"$out")" true
is "  by the names of the explanation" "$(jq -r '.core[0].name' <<<"$out")" a
runs "--json of a short one" 1 "$fracas" check nil.jsonl --json
is "  how far one comes" "$(jq '(.beginning|length > 0) and (.state|length > 0) and
	(.frontier.id >= 0) and (.explanation|length > 0)' <<<"$out")" true
is "  and why nothing can be next" "$(jq '.candidates | length > 0 and
	all((.why|length > 0) and .id >= 0)' <<<"$out")" true
runs "--json of a valid one" 0 "$fracas" check "$data/info-late.edn" --json
is "  has its linearization" "$(jq '.linearization | length' <<<"$out")" 4
runs "--json of one without a verdict" 3 "$fracas" check "$data/info-late.edn" --json \
	--memory-limit 100
is "  has the budget that ran out" \
	"$(jq -c '[.verdict, .budget, .memory_limit, .time_limit]' <<<"$out")" \
	'["unknown","memory",100,60]'
# The budget is the process's: what is read counts, and is not read beyond it.
awk 'BEGIN { for (i = 0; i < 60000; i++) {
	w = "{\"process\":0,\"f\":\"write\",\"value\":" i ",\"type\":"
	r = "{\"process\":1,\"f\":\"read\",\"value\":"
	print w "\"invoke\"}\n" r "null,\"type\":\"invoke\"}\n" w "\"ok\"}\n" \
		r i ",\"type\":\"ok\"}" } }' >long.jsonl
runs "a long one" 0 "$fracas" check long.jsonl --json
needs=$(jq .memory <<<"$out")
if [ -z "${SAN_CFLAGS:-}" ]; then
	ok "  takes some memory" [ "$needs" -gt 16000000 ]
	for part in 50 70 90; do
		limit=$((needs * part / 100))
		runs "  with $part % of that" 3 "$fracas" check long.jsonl --json \
			--memory-limit $limit
		is "    there is no verdict" "$(jq -c '[.verdict, .budget]' <<<"$out")" \
			'["unknown","memory"]'
		ok "    nor was more taken" [ "$(jq .memory <<<"$out")" -le $((limit + limit / 20 + 1048576)) ]
	done
fi
runs "a time that is over at once" 3 "$fracas" check long.jsonl --time-limit 1us
like "  is over while it is read" "$out" 'unknown: the time budget of 1.00us ran out while the file was read'
runs "  and of a run" 0 "$fracas" import long.jsonl --db long.db
runs "  likewise" 3 "$fracas" check --db long.db --time-limit 1us --json
is "  in JSON" "$(jq -c '[.verdict, .budget, .ops.ok]' <<<"$out")" '["unknown","time",0]'
runs "--json of a condition" 1 "$fracas" check "$data/info-twice.edn" --json \
	--model rw-register --set isolation=strict-serializable
is "  names transactions as its words do" "$(jq -r '.core[0].name' <<<"$out")" T1

# ---- files that are not there, and odd ones ---------------------------------------

runs "no such file" 2 "$fracas" check ./none.edn
like "  named" "$err" 'none.edn: No such file'
runs "a directory" 2 "$fracas" check "$data/"
like "  named" "$err" 'a directory, not a file'
runs "a format that is none" 2 "$fracas" check nil.jsonl --format json
like "  offers the nearest" "$err" "did you mean 'jsonl'"
runs "--format without a file" 2 "$fracas" check --format edn
runs "the wrong format" 2 "$fracas" check nil.jsonl --format jepsen-log
like "  with its place" "$err" 'nil.jsonl:1:1: a line of a log begins with'
runs "through a pipe" 1 bash -c "cat '$work/nil.jsonl' | '$fracas' check /dev/stdin -q"
is "  the same verdict" "$out" invalid
echo before >before
runs "what cannot be written" 2 "$fracas" export nil.jsonl --format porcupine-kv -o before
is "  leaves the file that was there" "$(cat before)" before
mkdir closed && ln -s /dev/full closed/full
runs "a full disk" 4 "$fracas" export nil.jsonl -o closed/full
like "  is said" "$err" 'closed/full: No space left'

# A line without an end must not cost its size: 1 GB of blanks, sparse zeros
# being no text, and a text that does not end.
# (A sanitizer takes terabytes of addresses for itself.)
limit=; [ -n "${SAN_CFLAGS:-}" ] || limit='ulimit -v'
truncate -s 1G zeros
runs "1 GB of zeros" 2 bash -c "${limit:+$limit 3000000;} '$fracas' check ./zeros --format edn"
like "  are refused" "$err" 'zeros:1:1: '
runs "  in any format" 2 bash -c "${limit:+$limit 3000000;} '$fracas' check ./zeros --format jepsen-log"
{ printf '{"process":0,"type":"invoke","f":"write","value":"'
	head -c 300M /dev/zero | tr '\0' a; } >line
runs "a line of 300 MB" 2 bash -c "${limit:+$limit 900000;} '$fracas' check ./line --format jsonl"
like "  is refused" "$err" 'line:1:50: a text that does not end'
rm -f line zeros

# ---- a run of this project's own -----------------------------------------------------

runs "a run" 0 "$fracas" run abd -n 3 -c 3 --ops 100 -t 60s --rate 0 --db own.db -q
runs "  exported" 0 "$fracas" export --db own.db -o own.jsonl
runs "  and judged from the file" 0 "$fracas" check own.jsonl -q
runs "  and by a model that is named" 0 "$fracas" check --db own.db --model register -q
runs "  settings need one" 2 "$fracas" check --db own.db --set initial=0
like "  it says" "$err" '--set goes with --model'
runs "  imported again" 0 "$fracas" import own.jsonl --db other.db
runs "  and exported" 0 "$fracas" export --db other.db -o other.jsonl
ok "  it is the same" cmp own.jsonl other.jsonl
done_testing
