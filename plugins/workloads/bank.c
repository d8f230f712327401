/* SPDX-License-Identifier: MIT */
/*
 * bank - moves money between accounts, and reads all balances at once.
 *
 * A bank is opened by whoever comes first, and again by those who do not know
 * that it is open: that changes nothing.  After a while a fresh one takes its
 * place (keys.h).  Whatever happens, no money is made or lost, and no balance
 * is below zero; and every bank is linearizable.
 *
 * In the end every bank is opened where it is not, and read at several nodes.
 */
#include "keys.h"

enum { OPEN, TRANSFER, READ };

struct state {
	struct keys keys;
	struct sample sample;
	bool *opened;			/* by client: its final bank is open  */
	int64_t accounts, balance;
	int64_t list[3];
};

static int
bank_start(struct fr_work *w)
{
	struct state *s = w->state;

	s->accounts = work_param(w, "accounts");
	s->balance = work_param(w, "balance");
	s->opened = w->host->alloc(w, w->clients * sizeof *s->opened);
	return s->opened == NULL ? -1 : keys_start(w, &s->keys);
}

/* What goes with op->f. */
static int
fill(struct fr_work *w, struct fr_op *op)
{
	struct state *s = w->state;
	uint64_t accounts = (uint64_t)s->accounts;

	if (op->f == OPEN) {
		s->list[0] = s->accounts;
		s->list[1] = s->balance;
		op->value = fr_list(s->list, 2);
	} else if (op->f == TRANSFER) {
		s->list[0] = (int64_t)(w->host->random(w) % accounts);
		/* To another one. */
		s->list[1] = (s->list[0] + 1 + (int64_t)
			      (w->host->random(w) % (accounts - 1))) %
			     s->accounts;
		s->list[2] = 1 + (int64_t)(w->host->random(w) %
					   (uint64_t)work_param(w, "most"));
		op->value = fr_list(s->list, 3);
	}
	return FR_OP;
}

static int
next_final(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	static const uint32_t kinds[] = { OPEN, TRANSFER, READ };
	struct state *s = w->state;
	int what = client == 0 ? sample_next(w, &s->sample, kinds, 3, op) :
				 FR_DONE;

	if (what == FR_DONE)
		what = keys_final(w, &s->keys, client, op,
				  s->opened[client] ? READ : OPEN);
	if (what != FR_OP)
		return what;
	fill(w, op);
	if (op->f == TRANSFER)
		s->list[2] = 1;		/* so much is there */
	return FR_OP;
}

static int
bank_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	struct slot *slot;

	if (w->phase == FR_PHASE_FINAL)
		return next_final(w, client, op);
	slot = keys_draw(w, &s->keys, &op->key);
	op->f = !slot->known ? OPEN : work_chance(w, "reads") ? READ :
								TRANSFER;
	return fill(w, op);
}

static void
bank_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;
	struct slot *slot;

	if (sample_ended(&s->sample, op))
		return;
	if (op->phase == FR_PHASE_FINAL) {
		keys_final_ended(&s->keys, op);
		s->opened[op->client] = op->f == OPEN &&
					op->outcome == FR_OK;
		if (s->opened[op->client])
			keys_final_again(&s->keys, op->client);
		return;
	}
	if (op->outcome == FR_INFO)
		keys_doubt(&s->keys, op->key);
	slot = keys_slot(&s->keys, op->key);
	if (op->f == OPEN && op->outcome == FR_OK && slot != NULL)
		slot->known = true;
}

/* The two plain ways to be wrong, by their names. */
static void
bank_check(const struct fr_history *h, struct fr_judge *j)
{
	struct fr_value accounts, balance;
	int64_t all, sum, least;
	char text[160];
	uint64_t i;
	uint32_t k;

	if (j->param(j, "accounts", &accounts) < 0 ||
	    j->param(j, "balance", &balance) < 0)
		return;
	all = fr_number(accounts, 0) * fr_number(balance, 0);
	for (i = 0; i < h->op_count; i++) {
		const struct fr_operation *op = op_at(h, i);

		if (op->f != READ || op->outcome != FR_OK)
			continue;
		sum = least = 0;
		for (k = 0; k < op->result.count; k++) {
			int64_t one = fr_item(op->result, k, 0);

			sum += one;
			least = one < least ? one : least;
		}
		if (sum != all) {
			snprintf(text, sizeof text, "the balances are %lld "
				 "together, and should be %lld",
				 (long long)sum, (long long)all);
			violation_2(j, "total", i, i, text);
			return;
		}
		if (least < 0) {
			snprintf(text, sizeof text, "a balance is %lld",
				 (long long)least);
			violation_2(j, "overdrawn", i, i, text);
			return;
		}
	}
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "bank",
	.summary    = "moves money between accounts, and reads all balances",
	.promise    = "No money is made or lost, no balance is below zero, and "
		      "each bank is linearizable.",
	.params     = FR_PARAMS(
		KEYS_TURN_PARAMS("200"),
		KEYS_FINALS_PARAM,
		{ .name = "accounts", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "5", .min = "2", .max = "1000",
		  .low = "2", .high = "8",
		  .help = "accounts of a bank" },
		{ .name = "balance", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "100", .min = "1", .max = "1000000",
		  .low = "10", .high = "1000",
		  .help = "what is in each of them at first" },
		{ .name = "most", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "50", .min = "1", .max = "1000000",
		  .low = "5", .high = "500",
		  .help = "what is moved at once, at most" },
		{ .name = "reads", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.5", .min = "0", .max = "1",
		  .low = "0.3", .high = "0.8",
		  .help = "the share of reads" }),
	.ops        = FR_OPS(
		[OPEN]     = { .name = "open",
			       .help = "given [accounts balance]: there are so "
				       "many, each with that much, unless they "
				       "are there already" },
		[TRANSFER] = { .name = "transfer",
			       .help = "given [from to amount]: move it; fail "
				       "if so much is not there" },
		[READ]     = { .name = "read", .flags = FR_PURE,
			       .help = "answer with the list of all balances" }),
	.state_size = sizeof(struct state),
	.start      = bank_start,
	.next       = bank_next,
	.ended      = bank_ended,
	.check      = bank_check,
	.conditions = FR_CONDITIONS(
		{ "bank", "accounts=$accounts,balance=$balance" }),
};
