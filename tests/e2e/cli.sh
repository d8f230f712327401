#!/bin/bash
# SPDX-License-Identifier: MIT
# The commands from the outside: help, wrong usage, list, describe, new, lint,
# doctor; and what a run that is not there gives ctl and watch.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99
cd "$work" || exit 99

# holds "what" ARG ...: jq finds it in what was said.
holds() {
	local what=$1
	shift
	jq -e "$@" <<<"$out" >"$work/.jq" 2>&1
	report $? "$what"
}

# ---- help -------------------------------------------------------------------------

runs "fracas alone says what there is" 0 "$fracas"
overview=$out
like "the overview names run" "$overview" 'run  +'
is "nothing on stderr" "$err" ""
ok "the overview fits a screen of 80 x 48" \
	awk 'length > 80 { exit 1 } END { exit NR > 48 }' <<<"$overview"
runs "fracas --help says the same" 0 "$fracas" --help
is "and nothing else" "$out" "$overview"
runs "fracas help too" 0 "$fracas" help
is "and nothing else" "$out" "$overview"
runs "fracas --version" 0 "$fracas" --version
like "names program and version" "$out" '^fracas [0-9]+\.[0-9]+\.[0-9]+$'

commands=$(sed -n 's/^  \([a-z]*\)  *.*/\1/p' <<<"$overview")
ok "there are at least a dozen commands" [ "$(wc -w <<<"$commands")" -ge 12 ]
man=$("$fracas" help --man)
completion=$("$fracas" help --completion)
for c in $commands; do
	runs "fracas $c --help" 0 "$fracas" "$c" --help
	help=$out
	like "$c: begins with its usage" "$help" "^usage: fracas $c( |\$)"
	is "$c: nothing on stderr" "$err" ""
	ok "$c: within 80 columns" awk 'length > 80 { exit 1 }' <<<"$help"
	runs "fracas help $c" 0 "$fracas" help "$c"
	is "$c: help says the same" "$out" "$help"
	like "$c: in the man page" "$man" "fracas $c "
	like "$c: in the completion" "$completion" "	$c\\) flags="
	# Each option of the help is in the man page and in the completion.
	missing=
	for o in $(grep -o '^  \(-., \|    \)--[a-z-]*' <<<"$help" | grep -o -- '--[a-z-]*'); do
		[[ $man == *"${o//-/\\-}"* ]] || missing+=" $o"
		[[ $completion == *"$o "* ]] || missing+=" $o"
	done
	is "$c: no option is missing elsewhere" "$missing" ""
	runs "$c: an unknown option is refused" 2 "$fracas" "$c" --no-such-option
	ok "$c: in one line" [ "$(wc -l <<<"$err")" -eq 1 ]
	like "$c: which names it" "$err" "^fracas: $c: there is no option '--no-such-option'"
done

if command -v man >/dev/null 2>&1; then
	"$fracas" help --man >fracas.1
	warnings=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l fracas.1 2>&1 >/dev/null)
	is "the man page has no mistakes" "$warnings" ""
else
	skip "the man page has no mistakes" "man is not installed"
fi

# What a person at a prompt would be offered.
offered() {
	bash -c 'source <(printf "%s" "$1"); shift; PATH=$1:$PATH; shift
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		_fracas fracas "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
		echo "${COMPREPLY[*]}"' - "$completion" "$(dirname "$fracas")" fracas "$@"
}
is "completion of a command" "$(offered des)" "describe"
is "completion of an option" "$(offered list --js)" "--json"
is "completion of an argument" "$(offered list fau)" "faults"
is "completion of a name" "$(offered describe part)" "partition"
is "completion of a list" "$(offered run --nemesis kill,part)" "kill,partition"
is "completion of a workload" "$(offered run -w regi)" "register"
is "completion of a choice" "$(offered check --format '')" \
	"auto edn porcupine-kv jepsen-log jsonl"
is "completion of a run or a file" "$(offered check '')" "last last-failed"
is "completion of a model" "$(offered check --model regi)" "register"
for c in check run import; do
	# What an empty word is offered is what the lists have, all of it.
	is "completion of every model and condition for $c" \
		"$(offered $c --model '' | tr ' ' '\n' | sort)" \
		"$({ "$fracas" list --names models; "$fracas" list --names conditions; } | sort)"
done
is "completion of a value" "$(offered list --color ne)" "never"

# ---- wrong usage -----------------------------------------------------------------------

refused() {
	local what=$1 want=$2
	shift 2
	runs "$what is refused" 2 "$fracas" "$@"
	is "$what: what is said" "$err" "fracas: $want"
	is "$what: nothing on stdout" "$out" ""
}
refused "an unknown command" "there is no command 'lsit'; did you mean 'list'?" lsit
refused "a far command" "there is no command 'xyzzy'; 'fracas help' lists them" xyzzy
refused "an option in place of a command" \
	"there is no option '--versoin'; did you mean '--version'?" --versoin
