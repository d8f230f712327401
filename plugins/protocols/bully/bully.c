/* SPDX-License-Identifier: MIT */
/*
 * bully - one coordinator: the highest node that is alive.
 *
 *	Garcia-Molina: Elections in a Distributed Computing System.
 *	IEEE Transactions on Computers C-31(1), 1982.
 *
 * The paper's Bully Algorithm (section III and the appendix), for systems in
 * which every message arrives and is answered within T: so whoever does not
 * answer is dead.  To become the coordinator a node
 *
 *	asks		all higher ones whether they are there; if one is, that
 *			one will do it
 *	halts		all lower ones: they stop whatever they were doing
 *	sets		itself as the coordinator of those that were halted
 *	begins		a reign: they are told what to go on with
 *
 * and starts anew where one of them is lost on the way.  Everybody looks after
 * the one it depends on; the coordinator looks after all, and holds another
 * election when one of them is not with it.  Who comes back begins with one.
 *
 * The assertion: at no time do two nodes reign.  A coordinator reigns only when
 * all lower ones that are alive are halted, and all higher ones are dead; who
 * is halted does not reign.  Each of this depends on T: a message that is late,
 * a lost one, a partition, and there are two.
 *
 * A reign has a number, which its node has not used before: the latest one is
 * on its disk.
 */
#include <fracas/easy.h>

enum { ASK, THERE, HALT, HALTED, SET, ACCEPTED, BEGIN, BEGUN, CHECK, WITH };
enum { ANSWERS, WATCH };			/* timers */

enum status { DOWN, ELECTION, REORGANIZATION, NORMAL };
/* What an election is at; each waits for answers until the timer. */
enum step { NONE, ASKING, HALTING, SETTING, BEGINNING };

#define NOBODY UINT32_MAX

struct message {
	uint64_t round;			/* of who asks; the answer has it     */
	uint64_t reign;			/* of BEGIN; of WITH: yes or no       */
};

/* The names of the paper's variables are in quotes. */
struct bully {
	enum status status;		/* "S(i).s"                           */
	uint32_t coordinator;		/* "S(i).c"                           */
	uint32_t halted;		/* "S(i).h": by whom                  */
	uint64_t halted_round;
	bool up[FR_NODES_MAX];		/* "S(i).Up": who was halted          */
	enum step step;
	uint64_t round;			/* of what is asked now               */
	uint32_t missing;		/* answers to it                      */
	bool answered[FR_NODES_MAX];
	uint64_t watched;		/* the round of a question to the one
					   that is depended on; 0: none       */
	uint64_t reign;			/* of the coordinator                 */
	uint64_t last;			/* mine, on the disk                  */
	bool known;			/* the disk has told                  */
	int64_t limit;			/* "T"                                */
};

static void
note(struct fr_node *me)
{
	static const char *const names[] = {
		[DOWN] = "down", [ELECTION] = "election",
		[REORGANIZATION] = "reorganization", [NORMAL] = "member",
	};
	struct bully *s = me->state;

	fr_note(me, "role", s->status == NORMAL && s->coordinator == me->id ?
			    "coordinator" : names[s->status]);
}

static uint64_t
next_round(struct fr_node *me)
{
	struct bully *s = me->state;

	s->round++;
	return (uint64_t)me->boot << 32 | s->round;
}

static uint64_t
round_of(struct fr_node *me)
{
	struct bully *s = me->state;

	return (uint64_t)me->boot << 32 | s->round;
}

static void
answer(struct fr_node *me, uint32_t to, uint32_t type, uint64_t round,
       uint64_t value)
{
	const struct message m = { round, value };

	fr_send(me, to, type, &m, sizeof m);
}

/* ---- an election --------------------------------------------------------- */

static void election(struct fr_node *me);
static void go_on(struct fr_node *me);

/* Asks those between, or those of them that are up, and waits for T. */
static void
ask_all(struct fr_node *me, enum step step, uint32_t type, uint32_t from,
	uint32_t to, bool up_only)
{
	struct bully *s = me->state;
	const struct message m = { next_round(me), s->reign };
	uint32_t i;

	s->step = step;
	s->missing = 0;
	memset(s->answered, 0, sizeof s->answered);
	for (i = from; i < to; i++) {
		if (up_only && !s->up[i])
			continue;
		s->missing++;
		fr_send(me, i, type, &m, sizeof m);
	}
	fr_after(me, ANSWERS, s->limit, 0);
	if (s->missing == 0)
		go_on(me);
}

static void
stop(struct fr_node *me, uint32_t by)
{
	struct bully *s = me->state;

	s->status = ELECTION;
	s->halted = by;
	s->step = NONE;
	fr_cancel(me, ANSWERS, 0);
	note(me);
}

