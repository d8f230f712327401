/* SPDX-License-Identifier: MIT */
/*
 * echo - asks for what it says: numbers and lists, no two of them alike.  An
 * answer that differs from its question is a violation.
 */
#include "common.h"

enum { ECHO };

#define LIST_MAX 10000

struct state {
	int64_t last;			/* every question is a new one        */
	int64_t list[LIST_MAX];
};

static int
echo_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	uint32_t longest = (uint32_t)work_param(w, "list"), count, i;

	(void)client;
	if (w->phase == FR_PHASE_FINAL)
		return FR_DONE;
	op->f = ECHO;
	op->key = FR_NO_KEY;
	op->value = fr_int(++s->last);
	if (longest > 0 && s->last % 2 == 0) {
		count = 1 + (uint32_t)(w->host->random(w) % longest);
		s->list[0] = s->last;
		for (i = 1; i < count; i++)
			s->list[i] = (int64_t)(w->host->random(w) >> 1);
		op->value = fr_list(s->list, count);
	}
	return FR_OP;
}

static void
echo_check(const struct fr_history *h, struct fr_judge *j)
{
	char sentence[512], said[160], heard[160];
	uint64_t i, ok = 0;

	for (i = 0; i < h->op_count; i++) {
		const struct fr_operation *op = op_at(h, i);

		if (op->outcome != FR_OK)
			continue;
		ok++;
		if (same_value(&op->value, &op->result))
			continue;
		say_value(&op->value, said, sizeof said);
		say_value(&op->result, heard, sizeof heard);
		snprintf(sentence, sizeof sentence,
			 "node %u was told %s and said %s", op->node, said,
			 heard);
		violation_2(j, "mismatch", i, i, sentence);
	}
	if (ok == 0)
		j->unknown(j, "no question was ever answered");
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "echo",
	.summary    = "says something and expects to hear it back",
	.promise    = "Every answer equals its question.",
	.params     = FR_PARAMS(
		{ .name = "list", .kind = FR_PARAM_INT, .fallback = "8",
		  .min = "0", .max = "10000",
		  .help = "every second question is a list of up to so many "
			  "numbers; 0: numbers only" }),
	.ops        = FR_OPS({ .name = "echo", .flags = FR_PURE,
			       .help = "answer with the same value" }),
	.state_size = sizeof(struct state),
	.next       = echo_next,
	.check      = echo_check,
};
