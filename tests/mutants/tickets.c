/* SPDX-License-Identifier: MIT */
/*
 * tickets - identifiers that no two requests are given.
 *
 * A test's protocol: node, a number drawn at each boot, and a count.
 *
 *	BUG_no_draw	the boot's own number instead: unique over nodes and
 *			restarts, and not over two instances of one boot
 *								twins
 */
#include <fracas/easy.h>

struct tickets {
	int64_t drawn, last;
};

static void
tickets_start(struct fr_node *me)
{
	struct tickets *s = me->state;

#ifdef BUG_no_draw
	s->drawn = me->boot;
#else
	s->drawn = (int64_t)(fr_random(me) >> 1);
#endif
}

static void
tickets_on_generate(struct fr_node *me, const struct fr_request *rq)
{
	struct tickets *s = me->state;
	const int64_t ticket[] = { me->id, s->drawn, ++s->last };

	fr_ok(me, rq->id, fr_list(ticket, 3));
}

FR_PROTOCOL = {
	FR_HEAD,
	.name       = "tickets",
	.summary    = "identifiers that no two requests are given",
	.promise    = "No identifier is given twice, under any fault.",
	.workload   = "unique-ids",
	.state_size = sizeof(struct tickets),
	.start      = tickets_start,
	.requests   = FR_REQUESTS({ "generate", tickets_on_generate }),
	.tolerates  = FR_TOLERATES(.crashes = FR_ALL, .byzantine = FR_ALL,
				   .bears = 0x1fff),
};
