/* SPDX-License-Identifier: MIT */
/* fracas run: one experiment, and what came of it. */
#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/shell.h"
#include "core/base/units.h"
#include "core/cli/cli.h"
#include "core/cli/outcome.h"
#include "core/cli/run_command.h"
#include "core/run/run.h"

/* Seeds that are drawn stay short enough to be typed again. */
#define SEED_DRAWN	1000000000u
/* The mean of every link's delay in the simulated world. */
#define SIM_LATENCY	1000000
#define HOUR		INT64_C(3600000000000)

static struct run_config config = RUN_CONFIG_DEFAULT;
static int64_t nodes = 5, clients, operations, seed = -1, byzantine;
static double rate = -1;
static struct settings set, others;
static struct dist latency = { .a = -1 };	/* not given */
static const char *trace = "counts";
static const char *epilogue = "heal";
static bool json_wanted, quiet, no_door;

struct run_many run_many;

const struct opt run_options[] = {
	{ .kind = OPT_GROUP, .name = "What runs" },
	{ .kind = OPT_INT, .letter = 'n', .name = "nodes", .value = "N",
	  .to = &nodes, .min = 1, .max = FR_NODES_MAX,
	  .help = "so many nodes, each a process of its own (default 5)" },
	{ .kind = OPT_CHOICE, .name = "world", .value = "NAME",
	  .words = "live|sim", .to = &config.world,
	  .help = "live: real processes and clocks; sim: virtual time, all of "
		  "it from the seed (default live; `fracas sim`: sim)" },
	{ .kind = OPT_TEXT, .letter = 'w', .name = "workload",
	  .value = "NAME", .to = &config.workload,
	  .help = "what the clients do, and how it is judged; a name or a "
		  "path to a .so (default: what the protocol names)" },
	{ .kind = OPT_TEXT, .name = "model", .value = "NAME[:SETTINGS]",
	  .to = &config.model,
	  .help = "judge by this model or condition, of 'fracas list', in the "
		  "place of what the workload names; settings behind a "
		  "colon, as in register:initial=0,nil-reads=any" },
	{ .kind = OPT_SETTING, .name = "set", .value = "NAME=VALUE",
	  .to = &set,
	  .help = "a parameter of the protocol or the workload; may be "
		  "repeated" },
	{ .kind = OPT_SETTING, .name = "node", .value = "I=FILE.so",
	  .to = &others,
	  .help = "node I runs another protocol than its peers; may be "
		  "repeated" },
	{ .kind = OPT_INT, .name = "seed", .value = "N", .to = &seed,
	  .min = 0, .max = INT64_MAX,
	  .help = "where every random choice comes from (default: drawn, and "
		  "shown)" },

	{ .kind = OPT_GROUP, .name = "Many seeds (in the simulated world)" },
	{ .kind = OPT_TEXT, .name = "seeds", .value = "A..B",
	  .to = &run_many.seeds,
	  .help = "one run for each of these seeds, side by side on all "
		  "processors; failures are grouped by what is wrong, and "
		  "stored in full" },
	{ .kind = OPT_FLAG, .name = "until-failure",
	  .to = &run_many.until_failure,
	  .help = "stop at the lowest seed that fails" },
	{ .kind = OPT_INT, .name = "jobs", .value = "N",
	  .to = &run_many.jobs, .min = 1, .max = 256,
	  .help = "so many at a time (default: one a processor)" },
	{ .kind = OPT_FLAG, .name = "resume", .to = &run_many.resume,
	  .help = "leave out the seeds that an earlier command of the same "
		  "configuration has done, and count what it found" },
	{ .kind = OPT_FLAG, .name = "swarm", .to = &run_many.swarm,
	  .help = "each seed draws a configuration of its own from what this "
		  "command leaves open: which families of --nemesis are on, "
		  "their interval, latency, clients, rate, and the knobs of "
		  "protocol and workload (`fracas describe`); every fourth is "
		  "as it would be without; also for one --seed" },

	{ .kind = OPT_GROUP, .name = "How long, and how much" },
	{ .kind = OPT_TIME, .letter = 't', .name = "time", .value = "TIME",
	  .to = &config.time, .min = 1000000, .max = 1000 * HOUR,
	  .help = "of the main phase, such as 500ms, 10s or 2m (default 10s)" },
	{ .kind = OPT_INT, .name = "ops", .value = "N", .to = &operations,
	  .min = 1, .max = INT64_C(1000000000),
	  .help = "end the main phase after so many operations, if that is "
		  "earlier" },
	{ .kind = OPT_INT, .letter = 'c', .name = "clients", .value = "N",
	  .to = &clients, .min = 1, .max = CLIENTS_MAX,
	  .help = "so many clients, each with one operation at a time "
		  "(default: one a node, 100 at most)" },
	{ .kind = OPT_REAL, .letter = 'r', .name = "rate", .value = "N",
	  .to = &rate, .min = 0, .max = 100000000,
	  .help = "operations a second, of all clients together; 0: as fast "
		  "as they are answered (default: 100 a client, 500 at "
		  "most)" },
	{ .kind = OPT_TIME, .name = "timeout", .value = "TIME",
	  .to = &config.timeout, .min = 1000000, .max = HOUR,
	  .help = "how long a client waits for an answer (default 1s)" },

	{ .kind = OPT_GROUP, .name = "Faults" },
	{ .kind = OPT_TEXT, .name = "nemesis", .value = "LIST",
	  .to = &config.nemesis,
	  .help = "faults of these families, drawn from the seed: partition, "
		  "kill, pause, or several with commas" },
	{ .kind = OPT_TIME, .name = "interval", .value = "TIME",
	  .to = &config.interval, .min = 1000000, .max = 1000 * HOUR,
	  .help = "of each family one fault begins in every interval, and "
		  "lasts about half of it (default: 2s, or a third of the "
		  "time if that is shorter)" },
	{ .kind = OPT_TEXT, .name = "plan", .value = "FILE",
	  .to = &config.plan,
	  .help = "these faults: lines 'at TIME for TIME FAMILY ARGUMENT'" },

	{ .kind = OPT_TEXT, .name = "upgrade", .value = "FILE.so",
	  .to = &config.upgrade,
	  .help = "what the fault `upgrade` makes of nodes, where the plan "
		  "does not say (to=FILE.so)" },
	{ .kind = OPT_INT, .name = "byzantine", .value = "N",
	  .to = &byzantine, .min = 1, .max = FR_NODES_MAX,
	  .help = "so many nodes, chosen by the seed, lie: the family "
		  "byzantine aims at them, and is added where --nemesis does "
		  "not have it" },
	{ .kind = OPT_FLAG, .name = "beyond", .to = &config.beyond,
	  .help = "also faults that are more than the protocol says that it "
		  "bears" },

	{ .kind = OPT_TIME, .name = "progress", .value = "TIME",
	  .to = &config.progress_time, .min = 0, .max = HOUR,
	  .help = "within so long after the faults every client has to be "
		  "answered, and one operation to succeed; 0: nothing is "
		  "demanded (default 10s)" },
	{ .kind = OPT_CHOICE, .name = "epilogue", .value = "NAME",
	  .words = "heal|core", .to = &epilogue,
	  .help = "of whom: heal: everybody, when everything is healed; core: "
		  "of just as many nodes as the protocol needs, while all "
		  "others stand still (default heal)" },

	{ .kind = OPT_GROUP, .name = "The network" },
	{ .kind = OPT_TEXT, .name = "topology", .value = "NAME|FILE",
	  .to = &config.topology,
	  .help = "who is joined to whom: complete, ring, line, star, grid, "
		  "tree:3, random:0.3, or a file (default complete)" },
	{ .kind = OPT_DIST, .name = "latency", .value = "DIST",
	  .to = &latency,
	  .help = "of every link, such as const:1ms, uniform:1ms,5ms, exp:2ms "
		  "or pareto:1ms,1.5 (default: none beyond the machine's "
		  "own; in the simulated world exp:1ms)" },
	{ .kind = OPT_TIME, .name = "sync-time", .value = "TIME",
	  .to = &config.sync_time, .min = 0, .max = HOUR,
	  .help = "what an fr_sync takes in the simulated world (default "
		  "500us)" },
	{ .kind = OPT_CHOICE, .name = "carrier", .value = "NAME",
	  .words = "stream|nng", .to = &config.carrier,
	  .help = "what carries messages between the processes: stream or nng "
		  "(default stream)" },

	{ .kind = OPT_GROUP, .name = "The record" },
	{ .kind = OPT_TEXT, .name = "db", .value = "FILE", .to = &config.db,
	  .help = "where the run is stored, with all others (default "
		  "fracas.db)" },
	{ .kind = OPT_CHOICE, .name = "trace", .value = "LEVEL",
	  .words = "none|counts|all", .to = &trace,
	  .help = "messages between nodes: none, counts, or all of them in "
		  "the store (default counts)" },
	{ .kind = OPT_FLAG, .name = "keep", .to = &config.keep,
	  .help = "keep the nodes' folders, and say where they are" },
	{ .kind = OPT_FLAG, .name = "no-door", .to = &no_door,
	  .help = "let nobody in: no `fracas ctl` and `fracas watch`" },

	{ .kind = OPT_GROUP, .name = "Limits" },
	{ .kind = OPT_TIME, .name = "boot-limit", .value = "TIME",
	  .to = &config.boot_limit, .min = 1000000, .max = HOUR,
	  .help = "how long a node may take to be ready (default 10s)" },
	{ .kind = OPT_TIME, .name = "hang-limit", .value = "TIME",
	  .to = &config.hang_limit, .min = 1000000, .max = HOUR,
	  .help = "how long a handler may take before its node is ended as "
		  "hung (default 5s)" },
	{ .kind = OPT_TIME, .name = "check-time", .value = "TIME",
	  .to = &config.check_time, .min = 1000000, .max = 1000 * HOUR,
	  .help = "how long the checker may think (default 1m)" },
	{ .kind = OPT_SIZE, .name = "check-memory", .value = "SIZE",
	  .to = &config.check_memory, .min = 1 << 20, .max = INT64_C(1) << 42,
	  .help = "how much memory it may take (default 1G)" },

	{ .kind = OPT_GROUP, .name = "What is printed" },
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "one JSON object a line; the last one is the verdict" },
	{ .kind = OPT_FLAG, .letter = 'q', .name = "quiet", .to = &quiet,
	  .help = "only the verdict: valid, invalid or unknown" },
	{ .kind = OPT_END },
};

