#!/bin/bash
# SPDX-License-Identifier: MIT
# The nemesis from outside: plans and what is wrong with them, the same plan in
# both worlds, the guard, the epilogue, families of one's own.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99
cd "$work" || exit 99
db=$work/n.db

verdict() {
	tail -n 1 <<<"$out" | jq -r ".$1"
}

# ---- plans ----------------------------------------------------------------------------

cat >plan <<'END'
# One is cut off, then two halves, then one dies.
at 100ms for 200ms partition one
at 400ms until 600ms partition:halves
at 700ms for 200ms kill 2	# a certain one
END
sim=(sim abd -n 5 -t 1s --seed 7 --db "$db" --json)
runs "a plan in virtual time" 0 "$fracas" "${sim[@]}" --plan plan
hash=$(verdict hash) first=$(verdict run)
runs "  and again" 0 "$fracas" "${sim[@]}" --plan plan
is "  the same, to the last event" "$(verdict hash)" "$hash"

# The stored plan says what was drawn, and does the same by itself.
"$fracas" show "$first" --json --db "$db" | jq -r .plan | sed '/^$/d' >stored
like "what was left to chance is in the stored plan" "$(cat stored)" \
	$'(^|\n)at 100ms for 200ms partition [0-4]\n'
like "  halves, too" "$(cat stored)" 'partition:halves [0-4,-]+\|[0-4,-]+'
runs "  which repeats the run" 0 "$fracas" "${sim[@]}" --plan stored
is "  to the last event" "$(verdict hash)" "$hash"

# What each fault was, and when it was to begin; not how late it came.
faults() {
	sqlite3 "$db" "select key, name, text from event_text
		where run = $1 and kind = 'fault' order by number" |
		awk -F'|' -v OFS='|' 'NR == 1 { zero = $1 } { $1 -= zero } 1'
}
runs "the same plan with real processes" 0 "$fracas" run abd -n 5 -t 1s \
	--seed 7 --db "$db" --json --plan plan
