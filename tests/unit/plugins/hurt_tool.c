/* SPDX-License-Identifier: MIT */
/* A protocol that does what test_hurt asks of it. */
#include <string.h>

#include <fracas/easy.h>

#include "hurt_tool.h"

#ifndef VERSION
#define VERSION 1
#endif

#define SECTOR 512

enum { TOLD };
enum { LATER };

static int64_t
argument(const struct fr_request *rq, uint32_t i)
{
	return rq->value.kind == FR_LIST && i < rq->value.count ?
	       rq->value.u.list[i] : 0;
}

static void
on_told(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	(void)body;
	(void)size;
	fr_claim(me, "told", from, me->id);
}

static void
on_later(struct fr_node *me, uint64_t tag)
{
	fr_ok(me, tag, fr_int(fr_mono(me)));
}

static int64_t
log_size(struct fr_node *me)
{
	int64_t size = fr_file_size(me, "log");

	return size == FR_ENOENT ? 0 : size;
}

static void
on_append(struct fr_node *me, const struct fr_request *rq)
{
	int64_t count = argument(rq, 0), i, at = log_size(me);
	unsigned char sector[SECTOR];
	int got = 0;

	for (i = 0; i < count && got == 0; i++, at += SECTOR) {
		memset(sector, (int)(at / SECTOR % 250) + 1, sizeof sector);
		got = fr_write(me, "log", (uint64_t)at, sector,
			       sizeof sector);
	}
	if (argument(rq, 1) != 0 && got == 0)
		got = fr_sync(me, "log");
	fr_ok(me, rq->id, fr_int(got));
}

static void
on_survey(struct fr_node *me, const struct fr_request *rq)
{
	int64_t list[4] = { log_size(me), 0, 0, 0 }, at;
	unsigned char sector[SECTOR], right[SECTOR];
	static const unsigned char zeros[SECTOR];

	for (at = 0; at < list[0]; at += SECTOR) {
		memset(sector, 0, sizeof sector);
		memset(right, (int)(at / SECTOR % 250) + 1, sizeof right);
		if (fr_read(me, "log", (uint64_t)at, sector, SECTOR) < 0)
			list[3]++;
		else if (memcmp(sector, right, SECTOR) == 0)
			list[1]++;
		else if (memcmp(sector, zeros, SECTOR) == 0)
			list[2]++;
		else
			list[3]++;
	}
	fr_ok(me, rq->id, fr_list(list, 4));
}

static void
on_save(struct fr_node *me, const struct fr_request *rq)
{
	int64_t number = argument(rq, 0);
	int got = fr_write(me, "kept", 0, &number, sizeof number);

	if (got == 0)
		got = fr_sync(me, "kept");
	fr_ok(me, rq->id, fr_int(got));
}

static void
on_load(struct fr_node *me, const struct fr_request *rq)
{
	int64_t number = 0;
	int64_t got = fr_read(me, "kept", 0, &number, sizeof number);

	fr_ok(me, rq->id, fr_int(got < 0 ? got : number));
}

static void
on_work(struct fr_node *me, const struct fr_request *rq)
{
	int64_t step = 1;

	fr_claim(me, WORK_CLAIM, step++, me->id);
	fr_write(me, "work", 0, &step, sizeof step);
	fr_claim(me, WORK_CLAIM, step++, me->id);
	fr_sync(me, "work");
	fr_claim(me, WORK_CLAIM, step++, me->id);
	fr_broadcast(me, TOLD, &step, sizeof step);
	fr_claim(me, WORK_CLAIM, step++, me->id);
	fr_ok(me, rq->id, fr_nil());
	fr_claim(me, WORK_CLAIM, step++, me->id);
}

static void
on_time(struct fr_node *me, const struct fr_request *rq)
{
	struct fr_bounds b = fr_wall_bounds(me);
	const int64_t times[] = { fr_mono(me), fr_wall(me), b.earliest,
				  b.latest };

	fr_ok(me, rq->id, fr_list(times, 4));
}

static void
on_wait(struct fr_node *me, const struct fr_request *rq)
{
	fr_after(me, LATER, argument(rq, 0), rq->id);
}

static void
on_echo(struct fr_node *me, const struct fr_request *rq)
{
	fr_ok(me, rq->id, fr_int(argument(rq, 0)));
}

static void
on_version(struct fr_node *me, const struct fr_request *rq)
{
	fr_ok(me, rq->id, fr_int(VERSION));
}

static void
on_cut(struct fr_node *me, const struct fr_request *rq)
{
	fr_ok(me, rq->id, fr_int(fr_truncate(me, "log",
		(uint64_t)argument(rq, 0) * SECTOR)));
}

static void
on_remove(struct fr_node *me, const struct fr_request *rq)
{
	fr_ok(me, rq->id, fr_int(fr_remove(me, "log")));
}

static void
on_sync(struct fr_node *me, const struct fr_request *rq)
{
	fr_ok(me, rq->id, fr_int(fr_sync(me, "log")));
}

FR_PROTOCOL = {
	FR_HEAD,
	.name = "hurt-tool",
	.summary = "does what it is asked, and is hurt",
	.state_size = 8,
	.messages = FR_MESSAGES([TOLD] = { "told", on_told, 8 }),
	.requests = FR_REQUESTS(
		[DO_APPEND] = { "append", on_append },
		[DO_SURVEY] = { "survey", on_survey },
		[DO_SAVE] = { "save", on_save },
		[DO_LOAD] = { "load", on_load },
		[DO_WORK] = { "work", on_work },
		[DO_TIME] = { "time", on_time },
		[DO_LATER] = { "later", on_wait },
		[DO_ECHO] = { "echo", on_echo },
		[DO_VERSION] = { "version", on_version },
		[DO_CUT] = { "cut", on_cut },
		[DO_REMOVE] = { "remove", on_remove },
		[DO_SYNC] = { "sync", on_sync }),
	.timers = FR_TIMERS([LATER] = { "later", on_later }),
};
