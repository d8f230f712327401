/* SPDX-License-Identifier: MIT */
/* A plugin that does what it is told: see live_tool.h. */
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include <fracas/easy.h>

#include "live_tool.h"

enum { COUNTED };
enum { FLOOD, LATER, STUCK };

static unsigned char body[FR_MESSAGE_MAX];
static volatile uint64_t spun;

static _Noreturn void
spin(void)
{
	for (;;)
		spun++;
}

/* act=spin and the like: what goes wrong already in start. */
static void
tool_start(struct fr_node *me)
{
	const char *act = fr_param_text(me, "act");
	int64_t number = 0;

	if (strcmp(act, "spin") == 0)
		spin();
	if (strcmp(act, "exit") == 0)
		exit(3);
	if (strcmp(act, "crash") == 0)
		raise(SIGKILL);
	if (strcmp(act, "send") == 0)
		fr_broadcast(me, COUNTED, &number, sizeof number);
}

static void
tool_counted(struct fr_node *me, uint32_t from, const void *data, size_t size)
{
	int64_t number;

	(void)size;
	memcpy(&number, data, sizeof number);
	fr_claim(me, "counted", number, from);
}

static void
tool_flood(struct fr_node *me, uint64_t tag)
{
	int i;

	for (i = 0; i < 1000; i++)
		puts("a line of what nobody wants to read");
	fr_after(me, FLOOD, 0, tag);
}

static void
tool_later(struct fr_node *me, uint64_t tag)
{
	fr_ok(me, tag, fr_int(1));
}

static void
tool_stuck(struct fr_node *me, uint64_t tag)
{
	(void)me;
	(void)tag;
	spin();
}

/* ---- requests ------------------------------------------------------------ */

static void
on_echo(struct fr_node *me, const struct fr_request *rq)
{
	fr_ok(me, rq->id, rq->value);
}

static void
on_send(struct fr_node *me, const struct fr_request *rq)
{
	int64_t i, count = fr_item(rq->value, 2, 0), answer = 0;

	for (i = 0; i < count; i++) {
		memcpy(body, &i, sizeof i);
		answer = fr_send(me, (uint32_t)fr_item(rq->value, 0, 0),
				 (uint32_t)fr_item(rq->value, 1, 0), body,
				 (size_t)fr_item(rq->value, 3, 8));
	}
	fr_ok(me, rq->id, fr_int(answer));
}

static void
on_signal(struct fr_node *me, const struct fr_request *rq)
{
	(void)me;
	raise((int)fr_item(rq->value, 0, SIGKILL));
}

static void
on_leave(struct fr_node *me, const struct fr_request *rq)
{
	(void)me;
	exit((int)fr_item(rq->value, 0, 0));
}

static void
on_spin(struct fr_node *me, const struct fr_request *rq)
{
	(void)me;
	(void)rq;
	spin();
}

static void
on_sleep(struct fr_node *me, const struct fr_request *rq)
{
	(void)me;
	(void)rq;
	for (;;)
		pause();
}

static void
on_silent(struct fr_node *me, const struct fr_request *rq)
{
	fr_note(me, "asked", "something that it will not answer");
	(void)rq;
}

static void
on_later(struct fr_node *me, const struct fr_request *rq)
{
	fr_after(me, LATER, fr_item(rq->value, 0, 0), rq->id);
}

static void
on_print(struct fr_node *me, const struct fr_request *rq)
{
	fwrite(rq->value.u.bytes, 1, rq->value.count, stdout);
	fflush(stdout);
	fwrite(rq->value.u.bytes, 1, rq->value.count, stderr);
	fr_ok(me, rq->id, fr_nil());
}

static void
on_flood(struct fr_node *me, const struct fr_request *rq)
{
	fr_after(me, FLOOD, 0, 0);
	fr_ok(me, rq->id, fr_nil());
}

static void
on_wall(struct fr_node *me, const struct fr_request *rq)
{
	fr_ok(me, rq->id, fr_int(fr_wall(me)));
}