live=$(verdict run)
if command -v sqlite3 >/dev/null; then
	is "  the same faults at the same times" "$(faults "$live")" \
		"$(faults "$first")"
	late=$(sqlite3 "$db" "select min(cast(seconds * 1e9 as integer) - key) >= -1 from event_text
		where run = $live and kind = 'fault'")
	ok "  and when each really began is on record" [ "$late" = 1 ]
else
	skip "  the same faults at the same times" "no sqlite3"
fi

# wrong 'PLAN' 'REGEX': one line, status 2, and nothing was begun.
wrong() {
	printf '%s\n' "$1" >bad
	runs "no plan: $1" 2 "$fracas" sim abd -n 5 -t 2s --db "$work/no.db" \
		--plan bad
	like "  and why" "$err" "bad:$2"
	is "  in one line" "$(wc -l <<<"$err")" 1
	ok "  before anything began" [ ! -e "$work/no.db" ]
}
wrong 'at 1s for 1s partitoin 1' "1:14: .*did you mean 'partition'"
wrong 'at 1s for 1s partition:halfs' "1:14: .*did you mean 'halves'"
wrong 'at 1s for 1s kill 1 pace=3s' "1:21: .*no parameter 'pace'"
wrong 'at 1s for 1s kill 7' '1:19: .*there is no node 7'
wrong 'at 2s until 1s kill 1' '1:13: .*end after it begins'
wrong $'at 1s for 1s kill 1\nat 1500ms for 1s pause 0,1' \
	'2:1: pause of node 1 overlaps with the kill of line 1'

# ---- effect -----------------------------------------------------------------------------

printf 'at 100ms for 100ms kill 1\nat 150ms for 20ms kill role=king\n' >plan
runs "a fault that meets nobody" 0 "$fracas" sim abd -t 1s --db "$db" \
	--plan plan --seed 1
like "  is told, and why" "$out" 'no effect: no node notes role=king'
printf 'at 100ms for 100ms kill role=king\n' >plan
runs "where it was the only one of its family, nothing is known" 3 \
	"$fracas" sim abd -t 1s --db "$db" --plan plan --seed 1 --json
like "  and why" "$(verdict reason)" "'kill' took effect: 1 of 1 began; no node"

# ---- a protocol that says what it bears ---------------------------------------------------

build() {
	${CC:-cc} -shared -fPIC -Wall -Wextra -I"$top_srcdir/core/include" \
		"$@"
}

cat >modest.c <<'END'
#include <fracas/easy.h>
static void
on_echo(struct fr_node *me, const struct fr_request *rq)
{
	fr_note(me, "role", me->id == 1 ? "leader" : "follower");
#ifdef STUCK
	if (me->boot > 0)
		return;
#endif
	fr_ok(me, rq->id, rq->value);
}
FR_PROTOCOL = {
	FR_HEAD,
	.name = "modest",
	.summary = "bears one crash",
	.workload = "echo",
	.tolerates = FR_TOLERATES(.crashes = 1, .missing = FR_MINORITY,
				  .bears = FR_BEARS_RECOVERY),
	.requests = FR_REQUESTS({ "echo", on_echo }),
};
END
ok "a protocol that bears one crash" build modest.c -o modest.so
modest=("$fracas" sim ./modest.so -n 5 -t 2s --seed 3 --db "$db")
runs "describe says what it bears" 0 "$fracas" describe ./modest.so
like "  in words" "$out" 'bears +crashed nodes: 1 at once; .*recovery'
runs "describe as JSON" 0 "$fracas" describe ./modest.so --json
is "  with the number" "$(jq .tolerates.crashes <<<"$out")" 1
FRACAS_PLUGIN_PATH=$work runs "list says it, too" 0 "$fracas" list protocols --json
like "  of each" "$out" '"name":"modest".*"bears":"crashed nodes: 1 at once'
runs "one that says nothing" 0 "$fracas" describe "$top_builddir/tests/abi/old.so"
like "  is not guarded" "$out" 'bears +it does not say: the guard is off'

runs "a family beyond it is refused" 2 "${modest[@]}" --nemesis pause
like "  with a sentence" "$err" "pause: .*does not say that it bears 'delay'"
printf 'at 100ms for 300ms kill 1,2\n' >plan
runs "a plan beyond it, too" 2 "${modest[@]}" --plan plan
like "  with its line" "$err" 'plan:1:25: .*2 nodes: the protocol bears 1 of 5'
runs "with --beyond it is done" 0 "${modest[@]}" --plan plan --beyond
like "  as it says" "$out" 'kill nodes 1,2'
runs "all: what it bears" 0 "${modest[@]}" --nemesis all --interval 100ms
like "  kills" "$out" 'kill node'
not_ok "  no pauses" grep -q 'pause' <<<"$out"
not_ok "  and never two at once" grep -qE 'kill nodes|every node' <<<"$out"

printf 'at 1s for 100ms kill role=leader\n' >plan
runs "a fault aims at what a node notes" 0 "${modest[@]}" --plan plan
like "  and hits it" "$out" 'kill node 1 for 100ms: node 1 dead'

# ---- the epilogue -----------------------------------------------------------------------------

ok "one that never answers again" build -DSTUCK modest.c -o stuck.so
printf 'at 100ms for 100ms kill 2\n' >plan
for world in sim live; do
	runs "it makes no progress ($world)" 1 "$fracas" run ./stuck.so \
		--world $world -n 3 -t 500ms --seed 1 --plan plan \
		--progress 2s --timeout 500ms --db "$db" --json
	is "  which is a violation" "$(verdict violation)" no-progress
	like "  with its reason" "$(verdict reason)" \
		'client 2 .*node 2.*; node [0-9] notes role='
	runs "  and is judged so again" 1 "$fracas" check last --db "$db" --json
	is "  as the same" "$(verdict violation)" no-progress
done
runs "nobody asks where --progress is 0" 0 "$fracas" sim ./stuck.so -n 3 \
	-t 500ms --seed 1 --plan plan --progress 0 --db "$db"
runs "a verdict says that it was beyond" 1 "$fracas" sim ./stuck.so -n 3 \
	-t 500ms --seed 1 --nemesis kill,pause --beyond --db "$db" --json
like "  in its sentence" "$(verdict reason)" \
	'but this run went beyond what the protocol says that it bears: pause'
for world in sim live; do
	runs "abd goes on with a core ($world)" 0 "$fracas" run abd -n 5 \
		--world $world -t 1s --seed 1 --nemesis kill,partition \
		--epilogue core --db "$db"
	like "  and all come back" "$out" 'the final operations begin'
done

# ---- a family of one's own ---------------------------------------------------------------------

mkdir nemeses
ok "the example is built" build \
	"$top_srcdir/examples/nemesis/landslide.c" -o nemeses/landslide.so
for world in sim live; do
	runs "by its path ($world)" 0 "$fracas" run abd --world $world -t 1s \
		--seed 3 --nemesis ./nemeses/landslide.so:kill --db "$db"
	like "  it took effect" "$out" \
		'landslide:kill beginning with node [0-4] for [0-9.]+ms: node.* died'
done
runs "  and is judged again" 0 "$fracas" check last --db "$db"
export FRACAS_PLUGIN_PATH=$work
printf 'at 100ms for 400ms landslide pace=50ms\n' >plan
runs "by its name, in a plan" 0 "$fracas" sim abd -t 1s --plan plan --db "$db"
like "  it cuts" "$out" 'landslide beginning .*messages dropped'
runs "it is listed" 0 "$fracas" list faults
like "  with its line" "$out" 'landslide +one node after the other'
runs "it is described" 0 "$fracas" describe landslide
like "  with its parameter" "$out" 'pace +100ms +1ms .. 1h'
echo nonsense >nemeses/broken.so
runs "one that is none is listed" 0 "$fracas" list faults
like "  with what is wrong" "$out" 'broken +does not load: .*broken.so'
cat >greedy.c <<'END'
#include <fracas/nemesis.h>
static int
start(struct fr_fault *f)
{
	f->host->pause(f, 0);
	f->host->cut(f, 1, 2);
	return f->host->begin(f, "partition 0,1|2,3,4") > 0 &&
	       f->host->begin(f, "partition 77") < 0 ? 0 : 1;
}
FR_NEMESIS = { FR_NEMESIS_HEAD, .name = "greedy", .start = start };
END
ok "one that leaves everything to the host" build greedy.c -o greedy.so
for world in sim live; do
	runs "  it is undone ($world)" 0 "$fracas" run abd -t 1s --seed 2 \
		--world $world --nemesis ./greedy.so --db "$db"
	like "  and told" "$out" 'greedy .*node 0 stopped, .*messages dropped'
done

# ---- the tables ----------------------------------------------------------------------------------

unset FRACAS_PLUGIN_PATH
for kind in protocol workload family; do
	plural=${kind}s
	[ $kind = family ] && plural=faults
	runs "the table of $plural" 0 "$fracas" list $plural --markdown
	is "  is the README's" "$out" "$(sed -n "/^| $kind /,/^\$/p" \
		"$top_srcdir/README.md" | sed '/^$/d')"
done
runs "there is none of models" 2 "$fracas" list models --markdown
done_testing
