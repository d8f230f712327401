/* SPDX-License-Identifier: MIT */
/*
 * lock - sections under a lock that only its holder can give back.
 *
 * With --set lease=... it lapses by itself, and nothing stops a late write: a
 * pause longer than the lease breaks it, whatever protocol keeps the lock.
 * fenced-lock is how that is done right.  See sections.h.
 */
#include "sections.h"

static int
lock_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	return sections_next(w, client, op, false);
}

/* ---- what is promised ------------------------------------------------------ */

/* A lock and its register. */
struct guarded {
	int64_t holder;			/* client, + 1; 0: nobody             */
	int64_t leased;			/* it may lapse                       */
	int64_t number;			/* what was written last; 0: nothing  */
};

static int
guarded_step(const void *state, const struct fr_operation *op, void *next)
{
	int64_t me = (int64_t)op->client + 1;
	struct guarded g;
	bool legal = true;

	memcpy(&g, state, sizeof g);
	switch (op->f) {
	case TAKE:
		legal = g.holder == 0 || g.leased;
		g.holder = me;
		g.leased = op->value.kind == FR_LIST;
		break;
	case GIVE:
		legal = g.holder == me;
		g.holder = 0;
		break;
	case WRITE:
		legal = g.holder == me;
		g.number = fr_number(op->value, 0);
		break;
	default:
		legal = op->outcome != FR_OK ||
			fr_number(op->result, 0) == g.number;
		break;
	}
	if (legal)
		memcpy(next, &g, sizeof g);
	return legal;
}

static int64_t
guarded_partition(const struct fr_operation *op)
{
	return op->key & ~REGISTER;
}

static void
guarded_describe(const void *state, char *text, size_t max)
{
	struct guarded g;
	char holder[40] = "nobody";

	memcpy(&g, state, sizeof g);
	if (g.holder != 0)
		snprintf(holder, sizeof holder, "client %lld",
			 (long long)g.holder - 1);
	if (g.number == 0)
		snprintf(text, max, "%s has it", holder);
	else
		snprintf(text, max, "%s has it, section %lld wrote last",
			 holder, (long long)g.number);
}

SECTIONS_MODEL(guarded);

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "lock",
	.summary    = "takes locks, writes what they protect, gives them back",
	.promise    = "Nobody has a lock, or writes, while another has it; and "
		      "only who has it gives it back.",
	.params     = FR_PARAMS(SECTIONS_PARAMS("0", 0, "0", "0")),
	.ops        = FR_OPS(
		[TAKE]  = { .name = "lock",
			    .help = "the owner with that number has it, or, "
				    "given [owner time], for so many "
				    "nanoseconds; fail if somebody has it" },
		[GIVE]  = { .name = "unlock",
			    .help = "it is free; fail if the owner with that "
				    "number has not got it" },
		[WRITE] = { .name = "write",
			    .help = "set a register to the number" },
		[READ]  = { .name = "read", .flags = FR_PURE,
			    .help = "answer with the register's number" }),
	SECTIONS_WORKLOAD,
	.next       = lock_next,
	.own_model  = &guarded,
};
