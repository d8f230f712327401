/* SPDX-License-Identifier: MIT */
/*
 * kv - a map from keys to values: get, put, append, cas and delete, each key
 * of which has to behave as if there were one copy (linearizability).
 *
 * Even keys hold numbers, odd ones texts where the protocol can append.  No
 * number is put twice, nor any piece of text appended twice: so a get says
 * which operations it saw, and a text in which order they happened.
 *
 * In the end, in a world without faults, one client does one of each kind on
 * two keys of its own: what a protocol answers at all, it answers then.
 */
#include "keys.h"

enum { GET, PUT, APPEND, CAS, DELETE };

#define PIECE_MAX 24

/* What is done in the end, one after the other. */
static const uint32_t kinds[] = { PUT, CAS, GET, DELETE, PUT, APPEND, GET };

#define FIRST_TEXT 4u			/* from here on with a text           */

struct state {
	struct keys keys;
	struct sample sample;
	int64_t own;			/* the number that was put there      */
	int64_t last;
	int64_t cas[2];
	char piece[PIECE_MAX];
};

static int
kv_start(struct fr_work *w)
{
	struct state *s = w->state;

	return keys_start(w, &s->keys);
}

static struct fr_value
new_value(struct state *s, bool text)
{
	s->last++;
	if (!text)
		return fr_int(s->last);
	/* No piece begins another. */
	snprintf(s->piece, sizeof s->piece, "%lld.", (long long)s->last);
	return fr_bytes(s->piece, (uint32_t)strlen(s->piece));
}

static int
next_main(struct fr_work *w, struct fr_op *op)
{
	struct state *s = w->state;
	struct slot *slot = keys_draw(w, &s->keys, &op->key);
	bool text = op->key % 2 != 0 && w->host->supported(w, APPEND);

	op->f = GET;
	if (work_chance(w, "reads"))
		return FR_OP;
	op->f = DELETE;
	if (w->host->supported(w, DELETE) && work_chance(w, "deletes"))
		return FR_OP;
	op->value = new_value(s, text);
	op->f = PUT;
	if (text && work_chance(w, "appends")) {
		op->f = APPEND;
	} else if (!text) {
		keys_cas(w, slot, CAS, s->cas, op);
	}
	return FR_OP;
}

/* FR_DONE: that is all. */
static int
next_kind(struct fr_work *w, struct fr_op *op)
{
	struct state *s = w->state;
	int what = sample_next(w, &s->sample, kinds,
			       sizeof kinds / sizeof *kinds, op);
	bool text = s->sample.at >= FIRST_TEXT;

	if (what != FR_OP)
		return what;
	op->key += text;
	if (op->f == CAS) {
		s->cas[0] = s->own;
		s->cas[1] = ++s->last;
		op->value = fr_list(s->cas, 2);
	} else if (op->f == PUT || op->f == APPEND) {
		op->value = new_value(s, text);
	}
	return FR_OP;
}

static int
kv_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	int result;

	if (w->phase != FR_PHASE_FINAL)
		return next_main(w, op);
	if (client == 0 && (result = next_kind(w, op)) != FR_DONE)
		return result;
	return keys_final(w, &s->keys, client, op, GET);
}

static void
kv_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;
	const struct fr_value *value = op->f == GET ? &op->result : &op->value;

	if (sample_ended(&s->sample, op)) {
		if (op->f == PUT && op->outcome == FR_OK)
			s->own = fr_number(op->value, 0);
	} else if (op->phase == FR_PHASE_FINAL) {
		keys_final_ended(&s->keys, op);
	} else if (op->outcome == FR_OK) {
		keys_seen(&s->keys, op->key, value);
	}
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "kv",
	.summary    = "gets, puts, appends, compares-and-sets and deletes keys",
	.promise    = "Each key is linearizable: it behaves as if there were "
		      "one copy, on which every operation takes effect at one "
		      "moment between its call and its answer.",
	.params     = FR_PARAMS(
		KEYS_PARAMS,
		{ .name = "reads", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.5", .min = "0", .max = "1",
		  .low = "0.2", .high = "0.9",
		  .help = "the share of gets" },
		{ .name = "deletes", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.05", .min = "0", .max = "1",
		  .low = "0", .high = "0.2",
		  .help = "the share of deletes among the rest" },
		{ .name = "appends", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.8", .min = "0", .max = "1",
		  .low = "0.2", .high = "0.9",
		  .help = "the share of appends among what changes a text" },
		{ .name = "cas", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.3", .min = "0", .max = "1",
		  .low = "0.2", .high = "0.8",
		  .help = "the share of compare-and-sets among what changes a "
			  "number" }),
	.ops        = FR_OPS(
		{ .name = "get", .flags = FR_PURE,
		  .help = "answer with the key's value, or nil" },
		{ .name = "put",
		  .help = "set it to the number or the text that is given" },
		{ .name = "append", .flags = FR_OPTIONAL,
		  .help = "add the text to the one that is there; nil is an "
			  "empty one" },
		{ .name = "cas", .flags = FR_OPTIONAL,
		  .help = "given [old new]: set it to new if it is old, "
			  "fail if it is not" },
		{ .name = "delete", .flags = FR_OPTIONAL,
		  .help = "it is nil from now on" }),
	.state_size = sizeof(struct state),
	.start      = kv_start,
	.next       = kv_next,
	.ended      = kv_ended,
	.model      = "kv",
};
