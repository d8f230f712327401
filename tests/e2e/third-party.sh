#!/bin/bash
# SPDX-License-Identifier: MIT
# Histories that others recorded and judged: each must get its known verdict,
# with the format guessed.  They are no part of this project: FRACAS_HISTORIES
# names their folder, or it lies at ../shared/histories beside the source.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

dir=${FRACAS_HISTORIES:-$top_srcdir/../shared/histories}
if [ ! -r "$dir/VERDICTS.tsv" ]; then
	skip "the verdicts of others" "no $dir/VERDICTS.tsv: name the folder in FRACAS_HISTORIES"
	done_testing
fi
export TMPDIR=$work
count=0
while IFS=$'\t' read -r file model verdict; do
	case $file in '#'* | '') continue ;; esac
	count=$((count + 1))
	options=()
	case $model in
	kv*) options+=(--model kv) ;;
	*) options+=(--model cas-register) ;;
	esac
	case $file in
	knossos/*) options+=(--set nil-reads=any) ;;
	esac
	case $model in
	*'initially 0'*) options+=(--set initial=0) ;;
	esac
	case $verdict in
	linearizable) want=0 word=valid ;;
	*) want=1 word=invalid ;;
	esac
	runs "$file: $word" "$want" "$fracas" check "$dir/$file" -q "${options[@]}"
	is "  in the word" "$out" "$word"
	# The same after a journey through the other formats.
	runs "  exported" 0 "$fracas" export "$dir/$file" --format edn -o "$work/h.edn"
	runs "  it stays $word" "$want" "$fracas" check "$work/h.edn" -q "${options[@]}"
	# What has a form of its own comes back in it, as it was but for blanks
	# and what says nothing.
	case $file in
	*/c*.txt) form=porcupine-kv ;;
	*.log) form=jepsen-log ;;
	*) continue ;;
	esac
	runs "  as $form" 0 "$fracas" export "$dir/$file" --format $form -o "$work/h"
	ok "  it is what was there" cmp -s <(tr -s ' \t' '  ' <"$work/h") \
		<(grep -v ':info\|:nemesis' "$dir/$file" | tr -s ' \t' '  ' |
			sed 's/:fail :read :timed-out$/:fail :read nil/')
	runs "  and $word" "$want" "$fracas" check "$work/h" -q "${options[@]}"
done <"$dir/VERDICTS.tsv"
ok "there were some" [ "$count" -gt 0 ]
done_testing
