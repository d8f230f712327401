/* SPDX-License-Identifier: MIT */
/*
 * log - records are sent to logs and polled from them, as Kafka keeps them:
 * each has an offset, and consumers commit how far they are.
 *
 * Every client polls on from where it was, and now and then from the
 * beginning.  No value is sent twice.  In the end each log is polled from its
 * beginning until nothing comes any more: what was acknowledged and is not
 * there is lost.
 */
#include "keys.h"

enum { SEND, POLL, COMMIT, LIST_COMMITTED };

/* Where a client is in a log. */
struct place {
	int64_t key, next;
};

struct state {
	struct keys keys;
	struct sample sample;
	struct place *places;		/* by client, by slot                 */
	struct place *finals;		/* by client                          */
	int64_t last;
};

static int
log_start(struct fr_work *w)
{
	struct state *s = w->state;

	if (keys_start(w, &s->keys) < 0)
		return -1;
	s->places = w->host->alloc(w, w->clients * (size_t)s->keys.count *
				      sizeof *s->places);
	s->finals = w->host->alloc(w, w->clients * sizeof *s->finals);
	return s->places == NULL || s->finals == NULL ? -1 : 0;
}

static struct place *
place_of(struct state *s, uint32_t client, uint32_t phase, int64_t key)
{
	struct place *p = phase == FR_PHASE_FINAL ? &s->finals[client] :
			  &s->places[client * s->keys.count +
				     key % s->keys.count];

	if (p->key != key) {
		p->key = key;
		p->next = 0;
	}
	return p;
}

static int
next_main(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	struct place *p;

	keys_draw(w, &s->keys, &op->key);
	p = place_of(s, client, w->phase, op->key);
	op->f = SEND;
	if (work_chance(w, "polls")) {
		op->f = POLL;
		op->value = fr_int(work_chance(w, "rewinds") ? 0 : p->next);
	} else if (work_chance(w, "commits")) {
		if (w->host->random(w) % 2 && p->next > 0 &&
		    w->host->supported(w, COMMIT)) {
			op->f = COMMIT;
			op->value = fr_int(p->next - 1);
		} else if (w->host->supported(w, LIST_COMMITTED)) {
			op->f = LIST_COMMITTED;
		}
	}
	if (op->f == SEND)
		op->value = fr_int(++s->last);
	return FR_OP;
}

static int
log_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	static const uint32_t kinds[] = { SEND, POLL, COMMIT, LIST_COMMITTED };
	struct state *s = w->state;
	int what;

	if (w->phase != FR_PHASE_FINAL)
		return next_main(w, client, op);
	what = client == 0 ? sample_next(w, &s->sample, kinds, 4, op) :
			     FR_DONE;
	if (what == FR_OP && op->f != LIST_COMMITTED)
		op->value = fr_int(op->f == SEND ? ++s->last : 0);
	if (what != FR_DONE)
		return what;
	what = keys_final_each(w, &s->keys, client, op, POLL, 1);
	if (what == FR_OP)
		op->value = fr_int(place_of(s, client, w->phase,
					    op->key)->next);
	return what;
}

static void
log_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;
	bool final = op->phase == FR_PHASE_FINAL, more;

	if (sample_ended(&s->sample, op))
		return;
	more = op->f == POLL && op->outcome == FR_OK &&
	       op->result.kind == FR_LIST && op->result.count >= 2;
	if (more && (final || keys_slot(&s->keys, op->key) != NULL))
		place_of(s, op->client, op->phase, op->key)->next =
			op->result.u.list[op->result.count - 2] + 1;
	if (final)
		keys_final_ended(&s->keys, op);
	if (final && more)
		keys_final_again(&s->keys, op->client);
}

/* What polls brought. */
static void
log_check(const struct fr_history *h, struct fr_judge *j)
{
	uint64_t i, polls = 0, records = 0;

	for (i = 0; i < h->op_count; i++) {
		const struct fr_operation *op = op_at(h, i);

		if (op->f != POLL || op->outcome != FR_OK)
			continue;
		polls++;
		if (op->result.kind == FR_LIST)
			records += op->result.count / 2;
	}
	if (polls > 0)
		j->metric(j, "records a poll",
			  (double)records / (double)polls, "");
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "log",
	.summary    = "sends records to logs, polls them, commits offsets",
	.promise    = "A record that was acknowledged keeps its offset and is "
		      "never passed over by a poll; nothing is there twice; "
		      "committed offsets do not go back by themselves.",
	.params     = FR_PARAMS(
		KEYS_TURN_PARAMS("300"),
		{ .name = "polls", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.4", .min = "0", .max = "1",
		  .low = "0.2", .high = "0.7",
		  .help = "the share of polls" },
		{ .name = "rewinds", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.1", .min = "0", .max = "1",
		  .low = "0", .high = "0.3",
		  .help = "the share of polls that start at the beginning" },
		{ .name = "commits", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.3", .min = "0", .max = "1",
		  .low = "0", .high = "0.6",
		  .help = "the share of commits, and of looks at what is "
			  "committed, among the rest" }),
	.ops        = FR_OPS(
		[SEND]   = { .name = "send",
			     .help = "add the number to the log; answer with "
				     "its offset, which only grows" },
		[POLL]   = { .name = "poll", .flags = FR_PURE,
			     .help = "given an offset: answer with [offset "
				     "number offset number ...] from there on, "
				     "as many as you like; nil or none: there "
				     "is nothing" },
		[COMMIT] = { .name = "commit", .flags = FR_OPTIONAL,
			     .help = "remember the offset" },
		[LIST_COMMITTED] = {
			     .name = "list-committed",
			     .flags = FR_OPTIONAL | FR_PURE,
			     .help = "answer with the offset committed last, "
				     "or nil" }),
	.state_size = sizeof(struct state),
	.start      = log_start,
	.next       = log_next,
	.ended      = log_ended,
	.check      = log_check,
	.conditions = FR_CONDITIONS({ "log-offsets", NULL }),
};
