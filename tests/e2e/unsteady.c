/* SPDX-License-Identifier: MIT */
/*
 * A protocol that takes something from outside of the run, in the way that
 * UNSTEADY says, and lets it be seen: node 1 sends it to node 2 with its tenth
 * request.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <fracas/easy.h>

struct state {
	int count;
};

static int asked;

static uint64_t
outside(struct fr_node *me)
{
	uint64_t n = 0;

	(void)me;
#if UNSTEADY == 1
	/* An address. */
	n = (uint64_t)(uintptr_t)&asked;
#elif UNSTEADY == 2
	/* Memory that nobody has written to. */
	uint64_t *volatile room = malloc(4096);

	n = room[77];
	free(room);
#elif UNSTEADY == 3
	/* The processor's clock. */
	n = __builtin_ia32_rdtsc();
#elif UNSTEADY == 4
	/* Past libc: the kernel's random numbers. */
	(void)syscall(SYS_getrandom, &n, sizeof n, 0);
#elif UNSTEADY == 5
	/* And its clock. */
	struct timespec t;

	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	n = (uint64_t)t.tv_nsec;
#elif UNSTEADY == 6
	/* The process. */
	n = (uint64_t)getpid();
#elif UNSTEADY == 7
	/* What looks so and is not: libc's random numbers and clock are the
	 * node's here, and a variable does not live on from run to run. */
	n = (uint64_t)rand() + (uint64_t)time(NULL) + (uint64_t)asked;
#endif
	return n;
}

static void
on_echo(struct fr_node *me, const struct fr_request *rq)
{
	struct state *s = me->state;
	uint64_t n;

	asked++;
	if (me->id == 1 && ++s->count == 10) {
		n = outside(me);
		fr_send(me, 2, 0, &n, sizeof n);
	}
	fr_ok(me, rq->id, rq->value);
}

static void
on_seen(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	(void)me;
	(void)from;
	(void)body;
	(void)size;
}

FR_PROTOCOL = {
	FR_HEAD,
	.name = "unsteady",
	.summary = "takes something from outside",
	.workload = "echo",
	.state_size = sizeof(struct state),
	.messages = FR_MESSAGES({ "seen", on_seen, 0 }),
	.requests = FR_REQUESTS({ "echo", on_echo }),
};