/* Mine from now on, whatever happens: false, the disk would not have it. */
static bool
new_reign(struct fr_node *me)
{
	struct bully *s = me->state;
	uint64_t next;

	if (!s->known) {
		int64_t got = fr_load(me, "reign", &s->last, sizeof s->last);

		s->known = got == FR_ENOENT || got == sizeof s->last;
	}
	next = s->last + 1;
#ifndef BUG_reign_reused
	if (!s->known || fr_save(me, "reign", &next, sizeof next) < 0)
		return false;
#endif
	s->reign = s->last = next;
	return true;
}

static void
reign(struct fr_node *me)
{
	struct bully *s = me->state;

	s->coordinator = me->id;
	s->status = NORMAL;
	note(me);
#ifdef BUG_old_coordinator
	fr_save(me, "old", &s->coordinator, sizeof s->coordinator);
#endif
}

/* All that were asked have answered, or T is over. */
static void
go_on(struct fr_node *me)
{
	struct bully *s = me->state;

	fr_cancel(me, ANSWERS, 0);
	switch (s->step) {
	case ASKING:			/* nobody was there */
		stop(me, me->id);
		memset(s->up, 0, sizeof s->up);
		ask_all(me, HALTING, HALT, 0, me->id, false);
		return;
	case HALTING:			/* who did not answer is dead */
		s->step = NONE;
		if (!new_reign(me))
			return;
		s->coordinator = me->id;
		s->status = REORGANIZATION;
		note(me);
		ask_all(me, SETTING, SET, 0, me->id, true);
		return;
	case SETTING:
	case BEGINNING:
		if (s->missing > 0) {
			election(me);
		} else if (s->step == SETTING) {
			ask_all(me, BEGINNING, BEGIN, 0, me->id, true);
		} else {
			s->step = NONE;
			reign(me);
		}
		return;
	default:
		return;
	}
}

static void
election(struct fr_node *me)
{
	ask_all(me, ASKING, ASK, me->id + 1, me->nodes, false);
}

static void
on_answers(struct fr_node *me, uint64_t tag)
{
	(void)tag;
	go_on(me);
}

/* Counts an answer to what is asked now; false: it is none. */
static bool
counts(struct fr_node *me, uint32_t from, const struct message *m,
       enum step step)
{
	struct bully *s = me->state;

	if (s->step != step || m->round != round_of(me) || s->answered[from])
		return false;
	s->answered[from] = true;
	s->missing--;
	return true;
}

/* ---- "upon receiving" ---------------------------------------------------- */

static void
on_ask(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	(void)size;
	answer(me, from, THERE, ((const struct message *)body)->round, 0);
}

/* A higher one is there: it will do it.  Or whom this one depends on is. */
static void
on_there(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	const struct message *m = body;
	struct bully *s = me->state;

	(void)size;
	if (m->round == s->watched) {
		s->watched = 0;
		return;
	}
	if (!counts(me, from, m, ASKING))
		return;
	s->step = NONE;
	fr_cancel(me, ANSWERS, 0);
}

static void
on_halt(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	const struct message *m = body;
	struct bully *s = me->state;

	(void)size;
	if (from < me->id)
		return;
#ifdef BUG_stubborn
	if (s->status == NORMAL && s->coordinator == me->id)
		return;
#endif
	if (s->halted_round != m->round || s->halted != from) {
		stop(me, from);
		s->halted_round = m->round;
		s->watched = 0;
	}
	answer(me, from, HALTED, m->round, 0);
}

static void
on_halted(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct bully *s = me->state;

	(void)size;
	if (!counts(me, from, body, HALTING))
		return;
	s->up[from] = true;
	if (s->missing == 0)
		go_on(me);
}

static void
on_set(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct bully *s = me->state;

	(void)size;
	if (s->halted != from || (s->status != ELECTION &&
				  s->coordinator != from))
		return;
	if (s->status == ELECTION) {
		s->coordinator = from;
		s->status = REORGANIZATION;
		note(me);
	}
	answer(me, from, ACCEPTED, ((const struct message *)body)->round, 0);
}

static void
on_accepted(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	(void)size;
	if (counts(me, from, body, SETTING) &&
	    ((struct bully *)me->state)->missing == 0)
		go_on(me);
}

static void
on_begin(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	const struct message *m = body;
	struct bully *s = me->state;

	(void)size;
	if (s->coordinator != from || s->status == ELECTION)
		return;
	s->status = NORMAL;
	s->reign = m->reign;
	note(me);
#ifdef BUG_old_coordinator
	fr_save(me, "old", &s->coordinator, sizeof s->coordinator);
#endif
	answer(me, from, BEGUN, m->round, 0);
}

static void
on_begun(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	(void)size;
	if (counts(me, from, body, BEGINNING) &&
	    ((struct bully *)me->state)->missing == 0)
		go_on(me);
}

/* ---- looking after each other -------------------------------------------- */

