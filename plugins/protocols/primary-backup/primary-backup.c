/* SPDX-License-Identifier: MIT */
/*
 * primary-backup - one node decides, the others follow; without consensus.
 *
 *	Alsberg, Day: A Principle for Resilient Sharing of Distributed
 *	Resources.  ICSE 1976.
 *	Budhiraja, Marzullo, Schneider, Toueg: The Primary-Backup Approach.
 *	In Mullender (ed.), Distributed Systems, 1993.
 *
 * The primary is the lowest node that is alive and complete.  Alive is who has
 * been heard of within `patience` (counted in beats, as a clock may show
 * anything); complete is who holds everything that was ever acknowledged: a
 * restarted node is not, until the primary has sent it the whole state.  All
 * is kept in memory.
 *
 * The primary does one thing at a time.  It numbers an update, applies it,
 * tells everybody, and waits until everybody alive has acknowledged that
 * number; only then does it answer, and turn to the next request.  A node that
 * becomes primary opens a new view, sends everybody its state, and waits in
 * the same way before it answers anything.
 *
 * What holds, as long as nobody alive is taken for dead:
 *
 *  1. What was answered, everybody complete holds.
 *  2. Only one primary answers at a time: the next one needs the old one's
 *     acknowledgement, if that is alive, and this ends the old one's office.
 *
 * And what does not: a partition, a paused process or a slow enough link makes
 * one alive taken for dead.  Then there are two primaries, both answer, and
 * one of the two histories is thrown away when they meet again.  That is what
 * consensus is for.
 */
#include <fracas/easy.h>

#include "../shared/objects.h"

enum { HEARTBEAT, UPDATE, STATE, STORED, BEHIND };	/* messages */
enum { BEAT };						/* timers */

#define REGISTERS_MAX 16384	/* the whole state fits into one message */

/* How far a node is.  The primary of a view is view % nodes. */
struct place {
	uint64_t view, number;		/* number: of the last update         */
};

struct heartbeat {
	struct place at;
	uint64_t complete;
};

struct cell {
	int64_t key, value;
};

struct update {
	struct place at;
	struct cell cell;
};

struct ask {				/* a request that waits its turn      */
	struct ask *next;
	uint64_t id;
	uint32_t f;
	int64_t key, value, expected;
};

struct peer {
	int64_t beats;			/* since it was heard of              */
	bool complete;			/* as it said itself                  */
	bool stored;			/* acknowledged the present place     */
};

struct pb {
	struct place at;
	bool complete;
	const char *role;		/* as it was last noted               */
	bool settled;			/* everybody alive has stored `at`    */
	struct objects registers;
	struct ask *asks, **asks_end;	/* the first may be under way: !settled
					   and `writing`                      */
	bool writing;
	int64_t beat, patience;
	struct peer peers[FR_NODES_MAX];
	unsigned char body[FR_MESSAGE_MAX];
};

enum { READ, WRITE, CAS };				/* requests */

static const char primary[] = "primary", backup[] = "backup",
		  joining[] = "joining";

static void settle(struct fr_node *me);
static void next_ask(struct fr_node *me);

/* ---- who is who ---------------------------------------------------------- */

static bool
alive(struct fr_node *me, uint32_t node)
{
	struct pb *s = me->state;

	return node == me->id || s->peers[node].beats * s->beat <= s->patience;
}

/* The lowest that is alive and complete, or me->nodes: nobody is. */
static uint32_t
lowest(struct fr_node *me)
{
	struct pb *s = me->state;
	uint32_t node;

	for (node = 0; node < me->nodes; node++)
		if (node == me->id ? s->complete :
		    s->peers[node].complete && alive(me, node))
			break;
	return node;
}

/* In view 0, before the first, nobody is. */
static bool
is_primary(struct fr_node *me)
{
	struct pb *s = me->state;

	return s->complete && s->at.view > 0 &&
	       s->at.view % me->nodes == me->id;
}

static bool
before(struct place a, struct place b)
{
	return a.view != b.view ? a.view < b.view : a.number < b.number;
}

static void
play(struct fr_node *me, const char *role)
{
	struct pb *s = me->state;

	if (s->role != role)
		fr_note(me, "role", role);
	s->role = role;
}

