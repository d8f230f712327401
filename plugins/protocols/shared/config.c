/* SPDX-License-Identifier: MIT */
#include "config.h"

/* The acceptor's, as it is on the disk. */
struct kept {
	struct config now;
	uint64_t promised, accepted;
	struct config next;
};

/* Invariant 2: on the disk, or not at all. */
static bool
keep(struct fr_node *me, const struct kept *k)
{
	struct configs *c = configs(me);

#ifndef BUG_forgets_view
	if (fr_save(me, "config", k, sizeof *k) < 0)
		return false;
#endif
	if (k->accepted != c->accepted)
		c->accepted_at = fr_mono(me);
	c->now = k->now;
	c->promised = k->promised;
	c->accepted = k->accepted;
	c->next = k->next;
	return true;
}

bool
config_alive(struct fr_node *me, uint32_t node)
{
	struct configs *c = configs(me);

	return node == me->id ||
	       fr_mono(me) - c->peers[node].heard <= c->patience;
}

/* One more of them; true when that makes a majority. */
static bool
counted(struct fr_node *me, struct config_nodes *n, uint32_t node)
{
	uint64_t bit = (uint64_t)1 << node % 64;

	if (!(n->bits[node / 64] & bit))
		n->count++;
	n->bits[node / 64] |= bit;
	return n->count >= fr_majority(me);
}

/* ---- the learner ----------------------------------------------------- */

static void
send_beat(struct fr_node *me, uint32_t to)
{
	struct configs *c = configs(me);
	const struct config_beat beat = { c->now, c->whole };

	if (to < me->nodes)
		fr_send(me, to, CONFIG_BEAT, &beat, sizeof beat);
	else
		fr_broadcast(me, CONFIG_BEAT, &beat, sizeof beat);
}

static void begin_round(struct fr_node *me);

static void
learn(struct fr_node *me, const struct config *now)
{
	struct configs *c = configs(me);
	const struct kept k = { .now = *now };
	const struct config before = c->now;

	if (now->number <= before.number || now->count > CONFIG_MAX ||
	    now->old_count > CONFIG_MAX || !keep(me, &k))
		return;
	fr_claim(me, "configuration", (int64_t)now->number,
		 (int64_t)fr_checksum(0, now, sizeof *now));
	c->phase = CONFIG_IDLE;
	c->changed(me, &before);
	if (c->confirmed < c->wanted)
		begin_round(me);
}

void
config_on_beat(struct fr_node *me, uint32_t from, const void *body,
	       size_t size)
{
	struct configs *c = configs(me);
	const struct config_beat *beat = body;

	(void)size;
	if (c->silent)
		return;
	c->peers[from].heard = fr_mono(me);
	c->peers[from].whole = beat->whole;
	learn(me, &beat->now);
}

/* ---- the acceptor (PMS, section 2.2) --------------------------------- */

/* Whether both know the same; who is behind is told. */
static bool
abreast(struct fr_node *me, uint32_t from, const struct config *now)
{
	struct configs *c = configs(me);

	if (!c->silent)
		learn(me, now);
	if (c->silent)
		return false;
	if (now->number < c->now.number)
		send_beat(me, from);
	return now->number == c->now.number;
}

static bool
refused(struct fr_node *me, uint32_t from, const struct config_message *m)
{
	struct configs *c = configs(me);
	struct config_message no = { .now = c->now, .ballot = m->ballot,
				     .accepted = c->promised };

	if (m->ballot >= c->promised)
		return false;
	fr_send(me, from, CONFIG_REFUSED, &no, sizeof no);
	return true;
}

void
config_on_prepare(struct fr_node *me, uint32_t from, const void *body,
		  size_t size)
{
	struct configs *c = configs(me);
	const struct config_message *m = body;
	struct config_message promise;
	struct kept k;

	(void)size;
	if (!abreast(me, from, &m->now) || refused(me, from, m))
		return;
	k = (struct kept){ c->now, m->ballot, c->accepted, c->next };
	if (m->ballot > c->promised && !keep(me, &k))
		return;
	promise = (struct config_message){ c->now, m->ballot, c->accepted,
					   c->next };
	fr_send(me, from, CONFIG_PROMISE, &promise, sizeof promise);
}

