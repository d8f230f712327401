/* SPDX-License-Identifier: MIT */
/* Boot, requests of clients, what is applied, and the table of handlers. */
#include "raft.h"

void
raft_silence(struct fr_node *me, const char *why)
{
	struct raft *s = me->state;

	if (!s->silent)
		fr_log(me, "silent from now on: %s", why);
	s->silent = true;
	fr_note(me, "role", "silent");
	fr_after(me, REVIVE, 4 * s->election, 0);
}

void
raft_note(struct fr_node *me)
{
	static const char *const names[] = {
		[FOLLOWER] = "follower", [PRE_CANDIDATE] = "pre-candidate",
		[CANDIDATE] = "candidate", [LEADER] = "leader",
	};
	struct raft *s = me->state;
	char term[32];

	snprintf(term, sizeof term, "%llu", (unsigned long long)s->term);
	fr_note(me, "role", names[s->role]);
	fr_note(me, "term", term);
}

void
raft_claim(struct fr_node *me, uint64_t index)
{
	struct raft *s = me->state;

	fr_claim(me, "term of the entry applied", (int64_t)index,
		 (int64_t)log_term(&s->log, index));
}

void
raft_apply(struct fr_node *me)
{
	struct raft *s = me->state;
	struct entry *e;

	while (s->applied < s->commit && !s->silent) {
		e = log_at(&s->log, ++s->applied);
		raft_claim(me, s->applied);
		if (e->kind == COMMAND &&
		    machine_apply(me, &s->machine, e->data, e->size,
				  e->request) < 0)
			raft_silence(me, "no memory for the machine");
		e->request = 0;
		if (e->kind == MEMBERS)
			members_committed(me, s->applied);
	}
	if (!s->silent)
		snapshot_take(me);
}

/* ---- requests -------------------------------------------------------------------- */

/* True where this node leads; else the client is told who does. */
static bool
leads(struct fr_node *me, const struct fr_request *rq)
{
	struct raft *s = me->state;

	if (s->silent)
		fr_fail(me, rq->id, "this node's disk failed");
	else if (s->role == LEADER && s->heir != 0)
		fr_fail(me, rq->id, "the leadership is being handed over");
	else if (s->role == LEADER)
		return true;
	else if (s->leader != 0)
		fr_redirect(me, rq->id, s->leader - 1);
	else
		fr_fail(me, rq->id, "no leader is known");
	return false;
}

static void
raft_on_request(struct fr_node *me, const struct fr_request *rq)
{
	struct raft *s = me->state;
	unsigned char body[COMMAND_MAX];
	bool reads = machine_reads(rq);
	uint32_t size;

	if (!leads(me, rq))
		return;
	size = machine_command(me, rq, body);
	if (size == 0)
		return;
#ifdef BUG_local_reads
	if (reads) {
		machine_answer(me, &s->machine, body, size, rq->id);
		return;
	}
#endif
	if (reads && !s->read_log)
		read_begin(me, rq->id, body, size);
	else if (replicate_propose(me, COMMAND, body, size, rq->id) == 0)
		fr_unsure(me, rq->id, "the disk would not store it");
}

/* Who leads, as far as this node knows: [term leader]. */
static void
raft_on_leader(struct fr_node *me, const struct fr_request *rq)
{
	struct raft *s = me->state;
	const int64_t reply[] = { (int64_t)s->term, (int64_t)s->leader - 1 };

	if (s->silent || s->leader == 0)
		fr_fail(me, rq->id, "no leader is known");
	else
		fr_ok(me, rq->id, fr_list(reply, 2));
}

/* ---- boot ------------------------------------------------------------------------- */

static void
read_params(struct fr_node *me)
{
	struct raft *s = me->state;
	const char *reads = fr_param_text(me, "reading");

	s->election = fr_param(me, "election");
	s->heartbeat = s->election / fr_param(me, "beats");
	s->churn = fr_param(me, "churn") > 0 ?
		   FR_S(60) / fr_param(me, "churn") : 0;
	s->batch = (uint32_t)fr_param(me, "batch");
	s->window = (uint32_t)fr_param(me, "window");
	s->chunk = (uint32_t)fr_param(me, "chunk");
	s->compact = (uint32_t)fr_param(me, "compact");
	s->pre_vote = fr_param(me, "pre-vote") != 0;
	s->check_quorum = fr_param(me, "check-quorum") != 0;
	s->drift = fr_param_real(me, "drift");
	s->lease = strcmp(reads, "lease") == 0;
	s->read_log = strcmp(reads, "log") == 0;
}