/* ---- the registers ------------------------------------------------------- */

static const struct object *
register_of(struct fr_node *me, int64_t key)
{
	struct pb *s = me->state;

	return objects_find(&s->registers, key);
}

static int
apply(struct fr_node *me, const struct cell *change)
{
	struct pb *s = me->state;
	struct object *it;

	if (s->registers.count >= REGISTERS_MAX &&
	    register_of(me, change->key) == NULL)
		return -1;
	it = objects_make(me, &s->registers, change->key, NUMBER);
	if (it == NULL)
		return -1;
	it->number = change->value;
	return 0;
}

/* ---- the primary --------------------------------------------------------- */

static void
send_state(struct fr_node *me, uint32_t to)
{
	struct pb *s = me->state;
	struct fr_writer w = fr_writer(s->body, sizeof s->body);

	fr_put_u64(&w, s->at.view);
	fr_put_u64(&w, s->at.number);
	objects_write(&s->registers, &w);
	fr_send(me, to, STATE, s->body, w.size);
}

/* Everybody has to acknowledge the place where we are now. */
static void
unsettle(struct fr_node *me)
{
	struct pb *s = me->state;
	uint32_t node;

	s->settled = false;
	for (node = 0; node < me->nodes; node++)
		s->peers[node].stored = node == me->id;
}

static void
take_office(struct fr_node *me)
{
	struct pb *s = me->state;
	uint64_t view = s->at.view + 1;
	uint32_t node;

	while (view % me->nodes != me->id)
		view++;
	s->at.view = view;
	play(me, primary);
	unsettle(me);
	for (node = 0; node < me->nodes; node++)
		if (node != me->id)
			send_state(me, node);
	settle(me);
}

static void
end_ask(struct fr_node *me)
{
	struct pb *s = me->state;
	struct ask *ask = s->asks;

	s->asks = ask->next;
	if (s->asks == NULL)
		s->asks_end = &s->asks;
	s->writing = false;
	fr_free(me, ask);
}

/* The update of the first request is done. */
static void
acknowledge(struct fr_node *me)
{
	struct pb *s = me->state;

	fr_claim(me, "update", (int64_t)s->at.number, s->asks->value);
	fr_ok(me, s->asks->id, fr_nil());
	end_ask(me);
}

/* Has everybody alive acknowledged?  Then that is done, and the next begins. */
static void
settle(struct fr_node *me)
{
	struct pb *s = me->state;
	uint32_t node;

	if (!is_primary(me) || s->settled)
		return;
	for (node = 0; node < me->nodes; node++)
		if (!s->peers[node].stored && alive(me, node))
			return;
	s->settled = true;
	if (s->writing)
		acknowledge(me);
	next_ask(me);
}

static void
begin_update(struct fr_node *me, struct ask *ask)
{
	struct pb *s = me->state;
	struct update update = { .cell = { ask->key, ask->value } };

	if (apply(me, &update.cell) < 0) {
		fr_fail(me, ask->id, "no room for another register");
		end_ask(me);
		return;
	}
	s->at.number++;
#ifdef BUG_early_answer
	/* The others will hear of it by and by, when they show that they
	 * are behind. */
	acknowledge(me);
	return;
#endif
	s->writing = true;
	update.at = s->at;
	unsettle(me);
	fr_broadcast(me, UPDATE, &update, sizeof update);
	settle(me);
}

/* Serves those who wait, up to the first that has to wait for the backups. */
static void
next_ask(struct fr_node *me)
{
	struct pb *s = me->state;

	while (s->asks != NULL && s->settled && is_primary(me)) {
		struct ask *ask = s->asks;
		const struct object *it = register_of(me, ask->key);

		if (ask->f == READ) {
			fr_ok(me, ask->id, object_value(it));
			end_ask(me);
		} else if (ask->f == CAS && (it == NULL ||
			   it->number != ask->expected)) {
			fr_fail(me, ask->id, "another value is there");
			end_ask(me);
		} else {
			begin_update(me, ask);
		}
	}
}

static void
pb_on_stored(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct pb *s = me->state;
	const struct place *at = body;

	(void)size;
	if (at->view != s->at.view || at->number != s->at.number)
		return;
	s->peers[from].stored = true;
	settle(me);
}

