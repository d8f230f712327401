/* SPDX-License-Identifier: MIT */
/*
 * A node: boot, what others ask of it, who seems to be gone, and hints, which
 * are handed over to whom they are for (section 4.6).
 */
#include "dynamo.h"

#define SUSPICION 10		/* times patience                             */
#define HINTS_MAX 32u		/* that are handed over at a time             */

/* ---- who is there ------------------------------------------------------------- */

/* What a node thinks of others is its own affair (4.8.3): whoever does not
 * answer in time is left out for a while, and whoever is heard of is back.
 * That was too soon, then: twice the time next, and a little less whenever all
 * answer.  Where answers always took longer than that, reads would be left to
 * stand-ins that have nothing. */
bool
dynamo_suspects(struct fr_node *me, uint32_t node)
{
	const struct dynamo *s = me->state;

	return node != me->id && s->suspected[node] > fr_mono(me);
}

void
dynamo_suspect(struct fr_node *me, uint32_t node)
{
	struct dynamo *s = me->state;

	s->suspected[node] = fr_mono(me) + SUSPICION * s->patience;
}

void
dynamo_heard(struct fr_node *me, uint32_t node)
{
	struct dynamo *s = me->state;

	if (dynamo_suspects(me, node) && s->patience < s->give_up / 8)
		s->patience *= 2;
	s->suspected[node] = 0;
}

void
dynamo_all_answer(struct fr_node *me)
{
	struct dynamo *s = me->state;

	s->patience -= (s->patience - s->least_patience) / 16;
}

void
dynamo_silence(struct fr_node *me, const char *why)
{
	struct dynamo *s = me->state;

	if (s->silent)
		return;
	fr_log(me, "%s: this node is silent for a while", why);
	s->silent = true;
	coordinator_drop(me, why);
	store_drop(me);
	fr_after(me, REOPEN, 2 * s->patience, 0);
}

static void
on_reopen(struct fr_node *me, uint64_t tag)
{
	struct dynamo *s = me->state;

	(void)tag;
	s->silent = false;
	if (store_open(me) < 0)
		dynamo_silence(me, "what was stored cannot be read");
}

/* ---- what others ask ------------------------------------------------------------- */

void
dynamo_send(struct fr_node *me, uint32_t to, uint32_t type,
	    const struct store *head, const struct object *o)
{
	unsigned char body[sizeof *head + PACKED_MAX];

	memcpy(body, head, sizeof *head);
	fr_send(me, to, type, body, sizeof *head +
		object_pack(o, body + sizeof *head));
}

/* For this node, or for another one: then it is a hint. */
static void
on_store(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct dynamo *s = me->state;
	const struct store *head = body;
	struct stored stored = {
		head->op, head->key, head->home, head->hint, 0
	};

	dynamo_heard(me, from);
	if (s->silent || head->home >= me->nodes ||
	    object_unpack(head + 1, size - sizeof *head, &s->theirs) < 0)
		return;
	stored.hash = object_hash(&s->theirs);
	if (store_join(me, head->key, head->home, &s->theirs) == 0 &&
	    (head->op != 0 || head->hint))
		fr_send(me, from, STORED, &stored, sizeof stored);
}

/* All that there is of a key, hints too. */
static void
on_fetch(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct dynamo *s = me->state;
	const struct fetch *f = body;
	const struct store head = { f->op, f->key, 0, 0 };
	const struct copy *c;

	(void)size;
	dynamo_heard(me, from);
	if (s->silent)
		return;
	object_clear(&s->mine);
	for (c = s->copies[mix((uint64_t)f->key) % BUCKETS]; c != NULL;
	     c = c->next)
		if (c->key == f->key &&
		    (object_unpack(c->packed, c->size, &s->theirs) < 0 ||
		     object_join(&s->mine, &s->theirs) < 0))
			return;
	dynamo_send(me, from, FETCHED, &head, &s->mine);
}

/* ---- hints ------------------------------------------------------------------------- */