static void
on_raw(struct fr_node *me, const struct fr_request *rq)
{
	const char *at = rq->value.u.bytes;
	size_t left = rq->value.count;
	ssize_t put;

	fr_ok(me, rq->id, fr_nil());
	while (left > 0 && (put = write(TOOL_SWITCH, at, left)) > 0) {
		at += put;
		left -= (size_t)put;
	}
}

static void
on_close(struct fr_node *me, const struct fr_request *rq)
{
	(void)me;
	(void)rq;
	close(TOOL_SWITCH);
	for (;;)
		pause();
}

static void
leave(int sig)
{
	(void)sig;
	_exit(0);
}

static void
on_alarm(struct fr_node *me, const struct fr_request *rq)
{
	struct itimerval soon = { .it_value = { .tv_usec = 100000 } };

	signal(SIGALRM, leave);
	setitimer(ITIMER_REAL, &soon, NULL);
	fr_ok(me, rq->id, fr_nil());
}

static void
on_neighbours(struct fr_node *me, const struct fr_request *rq)
{
	struct fr_neighbour others[16];
	int64_t list[16];
	uint32_t count = fr_neighbours(me, others, 16), i;

	for (i = 0; i < count; i++)
		list[i] = others[i].node * 100 + (int64_t)others[i].weight;
	fr_ok(me, rq->id, fr_list(list, count));
}

static void
on_log(struct fr_node *me, const struct fr_request *rq)
{
	int64_t i, count = fr_item(rq->value, 0, 0);

	for (i = 0; i < count; i++)
		fr_log(me, "line %d", (int)i);
	fr_ok(me, rq->id, fr_nil());
}

static void
on_parent(struct fr_node *me, const struct fr_request *rq)
{
	(void)me;
	(void)rq;
	kill(getppid(), SIGKILL);
}

static void
on_redirect(struct fr_node *me, const struct fr_request *rq)
{
	fr_redirect(me, rq->id, (uint32_t)fr_item(rq->value, 0, 0));
}

static void
on_timer(struct fr_node *me, const struct fr_request *rq)
{
	fr_after(me, STUCK, fr_item(rq->value, 0, 0), 0);
	fr_ok(me, rq->id, fr_nil());
}

static const struct fr_param params[] = {
	{ "act", FR_PARAM_TEXT, 0, "none", NULL, NULL, "what start does" },
};

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "live-tool",
	.summary  = "does what it is told",
	.workload = "none",
	.params   = { params, 1, sizeof *params },
	.start    = tool_start,
	.messages = FR_MESSAGES([COUNTED] = { "counted", tool_counted, 8 }),
	.timers   = FR_TIMERS([FLOOD] = { "flood", tool_flood },
			      [LATER] = { "later", tool_later },
			      [STUCK] = { "stuck", tool_stuck }),
	.requests = FR_REQUESTS(
		[TOOL_ECHO] = { "echo", on_echo },
		[TOOL_SEND] = { "send", on_send },
		[TOOL_SIGNAL] = { "signal", on_signal },
		[TOOL_LEAVE] = { "leave", on_leave },
		[TOOL_SPIN] = { "spin", on_spin },
		[TOOL_SLEEP] = { "sleep", on_sleep },
		[TOOL_SILENT] = { "silent", on_silent },
		[TOOL_LATER] = { "later", on_later },
		[TOOL_PRINT] = { "print", on_print },
		[TOOL_FLOOD] = { "flood", on_flood },
		[TOOL_WALL] = { "wall", on_wall },
		[TOOL_RAW] = { "raw", on_raw },
		[TOOL_CLOSE] = { "close", on_close },
		[TOOL_ALARM] = { "alarm", on_alarm },
		[TOOL_NEIGHBOURS] = { "neighbours", on_neighbours },
		[TOOL_LOG] = { "log", on_log },
		[TOOL_PARENT] = { "parent", on_parent },
		[TOOL_REDIRECT] = { "redirect", on_redirect },
		[TOOL_TIMER] = { "timer", on_timer }),
};
