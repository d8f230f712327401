/* SPDX-License-Identifier: MIT */
/*
 * ball - keeps `inflight` balls of `size` bytes flying between each two nodes
 * that are joined, as fast as they are thrown back: for measuring what carries
 * messages.  It also echoes, so that a run of it has something to judge.
 */
#include <fracas/easy.h>

enum { BALL };

static unsigned char body[65536];

static void
ball_start(struct fr_node *me)
{
	static struct fr_neighbour others[FR_NODES_MAX];
	uint32_t count = fr_neighbours(me, others, FR_NODES_MAX), i;
	int64_t inflight = fr_param(me, "inflight"), k;

	for (i = 0; i < count; i++)
		for (k = 0; k < inflight && others[i].node > me->id; k++)
			fr_send(me, others[i].node, BALL, body,
				(size_t)fr_param(me, "size"));
}

static void
ball_on_ball(struct fr_node *me, uint32_t from, const void *ball, size_t size)
{
	fr_send(me, from, BALL, ball, size);
}

static void
ball_on_echo(struct fr_node *me, const struct fr_request *rq)
{
	fr_ok(me, rq->id, rq->value);
}

static const struct fr_param params[] = {
	{ "inflight", FR_PARAM_INT, 0, "1", "0", "100000",
	  "balls between each two nodes" },
	{ "size", FR_PARAM_SIZE, 0, "64", "0", "64K", "bytes of one" },
};

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "ball",
	.summary  = "throws messages to and fro, as fast as it can",
	.workload = "echo",
	.params   = { params, sizeof params / sizeof *params, sizeof *params },
	.start    = ball_start,
	.messages = FR_MESSAGES([BALL] = { "ball", ball_on_ball, 0 }),
	.requests = FR_REQUESTS({ "echo", ball_on_echo }),
};