/* ---- while it runs ----------------------------------------------------------- */

static bool progress_shown;

static void
began(void *arg, int64_t id, const char *head)
{
	struct json j;
	struct buf b;

	(void)arg;
	if (json_wanted) {
		buf_init(&b, 1 << 20);
		j = json_begin(&b);
		json_text(&j, "type", "run");
		json_int(&j, "run", id);
		json_int(&j, "seed", (int64_t)config.seed);
		json_text(&j, "text", head);
		json_done(&j);
		cli_print(&b);
		buf_free(&b);
	} else if (!quiet) {
		printf("run %" PRId64 ": %s\n", id, head);
	}
	fflush(stdout);
}

static void
progress(void *arg, const struct run_progress *p)
{
	char length[32] = "";

	(void)arg;
	if (p->length > 0)
		snprintf(length, sizeof length, " of %.1fs",
			 (double)p->length / 1e9);
	fprintf(stderr, "\r\033[K%-5s %.1fs%s  ok %" PRIu64 "  fail %" PRIu64
		"  info %" PRIu64 "  nodes %u of %u  faults %u", p->phase,
		(double)p->t / 1e9, length, p->ok, p->fail, p->info, p->up,
		p->nodes, p->faults_on);
	fflush(stderr);
	progress_shown = true;
}

