#!/bin/bash
# SPDX-License-Identifier: MIT
# The rules of the house: which folder may include which, and that every
# header stands alone.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99

# FOLDER: what its files may include besides themselves and system headers.
may_use() {
	case $1 in
	core/include) echo 'fracas/' ;;
	core/base) echo 'fracas/ core/base/' ;;
	core/net) echo 'fracas/ core/base/' ;;
	core/node) echo 'fracas/ core/base/ core/net/' ;;
	core/world) echo 'fracas/ core/base/ core/net/ core/node/' ;;
	core/history) echo 'fracas/ core/base/' ;;
	core/run) echo 'fracas/ core/base/ core/net/ core/node/ core/world/ core/history/ checker/checker.h checker/conditions.h nemesis/nemesis.h' ;;
	core/cell) echo 'fracas/ core/base/ core/net/ core/node/ core/world/ core/history/ core/run/ checker/checker.h nemesis/nemesis.h' ;;
	core/campaign) echo 'fracas/ core/base/ core/history/ core/run/' ;;
	core/cli) echo 'fracas/ core/ checker/ nemesis/' ;;
	checker) echo 'fracas/ core/base/' ;;
	nemesis) echo 'fracas/ core/base/ core/net/ core/world/world.h' ;;
	plugins) echo 'fracas/ ../shared/' ;;
	esac
}

cd "$top_srcdir" || exit 1
for folder in core/include core/base core/net core/node core/world \
	core/history core/run core/cell core/campaign core/cli checker nemesis plugins; do
	bad=
	allowed="$folder/ $(may_use "$folder")"
	while IFS=: read -r file line text; do
		name=$(sed -E 's/^[^<"]*[<"]([^>"]*)[>"].*/\1/' <<<"$text")
		# System headers are in angle brackets and not fracas/.
		case $text in
		*'<fracas/'*|*'"'*) ;;
		*) continue ;;
		esac
		fits=no
		# A file beside the includer (protocols in several files).
		[ "${name#*/}" = "$name" ] && [ -f "$(dirname "$file")/$name" ] && fits=yes
		for prefix in $allowed; do
			case $name in "$prefix"*) fits=yes ;; esac
		done
		[ $fits = yes ] || bad="$bad$file:$line includes $name"$'\n'
	done < <(grep -rnE '^[[:space:]]*#[[:space:]]*include' "$folder" \
		--include='*.c' --include='*.h')
	ok "$folder includes only what it may" [ -z "$bad" ]
	[ -z "$bad" ] || note "$bad"
done

# A header that needs another to be included first is an error in waiting.
for header in $(find core checker nemesis -name '*.h' | sort); do
	say=$(echo "#include \"$header\"" | ${CC:-cc} -D_GNU_SOURCE -std=gnu11 \
		-Wall -Wextra -Werror -fsyntax-only -I. -Icore/include -x c - 2>&1)
	ok "$header stands alone" [ -z "$say" ]
	[ -z "$say" ] || note "$say"
done
done_testing
