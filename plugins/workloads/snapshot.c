/* SPDX-License-Identifier: MIT */
/*
 * snapshot - nodes send money to each other, and somebody takes a picture.
 *
 * A transfer is asked of the node that sends it and answered, when it is on its
 * way, by its number on that channel: 1, 2, ...  A snapshot is answered by what
 * each node recorded, one node after the other:
 *
 *	its balance, and then for each node, itself included (all zeros):
 *	how many transfers it had sent to that one, how many it had received
 *	from it, how many are on their way here from there, and their amounts
 *
 * The history knows which transfers there were; so each snapshot is held
 * against it:
 *
 *  1. It is consistent: of each channel no more was received than sent, and
 *     what lies between is in the channel, in order, with its amounts.
 *  2. The cut lies within the snapshot's time: what was sent before it was
 *     asked for is before the cut, what was asked for after it had been
 *     answered is behind it.
 *  3. There is as much money as there was, and nobody has less than nothing.
 */
#include "common.h"

enum { TRANSFER, SNAPSHOT };

#define AMOUNT_MOST	10

struct state {
	struct final final;
	uint64_t finals;		/* things that are done in the end    */
	int64_t arguments[2];
};

static int
snapshot_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	int result = FR_OP;

	op->key = FR_NO_KEY;
	op->node = (uint32_t)(w->host->random(w) % w->nodes);
	op->f = w->nodes < 2 || work_chance(w, "snapshots") ? SNAPSHOT :
							      TRANSFER;
	if (w->phase == FR_PHASE_FINAL) {
		result = client > 0 ? FR_DONE :
			 final_next(&s->final, &s->finals, op);
		op->f = s->final.number == 0 && w->nodes > 1 ? TRANSFER :
							       SNAPSHOT;
		if (s->final.number >= 2)
			return FR_DONE;
	}
	if (result == FR_OP && op->f == TRANSFER) {
		s->arguments[0] = (int64_t)((op->node + 1 +
			w->host->random(w) % (w->nodes - 1)) % w->nodes);
		s->arguments[1] = 1 + (int64_t)(w->host->random(w) %
						AMOUNT_MOST);
		op->value = fr_list(s->arguments, 2);
	}
	return result;
}

static void
snapshot_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;

	if (op->phase == FR_PHASE_FINAL)
		final_ended(&s->final, op);
}

/* ---- judging ------------------------------------------------------------- */

/* Of one channel, at one snapshot: as the two ends recorded it. */
struct channel {
	int64_t sent, received;
	int64_t count;
	const int64_t *amounts;
};

/* The highest number, and the operation that says so. */
struct highest {
	int64_t number;
	uint64_t at;
};

struct trial {
	const struct fr_history *h;
	struct fr_judge *j;
	uint32_t n;
	struct index transfers;		/* by channel and number              */
	int64_t *balances;		/* of the snapshot at hand            */
	struct channel *channels;	/* from * n + to                      */
	uint64_t at;			/* the operation at hand              */
	uint64_t known;			/* amounts that were compared         */
	/* All that succeeded, by end; and of those that were over before the
	 * one at hand, by channel: transfers, and what snapshots had of it. */
	struct end {
		uint64_t rank, at;
	} *ended;
	uint64_t count, over;
	struct highest *sent, *seen;
};

static int64_t
name_of(const struct trial *t, uint32_t from, uint32_t to, int64_t number)
{
	return ((int64_t)(from * t->n + to) << 40) + number;
}

static void
wrong(struct trial *t, const char *kind, uint64_t other, const char *format,
      ...) FR_PRINTF(4, 5);

static void
wrong(struct trial *t, const char *kind, uint64_t other, const char *format,
      ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	violation_2(t->j, kind, other, t->at, text);
}

/* Takes the answer apart: false, it is none. */
static bool
read_cut(struct trial *t, const struct fr_value *v)
{
	uint32_t i, k, at = 0;
	struct channel *in;

	if (v->kind != FR_LIST)
		return false;
	for (i = 0; i < t->n; i++) {
		if (at == v->count)
			return false;
		t->balances[i] = v->u.list[at++];
		for (k = 0; k < t->n; k++) {
			if (v->count - at < 3)
				return false;
			in = &t->channels[k * t->n + i];
			t->channels[i * t->n + k].sent = v->u.list[at];
			in->received = v->u.list[at + 1];
			in->count = v->u.list[at + 2];
			at += 3;
			in->amounts = v->u.list + at;
			if (in->count < 0 || in->count > v->count - at)
				return false;
			at += (uint32_t)in->count;
		}
	}
	return at == v->count;
}