/* To homes that seem to be there; a hint goes when they have stored it. */
static void
on_hand_over(struct fr_node *me, uint64_t tag)
{
	struct dynamo *s = me->state;
	struct store head = { .hint = true };
	struct copy *c;
	uint32_t i, count = 0;

	(void)tag;
	fr_after(me, HAND_OVER, s->hand_over, 0);
	for (i = 0; i < BUCKETS; i++)
		for (c = s->copies[i]; c != NULL; c = c->next) {
			if (c->home == me->id || count == HINTS_MAX ||
			    dynamo_suspects(me, c->home))
				continue;
			head.key = c->key;
			head.home = c->home;
			store_get(me, c->key, c->home, &s->mine);
			dynamo_send(me, c->home, STORE, &head, &s->mine);
			count++;
#ifdef BUG_hints_forgotten
			/* Sent is as good as stored. */
			(void)store_forget(me, c);
			return;
#endif
		}
}

/* ---- boot -------------------------------------------------------------------------- */

static uint32_t
at_most(int64_t n, uint32_t most)
{
	return n > most ? most : (uint32_t)n;
}

static int
plant_trees(struct fr_node *me)
{
	struct dynamo *s = me->state;
	uint32_t i;

	s->trees = fr_alloc(me, s->tokens * sizeof *s->trees);
	for (i = 0; s->trees != NULL && i < s->tokens; i++) {
		if (!ring_keeps(me, i, me->id))
			continue;
		s->trees[i] = fr_alloc(me, sizeof *s->trees[i]);
		if (s->trees[i] == NULL)
			return -1;
	}
	return s->trees == NULL ? -1 : 0;
}

static void
dynamo_start(struct fr_node *me)
{
	struct dynamo *s = me->state;

	s->n = at_most(fr_param(me, "n"), me->nodes);
	s->r = at_most(fr_param(me, "r"), s->n);
	s->w = at_most(fr_param(me, "w"), s->n);
#ifdef BUG_quorums_miss
	s->w = s->n - s->r;
#endif
	s->sloppy = fr_param(me, "sloppy") != 0;
	s->repair = fr_param(me, "repair") != 0;
	s->patience = s->least_patience = fr_param(me, "patience");
	s->give_up = fr_param(me, "give-up");
	s->period = fr_param(me, "period");
	s->hand_over = fr_param(me, "hand-over");
	/* An operation of another boot is not mistaken for one of this. */
	s->last_op = (uint64_t)me->boot << 32;
	if (ring_build(me) < 0 || plant_trees(me) < 0) {
		fr_log(me, "there is no memory: this node stays silent");
		s->silent = true;
		return;
	}
	on_reopen(me, 0);
	fr_after(me, COMPARE, fr_random_between(me, 0, s->period), 0);
	fr_after(me, HAND_OVER, fr_random_between(me, 0, s->hand_over), 0);
}

/* ---- words for people ------------------------------------------------------------------ */

static void
describe_object(const void *data, size_t size, char *text, size_t max)
{
	struct object o;
	size_t at;
	uint32_t i;

	if (object_unpack(data, size, &o) < 0)
		return;
	at = strlen(text);
	for (i = 0; i < o.value_count && i < 4 && at < max; i++)
		at += (size_t)snprintf(text + at, max - at, "%s %lld",
				       i > 0 ? "," : ":",
				       (long long)o.values[i].value);
	if (at < max)
		snprintf(text + at, max - at, o.value_count > i ?
			 " and %u more" : o.value_count == 0 ?
			 ": nothing%.0u" : "%.0u", o.value_count > i ?
			 o.value_count - i : 0);
}

static void
dynamo_describe(uint32_t type, const void *body, size_t size, char *text,
		size_t max)
{
	const struct store *store = body;
	const struct stored *stored = body;
	const struct fetch *fetch = body;
	uint32_t range;

	if (type == STORE) {
		snprintf(text, max, "key %lld of node %u%s",
			 (long long)store->key, store->home,
			 store->hint ? ", handed over" :
			 store->op == 0 ? ", mended" : "");
		describe_object(store + 1, size - sizeof *store, text, max);
	} else if (type == FETCHED) {
		snprintf(text, max, "op %llu, key %lld",
			 (unsigned long long)store->op, (long long)store->key);
		describe_object(store + 1, size - sizeof *store, text, max);
	} else if (type == STORED) {
		snprintf(text, max, "key %lld of node %u",
			 (long long)stored->key, stored->home);
	} else if (type == FETCH) {
		snprintf(text, max, "op %llu, key %lld",
			 (unsigned long long)fetch->op, (long long)fetch->key);
	} else {
		memcpy(&range, body, sizeof range);
		snprintf(text, max, "range %u", range);
	}
}