static void
progress_clear(void)
{
	if (progress_shown)
		fputs("\r\033[K", stderr);
	progress_shown = false;
}

/* ---- what came of it ----------------------------------------------------------- */

static void
show_result(const struct run_result *r, struct buf *out)
{
	const char *again = strcmp(config.db, "fracas.db") == 0 ? "" :
			    " --db ";
	const char *db = *again == '\0' ? "" : config.db;

	buf_printf(out, "\nWhat happened\n%s", r->story);
	if (r->ok + r->fail + r->info > 0)
		outcome_operations(r->ops, r->op_count, out);
	outcome_metrics(r->metrics, r->metric_count, out);
	outcome_verdict(verdict_names[r->verdict], r->violation, r->reason,
			r->evidence, out);
	if (strcmp(config.world, "sim") == 0)
		buf_printf(out, "\nhash %016" PRIx64 ": the same for the same "
			   "seed\n", r->hash);
	buf_printf(out, "\nrun %" PRId64 " is stored in %s%s; to look again:\n"
		   "  fracas show %" PRId64 "%s%s\n", r->id, config.db,
		   r->failure == NULL ? "" : ", as far as it could be", r->id,
		   again, db);
	if (r->verdict != VERDICT_VALID)
		buf_printf(out, "  fracas check %" PRId64 "%s%s\n", r->id,
			   again, db);
	if (r->dir != NULL)
		buf_printf(out, "the nodes' folders are kept in %s\n", r->dir);
}