refused "help of nothing" "there is no command 'docter'; did you mean 'doctor'?" help docter
refused "an unknown option" \
	"list: there is no option '--jsno'; did you mean '--json'?" list --jsno
refused "an abbreviated option" \
	"list: there is no option '--js'; 'fracas list --help' lists them" list --js
refused "a value for a flag" "list: --json takes no value" list --json=yes
refused "a wrong choice" \
	"list: --color: 'allways' is not auto, always or never; did you mean 'always'?" \
	list --color=allways
refused "one argument too many" \
	"list: 'b' is one argument too many; 'fracas list --help' says more" list a b
refused "one too few" "describe: NAME is missing; 'fracas describe --help' says more" describe
refused "an unknown list" "list: there are no 'flauts' to list; did you mean 'faults'?" list flauts
refused "an unknown name" "describe: there is no 'partitoin'; did you mean 'partition'?" \
	describe partitoin

exec 3>/dev/full
"$fracas" list >&3 2>err
is "a full disk behind stdout is a failure" "$?" 4
like "and says so" "$(cat err)" 'No space left'
exec 3>&-

# ---- list, describe ---------------------------------------------------------------------

runs "list" 0 "$fracas" list
for kind in Protocols Workloads Faults Models Topologies; do
	like "list has $kind" "$out" "$kind:"
done
runs "list protocols --json" 0 "$fracas" list protocols --json
holds "is one object a line with a path" -s \
	'length > 0 and all(.[]; .v == 1 and .type == "protocol" and (.path | startswith("/")) and .summary != "")'
holds "abd is one of them" -s 'any(.[]; .name == "abd")'
holds "with promise, what it bears, and paper" -s \
	'all(.[]; (.promise, .bears, .paper, .workload) | length > 0)'
runs "list protocols" 0 "$fracas" list protocols
like "says it, too" "$out" $'(^|\n)abd\n  is .*\n  promise .*\n  bears .*\n  paper .*1995'
runs "list --names faults" 0 "$fracas" list --names faults
like "is names alone" "$out" $'(^|\n)partition(\n|$)'

# Files that look like plugins and are none, in a folder of one's own.
mkdir -p mine/protocols mine/workloads
echo 'not a shared object' >mine/protocols/broken.so
head -c 3000 "$top_builddir/plugins/workloads/register.so" >mine/workloads/cut.so
runs "list with plugins that do not load" 0 \
	env FRACAS_PLUGIN_PATH="$work/mine" "$fracas" list
like "a broken protocol is listed with the reason" "$out" \
	$'\n  broken +does not load: [^\n]*broken'
like "a cut workload too" "$out" $'\n  cut +does not load: [^\n]*beyond the end'
like "and the others as well" "$out" $'\n  abd +multi-writer'

runs "list of protocols, one of which does not load" 0 \
	env FRACAS_PLUGIN_PATH="$work/mine" "$fracas" list protocols
like "says why" "$out" $'(^|\n)broken\n  does not load  [^\n]*broken'

runs "describe a protocol" 0 "$fracas" describe abd
for word in promise paper workload requests messages timers 'Parameters, by --set' \
	'DEFAULT +BOUNDS' 'Try it: fracas run abd'; do
	like "abd has '$word'" "$out" "$word"
done
runs "describe --json" 0 "$fracas" describe abd --json
holds "is one object with all of it" '.v == 1 and .type == "protocol" and
	(.params | all(has("default") and has("help"))) and
	(.requests | index("read")) and (.messages | length) > 0 and .promise != ""'
runs "describe a path" 0 "$fracas" describe "$top_builddir/plugins/protocols/abd/abd.so"
like "is the same protocol" "$out" '^abd, a protocol:'
runs "describe a workload by its path" 0 "$fracas" describe "$top_builddir/plugins/workloads/echo.so"
like "is a workload" "$out" '^echo, a workload:'
runs "a name of two things" 0 "$fracas" describe register
like "is told as a workload" "$out" 'register, a workload'
like "and as a model" "$out" 'register, a model'
runs "describe a fault" 0 "$fracas" describe partition
like "with its targets" "$out" 'target +groups'
like "with its variants" "$out" 'bridge +both'
runs "describe a topology" 0 "$fracas" describe grid
runs "describe what does not load" 2 "$fracas" describe ./mine/protocols/broken.so
like "says why" "$err" 'is not a shared object'
runs "describe what is not there" 2 "$fracas" describe ./none.so

# ---- colour -------------------------------------------------------------------------------

