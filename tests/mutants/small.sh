#!/bin/bash
# SPDX-License-Identifier: MIT
# Small protocols, each of which one kind of fault breaks: found with it, over
# seeds in virtual time, and never without it.  `make mutants` runs this too.
#
# What one kind is: an end of the process that forgets (kill, crash-at, a power
# cut) is not a stop that forgets nothing (pause, slow), nor a clock, nor a disk
# that spoils what was synced.
. "$top_srcdir/tests/mutants/library.sh"
small=$top_builddir/tests/mutants/small
seeds=30
# One register each for as long as the run lasts, where there are registers.
often=(--set turn=0)

# search PROTOCOL NEMESIS ARG ...: how many seeds failed, in $invalid.
search() {
	local name=$1 nemesis=$2
	shift 2
	out=$("$fracas" sim "$small/$name.so" -n 5 --seeds "1..$seeds" \
		--nemesis "$nemesis" --latency const:1ms "${often[@]}" \
		--db "$work/small.db" --json "$@" 2>"$work/err" </dev/null)
	status=$?
	invalid=$(last .invalid)
	note "$name, $nemesis: $invalid of $seeds"
}

# found PROTOCOL NEMESIS,... -- ARG ...: each of them finds it.
found() {
	local name=$1 list=$2 nemesis begun=$SECONDS print
	shift 3
	for nemesis in ${list//,/ }; do
		search "$name" "$nemesis" "$@"
		print=$(last '.failures[0].fingerprint // "-"')
		is "$name is found with $nemesis: exit status" "$status" 1
		ok "$name is found with $nemesis" [ "$invalid" -gt 0 ]
	done
	[[ $name != *-* ]] || row finds "$name" \
		"$([ "$print" != - ] && echo found || echo missed)" \
		"${print%%:*}" "$(last '.failures[0].first // "-"')" \
		$((SECONDS - begun)) -
}

# spared PROTOCOL NEMESIS,... -- ARG ...: none of them does.
spared() {
	local name=$1 list=$2 nemesis
	shift 3
	for nemesis in ${list//,/ }; do
		search "$name" "$nemesis" "$@"
		# Unknown is what a fault without effect makes of a run.
		like "$name bears $nemesis: exit status" "$status" '^[03]$'
		is "$name bears $nemesis" "$invalid" 0
	done
}

ends=kill,kill:all,kill:rapid,crash-at
cuts=disk:lose,disk:suffix,disk:reorder,disk:torn
stops=pause,slow
clocks=clock:step,clock:drift,clock:strobe,clock:freeze,clock:ticks
errors=disk:slow-sync,disk:sync-lies,disk:eio,disk:full

# The one that stores what it answers for, and believes no record by itself.  A
# disk that has failed it does not use again before its next boot: no progress
# is asked of it.
plain=(-t 3s --interval 500ms -c 10 -r 100 --set keys=30 --set reads=0.3
	--progress 0)
spared server "$ends,$cuts,$stops,$clocks,$errors,disk:rot" -- "${plain[@]}"
spared server upgrade,upgrade:all-at-once -- "${plain[@]}" \
	--upgrade "$small/server.so"
found server amnesia -- "${plain[@]}"
# Nobody can tell that a whole disk is an old one.
found server disk:rollback -- "${plain[@]}"
found server upgrade,upgrade:all-at-once -- "${plain[@]}" \
	--upgrade "$small/server-format2.so"
spared server-format2 "$ends" -- "${plain[@]}"

found server-memory kill -- "${plain[@]}"
spared server-memory "$stops,$clocks,disk:slow-sync" -- "${plain[@]}"

# Answered before it was synced: only what loses unsynced writes breaks it.
found server-early_ack "$ends,$cuts" -- "${plain[@]}"
spared server-early_ack "$stops,$clocks,disk:slow-sync,disk:full" -- \
	"${plain[@]}"

# Two steps of one handler: nobody but who dies between them.
found server-two_steps crash-at -- "${plain[@]}"
spared server-two_steps "kill,kill:all,kill:rapid,$stops,$clocks,$errors" -- \
	"${plain[@]}"

found server-sync_again disk:sync-lies -- "${plain[@]}"
spared server-sync_again "$ends,$cuts,$stops,$clocks,disk:eio" -- \
	"${plain[@]}"
found server-no_sum disk:rot -- "${plain[@]}"
spared server-no_sum "$ends,$cuts,$stops,$clocks,$errors" -- "${plain[@]}"

# Leases: rates, and a reader that stops; no wall clock, no end of a process.
reads=(-t 3s --interval 1s -c 40 --set keys=5 --set reads=0.8)
found lease pause,clock:drift -- "${reads[@]}"
spared lease "$ends,$cuts,clock:step,clock:strobe,clock:freeze" -- \
	"${reads[@]}"

# Locks without a fence: a holder that stops, and clocks.
changes=(-t 4s --interval 1s -c 6 -r 0 --set keys=6 --set cas=0.9
	--set reads=0.2)
found lock pause,clock:step,clock:drift,clock:strobe,clock:freeze -- \
	"${changes[@]}"
spared lock "$ends,$cuts" -- "${changes[@]}"

# A primary that is slow is taken for dead, and there are two.
cp "$top_builddir/plugins/protocols/primary-backup/primary-backup.so" .
small=. found primary-backup slow -- -t 4s --interval 1s --set keys=1 \
	--set beat=20ms --set patience=60ms --beyond

# Whom others hear I hear, too: only a network that is cut here and not there
# says otherwise.
often=()
long=(-t 30s --interval 14s -r 20)
found clique partition,partition:bridge,partition:directed -- "${long[@]}"
spared clique "delay,loss,loss:most,duplicate,reorder,bandwidth,replay,client" \
	-- "${long[@]}"
spared clique "$ends,$stops,$clocks,pause:flicker,slow:bursts" -- "${long[@]}"
done_testing