/* ---- the command ------------------------------------------------------------------ */

/* Words that are about many seeds, and about none of them: how many at `at`. */
static size_t
about_many(const char *word)
{
	static const char *const options[] = { "--seeds", "--jobs" };
	static const char *const flags[] = { "--resume", "--until-failure" };
	size_t i, size;

	for (i = 0; i < 2; i++) {
		size = strlen(options[i]);
		if (strcmp(word, options[i]) == 0)
			return 2;
		if (strcmp(word, flags[i]) == 0 ||
		    (strncmp(word, options[i], size) == 0 &&
		     word[size] == '='))
			return 1;
	}
	return 0;
}

/* The command as a person would type it again: the drawn seed included.  For
 * `one` of many seeds without what says which. */
static char *
command_line(bool drawn, bool one)
{
	size_t skip = 1;	/* whatever the program was called */
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	struct buf raw, out;
	char part[4096], *line;
	size_t at;
	ssize_t got;

	buf_init(&raw, 1 << 20);
	buf_init(&out, 4 << 20);
	while (fd >= 0 && (got = read(fd, part, sizeof part)) > 0)
		buf_add(&raw, part, (size_t)got);
	if (fd >= 0)
		close(fd);
	buf_text(&out, "fracas");
	for (at = 0; at < raw.size; at += strlen(raw.data + at) + 1) {
		if (one && skip == 0)
			skip = about_many(raw.data + at);
		if (skip > 0) {
			skip--;
			continue;
		}
		buf_char(&out, ' ');
		shell_word(&out, raw.data + at);
	}
	if (drawn)
		buf_printf(&out, " --seed %" PRIu64, config.seed);
	line = mem_string(out.data);
	buf_free(&raw);
	buf_free(&out);
	return line;
}

static void
draw_seed(void)
{
	uint64_t drawn = (uint64_t)clock_wall();
	ssize_t got = getrandom(&drawn, sizeof drawn, 0);

	/* Without the kernel's choice the clock's has to do. */
	(void)got;
	config.seed = 1 + hash_mix(0, drawn) % SEED_DRAWN;
}

/* struct setting and what the options read have the same shape. */
static struct setting *
settings(const struct settings *from, uint32_t *count)
{
	struct setting *made = mem_array(from->count, sizeof *made);
	size_t i;

	for (i = 0; i < from->count; i++) {
		made[i].name = from->at[i].name;
		made[i].value = from->at[i].value;
	}
	*count = (uint32_t)from->count;
	return made;
}

/* LIST, and byzantine with it; a plan says itself who lies, and when. */
static const char *
with_liars(const char *list, const char *plan)
{
	static char both[4096];

	if (list == NULL)
		return plan == NULL ? "byzantine" : NULL;
	if (strstr(list, "byzantine") != NULL || strcmp(list, "all") == 0)
		return list;
	snprintf(both, sizeof both, "%s,byzantine", list);
	return both;
}

static void
configure(const char *protocol)
{
	config.protocol = protocol;
	config.nodes = (uint32_t)nodes;
	config.clients = (uint32_t)clients;
	config.byzantine = (uint32_t)byzantine;
	if (byzantine > 0)
		config.nemesis = with_liars(config.nemesis, config.plan);
	config.rate = rate;
	config.ops = (uint64_t)operations;
	config.settings = settings(&set, &config.setting_count);
	config.others = settings(&others, &config.other_count);
	config.door = !no_door;
	config.core = strcmp(epilogue, "core") == 0;
	if (latency.a >= 0)
		config.latency = latency;
	else if (strcmp(config.world, "sim") == 0)
		config.latency = (struct dist){ .kind = DIST_EXP,
						.a = SIM_LATENCY };
	config.trace = strcmp(trace, "none") == 0 ? TRACE_NONE :
		       strcmp(trace, "all") == 0 ? TRACE_ALL : TRACE_COUNTS;
	if (seed < 0 && run_many.seeds == NULL)
		draw_seed();
	else
		config.seed = seed < 0 ? 0 : (uint64_t)seed;
	config.latency_given = latency.a >= 0;
	config.swarm = run_many.swarm;
	config.command = command_line(seed < 0 && run_many.seeds == NULL,
				      false);
	if (run_many.seeds != NULL)
		config.command_seed = command_line(false, true);
	config.began = began;
	if (!quiet && !json_wanted && isatty(STDERR_FILENO))
		config.progress = progress;
}