esc=$'\033'
runs "colour when asked for" 0 "$fracas" describe grid --color=always
like "is there" "$out" "$esc\\[1m"
runs "none otherwise" 0 "$fracas" describe grid
ok "is not there" [ "${out#*"$esc"}" = "$out" ]
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
	env -u NO_COLOR TERM=xterm script -qec "$fracas describe grid" /dev/null >tty.out </dev/null
	like "on a terminal by itself" "$(cat tty.out)" "$esc\\[1m"
	NO_COLOR=1 TERM=xterm script -qec "$fracas describe grid" /dev/null >tty.out </dev/null
	ok "but not where NO_COLOR is set" [ "$(grep -c "$esc\\[1m" tty.out)" -eq 0 ]
	env -u NO_COLOR TERM=dumb script -qec "$fracas describe grid" /dev/null >tty.out </dev/null
	ok "nor on a dumb one" [ "$(grep -c "$esc\\[1m" tty.out)" -eq 0 ]
else
	skip "colours on a terminal" "script is not installed"
fi

# ---- new ------------------------------------------------------------------------------------

runs "new --list" 0 "$fracas" new --list
like "knows a template" "$out" $'(^|\n)basic +[a-z]'
runs "new --list --json" 0 "$fracas" new --list --json
holds "is one object a line with a summary" -s \
	'length >= 2 and all(.[]; .v == 1 and .type == "template" and .summary != "")'
templates=$(jq -r .name <<<"$out")
for t in $templates; do
	runs "new from $t" 0 "$fracas" new "my-$t" --template "$t"
	like "$t: says what it made" "$out" "^made my-$t/:.* my-$t\\.c"
	# What it says comes next is done, word by word.
	next=$(sed -n 's/^  //p' <<<"$out" | sed '/make run/d' | paste -sd ';')
	runs "$t: what comes next works" 0 bash -c "unset MAKEFLAGS MAKELEVEL MFLAGS; $next"
	ok "$t: no placeholder is left" bash -c "! grep -rnE '@(NAME|IDENT)@' my-$t"
	runs "$t: what it built is clean" 0 "$fracas" lint "./my-$t/my-$t.so"
	runs "$t: and loads" 0 "$fracas" describe "./my-$t/my-$t.so"
	like "$t: under its name" "$out" "^my-$t, a protocol"
done
echo mine >my-basic/my-basic.c
runs "a folder that is there" 2 "$fracas" new my-basic
is "is told" "$err" "fracas: new: 'my-basic' is there already: nothing was changed"
is "and not touched" "$(cat my-basic/my-basic.c)" mine
for name in My 9x x- -x a/b ../a a_b a.b 'a b' int '' "$(printf 'a%.0s' {1..64})"; do
	runs "'$name' is no name" 2 "$fracas" new -- "$name"
	ok "and nothing is made" [ -z "$name" -o "$name" = ../a -o ! -e "$name" ]
done
refused "an unknown template" "new: there is no template 'basik'; did you mean 'basic'?" \
	new mine --template basik
refused "new without a name" "new: NAME is missing; 'fracas new --help' says more" new
runs "new where nothing can be written" 4 bash -c "cd /proc && '$fracas' new mine"

# ---- lint -----------------------------------------------------------------------------------

# compile NAME [CFLAGS ...]: NAME.c to NAME.so
compile() {
	local name=$1
	shift
	${CC:-cc} -std=gnu11 -shared -fPIC -I"$top_srcdir/core/include" "$@" \
		-o "$name.so" "$name.c" 2>"$name.log" || cat "$name.log"
}

cat >good.c <<'END'
#include <fracas/easy.h>
static void on_echo(struct fr_node *me, const struct fr_request *rq)
{
	fr_ok(me, rq->id, rq->value);
}
FR_PROTOCOL = {
	FR_HEAD, .name = "good", .summary = "says it back", .paper = "none",
	.promise = "what was said", .workload = "echo",
	.requests = FR_REQUESTS({ "echo", on_echo }),
};
END
compile good -fvisibility=hidden
runs "lint of a good one" 0 "$fracas" lint ./good.so
like "has nothing to complain about" "$out" 'good.so: nothing to complain about$'

cat >bad.c <<'END'
#include <fracas/easy.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
int a_global_function(void);
int a_global_function(void) { return 1; }
static char table[5000];
static void *run(void *arg) { return arg; }
static void on_ask(struct fr_node *me, const struct fr_request *rq)
{
	pthread_t t;

	pthread_create(&t, NULL, run, NULL);
	table[0] = (char)(socket(AF_INET, SOCK_STREAM, 0) + rand() + time(NULL));
	table[1] = (char)(getenv("HOME") != NULL);
	usleep(1);
	if (fopen("/tmp/x", "r") != NULL)
		exit(table[rq->seq % 5000]);
	fr_ok(me, rq->id, fr_nil());
}
FR_PROTOCOL = {
	FR_HEAD, .name = "bad", .workload = "echo",
	.params = FR_PARAMS({ .name = "depth", .kind = FR_PARAM_INT, .fallback = "1" }),
	.requests = FR_REQUESTS({ "ask", on_ask }),
};
END
compile bad
runs "lint of a bad one" 1 "$fracas" lint ./bad.so --json
for kind in threads sockets files time waiting randomness "the environment" \
	"the process" exports summary promise paper params requests; do
	holds "finds: $kind" -s --arg kind "$kind" \
		'any(.[]; .type == "finding" and .kind == $kind)'
done
holds "names what it uses" -s 'any(.[]; .kind == "threads" and (.text | test("pthread_create")))'
holds "names what it shows" -s 'any(.[]; .kind == "exports" and (.text | test("a_global_function")))'
holds "names the request that is not answered" -s \
	'any(.[]; .kind == "requests" and (.text | test("does not answer .echo.")))'
holds "notes the global variables" -s 'any(.[]; .type == "note" and .kind == "globals")'
holds "counts what it found" -s '(map(select(.type == "finding")) | length) as $n |
	.[-1] | .type == "lint" and .findings == $n and $n >= 14'
runs "the same for people" 1 "$fracas" lint ./bad.so
like "says how many" "$out" 'bad.so: [0-9]+ to be mended$'
like "and why" "$out" 'use fr_after'

cat >undefined.c <<'END'
#include <fracas/easy.h>
void nobody_has_this(void);
static void start(struct fr_node *me) { (void)me; nobody_has_this(); }
FR_PROTOCOL = { FR_HEAD, .name = "undefined", .start = start };
END
compile undefined -fvisibility=hidden
runs "lint of one that does not load" 1 "$fracas" lint ./undefined.so
like "names the symbol" "$out" 'nobody_has_this'

printf 'int x;\n' >library.c
compile library
runs "lint of a library" 2 "$fracas" lint ./library.so
like "says that it is no plugin" "$err" 'exports neither fracas_protocol_v1'
runs "lint of a text" 2 "$fracas" lint ./good.c
like "says what it is not" "$err" 'is not a shared object'
runs "lint of a cut file" 2 "$fracas" lint ./mine/workloads/cut.so
like "says where it ends" "$err" 'beyond the end of the file'
runs "lint of an empty file" 2 "$fracas" lint /dev/null
runs "lint of a folder" 2 "$fracas" lint "$work/mine"
runs "lint of what is not there" 2 "$fracas" lint ./none.so

for so in "$top_builddir"/plugins/protocols/*/*.so; do
	name=$(basename "$so" .so)
	if [ -n "${SAN_CFLAGS-}" ]; then
		# Sanitizers add to what a plugin takes and shows.
		skip "$name is clean" "built with sanitizers"
	else
		runs "$name is clean" 0 "$fracas" lint "$name"
	fi
done

# ---- doctor -------------------------------------------------------------------------------------

runs "doctor" 0 "$fracas" doctor
doctor=$out
for what in nng SQLite libevent nodes processors pinning descriptors timers disk room \
	'shared memory' 'user namespaces' 'pid namespaces' 'net namespaces' \
	'mount namespaces' 'ipc namespaces' Landlock seccomp cgroups door; do
	like "doctor knows of $what" "$doctor" $'\n'"$what +(yes|less|no) "
done
runs "doctor --json" 0 "$fracas" doctor --json
holds "says the same, and what is lost where something is missing" -s \
	'length >= 20 and all(.[]; .v == 1 and .type == "doctor" and .found != "" and
	 (.state == "yes" or (.lost | length) > 0))'
mkdir deep && cd deep || exit 99
is "doctor leaves nothing behind" "$("$fracas" doctor >/dev/null; ls -A)" ""
cd ..
runs "doctor without what starts nodes" 4 env FRACAS_NODE=/nowhere "$fracas" doctor
like "says that nothing can be run" "$out" $'\nnodes +no .*nothing can be run'

# ---- ctl and watch, where nothing runs ------------------------------------------------------------

runs "ctl without a store" 2 "$fracas" ctl last status
like "names the file" "$err" "fracas.db"
runs "watch without a store" 2 "$fracas" watch
runs "ctl to a door that is not there" 2 "$fracas" ctl "ipc://$work/door" status
like "says that nobody answers" "$err" 'nobody answers at .*: the run is over'
runs "watch of a door that is not there" 2 "$fracas" watch "ipc://$work/door"
runs "ctl without a command" 2 "$fracas" ctl last
like "says what is missing" "$err" 'COMMAND is missing'
runs "ctl with a limit out of range" 2 "$fracas" ctl last status --limit -1s
like "says the range" "$err" '--limit: -1s is not within'

done_testing
