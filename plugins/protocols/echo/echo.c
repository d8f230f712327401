/* SPDX-License-Identifier: MIT */
/*
 * echo - every node says back what it is told.  No messages, no state, no
 * disk: the smallest protocol there is, and the first thing to try.
 */
#include <fracas/easy.h>

#ifdef BUG_stale_answer
struct echo {
	int64_t before, answers;
};
#endif

static void
echo_on_echo(struct fr_node *me, const struct fr_request *rq)
{
#ifdef BUG_stale_answer
	/* Every tenth number is answered with the one before it. */
	struct echo *s = me->state;
	int64_t before = s->before;

	if (rq->value.kind == FR_INT) {
		s->before = rq->value.u.number;
		if (++s->answers % 10 == 0) {
			fr_ok(me, rq->id, fr_int(before));
			return;
		}
	}
#endif
#ifdef BUG_short_list
	if (rq->value.kind == FR_LIST && rq->value.count > 5) {
		fr_ok(me, rq->id, fr_list(rq->value.u.list, 5));
		return;
	}
#endif
#ifdef BUG_one_byte
	if (rq->value.kind == FR_INT) {
		fr_ok(me, rq->id, fr_int(rq->value.u.number & 0xff));
		return;
	}
#endif
	fr_ok(me, rq->id, rq->value);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "echo",
	.summary  = "says back what it is told",
	.paper    = "Postel, RFC 862: Echo Protocol, 1983",
	.promise  = "Every answer equals its question, under any fault.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL,
		.missing = FR_ALL_BUT_ONE,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY |
			 FR_BEARS_AMNESIA | FR_BEARS_DISK | FR_BEARS_ROT),
	.workload = "echo",
	.requests = FR_REQUESTS({ "echo", echo_on_echo }),
#ifdef BUG_stale_answer
	.state_size = sizeof(struct echo),
#endif
};
