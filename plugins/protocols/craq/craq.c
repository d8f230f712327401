/* SPDX-License-Identifier: MIT */
/*
 * craq - chain replication with apportioned queries: every node of the chain
 * answers reads.
 *
 *	Terrace, Freedman: Object Storage on CRAQ: High-Throughput Chain
 *	Replication for Read-Mostly Workloads.  USENIX ATC 2009.    ("CRAQ")
 *	van Renesse, Schneider: Chain Replication for Supporting High
 *	Throughput and Availability.  OSDI 2004.
 *
 * Updates take the way of chain replication (../shared/stream.c): down from
 * the head to the tail, acknowledgements back up.  On its way down an update
 * makes a new version of its key at every node, a *dirty* one; it is *clean*
 * once the node knows that the tail has it (CRAQ, 2.3).
 *
 *	read of a key whose newest version is clean
 *			is answered at once, by whichever node was asked
 *	read of one that has a dirty version
 *			the node asks the tail which version is the newest
 *			clean one, and answers that; later ones it keeps to
 *			itself, as nobody may have seen them
 *
 * A version's number is that of its update in the chain's history, so that the
 * tail's answer is how much of that history is clean: whatever it says, the
 * node has it, dirty or not.
 *
 * As in chain.c a node first makes sure that the chain it knows was still the
 * present one when the read had come: the paper's nodes stop when they are
 * taken for dead, and these only may.
 *
 * What holds:
 *
 *  1. An update is answered when it is at every node of the chain: so one who
 *     has no dirty version of a key has all versions that were answered.
 *  2. The tail's number, asked after the read had come, is at least that of
 *     every version that was answered before the read came.
 */
#include "../shared/stream.h"

enum { VERSION_ASK = STREAM_MESSAGES, VERSION };	/* messages */

/* Both; of the read that wants to know; `clean` is the answer. */
struct version {
	uint64_t number;		/* of the configuration               */
	uint64_t request;
	int64_t key;
	uint64_t clean;
};

/* `asked`, of a read that waits. */
#define TOLD (-1)

/* ---- clean and dirty ------------------------------------------------- */

/* A transaction's keys are its own secret: it has to do with every key. */
static bool
is_dirty(struct fr_node *me, int64_t key)
{
	const struct history *h = &stream(me)->history;
	struct command c;
	uint64_t i;

	for (i = h->last; i > h->clean; i--) {
		memcpy(&c, history_at(h, i)->command, sizeof c);
		if (c.key == key || key == FR_NO_KEY || c.key == FR_NO_KEY)
			return true;
	}
	return false;
}

/* Asks the tail, and again where no answer comes. */
static void
ask_version(struct fr_node *me, struct waiting *w)
{
	const struct configs *c = configs(me);
	const struct version ask = { c->now.number, w->request, w->key, 0 };
	int64_t now = fr_mono(me);

	if (w->asked > 0 && now - w->asked < c->beat)
		return;
	w->asked = now;
	fr_send(me, c->now.members[c->now.count - 1], VERSION_ASK, &ask,
		sizeof ask);
}

static bool
craq_ready(struct fr_node *me, struct waiting *w)
{
#ifdef BUG_dirty_read
	return true;
#endif
	if (w->asked == TOLD || !is_dirty(me, w->key))
		return true;
	ask_version(me, w);
	return false;
}

static void
craq_moved(struct fr_node *me)
{
	uint64_t confirmed = configs(me)->confirmed;

#ifdef BUG_local_reads
	confirmed = UINT64_MAX;
#endif
	stream_answer(me, confirmed, craq_ready);
}

static void
craq_on_version_ask(struct fr_node *me, uint32_t from, const void *body,
		    size_t size)
{
	struct version v = *(const struct version *)body;

	(void)size;
	if (!stream_serves(me) || !stream_is_last(me) ||
	    v.number != configs(me)->now.number)
		return;
	v.clean = stream(me)->history.clean;
	fr_send(me, from, VERSION, &v, sizeof v);
}

static void
craq_on_version(struct fr_node *me, uint32_t from, const void *body,
		size_t size)
{
	const struct version *v = body;
	struct waiting *w = stream(me)->reads;

	(void)from;
	(void)size;
	if (!stream_serves(me) || v->number != configs(me)->now.number)
		return;
	while (w != NULL && w->request != v->request)
		w = w->next;
	if (w != NULL)
		w->asked = TOLD;
	stream_clean(me, v->clean);
	if (stream_serves(me))
		craq_moved(me);
}

/* ---- requests -------------------------------------------------------- */

static void
craq_on_request(struct fr_node *me, const struct fr_request *rq)
{
	if (!machine_reads(rq))
		stream_update(me, rq);
	else if (!stream_serves(me))
		stream_redirect(me, rq, CONFIG_MAX);
	else
		stream_wait(me, rq, config_confirm(me));
}

static const struct stream_kind craq = {
	.line = true,
	.first = "head", .middle = "middle", .last = "tail", .spare = "spare",
	.moved = craq_moved,
};

static void
craq_start(struct fr_node *me)
{
	stream_start(me, &craq);
}

static void
craq_describe(uint32_t type, const void *body, size_t size, char *text,
	      size_t max)
{
	const struct version *v = body;

	if (type < STREAM_MESSAGES)
		stream_describe(type, body, size, text, max);
	else if (type == VERSION_ASK)
		snprintf(text, max, "which version of key %lld is clean?",
			 (long long)v->key);
	else
		snprintf(text, max, "key %lld is clean up to update %llu",
			 (long long)v->key, (unsigned long long)v->clean);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "craq",
	.summary  = "chain replication, with reads at every node of the chain",
	.paper    = "Terrace, Freedman 2009",
	STREAM_PROTOCOL,
	.start    = craq_start,
	.messages = FR_MESSAGES(
		STREAM_TABLE,
		[VERSION_ASK] = { "version_ask", craq_on_version_ask,
				  sizeof(struct version) },
		[VERSION] = { "version", craq_on_version,
			      sizeof(struct version) }),
	.requests = FR_REQUESTS(MACHINE_REQUESTS(craq_on_request)),
	.describe = craq_describe,
};