/* Writes all of it once more: nobody knows what of it lasts. */
static int
write_again(struct fr_node *me)
{
	struct raft *s = me->state;

	if (s->image.data != NULL && image_save(me, &s->image) < 0)
		return -1;
	return log_rebase(me, s->log.base, s->log.base_term, false);
}

static void
begin(struct fr_node *me, bool revived)
{
	struct raft *s = me->state;

	read_params(me);
	reads_init(&s->reads);
	members_init(me, &s->base_members);
	if (election_load(me) < 0 || log_open(me) < 0 ||
	    snapshot_load(me) < 0 || (revived && write_again(me) < 0)) {
		raft_silence(me, "what is on the disk cannot be trusted");
		return;
	}
	if (s->commit < s->log.base)
		s->commit = s->applied = s->log.base;
	members_find(me);
	raft_note(me);
	election_start(me);
	if (s->churn > 0)
		fr_after(me, CHURN, s->churn, 0);
}

static void
raft_start(struct fr_node *me)
{
	begin(me, false);
}

/* As if it had crashed when the disk failed, and started now. */
static void
on_revive(struct fr_node *me, uint64_t tag)
{
	struct raft *s = me->state;

	(void)tag;
	fr_cancel(me, ELECTION, 0);
	fr_cancel(me, HEARTBEAT, 0);
	fr_cancel(me, FLUSH, 0);
	fr_cancel(me, CHURN, 0);
	read_refuse(me);
	log_drop(me);
	machine_clear(me, &s->machine);
	image_drop(me, &s->image);
	image_drop(me, &s->coming);
	memset(s, 0, sizeof *s);
	begin(me, true);
}

/* ---- for people -------------------------------------------------------------------- */

static void
raft_describe(uint32_t type, const void *body, size_t size, char *text,
	      size_t max)
{
	const struct ask_vote *q = body;
	const struct vote *v = body;
	const struct append *a = body;
	const struct appended *d = body;
	const struct snapshot *i = body;
	const struct installed *n = body;

	(void)size;
#define U(x) ((unsigned long long)(x))
	if (type == ASK_VOTE)
		snprintf(text, max, "%sfor term %llu, last entry %llu of term "
			 "%llu%s", q->pre ? "would you, " : "", U(q->term),
			 U(q->last), U(q->last_term),
			 q->handed ? ", as the leader wishes" : "");
	else if (type == VOTE)
		snprintf(text, max, "%s%s, term %llu", v->pre ? "would: " : "",
			 v->granted ? "yes" : "no", U(v->term));
	else if (type == APPEND)
		snprintf(text, max, "term %llu, %llu entries after %llu of "
			 "term %llu, committed %llu", U(a->term), U(a->count),
			 U(a->prev), U(a->prev_term), U(a->commit));
	else if (type == APPENDED)
		snprintf(text, max, d->success ? "term %llu, has %llu" :
			 "term %llu, no: try after %llu", U(d->term),
			 U(d->match));
	else if (type == SNAPSHOT)
		snprintf(text, max, "term %llu, up to entry %llu, bytes from "
			 "%llu of %llu", U(i->term), U(i->piece.last),
			 U(i->piece.offset), U(i->piece.total));
	else if (type == INSTALLED)
		snprintf(text, max, "term %llu, up to entry %llu, %s",
			 U(n->term), U(n->last), n->whole ? "installed" :
			 "more");
	else
		snprintf(text, max, "term %llu", U(*(const uint64_t *)body));
#undef U
}

