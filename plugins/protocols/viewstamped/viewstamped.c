/* SPDX-License-Identifier: MIT */
/* Boot, requests of clients, and the table of handlers. */
#include "viewstamped.h"

void
note(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	char view[32];

	snprintf(view, sizeof view, "%llu", (unsigned long long)s->view);
	fr_note(me, "role", s->status == RECOVERING ? "recovering" :
		s->status == VIEW_CHANGE ? "changing" :
		is_primary(me) ? "primary" : "backup");
	fr_note(me, "view", view);
}

static void
on_request(struct fr_node *me, const struct fr_request *rq)
{
	struct viewstamped *s = me->state;

	if (s->status == RECOVERING)
		fr_fail(me, rq->id, "this replica recovers");
	else if (s->status == VIEW_CHANGE)
		fr_fail(me, rq->id, "the view changes");
	else if (!is_primary(me))
		fr_redirect(me, rq->id, primary_of(me, s->view));
	else
		normal_request(me, rq);
}

/* What each does again and again. */
static void
on_beat(struct fr_node *me, uint64_t tag)
{
	struct viewstamped *s = me->state;

	(void)tag;
	transfer_again(me);
	if (s->status == RECOVERING)
		recovery_beat(me);
	else if (s->status == VIEW_CHANGE)
		view_beat(me);
	else if (is_primary(me))
		normal_beat(me);
	fr_after(me, BEAT, s->beat, 0);
}

/* The first boot is the system's; behind every other one stands a crash. */
static void
viewstamped_start(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	uint32_t i;

	s->patience = fr_param(me, "patience");
	s->beat = s->patience / fr_param(me, "beats");
	s->batch = (uint32_t)fr_param(me, "batch");
	s->window = (uint32_t)fr_param(me, "window");
	s->chunk = (uint32_t)fr_param(me, "chunk");
	s->compact = (uint32_t)fr_param(me, "compact");
	s->quorum = fr_majority(me);
	s->others = me->nodes - s->quorum + 1;
	queue_init(&s->queue);
	fr_after(me, BEAT, s->beat, 0);
	if (me->boot > 0) {
		recovery_begin(me);
		return;
	}
	s->incarnation = 1;
	for (i = 0; i < me->nodes; i++)
		s->incarnations[i] = 1;
	normal_enter(me, 0);
}

/* ---- for people -------------------------------------------------------------------- */

static void
viewstamped_describe(uint32_t type, const void *body, size_t size, char *text,
		     size_t max)
{
	const struct prepare *p = body;
	const struct prepare_ok *o = body;
	const struct commit *c = body;
	const struct do_view_change *d = body;
	const struct get_state *g = body;
	const struct new_state *n = body;
	const struct piece *i = body;
	const struct recovery *q = body;
	const struct recovery_response *r = body;

	(void)size;
#define U(x) ((unsigned long long)(x))
	if (type == PREPARE)
		snprintf(text, max, "view %llu, %llu operations from %llu on, "
			 "committed %llu", U(p->view), U(p->count),
			 U(p->first), U(p->commit));
	else if (type == PREPARE_OK)
		snprintf(text, max, "view %llu, has %llu", U(o->view),
			 U(o->op));
	else if (type == COMMIT)
		snprintf(text, max, "view %llu, committed %llu", U(c->view),
			 U(c->commit));
	else if (type == DO_VIEW_CHANGE)
		snprintf(text, max, "view %llu, has %llu of view %llu, "
			 "committed %llu", U(d->view), U(d->op), U(d->normal),
			 U(d->commit));
	else if (type == GET_STATE)
		snprintf(text, max, "view %llu, from %llu on of view %llu",
			 U(g->view), U(g->first), U(g->normal));
	else if (type == NEW_STATE)
		snprintf(text, max, "view %llu, %llu operations from %llu on "
			 "of %llu of view %llu, committed %llu", U(n->view),
			 U(n->count), U(n->first), U(n->op), U(n->normal),
			 U(n->commit));
	else if (type == SNAPSHOT)
		snprintf(text, max, "up to operation %llu, bytes from %llu of "
			 "%llu", U(i->last), U(i->offset), U(i->total));
	else if (type == RECOVERY && q->incarnation == 0)
		snprintf(text, max, "which was I?");
	else if (type == RECOVERY)
		snprintf(text, max, "I am incarnation %llu",
			 U(q->incarnation));
	else if (type == RECOVERY_RESPONSE)
		snprintf(text, max, "view %llu", U(r->view));
	else
		snprintf(text, max, "view %llu", U(c->view));
#undef U
}

