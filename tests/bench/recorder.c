/* SPDX-License-Identifier: MIT */
/*
 * What the recorder sustains: events a second and bytes a row, and messages of
 * a full trace a second.  The figures are of rows that are in the file, from
 * the first that was given until the last is written.
 *
 *	tests/bench/recorder [EVENTS [MESSAGES [DIR]]]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/units.h"
#include "core/history/history.h"

static _Noreturn void
give_up(const struct fr_err *err)
{
	fprintf(stderr, "recorder: %s\n", err->text);
	exit(EXIT_TESTBED);
}

/* As a register run writes them: a call, its end, and now and then a node's
 * note or a line that it printed. */
static void
give_event(struct history *h, uint64_t i)
{
	static const char *const roles[] = { "leader", "follower" };
	struct event e = {
		.t = (int64_t)i * 5000, .node = (int32_t)(i % 5), .boot = -1,
		.process = (int64_t)(i / 2 % 10), .f = (int32_t)(i / 2 % 3),
		.key = (int64_t)(i / 2 % 16), .client = (int32_t)(i / 2 % 10),
	};

	if (i % 50 == 49) {
		e.kind = EVENT_NOTE;
		e.process = e.client = e.f = -1;
		e.key = FR_NO_KEY;
		e.boot = 0;
		e.name = "role";
		e.text = roles[i / 50 % 2];
	} else if (i % 50 == 48) {
		e.kind = EVENT_LOG;
		e.process = e.client = e.f = -1;
		e.key = FR_NO_KEY;
		e.boot = 0;
		e.name = "stdout";
		e.text = "became the leader of term 1234 with votes of 0, 2";
	} else {
		e.kind = i % 2 == 0 ? EVENT_INVOKE : EVENT_OK;
		e.value.kind = FR_INT;
		e.value.u.number = (int64_t)i;
	}
	history_event(h, &e);
}

static void
give_message(struct history *h, uint64_t i)
{
	struct trace t = {
		.sent = (int64_t)i * 2000, .arrived = (int64_t)i * 2000 + 90000,
		.src = (uint32_t)(i % 5), .dst = (uint32_t)(i / 5 % 5),
		.type = (uint32_t)(i % 4), .size = 64,
	};

	history_trace(h, &t, 0);
}

struct figures {
	double given, seconds, cpu;
	uint64_t events, traces, dropped;
};

static double
cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
measure(const char *file, uint64_t count,
	void (*give)(struct history *h, uint64_t i), struct figures *out)
{
	char name[] = "abd", world[] = "live", ops[] = "[\"read\",\"write\"]";
	struct run_row row = {
		.protocol = name, .workload = name, .world = world,
		.ops = ops, .nodes = 5, .clients = 10,
	};
	struct fr_err err = { 0 };
	struct history *h = history_open(file, true, &err);
	int64_t from, given;
	double cpu;
	uint64_t i;

	if (h == NULL || history_begin(h, &row, &err) < 0)
		give_up(&err);
	cpu = cpu_seconds();
	from = clock_mono();
	for (i = 0; i < count; i++)
		give(h, i);
	given = clock_mono();
	if (history_flush(h, &err) < 0)
		give_up(&err);
	out->seconds = (double)(clock_mono() - from) / 1e9;
	out->given = (double)(given - from) / 1e9;
	out->cpu = cpu_seconds() - cpu;
	history_counts(h, &out->events, &out->traces, &out->dropped);
	if (history_end(h, &row, &err) < 0 || history_close(h, &err) < 0)
		give_up(&err);
}

/* A trace is dropped rather than waited for, so give it the time. */
static void
give_paced(struct history *h, uint64_t i)
{
	struct fr_err err = { 0 };

	give_message(h, i);
	if (i % 100000 == 99999 && history_flush(h, &err) < 0)
		give_up(&err);
}

int
main(int argc, char **argv)
{
	uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	uint64_t messages = argc > 2 ? strtoull(argv[2], NULL, 10) : 2000000;
	const char *under = argc > 3 ? argv[3] : getenv("TMPDIR");
	char *dir = mem_format("%s/fracas-bench-XXXXXX",
			       under != NULL ? under : "/tmp");
	struct figures few, e, t;
	struct stat st;
	struct buf line;
	struct json j;
	char *file;

	if (mkdtemp(dir) == NULL) {
		perror(dir);
		return EXIT_TESTBED;
	}
	file = mem_format("%s/bench.db", dir);
	/* So few that the queue is never full: what the caller pays. */
	measure(file, 50000, give_event, &few);
	unlink(file);
	measure(file, events, give_event, &e);
	if (stat(file, &st) < 0)
		st.st_size = 0;
	unlink(file);
	measure(file, messages, give_paced, &t);
	unlink(file);
	rmdir(dir);

	buf_init(&line, 4096);
	j = json_begin(&line);
	json_text(&j, "type", "bench");
	json_text(&j, "name", "recorder");
	json_real(&j, "events_per_second", (double)e.events / e.seconds);
	json_real(&j, "bytes_per_event",
		  (double)st.st_size / (double)e.events);
	json_real(&j, "ns_per_event_for_the_caller",
		  few.given / 50000 * 1e9);
	json_real(&j, "cpu_ns_per_event", e.cpu / (double)events * 1e9);
	json_real(&j, "trace_rows_per_second",
		  (double)t.traces / t.seconds);
	json_real(&j, "cpu_ns_per_trace_row",
		  t.cpu / (double)messages * 1e9);
	json_int(&j, "trace_dropped", (int64_t)t.dropped);
	json_done(&j);
	fwrite(line.data, 1, line.size, stdout);
	buf_free(&line);
	free(file);
	free(dir);
	return EXIT_VALID;
}
