/* SPDX-License-Identifier: MIT */
/*
 * flake-ids - unique numbers without a word between the nodes, in the manner
 * of Twitter's Snowflake (2010):
 *
 *	 63                              22        12           0
 *	+-+--------------------------------+---------+------------+
 *	|0| milliseconds since 2020 (41)   |node (10)|sequence(12)|
 *	+-+--------------------------------+---------+------------+
 *
 * The node's bits tell nodes apart, the sequence tells apart what one node
 * gives in one millisecond.  What is left to go wrong is the clock:
 *
 *  1. It steps back while the node runs.  Then `time` stays where it was: it
 *     is the highest that this node has used, whatever the clock says.
 *  2. It steps back while the node is dead, which has forgotten `time`.  So a
 *     node reserves: it uses no time beyond `reserved`, which is on the disk
 *     before the first number of it is given; a restart begins behind it.
 *
 * `time` may run ahead of the clock, by as much as 4096 numbers a millisecond
 * do not suffice or a reservation was not used up.  It never waits.
 */
#include <fracas/easy.h>

#define EPOCH_MS      1577836800000ll	/* 2020-01-01 00:00 UTC */
#define TIME_BITS     41
#define NODE_BITS     10
#define SEQUENCE_BITS 12
#define SEQUENCE_LAST ((1 << SEQUENCE_BITS) - 1)

_Static_assert(FR_NODES_MAX <= 1u << NODE_BITS, "every node has its bits");

struct flake {
	int64_t time;			/* of the latest number, in ms        */
	int64_t sequence;		/* of the latest number               */
	int64_t reserved;		/* on the disk: no time beyond it     */
	bool damaged;			/* the disk does not tell `reserved`  */
};

static void
flake_start(struct fr_node *me)
{
	struct flake *s = me->state;
	int64_t got;

#ifdef BUG_forgetful
	return;
#endif
	got = fr_load(me, "reserved", &s->reserved, sizeof s->reserved);
	if (got == sizeof s->reserved) {
		/* All of it counts as used, to its last number. */
		s->time = s->reserved;
		s->sequence = SEQUENCE_LAST;
	} else if (got != FR_ENOENT) {
		s->damaged = true;
	}
}

/* The next (time, sequence), always above the one before. */
static void
advance(struct fr_node *me, int64_t *time, int64_t *sequence)
{
	struct flake *s = me->state;
	int64_t now = fr_wall(me) / FR_MS(1) - EPOCH_MS;

	*time = s->time;
	*sequence = s->sequence + 1;
#ifdef BUG_follows_clock
	if (now != s->time) {
#else
	if (now > s->time) {
#endif
		*time = now;
		*sequence = 0;
	} else if (*sequence > SEQUENCE_LAST) {
		*time = s->time + 1;
		*sequence = 0;
	}
}

static void
flake_on_generate(struct fr_node *me, const struct fr_request *rq)
{
	struct flake *s = me->state;
	int64_t time, sequence, node = me->id;

	advance(me, &time, &sequence);
	if (s->damaged) {
		fr_fail(me, rq->id, "the disk does not tell what was used");
		return;
	}
	if (time >> TIME_BITS != 0) {
		fr_fail(me, rq->id, "the clock is beyond the last time");
		return;
	}
	if (time > s->reserved) {
		int64_t ahead = time + fr_param(me, "reserve") / FR_MS(1);

		if (fr_save(me, "reserved", &ahead, sizeof ahead) < 0) {
			fr_fail(me, rq->id, "the disk would not keep the time");
			return;
		}
		s->reserved = ahead;
	}
	s->time = time;
	s->sequence = sequence;
#ifdef BUG_no_node
	node = 0;
#endif
	fr_ok(me, rq->id, fr_int(time << (NODE_BITS + SEQUENCE_BITS) |
				 node << SEQUENCE_BITS | sequence));
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "flake-ids",
	.summary  = "unique numbers from clock, node and sequence",
	.paper    = "King: Announcing Snowflake, Twitter, 2010",
	.promise  = "No number is given twice: under partitions, restarts and "
		    "clocks that step or run as they like, as long as the "
		    "disk keeps what it synced.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL,
		.missing = FR_ALL_BUT_ONE,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY |
			 FR_BEARS_DISK),
	.workload = "unique-ids",
	.params   = FR_PARAMS(
		{ .name = "reserve", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "1s", .min = "1ms", .max = "1h",
		  .low = "1ms", .high = "10s",
		  .help = "how much time one write to the disk reserves" }),
	.state_size = sizeof(struct flake),
	.start    = flake_start,
	.requests = FR_REQUESTS({ "generate", flake_on_generate }),
};
