/* SPDX-License-Identifier: MIT */
/*
 * list-append - a workload of transactions over lists, all asked of node 0:
 * each reads some lists and appends numbers, no two alike, to others.  It
 * brings neither a model nor a check: the checker's condition is named, with
 * the level of isolation as a parameter.
 */
#include <fracas/easy.h>
#include <fracas/txn.h>
#include <fracas/workload.h>

#define MICROS_MAX 4

struct state {
	int64_t last;			/* number that was appended           */
	int64_t room[3 * MICROS_MAX];
};

static int
next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	struct fr_txn_writer t = fr_txn_begin(s->room, 3 * MICROS_MAX);
	uint64_t i, count = 1 + w->host->random(w) % MICROS_MAX;
	struct fr_value keys;

	(void)client;
	if (w->phase == FR_PHASE_FINAL)
		return FR_DONE;
	w->host->param(w, "keys", &keys);
	for (i = 0; i < count; i++) {
		int64_t key = (int64_t)(w->host->random(w) %
					(uint64_t)keys.u.number);

		if (w->host->random(w) % 2 == 0)
			fr_txn_list(&t, key, NULL, 0);
		else
			fr_txn_append(&t, key, ++s->last);
	}
	op->key = FR_NO_KEY;
	op->node = 0;
	op->value = fr_txn_value(&t);
	return FR_OP;
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "list-append",
	.summary    = "transactions that read lists and append to them",
	.promise    = "The isolation that is set.",
	.params     = FR_PARAMS(
		{ .name = "keys", .kind = FR_PARAM_INT, .fallback = "4",
		  .min = "1", .max = "100", .help = "so many lists" },
		{ .name = "isolation", .kind = FR_PARAM_TEXT,
		  .fallback = "strict-serializable",
		  .help = "what the transactions must keep" }),
	.ops        = FR_OPS({ .name = "txn",
			       .help = "do it, and answer with what was read" }),
	.state_size = sizeof(struct state),
	.next       = next,
	.conditions = FR_CONDITIONS({ "list-append",
				      "isolation=$isolation" }),
};
