/* SPDX-License-Identifier: MIT */
/*
 * fenced-lock - sections under a lock that lapses, and comes with a token that
 * only grows: a write shows its token, and one that comes later than a later
 * token is refused.  So nobody is harmed by who does not know that its time is
 * over.  See sections.h.
 */
#include "sections.h"

static int
fenced_lock_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	return sections_next(w, client, op, true);
}

/* ---- what is promised ------------------------------------------------------ */

/*
 * A lock, or a register: what is promised of each needs the other for nothing.
 * Who has a lock that may lapse, nobody can tell; that its tokens grow is all
 * there is.
 */
struct fenced {
	int64_t holder;			/* client, + 1; 0: nobody, or a lease */
	int64_t leased;
	int64_t token;			/* the last that was given, or seen   */
	int64_t number;			/* what was written last; 0: nothing  */
};

static bool
fenced_take(struct fenced *g, const struct fr_operation *op)
{
	int64_t token = fr_number(op->result, INT64_MIN);

	if (g->holder != 0 || (op->outcome == FR_OK && token <= g->token))
		return false;
	if (op->outcome == FR_OK)
		g->token = token;
	g->leased = op->value.kind == FR_LIST;
	g->holder = g->leased ? 0 : (int64_t)op->client + 1;
	return true;
}

static bool
fenced_write(struct fenced *g, const struct fr_operation *op)
{
	int64_t token = fr_item(op->value, 0, 0);

	if (token < g->token)
		return false;
	g->token = token;
	g->number = fr_item(op->value, 1, 0);
	return true;
}

static int
fenced_step(const void *state, const struct fr_operation *op, void *next)
{
	struct fenced g;
	bool legal = true;

	memcpy(&g, state, sizeof g);
	switch (op->f) {
	case TAKE:
		legal = fenced_take(&g, op);
		break;
	case GIVE:
		legal = g.leased || g.holder == (int64_t)op->client + 1;
		g.holder = 0;
		break;
	case WRITE:
		legal = fenced_write(&g, op);
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
fenced_partition(const struct fr_operation *op)
{
	return op->key;
}

static void
fenced_describe(const void *state, char *text, size_t max)
{
	struct fenced g;

	memcpy(&g, state, sizeof g);
	if (g.number != 0)
		snprintf(text, max, "section %lld wrote last, with token %lld",
			 (long long)g.number, (long long)g.token);
	else if (g.holder != 0)
		snprintf(text, max, "client %lld has it, the last token is "
			 "%lld", (long long)g.holder - 1, (long long)g.token);
	else
		snprintf(text, max, "the last token is %lld",
			 (long long)g.token);
}

SECTIONS_MODEL(fenced);

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "fenced-lock",
	.summary    = "takes locks that lapse, and writes with their tokens",
	.promise    = "Each token is greater than those before; nothing is "
		      "written with a token that is less than one that was "
		      "there; and while locks do not lapse nobody takes one "
		      "that another has, nor gives it back.",
	.params     = FR_PARAMS(SECTIONS_PARAMS("300ms", FR_KNOB, "30ms",
						"1s")),
	.ops        = FR_OPS(
		[TAKE]  = { .name = "acquire",
			    .help = "the owner with that number has it, or, "
				    "given [owner time], for so many "
				    "nanoseconds; answer with a token; fail if "
				    "somebody has it" },
		[GIVE]  = { .name = "release",
			    .help = "it is free; fail if the owner with that "
				    "number has not got it" },
		[WRITE] = { .name = "store",
			    .help = "given [token number]: set a register to "
				    "the number; fail if a later token has "
				    "been there" },
		[READ]  = { .name = "read", .flags = FR_PURE,
			    .help = "answer with the register's number" }),
	SECTIONS_WORKLOAD,
	.next       = fenced_lock_next,
	.own_model  = &fenced,
};
