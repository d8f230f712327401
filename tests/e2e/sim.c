/* SPDX-License-Identifier: MIT */
/*
 * A protocol that goes wrong, in the way that ILL says, when node 1 is asked
 * for the twentieth time in one boot (in one run of ONE_IN, where that is
 * defined).  Its globals are where state does not
 * belong: each node has to have its own, and a crash has to forget them.
 */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <fracas/easy.h>

#ifndef ONE_IN
#define ONE_IN 1
#endif

static int count;
static volatile int spun;

static void
go_wrong(struct fr_node *me)
{
#if ILL == 1
	*(volatile int *)(uintptr_t)me->boot = 1;
#elif ILL == 2
	for (;;)
		spun++;
#elif ILL == 3
	exit(7);
#elif ILL == 4
	sleep(3600);
#elif ILL == 5
	raise(SIGKILL);
#elif ILL == 6
	pause();
#elif ILL == 7
	for (;;)
		fr_send(me, 0, 0, "x", 1);
#elif ILL == 8
	/* What differs from process to process: an address. */
	fr_log(me, "%p", (void *)&count);
#elif ILL == 9
	struct timespec t = { 0, 2000000 };

	nanosleep(&t, NULL);
	printf("at %ld\n", (long)time(NULL));
	fflush(stdout);
	fr_log(me, "drawn %d", rand());
#endif
	(void)me;
}

static void
on_echo(struct fr_node *me, const struct fr_request *rq)
{
	fr_claim(me, "asked in this boot", (int64_t)me->id << 32 |
		 (int64_t)me->boot << 20 | ++count, 1);
	if (me->id == 1 && count == 20 && fr_random(me) % ONE_IN == 0)
		go_wrong(me);
	spun++;
	fr_ok(me, rq->id, rq->value);
}

static void
on_nothing(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	(void)me;
	(void)from;
	(void)body;
	(void)size;
}

FR_PROTOCOL = {
	FR_HEAD,
	.name = "ill",
	.summary = "goes wrong",
	.workload = "echo",
	.messages = FR_MESSAGES({ "nothing", on_nothing, 0 }),
	.requests = FR_REQUESTS({ "echo", on_echo }),
};