/* The copies, in whatever order. */
static uint64_t
dynamo_digest(const struct fr_node *me)
{
	const struct dynamo *s = me->state;
	const struct copy *c;
	uint64_t sum = s->silent;
	uint32_t i;

	for (i = 0; i < BUCKETS; i++)
		for (c = s->copies[i]; c != NULL; c = c->next)
			sum += mix(c->hash + (uint64_t)c->key + c->home);
	return sum;
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "dynamo",
	.summary  = "an always writable store: sloppy quorums, siblings",
	.paper    = "DeCandia et al. 2007; Almeida et al. 2014",
	.promise  = "In the end every node shows the same values of a key: "
		    "each that was acknowledged and that no write with its "
		    "context replaced, and none that was replaced.  Before, a "
		    "read may miss any of them, unless sloppy is off and R + W "
		    "> N.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL, .missing = FR_MINORITY,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY |
			 FR_BEARS_DISK),
	.workload = "siblings",
	.params   = FR_PARAMS(
		{ .name = "n", .kind = FR_PARAM_INT, .fallback = "3",
		  .min = "1", .max = "16",
		  .help = "nodes that keep a key" },
		FR_KNOB_PARAM("r", FR_PARAM_INT, "2", "1", "2",
			      "of these, who has to answer a read"),
		FR_KNOB_PARAM("w", FR_PARAM_INT, "2", "1", "2",
			      "of these, who has to store a write"),
		{ .name = "sloppy", .kind = FR_PARAM_BOOL, .fallback = "true",
		  .help = "another node stands in for one that does not "
			  "answer, and counts" },
		{ .name = "repair", .kind = FR_PARAM_BOOL, .fallback = "true",
		  .help = "a read mends the replicas that were behind" },
		{ .name = "tokens", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "8", .min = "1", .max = "64",
		  .low = "1", .high = "8",
		  .help = "virtual nodes: places on the ring of each node" },
		{ .name = "patience", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "50ms", .min = "1ms", .max = "10s",
		  .low = "10ms", .high = "200ms",
		  .help = "how long an answer is waited for before another "
			  "node is asked" },
		{ .name = "give-up", .kind = FR_PARAM_TIME,
		  .fallback = "1s", .min = "1ms", .max = "1m",
		  .help = "how long a request is tried" },
		{ .name = "period", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "20ms", .min = "1ms", .max = "1m",
		  .low = "5ms", .high = "50ms",
		  .help = "time between two comparisons with a replica" },
		{ .name = "hand-over", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "100ms", .min = "1ms", .max = "1m",
		  .low = "10ms", .high = "500ms",
		  .help = "how often hints are tried" }),
	.state_size = sizeof(struct dynamo),
	.start    = dynamo_start,
	.messages = FR_MESSAGES(
		[STORE]   = { "store",   on_store,   sizeof(struct store) },
		[STORED]  = { "stored",  on_stored,  sizeof(struct stored) },
		[FETCH]   = { "fetch",   on_fetch,   sizeof(struct fetch) },
		[FETCHED] = { "fetched", on_fetched, sizeof(struct store) },
		[TREE]    = { "tree",    on_tree,    8 },
		[LEAF]    = { "leaf",    on_leaf,    16 }),
	.requests = FR_REQUESTS(
		{ "read",   on_read },
		{ "write",  on_write },
		{ "delete", on_delete }),
	.timers   = FR_TIMERS(
		[PATIENCE]  = { "patience",  on_patience },
		[COMPARE]   = { "compare",   on_compare },
		[HAND_OVER] = { "hand_over", on_hand_over },
		[REOPEN]    = { "reopen",    on_reopen }),
	.describe = dynamo_describe,
	.digest   = dynamo_digest,
};
