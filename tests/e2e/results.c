/* SPDX-License-Identifier: MIT */
/*
 * Writes a campaign's results from lines of words separated by tabs, so that
 * tests can have any they like; "-" is none.  Words may have \n, \t and \xNN.
 *
 *	results FILE.db <<END
 *	campaign NAME DIGEST SHARD SHARDS BEGUN
 *	cell	ID NAME PROTOCOL FIRST LAST STATE
 *	recovery FAULT FAMILY NS		of the result that follows
 *	result	CELL SEED VERDICT FINGERPRINT REASON HASH OK/S MEDIAN P99 AVAIL
 *	run	CELL SEED VERDICT FINGERPRINT REASON HASH	with its events
 *	example	CELL FINGERPRINT SEED WORDS
 *	END
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/campaign/results.h"
#include "core/history/history.h"

#define WORDS 12

static struct results *results;
static const char *path;
static struct recovery_row recoveries[16];
static uint32_t recovery_count;

static void
must(int status, const struct fr_err *err)
{
	if (status >= 0)
		return;
	fprintf(stderr, "results: %s\n", err->text);
	exit(1);
}

static const char *
or_none(const char *word)
{
	return strcmp(word, "-") == 0 ? NULL : word;
}

static double
real(const char *word)
{
	return or_none(word) == NULL ? -1 : strtod(word, NULL);
}

static uint64_t
number(const char *word)
{
	return strtoull(word, NULL, 10);
}

static void
unescape(char *p)
{
	char *to = p, digits[3] = "";

	for (; *p != '\0'; p++) {
		if (*p != '\\') {
			*to++ = *p;
		} else if (*++p == 'x') {
			memcpy(digits, p + 1, 2);
			*to++ = (char)strtol(digits, NULL, 16);
			p += 2;
		} else {
			*to++ = *p == 'n' ? '\n' : *p == 't' ? '\t' : *p;
		}
	}
	*to = '\0';
}

static void
put_campaign(char **w)
{
	struct fr_err err = { 0 };
	const struct campaign_row c = {
		.name = w[1], .file = "some.yaml", .text = "name: some\n",
		.digest = w[2], .shard = (uint32_t)number(w[3]),
		.shards = (uint32_t)number(w[4]), .version = "0",
		.machine = "m", .begun = (int64_t)number(w[5]),
	};

	must(results_put_campaign(results, &c, &err), &err);
}

static void
put_cell(char **w)
{
	static uint32_t position;
	struct fr_err err = { 0 };
	struct cell_row c = {
		.position = position++, .key = w[2], .name = w[2],
		.protocol = w[3], .workload = "register", .nemesis = "kill",
		.nodes = 5, .topology = "complete", .world = "sim",
		.settings = "", .command = "fracas sim", .sha256 = "aa",
		.first = number(w[4]), .last = number(w[5]),
	};

	c.wanted = c.last - c.first + 1;
	while (strcmp(cell_state_names[c.state], w[6]) != 0)
		c.state++;
	snprintf(c.id, sizeof c.id, "%s", w[1]);
	must(results_put_cell(results, &c, &err), &err);
}

/* Of two events, so that it can be seen to have come along. */
static int64_t
store_run(char **w)
{
	struct fr_err err = { 0 };
	struct history *h = history_open(path, true, &err);
	char world[] = "sim", ops[] = "[\"read\"]", types[] = "[]";
	char status[] = "done";
	struct run_row row = {
		.protocol = w[1], .world = world, .seed = number(w[2]),
		.ops = ops, .message_types = types, .nodes = 5,
		.clients = 1, .status = status, .verdict = w[3],
		.reason = w[5],
	};
	struct event e = {
		.kind = EVENT_INVOKE, .node = 2, .boot = -1, .key = FR_NO_KEY,
		.name = "read",
	};

	must(h == NULL ? -1 : 0, &err);
	must(history_begin(h, &row, &err), &err);
	history_event(h, &e);
	e.kind = EVENT_OK;
	e.t = 1000;
	history_event(h, &e);
	must(history_end(h, &row, &err), &err);
	must(history_close(h, &err), &err);
	return row.id;
}

static void
put_result(char **w, int count)
{
	struct fr_err err = { 0 };
	struct result_row row = {
		.cell = w[1], .seed = number(w[2]), .verdict = w[3],
		.violation = or_none(w[4]), .fingerprint = or_none(w[4]),
		.reason = or_none(w[5]), .hash = number(w[6]), .ok = 10,
		.median_ns = -1, .p99_ns = -1, .availability = -1,
		.faults_started = recovery_count, .seconds = 0.5,
		.attempts = 1,
	};
	char *command = mem_format("fracas sim %s --seed %s", w[1], w[2]);
	uint32_t i;

	if (count > 10) {
		row.throughput = real(w[7]);
		row.median_ns = (int64_t)real(w[8]);
		row.p99_ns = (int64_t)real(w[9]);
		row.availability = real(w[10]);
	} else {
		row.run = store_run(w);
	}
	for (i = 0; i < recovery_count; i++) {
		recoveries[i].cell = row.cell;
		recoveries[i].seed = row.seed;
	}
	must(results_put_result(results, &row, recoveries, recovery_count,
				command, &err), &err);
	for (i = 0; i < recovery_count; i++)
		free((char *)(uintptr_t)recoveries[i].family);
	recovery_count = 0;
	free(command);
}

static void
put_recovery(char **w)
{
	if (recovery_count < 16)
		recoveries[recovery_count++] = (struct recovery_row){
			.fault = (uint32_t)number(w[1]),
			.family = mem_string(w[2]), .ns = (int64_t)real(w[3]),
		};
}

static void
put_example(char **w)
{
	struct fr_err err = { 0 };
	const struct failure_row f = {
		.cell = w[1], .fingerprint = w[2], .shrunk = true,
		.example_seed = number(w[3]), .minimal = true,
		.operations = 2, .faults = 1, .deviations = 3, .nodes = 3,
		.words = w[4], .scenario = "scenario",
	};

	must(results_put_example(results, &f, &err), &err);
}

static void
put(char *line)
{
	char *w[WORDS] = { NULL }, *next = line;
	int count = 0;

	for (; count < WORDS && next != NULL; count++) {
		w[count] = strsep(&next, "\t");
		unescape(w[count]);
	}
	if (strcmp(w[0], "campaign") == 0 && count == 6)
		put_campaign(w);
	else if (strcmp(w[0], "cell") == 0 && count == 7)
		put_cell(w);
	else if (strcmp(w[0], "recovery") == 0 && count == 4)
		put_recovery(w);
	else if (strcmp(w[0], "result") == 0 && count == 11)
		put_result(w, count);
	else if (strcmp(w[0], "run") == 0 && count == 7)
		put_result(w, count);
	else if (strcmp(w[0], "example") == 0 && count == 5)
		put_example(w);
	else
		must(-1, &(struct fr_err){ .text = "a line that is none" });
}

int
main(int argc, char **argv)
{
	struct fr_err err = { 0 };
	char *line = NULL;
	size_t room = 0;

	if (argc != 2)
		return 2;
	path = argv[1];
	results = results_open(path, true, &err);
	must(results == NULL ? -1 : 0, &err);
	while (getline(&line, &room, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		put(line);
	}
	free(line);
	results_close(results);
	return 0;
}
