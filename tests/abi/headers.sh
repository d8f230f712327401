#!/bin/bash
# SPDX-License-Identifier: MIT
# The public headers, each alone: as C11 to the letter, as GNU C, as C++17; and
# no macro of theirs that tests/abi does not expand.
. "$top_srcdir/tests/e2e/lib.sh"
cd "$work" || exit 99

# compiles "what" COMPILER ARG ...: silently, what is on standard input.
compiles() {
	local what=$1 said
	shift
	said=$("$@" -fsyntax-only - 2>&1)
	ok "$what" [ -z "$said" ]
	[ -z "$said" ] || note "$said"
}

warnings="-Wall -Wextra -Wpointer-arith -Wwrite-strings -Werror"
for include in "$top_srcdir/core/include" "$top_srcdir/tests/abi/v1"; do
	for header in "$include"/fracas/*.h; do
		name=fracas/$(basename "$header")
		text="#include <$name>"
		which=${include#"$top_srcdir/"}/$name
		# shellcheck disable=SC2086 # options are words
		compiles "$which is C11" ${CC:-cc} -x c -std=c11 -pedantic \
			-Wstrict-prototypes -Wshadow $warnings -I"$include" <<<"$text"
		# shellcheck disable=SC2086
		compiles "$which is GNU C11" ${CC:-cc} -x c -std=gnu11 \
			$warnings -I"$include" <<<"$text"
		# shellcheck disable=SC2086
		compiles "$which is C++17" ${CXX:-c++} -x c++ -std=c++17 \
			-pedantic $warnings -I"$include" <<<"$text"
		# shellcheck disable=SC2086
		compiles "$which may be included twice" ${CC:-cc} -x c \
			-std=c11 -Werror -I"$include" <<<"$text"$'\n'"$text"
	done
done

# Plugins in C++ fill their tables by hand: there are no designators, and no
# compound literals.  All else is theirs too.
# shellcheck disable=SC2086
compiles "a protocol in C++" ${CXX:-c++} -x c++ -std=c++17 $warnings \
	-I"$top_srcdir/core/include" <<'END'
#include <fracas/easy.h>
static void on_echo(fr_node *me, const fr_request *rq)
{
	fr_ok(me, rq->id, rq->value);
	fr_after(me, 0, FR_MS(5), 0);
}
static void on_tick(fr_node *me, uint64_t) { fr_log(me, "%d", 1); }
static const fr_request_kind requests[] = { { "echo", on_echo } };
static const fr_timer timers[] = { { "tick", on_tick } };
static fr_protocol table()
{
	fr_protocol p = {};
	p.size = sizeof p;
	p.minor = FR_MINOR;
	p.name = "echo";
	p.requests = { requests, 1, sizeof *requests };
	p.timers = { timers, 1, sizeof *timers };
	return p;
}
FR_PROTOCOL = table();
END

macros=$(sed -n 's/^#define \(FR_[A-Za-z0-9_]*\).*/\1/p' \
	"$top_srcdir"/core/include/fracas/*.h | sort -u)
ok "the headers define macros" [ "$(wc -w <<<"$macros")" -gt 50 ]
missing=
for m in $macros; do
	grep -qw "$m" "$top_srcdir"/tests/abi/{macros,layout}.c || missing+=" $m"
done
is "each is expanded in a test" "$missing" ""

# What version 1 had, it has for ever: no name of the frozen copy is gone.
gone=
while read -r name; do
	grep -qwr "$name" "$top_srcdir/core/include/fracas" || gone+=" $name"
done < <(grep -ohw 'fr_[a-z0-9_]*\|FR_[A-Z0-9_]*' \
	"$top_srcdir"/tests/abi/v1/fracas/*.h | sort -u)
is "no name of version 1 is gone" "$gone" ""
done_testing