static void
unconfigure(void)
{
	free((void *)(uintptr_t)config.settings);
	free((void *)(uintptr_t)config.others);
	free((void *)(uintptr_t)config.command);
	free((void *)(uintptr_t)config.command_seed);
}

/* What makes sense for many seeds alone, or not at all. */
static int
many_wrong(struct fr_err *err)
{
	bool sim = strcmp(config.world, "sim") == 0;
	const char *alone = run_many.until_failure ? "--until-failure" :
			    run_many.jobs > 0 ? "--jobs" :
			    run_many.resume ? "--resume" : NULL;

	if (run_many.swarm && !sim)
		return err_usage(err, "--swarm: a configuration is drawn for "
				 "each seed of the simulated world: `fracas "
				 "sim`, or --world sim");
	if (run_many.seeds == NULL && alone != NULL)
		return err_usage(err, "%s: that is for many seeds; give them "
				 "with --seeds A..B", alone);
	if (run_many.seeds == NULL)
		return 0;
	if (seed >= 0)
		return err_usage(err, "--seed and --seeds: give one of them");
	if (!sim)
		return err_usage(err, "--seeds: many runs side by side are for "
				 "the simulated world: `fracas sim`, or "
				 "--world sim");
	return 0;
}

int
run_command(const char *world, int argc, char **argv)
{
	struct fr_err err = { 0 };
	struct run_result result;
	struct buf out;
	int status;

	(void)argc;
	if (world != NULL)
		config.world = world;
	if (many_wrong(&err) < 0)
		return cli_fail(&err);
	configure(argv[0]);
	if (run_many.seeds != NULL) {
		status = run_seeds(&config, json_wanted, quiet);
		unconfigure();
		return status;
	}
	status = run_experiment(&config, &result, &err);
	progress_clear();
	unconfigure();
	if (status < 0)
		return cli_fail(&err);
	buf_init(&out, 16 << 20);
	if (json_wanted)
		buf_printf(&out, "%s\n", result.report);
	else if (quiet)
		buf_printf(&out, "%s\n", verdict_names[result.verdict]);
	else
		show_result(&result, &out);
	cli_print(&out);
	buf_free(&out);
	status = run_exit_status(&result);
	if (result.failure != NULL)
		fprintf(stderr, "fracas: %s\n", result.failure);
	run_result_free(&result);
	return status;
}

static int
run_run(int argc, char **argv)
{
	return run_command(NULL, argc, argv);
}

const struct command command_run = {
	.name = "run",
	.arguments = "PROTOCOL",
	.summary = "tries a protocol: real processes, faults, a verdict",
	.text =
	"Starts the nodes of PROTOCOL (a name, or a path to a .so), lets "
	"clients work against them while the nemesis does what it is asked "
	"to, then heals everything, lets the clients do their final "
	"operations, and judges the history of it all.\n"
	"\n"
	"The verdict is valid, invalid or unknown, and the exit status 0, 1 "
	"or 3. Unknown means that nothing can be said, and why: because a "
	"budget ran out, because no operation succeeded, because a fault "
	"never took effect. Status 2 says that the command made no sense, "
	"and 4 that fracas itself could not do its work.\n"
	"\n"
	"A node that ends by itself (a crash, an exit, a handler that never "
	"returns) stays down, and makes the run invalid. Nodes that the "
	"nemesis killed are started again.\n"
	"\n"
	"Ctrl-C once ends the run in order, with a verdict on what there is; "
	"twice stops at once, with status 130.",
	.examples =
	"fracas run abd -n 5 --nemesis partition,kill -t 10s\n"
	"fracas run broadcast -n 100 --topology grid\n"
	"fracas run ./mine.so -w register --ops 500 -q",
	.options = run_options,
	.least = 1,
	.most = 1,
	.run = run_run,
};