/* "Are you normal", and with whoever asks? */
static void
on_check(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct bully *s = me->state;

	(void)size;
	answer(me, from, WITH, ((const struct message *)body)->round,
	       s->status == NORMAL && s->coordinator == from);
}

static void
on_with(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	const struct message *m = body;
	struct bully *s = me->state;

	(void)from;
	(void)size;
	if (m->round == s->watched && m->reign == 0 && s->status == NORMAL &&
	    s->coordinator == me->id && s->step == NONE)
		election(me);
}

/* Whom this node depends on; NOBODY: it has to see for itself. */
static uint32_t
depends_on(const struct bully *s)
{
	return s->status == ELECTION ? s->halted : s->coordinator;
}

/* Every T: did the one of before answer?  And again. */
static void
on_watch(struct fr_node *me, uint64_t tag)
{
	struct bully *s = me->state;
	uint32_t on = depends_on(s);
	struct message m = { 0, 0 };

	(void)tag;
	fr_after(me, WATCH, s->limit, 0);
	if (s->step != NONE)
		return;
	if (on == NOBODY || (on == me->id && s->status != NORMAL) ||
	    (on != me->id && s->watched != 0)) {
		s->watched = 0;
		election(me);
		return;
	}
	m.round = s->watched = next_round(me);
	if (on == me->id)
		fr_broadcast(me, CHECK, &m, sizeof m);
	else
		fr_send(me, on, ASK, &m, sizeof m);
}

/* ---- clients, boot ------------------------------------------------------- */

static void
on_coordinator(struct fr_node *me, const struct fr_request *rq)
{
	struct bully *s = me->state;
	const int64_t reply[] = { (int64_t)s->reign, s->coordinator };

	if (s->status == NORMAL)
		fr_ok(me, rq->id, fr_list(reply, 2));
	else
		fr_fail(me, rq->id, "an election is going on");
}

/* "Recovery": who comes back knows nothing of the present. */
static void
start(struct fr_node *me)
{
	struct bully *s = me->state;

	s->limit = fr_param(me, "limit");
	s->status = ELECTION;
	s->halted = s->coordinator = NOBODY;
	note(me);
	fr_after(me, WATCH, s->limit, 0);
#ifdef BUG_old_coordinator
	if (fr_load(me, "old", &s->coordinator, sizeof s->coordinator) > 0) {
		s->status = NORMAL;
		return;
	}
#endif
	election(me);
}

static void
describe(uint32_t type, const void *body, size_t size, char *text, size_t max)
{
	const struct message *m = body;

	(void)size;
	if (type == BEGIN)
		snprintf(text, max, "reign %llu", (unsigned long long)m->reign);
	else if (type == WITH)
		snprintf(text, max, m->reign ? "yes" : "no");
	else
		snprintf(text, max, "round %llu of boot %llu",
			 (unsigned long long)(m->round & UINT32_MAX),
			 (unsigned long long)(m->round >> 32));
}

#define MESSAGE sizeof(struct message)

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "bully",
	.summary  = "one coordinator: the highest node that is alive",
	.paper    = "Garcia-Molina 1982",
	.promise  = "No two nodes are coordinator at one time, and in the end "
		    "all agree on the highest that is alive, while nodes crash "
		    "and come back; as long as every message is answered "
		    "within `limit`: no partitions, no pauses.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL,
		.missing = FR_ALL_BUT_ONE,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_COPIES |
			 FR_BEARS_CLOCKS | FR_BEARS_DISK | FR_BEARS_RETRIES),
	.workload = "election",
	.params   = FR_PARAMS(
		{ .name = "limit", .kind = FR_PARAM_TIME,
		  .fallback = "300ms", .min = "1ms", .max = "1h",
		  .help = "whoever has not answered by then is dead (the "
			  "paper's T)" }),
	.state_size = sizeof(struct bully),
	.start    = start,
	.messages = FR_MESSAGES(
		[ASK]      = { "are-you-there", on_ask, MESSAGE },
		[THERE]    = { "there", on_there, MESSAGE },
		[HALT]     = { "enter-election", on_halt, MESSAGE },
		[HALTED]   = { "halted", on_halted, MESSAGE },
		[SET]      = { "set-coordinator", on_set, MESSAGE },
		[ACCEPTED] = { "accepted", on_accepted, MESSAGE },
		[BEGIN]    = { "new-state", on_begin, MESSAGE },
		[BEGUN]    = { "begun", on_begun, MESSAGE },
		[CHECK]    = { "are-you-normal", on_check, MESSAGE },
		[WITH]     = { "with-you", on_with, MESSAGE }),
	.requests = FR_REQUESTS({ "coordinator", on_coordinator }),
	.timers   = FR_TIMERS(
		[ANSWERS] = { "answers", on_answers },
		[WATCH]   = { "watch", on_watch }),
	.describe = describe,
};
