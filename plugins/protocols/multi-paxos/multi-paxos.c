/* SPDX-License-Identifier: MIT */
/* Boot, requests of clients, and the table of handlers. */
#include "multi-paxos.h"

void
silence(struct fr_node *me, const char *why)
{
	struct multi_paxos *s = me->state;

	if (!s->silent)
		fr_log(me, "silent from now on: %s", why);
	s->silent = true;
	fr_note(me, "role", "silent");
	fr_after(me, REVIVE, 4 * s->election, 0);
}

/* ---- requests -------------------------------------------------------------------- */

static void
on_request(struct fr_node *me, const struct fr_request *rq)
{
	struct multi_paxos *s = me->state;

	if (s->refused != NULL)
		fr_fail(me, rq->id, s->refused);
	else if (s->silent)
		fr_fail(me, rq->id, "this node's disk failed");
	else if (s->leader == 0)
		fr_fail(me, rq->id, "no leader is known");
	else if (s->role != LEADER)
		fr_redirect(me, rq->id, s->leader - 1);
	else if (machine_reads(rq) && !s->read_log)
		leader_read(me, rq);
	else
		leader_propose(me, rq);
}

/* ---- boot ------------------------------------------------------------------------- */

/*
 * Every quorum of phase 1 has to meet every quorum of phase 2, and no others
 * have to meet (FPaxos).  0: a majority.
 */
static void
read_quorums(struct fr_node *me)
{
	struct multi_paxos *s = me->state;

	s->prepares = (uint32_t)fr_param(me, "prepares");
	s->accepts = (uint32_t)fr_param(me, "accepts");
	if (s->prepares == 0)
		s->prepares = fr_majority(me);
	if (s->accepts == 0)
		s->accepts = fr_majority(me);
#ifdef BUG_quorums_miss
	s->prepares = me->nodes - s->accepts;
	return;
#endif
	if (s->prepares > me->nodes || s->accepts > me->nodes)
		s->refused = "a quorum of more than all nodes: set prepares "
			     "and accepts to the number of nodes at most";
	else if (s->prepares + s->accepts <= me->nodes)
		s->refused = "the quorums need not meet: prepares and accepts "
			     "have to be more than the nodes together";
}

static void
read_params(struct fr_node *me)
{
	struct multi_paxos *s = me->state;

	s->election = fr_param(me, "election");
	s->heartbeat = s->election / fr_param(me, "beats");
	s->batch = (uint32_t)fr_param(me, "batch");
	s->window = (uint32_t)fr_param(me, "window");
	s->chunk = (uint32_t)fr_param(me, "chunk");
	s->compact = (uint32_t)fr_param(me, "compact");
	s->read_log = strcmp(fr_param_text(me, "reading"), "log") == 0;
	read_quorums(me);
}

/* Writes all of it once more: nobody knows what of it lasts. */
static int
write_again(struct fr_node *me)
{
	struct multi_paxos *s = me->state;

	if (s->image.data != NULL && image_save(me, &s->image) < 0)
		return -1;
	return acceptor_forget(me, s->slots.base);
}

static void
begin(struct fr_node *me, bool revived)
{
	struct multi_paxos *s = me->state;

	read_params(me);
	queue_init(&s->queue);
	reads_init(&s->reads);
	if (s->refused != NULL) {
		fr_log(me, "takes no part: %s", s->refused);
		return;
	}
	if (learner_load(me) < 0 || acceptor_load(me) < 0 ||
	    (revived && write_again(me) < 0)) {
		silence(me, "what is on the disk cannot be trusted");
		return;
	}
	leader_note(me);
	leader_wait(me);
}

static void
multi_paxos_start(struct fr_node *me)
{
	begin(me, false);
}

/* As if it had crashed when the disk failed, and started now. */
static void
on_revive(struct fr_node *me, uint64_t tag)
{
	struct multi_paxos *s = me->state;

	(void)tag;
	leader_follow(me);
	fr_cancel(me, ELECTION, 0);
	fr_cancel(me, FLUSH, 0);
	slots_reset(me, &s->slots, 0);
	fr_free(me, s->slots.at);
	fr_free(me, s->found.at);
	machine_clear(me, &s->machine);
	image_drop(me, &s->image);
	image_drop(me, &s->coming);
	memset(s, 0, sizeof *s);
	begin(me, true);
}

/* ---- for people -------------------------------------------------------------------- */

#define U(x) ((unsigned long long)(x))

static const char *
ballot_text(uint64_t ballot, char *text, size_t max)
{
	snprintf(text, max, "ballot %llu.%u", U(ballot / FR_NODES_MAX),
		 node_of(ballot));
	return text;
}