void
config_on_accept(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	const struct config_message *m = body;
	const struct kept k = { m->now, m->ballot, m->ballot, m->next };

	(void)size;
	if (abreast(me, from, &m->now) && !refused(me, from, m) &&
	    (m->ballot == configs(me)->accepted || keep(me, &k)))
		fr_send(me, from, CONFIG_ACCEPTED, m, sizeof *m);
}

/* ---- the proposer ---------------------------------------------------- */

/* To everybody, itself included. */
static void
tell(struct fr_node *me, uint32_t type, int phase)
{
	struct configs *c = configs(me);
	const struct config_message m = { c->now, c->ballot, 0, c->wish };
	uint32_t to;

	c->phase = phase;
	memset(&c->answered, 0, sizeof c->answered);
	for (to = 0; to < me->nodes; to++)
		fr_send(me, to, type, &m, sizeof m);
}

static void
propose(struct fr_node *me, const struct config *wish)
{
	struct configs *c = configs(me);
	uint64_t seen = c->seen > c->promised ? c->seen : c->promised;
	struct kept k = { c->now, 0, c->accepted, c->next };

	if (c->phase != CONFIG_IDLE)
		return;
	c->wish = *wish;
	c->best = 0;
	c->again = fr_mono(me) + fr_random_between(me, c->patience,
						   2 * c->patience);
	/* A ballot is used once: its proposer promises it first. */
	k.promised = (seen / FR_NODES_MAX + 1) * FR_NODES_MAX + me->id;
	c->ballot = c->seen = k.promised;
	if (keep(me, &k))
		tell(me, CONFIG_PREPARE, CONFIG_PREPARING);
}

static bool
mine(struct fr_node *me, const struct config_message *m, int phase)
{
	struct configs *c = configs(me);

	return !c->silent && m->now.number == c->now.number &&
	       m->ballot == c->ballot && (int)c->phase == phase;
}

void
config_on_promise(struct fr_node *me, uint32_t from, const void *body,
		  size_t size)
{
	struct configs *c = configs(me);
	const struct config_message *m = body;

	(void)size;
	if (!mine(me, m, CONFIG_PREPARING))
		return;
	/* What may have been decided stays decided. */
	if (m->accepted > c->best) {
		c->best = m->accepted;
		c->wish = m->next;
	}
	if (counted(me, &c->answered, from))
		tell(me, CONFIG_ACCEPT, CONFIG_ACCEPTING);
}

void
config_on_accepted(struct fr_node *me, uint32_t from, const void *body,
		   size_t size)
{
	struct configs *c = configs(me);

	(void)size;
	if (!mine(me, body, CONFIG_ACCEPTING) ||
	    !counted(me, &c->answered, from))
		return;
	learn(me, &c->wish);
	send_beat(me, me->nodes);
}

/* Outbid: once more, when some time has passed. */
void
config_on_refused(struct fr_node *me, uint32_t from, const void *body,
		  size_t size)
{
	struct configs *c = configs(me);
	const struct config_message *m = body;

	(void)from;
	(void)size;
	if (m->now.number == c->now.number && m->accepted > c->seen)
		c->seen = m->accepted;
}

/* ---- what is to be decided ------------------------------------------- */

static void
add_alive(struct fr_node *me, struct config *next, const uint16_t *nodes,
	  uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count && next->count < CONFIG_MAX; i++)
		if (config_alive(me, nodes[i]) &&
		    !config_has(next->members, next->count, nodes[i]))
			next->members[next->count++] = nodes[i];
}

/* Up to `most` in all: those that have a copy already, or just anybody. */
static void
add_spares(struct fr_node *me, struct config *next, uint32_t most, bool whole)
{
	struct configs *c = configs(me);
	uint16_t node;

	for (node = 0; node < me->nodes && next->count < most; node++)
		if (node != me->id ?
		    !whole || c->peers[node].whole == c->now.view :
		    !whole || c->whole == c->now.view)
			add_alive(me, next, &node, 1);
}