static void
pb_on_behind(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	(void)body;
	(void)size;
	if (is_primary(me))
		send_state(me, from);
}

/* ---- the backup ---------------------------------------------------------- */

/* Another one is primary now: what is under way here may have happened. */
static void
leave_office(struct fr_node *me, uint32_t successor)
{
	struct pb *s = me->state;

	if (s->writing) {
		fr_unsure(me, s->asks->id, "the primary was replaced");
		end_ask(me);
	}
	while (s->asks != NULL) {
		fr_redirect(me, s->asks->id, successor);
		end_ask(me);
	}
}

static void
pb_on_state(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct pb *s = me->state;
	struct fr_reader r = fr_reader(body, size);
	struct place at;

	at.view = fr_get_u64(&r);
	at.number = fr_get_u64(&r);
	if (s->complete && before(at, s->at))
		return;				/* of a primary of the past */
	leave_office(me, from);
	s->complete = objects_read(me, &s->registers, &r) == 0;
	if (!s->complete)
		return;				/* no memory */
	s->at = at;
	play(me, backup);
	fr_send(me, from, STORED, &at, sizeof at);
}

static void
pb_on_update(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct pb *s = me->state;
	const struct update *update = body;
	struct place next = { s->at.view, s->at.number + 1 };

	(void)size;
	if (update->at.view < s->at.view)
		return;				/* of a primary of the past */
#ifdef BUG_joins_early
	if (!s->complete) {
		s->complete = true;
		next = s->at = update->at;
	}
#endif
	if (!s->complete || before(next, update->at)) {
		fr_send(me, from, BEHIND, &s->at, sizeof s->at);
		return;
	}
	if (update->at.number == next.number) {
		if (apply(me, &update->cell) < 0)
			return;
		s->at = next;
	}
	fr_send(me, from, STORED, &update->at, sizeof update->at);
}

/* ---- heartbeats ---------------------------------------------------------- */

static void
pb_on_heartbeat(struct fr_node *me, uint32_t from, const void *body,
		size_t size)
{
	struct pb *s = me->state;
	const struct heartbeat *h = body;

	(void)size;
	s->peers[from].beats = 0;
	s->peers[from].complete = h->complete != 0;
	if (is_primary(me) && s->settled &&
	    (!h->complete || before(h->at, s->at)))
		send_state(me, from);
}

/* What got lost is said again; who has died is waited for no more. */
static void
press_on(struct fr_node *me)
{
	struct pb *s = me->state;
	uint32_t node;

	for (node = 0; node < me->nodes; node++)
		if (!s->peers[node].stored && alive(me, node))
			send_state(me, node);
	settle(me);
}

static void
pb_on_beat(struct fr_node *me, uint64_t tag)
{
	struct pb *s = me->state;
	struct heartbeat h = { s->at, s->complete };
	uint32_t node;

	(void)tag;
	for (node = 0; node < me->nodes; node++)
		s->peers[node].beats++;
	fr_broadcast(me, HEARTBEAT, &h, sizeof h);
	if (is_primary(me) && !s->settled)
		press_on(me);
	else if (!is_primary(me) && lowest(me) == me->id)
		take_office(me);
	fr_after(me, BEAT, s->beat, 0);
}

/* ---- requests ------------------------------------------------------------ */

static void
wait_turn(struct fr_node *me, const struct fr_request *rq, uint32_t f,
	  int64_t value)
{
	struct pb *s = me->state;
	uint32_t node = is_primary(me) ? me->id : lowest(me);
	struct ask *ask;

	if (node != me->id) {
		if (node < me->nodes)
			fr_redirect(me, rq->id, node);
		else
			fr_fail(me, rq->id, "no node is known to be complete");
		return;
	}
	ask = fr_alloc(me, sizeof *ask);
	if (ask == NULL) {
		fr_fail(me, rq->id, "no memory");
		return;
	}
	ask->id = rq->id;
	ask->f = f;
	ask->key = rq->key;
	ask->value = value;
	ask->expected = fr_item(rq->value, 0, 0);
	*s->asks_end = ask;
	s->asks_end = &ask->next;
	next_ask(me);
}

