/* SPDX-License-Identifier: MIT */
/*
 * clique - who is alive, by a belief that many systems were built on: that two
 * nodes which a third one hears hear each other, too.
 *
 * Everybody says all the time whom it hears.  One that I have not heard of for
 * long is dead; and nobody else may say that it hears somebody who is dead.
 * That holds while nodes die, sleep or are slow, and while messages are late or
 * get lost; a network that is cut between some, and not between others, makes
 * a liar of somebody (Alquraan, Takruri, Alfatafta, Al-Kiswany: An Analysis of
 * Network-Partitioning Failures in Cloud Systems.  OSDI 2018).
 */
#include <fracas/easy.h>

enum { ALIVE };				/* messages */
enum { BEAT };				/* timers */

#define NODES	64
#define PERIOD	FR_MS(25)
#define FRESH	FR_MS(250)		/* "I hear it"                        */
#define LONG	FR_MS(2500)		/* "it is dead"                       */
#define SURE	FR_MS(2500)		/* longer than any message takes      */

struct alive {
	uint64_t boot, number;		/* of what it has said in that boot   */
	uint64_t hears;			/* a bit a node                       */
};

struct clique {
	int64_t beat;			/* the last one                       */
	uint64_t number;
	int64_t heard[NODES];		/* 0: not in this boot                */
	int64_t since[NODES];		/* that, or when I began to listen    */
	int64_t doubt[NODES];		/* others hear it, and I do not: since
					   then; 0: not so                    */
	struct alive last[NODES];
};

static void
clique_on_alive(struct fr_node *me, uint32_t from, const void *body,
		size_t size)
{
	struct clique *s = me->state;
	const struct alive *a = body;
	struct alive *last = &s->last[from];
	int64_t now = fr_mono(me);
	uint32_t i;

	(void)size;
	if (a->boot < last->boot ||
	    (a->boot == last->boot && a->number <= last->number))
		return;			/* an old one */
	*last = *a;
	s->heard[from] = s->since[from] = now;
	s->doubt[from] = 0;
	if (now - s->beat > 4 * PERIOD)
		return;			/* who slept knows nothing */
	for (i = 0; i < me->nodes; i++) {
		if (i == me->id || !(a->hears >> i & 1) ||
		    now - s->since[i] <= LONG)
			continue;
		/* It may just have come back. */
		if (s->doubt[i] == 0)
			s->doubt[i] = now;
		if (now - s->doubt[i] > SURE)
			fr_claim(me, "node is alive", i, 0);
	}
}

static void
clique_on_beat(struct fr_node *me, uint64_t tag)
{
	struct clique *s = me->state;
	int64_t now = fr_mono(me);
	struct alive a = { me->boot, ++s->number, 0 };
	uint32_t i;

	(void)tag;
	for (i = 0; i < me->nodes; i++) {
		/* Whoever slept begins anew. */
		if (now - s->beat > 4 * PERIOD) {
			s->since[i] = now;
			s->doubt[i] = 0;
		} else if (s->heard[i] > 0 && now - s->heard[i] < FRESH) {
			a.hears |= (uint64_t)1 << i;
		}
	}
	s->beat = now;
	fr_broadcast(me, ALIVE, &a, sizeof a);
	fr_after(me, BEAT, PERIOD, 0);
}

static void
clique_on_echo(struct fr_node *me, const struct fr_request *rq)
{
	fr_ok(me, rq->id, rq->value);
}

static void
clique_start(struct fr_node *me)
{
	uint32_t i;

	for (i = 0; me->boot == 0 && me->id == 0 && i < me->nodes; i++)
		fr_claim(me, "node is alive", i, 1);
	fr_after(me, BEAT, 0, 0);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "clique",
	.summary  = "believes that whom others hear it hears, too",
	.workload = "echo",
	.state_size = sizeof(struct clique),
	.start    = clique_start,
	.messages = FR_MESSAGES([ALIVE] = { "alive", clique_on_alive,
					    sizeof(struct alive) }),
	.requests = FR_REQUESTS({ "echo", clique_on_echo }),
	.timers   = FR_TIMERS([BEAT] = { "beat", clique_on_beat }),
};
