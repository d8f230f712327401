#!/bin/bash
# SPDX-License-Identifier: MIT
# What `fracas new` makes builds without a warning, passes lint, and runs, as it
# is made.
. "$top_srcdir/tests/e2e/lib.sh"
cd "$work" || exit 99
include=-I$top_srcdir/core/include

templates=$("$fracas" new --list --json | jq -r .name)
like "there are templates" "$templates" 'basic.*register'
for t in $templates; do
	name=try-$t
	runs "$t: made" 0 "$fracas" new "$name" --template "$t"
	ok "$t: nothing is left to be replaced" \
		bash -c "! grep -rE '@(NAME|IDENT)@' '$name'"
	runs "$t: make builds it without a warning" 0 \
		make -C "$name" CPPFLAGS="$include" CFLAGS="-O2 -Werror"
	runs "$t: also when it is looked at more closely" 0 \
		make -C "$name" -B CC="${CC:-cc}" CPPFLAGS="$include" \
		CFLAGS="-O0 -Werror -Wstrict-prototypes -Wshadow"
	runs "$t: lint has nothing to say" 0 "$fracas" lint "$name/$name.so"
	runs "$t: it runs, valid" 0 "$fracas" run "./$name/$name.so" -n 3 \
		-t 1s --json
	is "$t: valid" "$(tail -n 1 <<<"$out" | jq -r .verdict)" valid
	runs "$t: make run runs it" 0 make -C "$name" -n run FRACAS="$fracas"
	like "$t: by name and for five seconds" "$out" \
		"run ./$name.so -n 5 -t 5s"
	runs "$t: make clean cleans" 0 make -C "$name" clean
	ok "$t: the shared object is gone" [ ! -e "$name/$name.so" ]
done

# What the register is for: one copy, in memory, is lost with its node.
cat >plan <<'END'
at 300ms for 100ms kill 0
at 700ms for 100ms kill 0
at 1100ms for 100ms kill 0
at 1500ms for 100ms kill 0
at 1900ms for 100ms kill 0
END
"$fracas" new mine --template register >/dev/null
make -C mine CPPFLAGS="$include" >/dev/null
runs "one copy is lost with its node" 1 "$fracas" run ./mine/mine.so -n 3 \
	-t 2500ms --plan plan --set keys=1 --set turn=0 --set reads=0.8 --json
is "which is found" "$(tail -n 1 <<<"$out" | jq -r .verdict)" invalid
done_testing