/* The transfer's place in the history + 1, or 0. */
static uint64_t
find(const struct trial *t, uint32_t from, uint32_t to, int64_t number)
{
	return *index_slot(&t->transfers, name_of(t, from, to, number));
}

/* 1: one channel. */
static void
check_channel(struct trial *t, uint32_t from, uint32_t to)
{
	const struct channel *c = &t->channels[from * t->n + to];
	const struct fr_operation *op;
	uint64_t place;
	int64_t i;

	if (c->received > c->sent) {
		place = find(t, from, to, c->received);
		wrong(t, "inconsistent", place > 0 ? place - 1 : t->at,
		      "node %u had received %lld transfers of node %u, which "
		      "had sent %lld", to, (long long)c->received, from,
		      (long long)c->sent);
		return;
	}
	if (c->count != c->sent - c->received) {
		place = find(t, from, to, c->sent);
		wrong(t, "channel", place > 0 ? place - 1 : t->at,
		      "node %u had sent %lld transfers to node %u, which had "
		      "received %lld; but the channel holds %lld", from,
		      (long long)c->sent, to, (long long)c->received,
		      (long long)c->count);
		return;
	}
	for (i = 0; i < c->count; i++) {
		place = find(t, from, to, c->received + 1 + i);
		if (place == 0)
			continue;
		op = op_at(t->h, place - 1);
		t->known++;
		if (fr_item(op->value, 1, 0) != c->amounts[i])
			wrong(t, "channel", place - 1, "transfer %lld from node "
			      "%u to node %u is one of %lld, and %lld in the "
			      "channel", (long long)(c->received + 1 + i), from,
			      to, (long long)fr_item(op->value, 1, 0),
			      (long long)c->amounts[i]);
	}
}

static void
check_money(struct trial *t, int64_t money)
{
	int64_t total = 0, i;
	uint32_t k;

	for (k = 0; k < t->n; k++) {
		total += t->balances[k];
		if (t->balances[k] < 0)
			wrong(t, "money", t->at, "node %u has %lld", k,
			      (long long)t->balances[k]);
	}
	for (k = 0; k < t->n * t->n; k++)
		for (i = 0; i < t->channels[k].count; i++)
			total += t->channels[k].amounts[i];
	if (total != money * t->n)
		wrong(t, "money", t->at, "there are %lld in all, and not %lld",
		      (long long)total, (long long)(money * t->n));
}

static uint32_t
channel_of(const struct trial *t, const struct fr_operation *op)
{
	return op->node * t->n + (uint32_t)fr_item(op->value, 0, 0);
}

static void
raise(struct highest *h, int64_t number, uint64_t at)
{
	if (number <= h->number)
		return;
	h->number = number;
	h->at = at;
}

/* Everything that was over when the one at hand was asked for. */
static void
catch_up(struct trial *t)
{
	uint64_t rank = op_at(t->h, t->at)->call_rank, at;
	const struct fr_operation *op;
	uint32_t k;

	for (; t->over < t->count; t->over++) {
		at = t->ended[t->over].at;
		op = op_at(t->h, at);
		if (op->end_rank >= rank)
			return;
		if (op->f == TRANSFER)
			raise(&t->sent[channel_of(t, op)],
			      fr_number(op->result, 0), at);
		else if (read_cut(t, &op->result))
			for (k = 0; k < t->n * t->n; k++)
				raise(&t->seen[k], t->channels[k].sent, at);
	}
}

/* 2: a transfer, after snapshots. */
static void
check_transfer(struct trial *t, const struct fr_operation *op)
{
	const struct highest *seen = &t->seen[channel_of(t, op)];

	if (fr_number(op->result, 0) <= seen->number)
		wrong(t, "too-late", seen->at, "transfer %lld of node %u was "
		      "asked for after a snapshot had been answered, and is in "
		      "it", (long long)fr_number(op->result, 0), op->node);
}