static uint64_t
viewstamped_digest(const struct fr_node *me)
{
	const struct viewstamped *s = me->state;
	const uint64_t what[] = { s->status, s->view, s->normal, s->commit,
				  slots_last(&s->log) };

	return fr_checksum(machine_digest(&s->machine), what, sizeof what);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "viewstamped",
	.summary  = "Viewstamped Replication: a log in memory, and no disk at "
		    "all",
	.paper    = "Oki, Liskov 1988; Liskov, Cowling 2012; Michael et al. "
		    "2017",
	.promise  = "Every key is linearizable, and each command happens once, "
		    "under lost, late, doubled and reordered messages, "
		    "partitions, pauses, and crashes with restart that forget "
		    "everything, of a minority at a time: a replica counts as "
		    "crashed until it has recovered from the others.  "
		    "Operations end while a majority can talk to each other.",
	/* Without FR_BEARS_RECOVERY: who comes back has nothing, and is not to
	 * be counted on before it has recovered, which nobody outside sees.
	 * What a disk does is nothing to it: it has none. */
	.tolerates = FR_TOLERATES(.crashes = FR_MINORITY,
		.missing = FR_MINORITY,
		.bears = FR_BEARS_ASYNCHRONY | FR_BEARS_AMNESIA |
			 FR_BEARS_DISK | FR_BEARS_ROT | FR_BEARS_RETRIES),
	.workload = "kv",
	.params   = FR_PARAMS(
		{ .name = "patience", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "150ms", .min = "1ms", .max = "1m",
		  .low = "100ms", .high = "1s",
		  .help = "who has not heard of its primary for so long, up to "
			  "twice, is for another view" },
		{ .name = "beats", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "5", .min = "2", .max = "100",
		  .low = "3", .high = "10",
		  .help = "heartbeats of a primary in that time" },
		{ .name = "batch", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "64", .min = "1", .max = "1024",
		  .help = "operations in one message" },
		{ .name = "window", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "256", .min = "1", .max = "4096",
		  .low = "1", .high = "256",
		  .help = "operations under way at once" },
		{ .name = "compact", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "1000", .min = "4", .max = "100000",
		  .low = "4", .high = "1000",
		  .help = "the log forgets what is executed each so many "
			  "operations" },
		{ .name = "chunk", .kind = FR_PARAM_SIZE, .flags = FR_KNOB,
		  .fallback = "32K", .min = "64", .max = "60K",
		  .low = "1K", .high = "60K",
		  .help = "an image's bytes in one message" }),
	.state_size = sizeof(struct viewstamped),
	.start    = viewstamped_start,
	.messages = FR_MESSAGES(
		[PREPARE] = { "prepare", on_prepare, sizeof(struct prepare) },
		[PREPARE_OK] = { "prepare_ok", on_prepare_ok,
				 sizeof(struct prepare_ok) },
		[COMMIT] = { "commit", on_commit, sizeof(struct commit) },
		[START_VIEW_CHANGE] = { "start_view_change",
					on_start_view_change,
					sizeof(struct start_view_change) },
		[DO_VIEW_CHANGE] = { "do_view_change", on_do_view_change,
				     sizeof(struct do_view_change) },
		[START_VIEW] = { "start_view", on_start_view,
				 sizeof(struct start_view) },
		[GET_STATE] = { "get_state", on_get_state,
				sizeof(struct get_state) },
		[NEW_STATE] = { "new_state", on_new_state,
				sizeof(struct new_state) },
		[SNAPSHOT] = { "snapshot", on_snapshot, sizeof(struct piece) },
		[RECOVERY] = { "recovery", on_recovery,
			       sizeof(struct recovery) },
		[RECOVERY_RESPONSE] = { "recovery_response",
					on_recovery_response,
					sizeof(struct recovery_response) }),
	.requests = FR_REQUESTS(MACHINE_REQUESTS(on_request)),
	.timers   = FR_TIMERS(
		[VIEW]  = { "view",  on_view },
		[BEAT]  = { "beat",  on_beat },
		[FLUSH] = { "flush", on_flush }),
	.describe = viewstamped_describe,
	.digest   = viewstamped_digest,
};