static void
pb_on_read(struct fr_node *me, const struct fr_request *rq)
{
	wait_turn(me, rq, READ, 0);
}

static void
pb_on_write(struct fr_node *me, const struct fr_request *rq)
{
	if (rq->value.kind == FR_INT)
		wait_turn(me, rq, WRITE, rq->value.u.number);
	else
		fr_fail(me, rq->id, "a register holds a number");
}

static void
pb_on_cas(struct fr_node *me, const struct fr_request *rq)
{
	if (rq->value.kind == FR_LIST && rq->value.count == 2)
		wait_turn(me, rq, CAS, rq->value.u.list[1]);
	else
		fr_fail(me, rq->id, "cas takes two numbers: old and new");
}

static void
pb_start(struct fr_node *me)
{
	struct pb *s = me->state;
	uint32_t node;

	s->asks_end = &s->asks;
	s->beat = fr_param(me, "beat");
	s->patience = fr_param(me, "patience");
	/* At the very beginning there is nothing to be missed. */
	s->complete = me->boot == 0;
#ifdef BUG_complete_at_boot
	s->complete = true;
#endif
	for (node = 0; node < me->nodes; node++)
		s->peers[node].complete = true;
	play(me, s->complete ? backup : joining);
	fr_after(me, BEAT, 0, 0);
}

static void
pb_describe(uint32_t type, const void *body, size_t size, char *text,
	    size_t max)
{
	const struct place *at = body;
	const struct update *update = body;
	unsigned long long view = at->view, number = at->number;

	if (type == UPDATE)
		snprintf(text, max, "view %llu, update %llu: register %lld = "
			 "%lld", view, number, (long long)update->cell.key,
			 (long long)update->cell.value);
	else if (type == STATE)
		snprintf(text, max, "view %llu, state after update %llu: "
			 "%zu bytes", view, number, size - sizeof *at);
	else
		snprintf(text, max, "view %llu, at update %llu", view, number);
}

static uint64_t
pb_digest(const struct fr_node *me)
{
	const struct pb *s = me->state;
	uint64_t sum = fr_checksum(s->complete, &s->at, sizeof s->at);

	return sum ^ objects_digest(&s->registers);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "primary-backup",
	.summary  = "one node decides, the others follow; without consensus",
	.paper    = "Alsberg, Day 1976; Budhiraja, Marzullo, Schneider, Toueg "
		    "1993",
	.promise  = "Every register is linearizable under crashes and restarts "
		    "while at least one complete node lives.  Not under "
		    "partitions, pauses or delays beyond `patience`: then two "
		    "primaries answer, and acknowledged writes are lost.",
	/* Who comes back is told everything first, so that one who is killed
	 * again and again is as good as dead. */
	.tolerates = FR_TOLERATES(.crashes = FR_ALL_BUT_ONE,
		.missing = FR_ALL_BUT_ONE,
		.bears = FR_BEARS_CLOCKS),
	.workload = "register",
	.params   = FR_PARAMS(
		{ .name = "beat", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "50ms", .min = "1ms", .max = "10s",
		  .low = "10ms", .high = "200ms",
		  .help = "time between two heartbeats" },
		{ .name = "patience", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "1s", .min = "2ms", .max = "1m",
		  .low = "800ms", .high = "4s",
		  .help = "who is silent so long is taken for dead" }),
	.state_size = sizeof(struct pb),
	.start    = pb_start,
	.messages = FR_MESSAGES(
		[HEARTBEAT] = { "heartbeat", pb_on_heartbeat,
				sizeof(struct heartbeat) },
		[UPDATE] = { "update", pb_on_update, sizeof(struct update) },
		[STATE]  = { "state",  pb_on_state,  sizeof(struct place) },
		[STORED] = { "stored", pb_on_stored, sizeof(struct place) },
		[BEHIND] = { "behind", pb_on_behind, sizeof(struct place) }),
	.requests = FR_REQUESTS(
		{ "read",  pb_on_read },
		{ "write", pb_on_write },
		{ "cas",   pb_on_cas }),
	.timers   = FR_TIMERS([BEAT] = { "beat", pb_on_beat }),
	.describe = pb_describe,
	.digest   = pb_digest,
};