static uint64_t
raft_digest(const struct fr_node *me)
{
	const struct raft *s = me->state;
	const uint64_t what[] = { s->term, s->role, s->commit,
				  log_last(&s->log) };

	return fr_checksum(machine_digest(&s->machine), what, sizeof what);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "raft",
	.summary  = "a replicated log with a strong leader; a state machine on it",
	.paper    = "Ongaro, Ousterhout 2014; Ongaro's thesis 2014",
	.promise  = "Every object is linearizable, and each command happens once, "
		    "under lost, late, doubled and reordered messages, "
		    "partitions, pauses, and crashes with restart; operations "
		    "end while a majority of the members can talk to each "
		    "other.  With reading=lease only while clocks run alike, "
		    "within `drift`.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL, .missing = FR_MINORITY,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY |
			 FR_BEARS_DISK | FR_BEARS_RETRIES),
	.workload = "kv",
	.params   = FR_PARAMS(
		{ .name = "election", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "150ms", .min = "1ms", .max = "1m",
		  .low = "100ms", .high = "1s",
		  .help = "who has heard of no leader for so long, up to "
			  "twice, stands for election" },
		{ .name = "beats", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "5", .min = "2", .max = "100",
		  .low = "3", .high = "10",
		  .help = "heartbeats of a leader in that time" },
		{ .name = "batch", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "64", .min = "1", .max = "1024",
		  .help = "entries in one message" },
		{ .name = "window", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "8", .min = "1", .max = "1024",
		  .low = "1", .high = "16",
		  .help = "messages under way to one follower" },
		{ .name = "compact", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "1000", .min = "4", .max = "1000000",
		  .low = "4", .high = "1000",
		  .help = "a snapshot each so many entries" },
		{ .name = "chunk", .kind = FR_PARAM_SIZE, .flags = FR_KNOB,
		  .fallback = "32K", .min = "64", .max = "60K",
		  .low = "1K", .high = "60K",
		  .help = "a snapshot's bytes in one message" },
		{ .name = "reading", .kind = FR_PARAM_TEXT,
		  .fallback = "index",
		  .help = "how reads are made sure of: index, lease or log" },
		{ .name = "drift", .kind = FR_PARAM_REAL,
		  .fallback = "0.05", .min = "0", .max = "0.9",
		  .help = "how far apart clocks may run, for leases" },
		{ .name = "pre-vote", .kind = FR_PARAM_BOOL, .flags = FR_KNOB,
		  .fallback = "true", .help = "ask before a term is raised" },
		{ .name = "check-quorum", .kind = FR_PARAM_BOOL,
		  .flags = FR_KNOB, .fallback = "true",
		  .help = "a leader without followers steps down" },
		{ .name = "members", .kind = FR_PARAM_INT, .fallback = "0",
		  .min = "0", .max = "1024",
		  .help = "so many vote at first; 0: all" },
		{ .name = "churn", .kind = FR_PARAM_INT,
		  .fallback = "0", .min = "0", .max = "6000",
		  .help = "how often a minute the leader changes who votes, "
			  "or hands over" }),
	.state_size = sizeof(struct raft),
	.start    = raft_start,
	.messages = FR_MESSAGES(
		[ASK_VOTE]  = { "ask_vote", on_ask_vote,
				sizeof(struct ask_vote) },
		[VOTE]      = { "vote", on_vote, sizeof(struct vote) },
		[APPEND]    = { "append", on_append, sizeof(struct append) },
		[APPENDED]  = { "appended", on_appended,
				sizeof(struct appended) },
		[SNAPSHOT]  = { "snapshot", on_snapshot,
				sizeof(struct snapshot) },
		[INSTALLED] = { "installed", on_installed,
				sizeof(struct installed) },
		[TIMEOUT_NOW] = { "timeout_now", on_timeout_now,
				  sizeof(struct timeout_now) }),
	.requests = FR_REQUESTS(
		MACHINE_REQUESTS(raft_on_request),
		{ "leader", raft_on_leader }),
	.timers   = FR_TIMERS(
		[ELECTION]  = { "election",  on_election },
		[HEARTBEAT] = { "heartbeat", on_heartbeat },
		[FLUSH]     = { "flush",     on_flush },
		[CHURN]     = { "churn",     on_churn },
		[REVIVE]    = { "revive",    on_revive }),
	.describe = raft_describe,
	.digest   = raft_digest,
};
