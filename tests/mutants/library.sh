#!/bin/bash
# SPDX-License-Identifier: MIT
# The library's protocols under everything that they say they bear, and their
# planted bugs, each with the faults that it takes; in virtual time.
#
# What takes long to be found is looked for by `make mutants` alone
# (MUTANTS=all), and what has not been found yet is only told there.
. "$top_srcdir/tests/e2e/lib.sh"
cd "$work" || exit 99
protocols=$top_builddir/plugins/protocols
mutants=$top_builddir/tests/mutants
seeds=100
[ "${MUTANTS-}" = all ] && seeds=1000

# keeps PROTOCOL ARG ...: no seed fails, and most of them say something.
keeps() {
	local name=$1 done
	shift
	out=$("$fracas" sim "$protocols/$name/$name.so" --seeds "1..$seeds" \
		--swarm --nemesis all -t 3s --db "$work/keeps.db" --json "$@" \
		2>"$work/err" </dev/null)
	like "$name: exit status" "$?" '^[03]$'
	done=$(tail -n 1 <<<"$out")
	is "$name keeps its promise" "$(jq -r .invalid <<<"$done")" 0
	ok "$name: valid, nearly always" \
		[ "$(jq -r .valid <<<"$done")" -ge $((seeds * 9 / 10)) ]
	note "$name: $(jq -r '"\(.valid) valid, \(.unknown) unknown"' <<<"$done")"
}

# search MUTANT SEEDS ARG ...: stops at the first that fails; its seed is in
# $seed, empty where none does.
search() {
	local name=$1 most=$2 begun=$SECONDS
	shift 2
	out=$("$fracas" sim "$mutants/$name.so" --seeds "1..$most" --swarm \
		--until-failure -t 3s --db "$work/search.db" --json "$@" \
		2>"$work/err" </dev/null)
	status=$?
	seed=$(tail -n 1 <<<"$out" | jq -r '.failures[0].first // empty')
	print=$(tail -n 1 <<<"$out" | jq -r '.failures[0].fingerprint // empty')
	note "$name: seed ${seed:-none of $most}, $((SECONDS - begun))s: $print"
}

# finds MUTANT SEEDS ARG ...
finds() {
	search "$@"
	is "$1 is found: exit status" "$status" 1
	not_ok "  not by a crash" grep -q '^crash' <<<"$print"
}

# slowly MUTANT SEEDS ARG ...: found, but not in a moment.
slowly() {
	[ "${MUTANTS-}" != all ] || finds "$@"
}

# sought MUTANT SEEDS WHY ARG ...: not found yet.
sought() {
	local name=$1 most=$2 why=$3
	shift 3
	[ "${MUTANTS-}" = all ] || return
	search "$name" "$most" "$@"
	[ -n "$seed" ] || note "$name was not found: $why"
}

keeps raft
keeps raft --set reading=log --set churn=300
keeps paxos -r 100
keeps lamport-mutex
keeps ricart-agrawala

finds raft-half 500 -n 4 --nemesis partition
finds raft-local_reads 500 --nemesis partition
finds raft-no_sessions 2000 --nemesis client,duplicate
finds raft-no_up_to_date 2000 --nemesis partition,kill
finds raft-truncate_always 2000 --nemesis all
slowly raft-members_lost 20000 --nemesis partition,kill,crash-at,pause \
	--set churn=600 --set compact=4
slowly raft-early_ack 2000 --nemesis kill,crash-at,disk
slowly raft-keeps_suffix 20000 --nemesis all
slowly raft-snapshot_not_durable 20000 --nemesis all
slowly raft-vote_not_durable 20000 --nemesis all
sought raft-old_term 20000 'three changes of leader in a row, with one entry at a time' \
	--nemesis partition,kill,crash-at --set batch=1
sought raft-term_not_durable 20000 'the vote, which is, brings the term along' \
	--nemesis kill,crash-at
sought raft-hasty_change 20000 'two changes of two leaders at once' \
	-n 4 --nemesis partition,kill,pause --set churn=600
sought raft-lease_votes 20000 'a vote within a lease needs a candidate cut off for just so long' \
	--nemesis partition,delay,pause --set reading=lease

finds paxos-shared_ballots 500 --nemesis partition -r 100
finds paxos-quorums_miss 500 --nemesis partition -r 100
finds paxos-last_promise 2000 --nemesis partition,delay -r 100
sought paxos-accept_promises_nothing 20000 'three proposers, and a late accept' \
	--nemesis delay,reorder,partition -r 100
sought paxos-ballot_reused 20000 'a crash between two phases, twice' \
	--nemesis kill,crash-at -r 100

finds lamport-mutex-hears_nobody 100
finds lamport-mutex-tie 100
finds ricart-agrawala-tie 100
finds ricart-agrawala-holder_agrees 500
finds ricart-agrawala-deaf_clock 500
done_testing
