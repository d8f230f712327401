#!/bin/bash
# SPDX-License-Identifier: MIT
# Plugins built with the frozen headers of version 1 load, run and are judged;
# a version that nobody knows is refused in words.
. "$top_srcdir/tests/e2e/lib.sh"
cd "$work" || exit 99
abi=$top_builddir/tests/abi

runs "a protocol and a workload of version 1 run" 0 \
	"$fracas" run "$abi/old.so" -w "$abi/old-work.so" -n 3 -t 10s \
	--ops 500 --seed 1 --json
verdict=$(tail -n 1 <<<"$out")
is "and are valid" "$(jq -r .verdict <<<"$verdict")" valid
ok "with hundreds of answers" \
	[ "$(jq -r .ops.ok <<<"$verdict")" -ge 300 ]

cat >"$work/plan" <<'END'
at 200ms for 100ms kill 0
END
runs "they survive a restart with what they stored" 0 \
	"$fracas" run "$abi/old.so" -w "$abi/old-work.so" -n 3 -t 2s \
	--plan "$work/plan" --seed 2 --json
verdict=$(tail -n 1 <<<"$out")
is "valid again" "$(jq -r .verdict <<<"$verdict")" valid
is "the fault took effect" "$(jq -r .faults.effective <<<"$verdict")" 1

runs "describe speaks of it" 0 "$fracas" describe "$abi/old.so"
like "and tells what it is built with" "$out" 'built with the headers of version 1'
done_testing
