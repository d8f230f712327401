# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the library's protocols are tried with, each by a script of its name:
# under everything that it says it bears, and its planted bugs, each with the
# faults that it takes; in virtual time.
#
#	keeps NAME ARG ...		no seed fails, and most say something
#	finds NAME-BUG SEEDS ARG ...	a second is enough to find it
#	slowly NAME-BUG SEEDS ARG ...	found, but not in a moment
#	sought NAME-BUG SEEDS WHY ARG ...	not found yet
#
# A mutant is built here, of the same sources with -DBUG_name; it stays in
# tests/mutants/ of the build, for whoever wants to see it fail once more.
#
# MUTANTS says how much of it: nothing for `make check`, `none` for the keeping
# of promises alone, `all` for what takes up to a minute, too (make mutants),
# `soak` for promises over many seeds and in processes (make soak).  Where
# TABLE names a file, each line of the table goes there.
. "$top_srcdir/tests/e2e/lib.sh"
cd "$work" || exit 99
protocols=$top_builddir/plugins/protocols
mutants=$top_builddir/tests/mutants
sources=$top_srcdir/plugins/protocols
: "${MUTANTS=}" "${TABLE=}" "${CC:=cc}"
SOAK_SEEDS=${SOAK_SEEDS-10000} SOAK_RUNS=${SOAK_RUNS-20}
idle=20			# seeds without faults
case $MUTANTS in
none) seeds=30 ;;
all) seeds=1000 idle=100 ;;
soak) seeds=$SOAK_SEEDS ;;
*) seeds=50 ;;
esac

row() {
	local IFS=$'\t'
	[ -z "$TABLE" ] || printf '%s\n' "$*" >>"$TABLE"
}

# last QUERY: of the object in the last line of what was printed.
last() {
	tail -n 1 <<<"$out" | jq -r "$1"
}

# ---- protocols as they should be -------------------------------------------------

# The same in processes, four runs at a time: "valid invalid", of all of them.
live() {
	local name=$1 i
	shift
	for ((i = 1; i <= SOAK_RUNS; i++)); do
		printf '%s\0' "$i"
	done | xargs -0 -P 4 -I '{}' "$fracas" run "$protocols/$name/$name.so" \
		--nemesis all --seed '{}' -t 10s --json --db "$work/live-{}.db" \
		"$@" >"$work/live.out" 2>>"$work/err"
	jq -rs 'map(select(.verdict)) | "\(map(select(.verdict == "valid")) |
		length) \(map(select(.verdict == "invalid")) | length)"' \
		"$work/live.out"
	rm -f "$work"/live-*
}

# keeps PROTOCOL ARG ...
keeps() {
	local name=$1 begun=$SECONDS most=$seeds alive=- broken=0
	shift
	out=$("$fracas" sim "$protocols/$name/$name.so" --seeds "1..$most" \
		--swarm --nemesis all -t 3s --db "$work/keeps.db" --json "$@" \
		2>"$work/err" </dev/null)
	like "$name: exit status" "$?" '^[03]$'
	is "$name keeps its promise" "$(last .invalid)" 0
	ok "$name: valid, nearly always" \
		[ "$(last .valid)" -ge $((most * 9 / 10)) ]
	note "$name $*: $(last '"\(.valid) valid, \(.unknown) unknown"')"
	if [ "$MUTANTS" = soak ]; then
		read -r alive broken < <(live "$name" "$@")
		is "$name keeps its promise in processes" "$broken" 0
		ok "$name: valid in processes, nearly always" \
			[ "$alive" -ge $((SOAK_RUNS * 9 / 10)) ]
	fi
	row keeps "$name${*:+ $*}" "$(last .valid)" "$(last .unknown)" \
		"$(last .invalid)" "$alive" "$broken" $((SECONDS - begun))
	rm -f "$work/keeps.db"*
}

# ---- and with a planted bug --------------------------------------------------------

# shared FILE ...: what of ../shared they include, and what that includes.
shared() {
	local piece
	sed -n 's/^#include "\(\.\.\/shared\/\)\?\([a-z_-]*\)\.h"$/\2/p' "$@" |
		sort -u | while read -r piece; do
		[ ! -f "$sources/shared/$piece.h" ] ||
			printf '%s\n' "$sources/shared/$piece.h" \
				"$sources/shared/$piece"*.c
	done | grep -vF '*'
}