/* 2: a snapshot, after transfers. */
static void
check_time(struct trial *t)
{
	uint32_t k;

	for (k = 0; k < t->n * t->n; k++) {
		if (t->sent[k].number <= t->channels[k].sent)
			continue;
		wrong(t, "too-early", t->sent[k].at, "transfer %lld of node %u "
		      "was answered before the snapshot was asked for, and is "
		      "not in it", (long long)t->sent[k].number, k / t->n);
		return;
	}
}

static void
check_snapshot(struct trial *t, const struct fr_operation *op, int64_t money)
{
	uint32_t k;

	if (!read_cut(t, &op->result)) {
		wrong(t, "no-cut", t->at, "a snapshot was answered with "
		      "something else");
		return;
	}
	for (k = 0; k < t->n * t->n; k++)
		check_channel(t, k / t->n, k % t->n);
	check_time(t);
	check_money(t, money);
}

static int
by_rank(const void *a, const void *b)
{
	const struct end *x = a, *y = b;

	return (x->rank > y->rank) - (x->rank < y->rank);
}

/* False: a transfer was answered with what is no number of its own. */
static bool
collect(struct trial *t)
{
	const struct fr_operation *op;
	int64_t number;
	uint64_t *slot;

	for (t->at = 0; t->at < t->h->op_count; t->at++) {
		op = op_at(t->h, t->at);
		if (op->outcome != FR_OK)
			continue;
		t->ended[t->count++] = (struct end){ op->end_rank, t->at };
		if (op->f != TRANSFER)
			continue;
		number = fr_number(op->result, 0);
		slot = index_slot(&t->transfers, name_of(t, op->node,
			(uint32_t)fr_item(op->value, 0, 0), number));
		if (number <= 0 || *slot != 0) {
			wrong(t, "number", *slot > 0 ? *slot - 1 : t->at,
			      "a transfer was answered with number %lld, which "
			      "is none, or another's", (long long)number);
			return false;
		}
		*slot = t->at + 1;
	}
	qsort(t->ended, t->count, sizeof *t->ended, by_rank);
	return true;
}

static void
snapshot_check(const struct fr_history *h, struct fr_judge *j)
{
	struct trial t = { .h = h, .j = j, .n = h->nodes };
	struct fr_value money;
	uint64_t snapshots = 0;

	t.transfers = index_new(j, h->op_count);
	t.balances = j->alloc(j, t.n * sizeof *t.balances);
	t.channels = j->alloc(j, t.n * t.n * sizeof *t.channels);
	t.ended = j->alloc(j, (h->op_count + 1) * sizeof *t.ended);
	t.sent = j->alloc(j, 2 * t.n * t.n * sizeof *t.sent);
	memset(t.sent, 0, 2 * t.n * t.n * sizeof *t.sent);
	t.seen = t.sent + t.n * t.n;
	if (j->param(j, "money", &money) < 0 || !collect(&t))
		return;
	for (t.at = 0; t.at < h->op_count; t.at++) {
		const struct fr_operation *op = op_at(h, t.at);

		if (op->outcome != FR_OK)
			continue;
		catch_up(&t);
		if (op->f == TRANSFER) {
			check_transfer(&t, op);
			continue;
		}
		snapshots++;
		check_snapshot(&t, op, fr_number(money, 0));
	}
	if (snapshots == 0)
		j->unknown(j, "no snapshot was ever complete");
	j->metric(j, "snapshots", (double)snapshots, "");
	j->metric(j, "transfers in channels", (double)t.known, "");
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "snapshot",
	.summary    = "nodes send money to each other; somebody takes a picture",
	.promise    = "Each snapshot is a consistent cut through the transfers "
		      "that there were, and holds all the money.",
	.params     = FR_PARAMS(
		{ .name = "snapshots", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.1", .min = "0", .max = "1",
		  .low = "0.02", .high = "0.5",
		  .help = "the share of snapshots among what is asked" },
		{ .name = "money", .kind = FR_PARAM_INT,
		  .fallback = "1000", .min = "0", .max = "1000000000",
		  .help = "what each node has at first" }),
	.ops        = FR_OPS(
		{ .name = "transfer",
		  .help = "given [to amount]: send it, and answer with its "
			  "number on that channel; fail if it is too much" },
		{ .name = "snapshot", .flags = FR_PURE,
		  .help = "answer with every node's balance and channels" }),
	.state_size = sizeof(struct state),
	.next       = snapshot_next,
	.ended      = snapshot_ended,
	.check      = snapshot_check,
};
