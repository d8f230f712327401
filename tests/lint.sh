#!/bin/bash
# SPDX-License-Identifier: MIT
# Style and static analysis over the sources: make lint.
set -u
cd "${top_srcdir:-.}" || exit 1
bad=0
complain() { printf '%s\n' "$*"; bad=1; }

mapfile -t sources < <(find core checker nemesis plugins tests examples \
	-name '*.c' -o -name '*.h' | grep -v -e '^tests/abi/v1/' -e '^examples/plugin/' | sort)

# What one referee can say without a compiler.
for file in "${sources[@]}"; do
	head -n 1 "$file" | grep -q 'SPDX-License-Identifier: MIT' ||
		complain "$file:1: the licence line is missing"
	${AWK:-awk} -v file="$file" '
		/[ \t]$/ { print file ":" NR ": white space at the end"; bad = 1 }
		/^        / { print file ":" NR ": eight blanks where a tab belongs"; bad = 1 }
		{ line = $0; gsub(/\t/, "        ", line)
		  if (length(line) > 100) { print file ":" NR ": " length(line) " columns"; bad = 1 } }
		END { exit bad }' "$file" || bad=1
done

tool() {
	if [ -n "$2" ] && command -v "$2" >/dev/null 2>&1; then
		echo "lint: $1"
		return 0
	fi
	echo "lint: $1 is not installed and was left out"
	return 1
}

if tool shellcheck "${SHELLCHECK:-}"; then
	mapfile -t scripts < <(find bootstrap .ci tests examples -name '*.sh' -o \
		-path ./bootstrap -o -name run -path '*.ci*' | sort)
	"$SHELLCHECK" -x -S warning bootstrap "${scripts[@]}" || bad=1
fi
if tool cppcheck "${CPPCHECK:-}"; then
	"$CPPCHECK" --quiet --error-exitcode=1 --inline-suppr \
		--enable=warning,portability --std=c11 -j "$(nproc)" \
		--suppress=missingIncludeSystem --suppress=checkersReport \
		-D_GNU_SOURCE -I. -Icore/include core checker nemesis plugins || bad=1
fi
[ $bad -eq 0 ] && echo "lint: nothing to complain about"
exit $bad