/*
 * The members that are alive, in their order, those of the last acknowledged
 * view first (their histories are the longest); then who has a copy, and who
 * has none only where there would be too few.
 */
static bool
due(struct fr_node *me, struct config *next)
{
	struct configs *c = configs(me);
	const struct config *now = &c->now;
	uint32_t i, dead = 0, kept;

	for (i = 0; i < now->count; i++)
		dead += !config_alive(me, now->members[i]);
	*next = (struct config){ .number = now->number + 1,
				 .view = now->number + 1,
				 .old_view = now->old_view,
				 .old_count = now->old_count };
	memcpy(next->old, now->old, sizeof next->old);
	add_alive(me, next, now->old, now->old_count);
	if (next->count == 0)
		return false;		/* nobody has what was acknowledged */
	add_alive(me, next, now->members, now->count);
	kept = next->count;
	add_spares(me, next, c->length, true);
	add_spares(me, next, c->least, false);
	if (next->count < c->least)
		return false;
	return dead > 0 || (now->acknowledged && next->count > kept);
}

/* The lowest that is alive, so that few outbid each other. */
static bool
chairs(struct fr_node *me)
{
	uint32_t node;

	for (node = 0; node < me->id && !config_alive(me, node); node++)
		;
	return node == me->id;
}

void
config_acknowledge(struct fr_node *me)
{
	struct configs *c = configs(me);
	struct config next = c->now;

	if (next.acknowledged)
		return;
	next.number++;
	next.acknowledged = true;
	next.old_view = next.view;
	next.old_count = next.count;
	memcpy(next.old, next.members, sizeof next.old);
	propose(me, &next);
}

/* ---- whether it still holds ------------------------------------------ */

static void
sure(struct fr_node *me, uint32_t node)
{
	struct configs *c = configs(me);

	if (!counted(me, &c->sure, node))
		return;
	c->confirmed = c->round;
	c->sured(me);
	if (c->wanted > c->round)
		begin_round(me);
}

static void
ask(struct fr_node *me)
{
	struct configs *c = configs(me);
	const struct config_ask q = { c->now.number, c->round };
	uint32_t to;

	for (to = 0; to < me->nodes; to++)
		if (!(c->sure.bits[to / 64] >> to % 64 & 1))
			fr_send(me, to, CONFIG_ASK, &q, sizeof q);
}

static void
begin_round(struct fr_node *me)
{
	struct configs *c = configs(me);

	c->round++;
	if (c->wanted < c->round)
		c->wanted = c->round;
	memset(&c->sure, 0, sizeof c->sure);
	ask(me);
}

uint64_t
config_confirm(struct fr_node *me)
{
	struct configs *c = configs(me);

	if (c->confirmed == c->round)
		begin_round(me);
	else
		c->wanted = c->round + 1;	/* this one began too early */
	return c->wanted;
}

/*
 * What was decided a majority had accepted: where a majority has accepted
 * nothing, nothing was decided by the time this was asked.
 */
void
config_on_ask(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct configs *c = configs(me);
	const struct config_ask *q = body;

	(void)size;
	if (c->silent)
		return;
	if (q->number < c->now.number)
		send_beat(me, from);
	else if (q->number == c->now.number && c->accepted == 0)
		fr_send(me, from, CONFIG_ANSWER, q, sizeof *q);
}

void
config_on_answer(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	struct configs *c = configs(me);
	const struct config_ask *q = body;

	(void)size;
	if (!c->silent && q->number == c->now.number &&
	    q->round == c->round && c->confirmed < c->round)
		sure(me, from);
}

/* ---- time ------------------------------------------------------------ */