static void
multi_paxos_describe(uint32_t type, const void *body, size_t size, char *text,
		     size_t max)
{
	const struct prepare *p = body;
	const struct promise *q = body;
	const struct accept *a = body;
	const struct accepted *d = body;
	const struct refused *r = body;
	const struct learn *l = body;
	const struct learned *k = body;
	const struct piece *i = body;
	char b[32], c[32];

	(void)size;
	if (type <= REFUSED)
		ballot_text(p->ballot, b, sizeof b);
	if (type == PREPARE)
		snprintf(text, max, "%s, from instance %llu on", b,
			 U(p->from));
	else if (type == PROMISE)
		snprintf(text, max, "%s, from instance %llu on: %llu "
			 "accepted%s", b, U(q->first), U(q->count),
			 q->next != 0 ? ", and more" : "");
	else if (type == ACCEPT)
		snprintf(text, max, "%s, %llu values from instance %llu on, "
			 "chosen up to %llu", b, U(a->count), U(a->first),
			 U(a->chosen));
	else if (type == ACCEPTED)
		snprintf(text, max, "%s, %llu values from instance %llu on", b,
			 U(d->count), U(d->first));
	else if (type == REFUSED)
		snprintf(text, max, "%s, promised %s", b,
			 ballot_text(r->promised, c, sizeof c));
	else if (type == LEARN)
		snprintf(text, max, "from instance %llu on", U(l->from));
	else if (type == LEARNED)
		snprintf(text, max, "%llu values from instance %llu on, chosen "
			 "up to %llu", U(k->count), U(k->first), U(k->chosen));
	else
		snprintf(text, max, "up to instance %llu, bytes from %llu of "
			 "%llu", U(i->last), U(i->offset), U(i->total));
}

#undef U

static uint64_t
multi_paxos_digest(const struct fr_node *me)
{
	const struct multi_paxos *s = me->state;
	const uint64_t what[] = { s->promised, s->role, s->applied,
				  slots_last(&s->slots) };

	return fr_checksum(machine_digest(&s->machine), what, sizeof what);
}

#ifdef BUG_bears_amnesia
#define MORE_BEARS FR_BEARS_AMNESIA
#else
#define MORE_BEARS 0
#endif

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "multi-paxos",
	.summary  = "one Paxos after the other under a stable leader; a log of "
		    "commands",
	.paper    = "Lamport 2001; Chandra, Griesemer, Redstone 2007; van "
		    "Renesse, Altinbuken 2015; Howard et al. 2016",
	.promise  = "Every key is linearizable, and each command happens once, "
		    "under lost, late, doubled and reordered messages, "
		    "partitions, pauses, and crashes with restart; operations "
		    "end while a quorum of each phase can talk to each other.  "
		    "A node whose disk was wiped must not come back.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL, .missing = FR_MINORITY,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY |
			 FR_BEARS_DISK | FR_BEARS_RETRIES | MORE_BEARS),
	.workload = "kv",
	.params   = FR_PARAMS(
		{ .name = "prepares", .kind = FR_PARAM_INT,
		  .fallback = "0", .min = "0", .max = "1024",
		  .help = "promises that make a leader; 0: a majority" },
		{ .name = "accepts", .kind = FR_PARAM_INT,
		  .fallback = "0", .min = "0", .max = "1024",
		  .help = "acceptors of a value that make it chosen; 0: a "
			  "majority.  Together with `prepares` more than the "
			  "nodes (Flexible Paxos)" },
		{ .name = "election", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "150ms", .min = "1ms", .max = "1m",
		  .low = "100ms", .high = "1s",
		  .help = "who has heard of no leader for so long, up to "
			  "twice, begins a ballot" },
		{ .name = "beats", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "5", .min = "2", .max = "100",
		  .low = "3", .high = "10",
		  .help = "heartbeats of a leader in that time" },
		{ .name = "batch", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "64", .min = "1", .max = "1024",
		  .help = "values in one message" },
		{ .name = "window", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "256", .min = "1", .max = "4096",
		  .low = "1", .high = "256",
		  .help = "instances under way at once" },
		{ .name = "compact", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "1000", .min = "4", .max = "100000",
		  .low = "4", .high = "1000",
		  .help = "a snapshot each so many instances" },
		{ .name = "chunk", .kind = FR_PARAM_SIZE, .flags = FR_KNOB,
		  .fallback = "32K", .min = "64", .max = "60K",
		  .low = "1K", .high = "60K",
		  .help = "a snapshot's bytes in one message" },
		{ .name = "reading", .kind = FR_PARAM_TEXT,
		  .fallback = "confirm",
		  .help = "how reads are made sure of: confirm (a quorum says "
			  "that nobody else leads) or log (they are commands "
			  "like any other)" }),
	.state_size = sizeof(struct multi_paxos),
	.start    = multi_paxos_start,
	.messages = FR_MESSAGES(
		[PREPARE]  = { "prepare", on_prepare, sizeof(struct prepare) },
		[PROMISE]  = { "promise", on_promise, sizeof(struct promise) },
		[ACCEPT]   = { "accept", on_accept, sizeof(struct accept) },
		[ACCEPTED] = { "accepted", on_accepted,
			       sizeof(struct accepted) },
		[REFUSED]  = { "refused", on_refused, sizeof(struct refused) },
		[LEARN]    = { "learn", on_learn, sizeof(struct learn) },
		[LEARNED]  = { "learned", on_learned, sizeof(struct learned) },
		[SNAPSHOT] = { "snapshot", on_snapshot,
			       sizeof(struct piece) }),
	.requests = FR_REQUESTS(MACHINE_REQUESTS(on_request)),
	.timers   = FR_TIMERS(
		[ELECTION]  = { "election",  on_election },
		[HEARTBEAT] = { "heartbeat", on_heartbeat },
		[FLUSH]     = { "flush",     on_flush },
		[REVIVE]    = { "revive",    on_revive }),
	.describe = multi_paxos_describe,
	.digest   = multi_paxos_digest,
};