# build NAME-BUG: unless it is there, and newer than what it is made of.
build() {
	local name=${1%-*} bug=${1##*-} of now file object bent everywhere
	local files pieces objects
	of=$(printf '%s\n' "$sources/$name/"*.[ch])
	until now=$({ cat <<<"$of"; mapfile -t files <<<"$of"; shared "${files[@]}"; } |
		sort -u) && [ "$now" = "$of" ]; do
		of=$now
	done
	mapfile -t files <<<"$of"
	[ -f "$mutants/$1.so" ] && [ -z "$(find "${files[@]}" \
		"$top_srcdir/core/include" -newer "$mutants/$1.so")" ] && return
	rm -f "$mutants/$1.so"
	everywhere=$(grep -l "BUG_$bug\>" "${files[@]}" | grep '\.h$')
	objects=()
	mapfile -t pieces < <(grep '\.c$' <<<"$of")
	for file in "${pieces[@]}"; do
		object=$work/$name-${file//\//_}.o bent=
		if [ -n "$everywhere" ] || grep -q "BUG_$bug\>" "$file"; then
			object=${object%.o}-$bug.o bent=-DBUG_$bug
		fi
		objects+=("$object")
		# What the bug does not touch is compiled once.
		# shellcheck disable=SC2086 # each of them is a list
		[ -f "$object" ] || $CC -std=gnu11 -O1 -g $SAN_CFLAGS -fPIC \
			-fvisibility=hidden -I "$top_srcdir/core/include" \
			$bent -c -o "$object" "$file" || return
	done
	# shellcheck disable=SC2086
	$CC $SAN_CFLAGS -shared -o "$mutants/.$1.so" "${objects[@]}" &&
		mv "$mutants/.$1.so" "$mutants/$1.so"
}

# search NAME-BUG SEEDS ARG ...: stops at the first that fails; its seed is in
# $seed, empty where none does.
search() {
	local name=$1 most=$2 begun=$SECONDS less=-
	shift 2
	ok "$name is built" build "$name"
	out=$("$fracas" sim "$mutants/$name.so" --seeds "1..$most" --swarm \
		--until-failure -t 3s --db "$work/search.db" --json "$@" \
		2>"$work/err" </dev/null)
	status=$?
	seed=$(last '.failures[0].first // empty')
	print=$(last '.failures[0].fingerprint // empty')
	note "$name: seed ${seed:-none of $most}, $((SECONDS - begun))s: $print"
	if [ -n "$TABLE" ] && [ "$status" -eq 1 ]; then
		begun=$((SECONDS - begun))
		less=$("$fracas" shrink --budget 20s --json \
			--db "$work/search.db" 2>>"$work/err" </dev/null |
			tail -n 1 | jq -r '.after | "\(.operations) + \(.faults
			) + \(.deviations)"') || less=-
		begun=$((SECONDS - begun))
	fi
	row finds "$name" "$([ "$status" -eq 1 ] && echo found || echo missed)" \
		"${print%%:*}" "${seed:--}" "$((SECONDS - begun))" "$less"
	rm -f "$work/search.db"*
}

# spared NAME-BUG ARG ...: what takes faults is not found without.
spared() {
	local name=$1 args=()
	shift
	[[ " $* " = *" --nemesis "* ]] || return
	while [ $# -gt 0 ]; do
		case $1 in
		--nemesis) shift 2 ;;
		*) args+=("$1") && shift ;;
		esac
	done
	out=$("$fracas" sim "$mutants/$name.so" --seeds "1..$idle" --swarm \
		-t 3s --db "$work/search.db" --json "${args[@]}" \
		2>"$work/err" </dev/null)
	is "  and not without faults" "$(last .invalid)" 0
	rm -f "$work/search.db"*
}

finds() {
	[ "$MUTANTS" != none ] && [ "$MUTANTS" != soak ] || return
	search "$@"
	is "$1 is found: exit status" "$status" 1
	not_ok "  not by a crash" grep -q '^crash' <<<"$print"
	spared "$1" "${@:3}"
}

slowly() {
	[ "$MUTANTS" != all ] || finds "$@"
}

sought() {
	local name=$1 most=$2 why=$3
	shift 3
	[ "$MUTANTS" = all ] || return
	search "$name" "$most" "$@"
	[ -n "$seed" ] || note "$name was not found: $why"
}