void
config_tick(struct fr_node *me)
{
	struct configs *c = configs(me);
	struct config next;

	send_beat(me, me->nodes);
	if (c->phase != CONFIG_IDLE && fr_mono(me) >= c->again)
		c->phase = CONFIG_IDLE;
	if (chairs(me) && due(me, &next))
		propose(me, &next);
	else if (c->accepted > 0 &&
		 fr_mono(me) - c->accepted_at > 2 * c->patience)
		propose(me, &c->next);	/* whoever began it is gone */
	if (c->confirmed < c->round)
		ask(me);
}

static int
load(struct fr_node *me)
{
	struct configs *c = configs(me);
	struct kept k;
	int64_t got = fr_load(me, "config", &k, sizeof k);

	if (got == FR_ENOENT)
		return 0;
	if (got != (int64_t)sizeof k)
		return -1;
	c->now = k.now;
	c->promised = k.promised;
	c->accepted = k.accepted;
	c->next = k.next;
	return 0;
}

int
config_save(struct fr_node *me)
{
	const struct configs *c = configs(me);
	const struct kept k = { c->now, c->promised, c->accepted, c->next };

	return keep(me, &k) ? 0 : -1;
}

static uint32_t
clamp(uint64_t n, uint32_t low, uint32_t high)
{
	return n < low ? low : n > high ? high : (uint32_t)n;
}

int
config_start(struct fr_node *me)
{
	struct configs *c = configs(me);
	uint32_t all = clamp(me->nodes, 1, CONFIG_MAX), node;
	int64_t length = fr_param(me, "length");

	c->beat = fr_param(me, "beat");
	c->patience = fr_param(me, "patience");
	c->least = clamp(fr_majority(me), 1, all);
	c->length = length == 0 ? all : clamp((uint64_t)length, c->least, all);
	for (node = 0; node < me->nodes; node++) {
		c->peers[node].heard = fr_mono(me);
		c->peers[node].whole = CONFIG_NONE;
	}
	/* Nothing was stored yet, and everybody knows it. */
	c->now = (struct config){ .acknowledged = true, .count = c->length,
				  .old_count = c->length };
	for (node = 0; node < c->length; node++)
		c->now.members[node] = c->now.old[node] = (uint16_t)node;
	/* Answers to another boot's questions are no answers. */
	c->round += (uint64_t)me->boot << 32;
	c->confirmed = c->wanted = c->round;
	return load(me);
}

/* ---- for people ------------------------------------------------------ */

static int
say_members(const struct config *c, char *text, size_t max)
{
	int at = snprintf(text, max, "configuration %llu, view %llu%s:",
			  (unsigned long long)c->number,
			  (unsigned long long)c->view,
			  c->acknowledged ? "" : " (not acknowledged)");
	uint32_t i;

	for (i = 0; i < c->count && i < CONFIG_MAX && (size_t)at < max; i++)
		at += snprintf(text + at, max - (size_t)at, " %u",
			       c->members[i]);
	return (size_t)at < max ? at : (int)max - 1;
}

void
config_describe(uint32_t type, const void *body, char *text, size_t max)
{
	const struct config_message *m = body;
	const struct config_ask *q = body;
	int at;

	if (type == CONFIG_ASK || type == CONFIG_ANSWER) {
		snprintf(text, max, "is configuration %llu the last one?  "
			 "round %llu", (unsigned long long)q->number,
			 (unsigned long long)(uint32_t)q->round);
	} else if (type == CONFIG_BEAT) {
		say_members(&m->now, text, max);
	} else {
		at = snprintf(text, max, "after %llu, ballot %llu.%u",
			      (unsigned long long)m->now.number,
			      (unsigned long long)(m->ballot / FR_NODES_MAX),
			      (unsigned)(m->ballot % FR_NODES_MAX));
		if ((size_t)at + 2 < max && m->next.number > 0) {
			at += snprintf(text + at, max - (size_t)at, ", ");
			say_members(&m->next, text + at, max - (size_t)at);
		}
	}
}

uint64_t
config_digest(const struct configs *c)
{
	return fr_checksum(c->promised ^ c->accepted, &c->now, sizeof c->now);
}
