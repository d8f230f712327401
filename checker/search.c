/* SPDX-License-Identifier: MIT */
/*
 * The general search: is there an order, for any model?
 *
 * Wing and Gong's search ("Testing and verifying concurrent objects", 1993)
 * with Lowe's memory of configurations ("Testing for linearizability", 2016),
 * depth first, never recursive.  A configuration is the set of operations that
 * are linearized, and the state.  The first completion that is not linearized
 * is F; candidates are those called before it.
 *
 * 1. A configuration is remembered as 128 bits: the exclusive or of one random
 *    word pair an operation, mixed with the state's number.  It is tried once.
 * 2. Eager: an operation that never changes the state and is legal now is
 *    taken at once; wherever else it could stand, it can stand here.
 * 3. Of candidates with the same effect only the one with the earliest
 *    deadline is tried: two such can change places in any linearization.
 *    Pending ones of the same effect are taken in the order of their calls,
 *    and after those that have a deadline.
 * 4. Plain models: a pending operation is taken only when a candidate needs
 *    the value it makes, maybe through other pending ones: the next operation
 *    must use the value, or the linearization could do without.
 * 5. Plain models: a value that is still needed by some deadline, and that
 *    nothing called before that deadline can make again, is not overwritten.
 * 6. Plain models: pending operations of one class are at first *loose*: there
 *    is no end of them, all called when the first one was.  A linearization of
 *    the history is one of this other history, too, so where that has none it
 *    has none, and rules 1 to 5 hold for it as for any.  A configuration need
 *    not tell how many of a class are used, so that there are far fewer.  What
 *    was found is a linearization of the history if the k-th use of a class
 *    stands where the k-th call of it allows; the classes for which it does not
 *    are counted from then on, and the search begins again.  There are finitely
 *    many classes, and finitely many values for the loose ones to make.
 * 7. Where nothing is under way the history is cut, and what is before it is
 *    over: see cuts.c.  A search that is stuck begins again from there.
 */
#include "checker/search.h"

#include <string.h>

#define DIRECT	UINT64_C(200000)	/* steps: less is tried at once        */
#define PATIENCE UINT64_C(2000)		/* steps that lead no further          */
#define STUCK	UINT64_C(16000)		/* with so much: it looks at windows   */
#define LOOK_BACK 32u			/* completions, and so much further    */
#define FURTHER	8u			/* each time,                          */
#define LOOK_MOST 2048u			/* up to here                          */
#define ROUNDS	4u			/* before all is begun anew            */

/* Takes all that never change the state and are legal now. */
static void
settle(struct search *s)
{
	const struct part *p = s->p;
	uint32_t limit = horizon(s), i, next;

	for (i = s->next[s->n]; i != s->n && p->call[i] < limit; i = next) {
		next = s->next[i];
		if (!(p->flags[i] & OP_PURE) || step(s, i) != s->state)
			continue;
		search_take(s, i, s->state);
		limit = horizon(s);
	}
}

/* ---- choosing --------------------------------------------------------------------------- */

struct choice {
	uint32_t class, rank;		/* the smaller, the earlier tried      */
	uint32_t op, state;
};

static inline bool
before(uint32_t class_a, uint32_t rank_a, uint32_t class_b, uint32_t rank_b)
{
	return class_a != class_b ? class_a < class_b : rank_a < rank_b;
}

static void
want(struct search *s, uint32_t value)
{
	if (s->want_stamp[value] == s->stamp)
		return;
	s->want_stamp[value] = s->stamp;
	s->want[s->want_count++] = value;
}

/* Can what i makes be overwritten at once?  Nobody is left to see it, or
 * somebody else makes it again before the next is called that needs it. */
static bool
may_hide(const struct search *s, uint32_t i, uint32_t made)
{
	const struct part *p = s->p;
	uint32_t head = head_of(s, made), user = s->user_next[head];
	uint32_t maker = s->maker_next[head];

	if (user == head)
		return true;
	if (maker == i)
		maker = s->maker_next[maker];
	return maker != head && p->ret[maker] < p->call[user];
}

/*
 * How promising i is: a small number is tried early.  It follows from i and
 * the configuration, so that in one configuration it is always the same.
 */
static uint32_t
promise(const struct search *s, uint32_t i)
{
	const struct part *p = s->p;
	uint32_t first = s->by_ret[s->at], made;
	uint64_t chance;

	if (!s->plain)
		return p->ret[i] == NEVER;
	if (s->seed > 0) {
		chance = scramble(s->hash.low ^ ((uint64_t)s->seed << 32 | i));
		if (chance % 16 < s->seed && chance % 16 < 8)
			return (uint32_t)(chance >> 32) % 5;
	}
	made = p->b[i] != NONE ? p->b[i] : p->a[i];
	if (first != i && p->a[first] == made &&
	    !(p->flags[first] & OP_UNLESS))
		return 0;
	if (s->want_stamp[made] == s->stamp)
		return 2;
	if (may_hide(s, i, made))
		return 1;
	return i == first ? 3 : 4;
}

/* Rule 5. */
static bool
must_stay(const struct search *s, uint32_t i)
{
	const struct part *p = s->p;
	uint32_t head, user, maker;

	if (!s->plain || s->state == WILD || p->b[i] == s->state)
		return false;
	head = head_of(s, s->state);
	user = s->user_next[head];
	if (user == i)
		user = s->user_next[user];
	if (user == head)
		return false;
	maker = s->maker_next[head];
	return maker == head || p->call[maker] > p->ret[user];
}

static void
consider(struct search *s, uint32_t i, const struct frame *f,
	 struct choice *best)
{
	uint32_t class, rank, state;

	if (must_stay(s, i))
		return;
	class = promise(s, i);
	rank = s->p->ret[i] == NEVER ? s->p->ranks + s->p->call[i] :
		s->p->ret[i];
	if (!before(f->tried_class, f->tried_rank, class, rank + 1) ||
	    (best->op != NONE &&
	     !before(class, rank, best->class, best->rank)))
		return;
	state = step(s, i);
	if (state == NONE)
		return;
	best->class = class;
	best->rank = rank;
	best->op = i;
	best->state = state;
}

/* The next of class c that is pending and was called in time, or NONE. */
static uint32_t
next_pending(const struct search *s, uint32_t c, uint32_t limit)
{
	uint32_t at = s->pending_start[c], i;

	if (!s->loose[c])
		at += s->pending_used[c];
	if (at >= s->pending_start[c + 1] || s->class_stamp[c] == s->stamp)
		return NONE;
	i = s->pending[at];
	return s->p->call[i] < limit ? i : NONE;
}

static void
consider_pending(struct search *s, uint32_t limit, bool all,
		 const struct frame *f, struct choice *best)
{
	const struct part *p = s->p;
	uint32_t c, i, k;

	if (all) {
		for (k = 0; k < s->open_count; k++) {
			c = s->open[k];
			if (p->call[s->pending[s->pending_start[c]]] >= limit)
				break;
			if ((i = next_pending(s, c, limit)) != NONE)
				consider(s, i, f, best);
		}
		return;
	}
	for (k = 0; k < s->want_count; k++) {
		for (c = s->first_class[s->want[k]]; c != NONE;
		     c = s->next_class[c]) {
			if ((i = next_pending(s, c, limit)) == NONE)
				continue;
			if (p->a[i] == NONE || p->a[i] == s->state ||
			    s->state == WILD)
				consider(s, i, f, best);
			else
				want(s, p->a[i]);
		}
	}
}

/* The best candidate after the last one tried; op NONE: there is none. */
static struct choice
choose(struct search *s, const struct frame *f)
{
	const struct part *p = s->p;
	struct choice best = { 0, 0, NONE, NONE };
	uint32_t limit = horizon(s), i, c;
	bool all = !s->plain;

	s->stamp++;
	s->want_count = 0;
	for (i = s->next[s->n]; i != s->n && p->call[i] < limit;
	     i = s->next[i]) {
		if (s->plain && p->a[i] != NONE && p->a[i] != s->state) {
			if (!(p->flags[i] & OP_UNLESS))
				want(s, p->a[i]);
		} else if (s->plain && (p->flags[i] & OP_UNLESS)) {
			all = true;	/* anything that changes the value */
		}
		c = s->class_of[i];
		if (s->class_stamp[c] != s->stamp ||
		    p->ret[i] < p->ret[s->class_best[c]]) {
			s->class_stamp[c] = s->stamp;
			s->class_best[c] = i;
		}
	}
	for (i = s->next[s->n]; i != s->n && p->call[i] < limit;
	     i = s->next[i])
		if (s->class_best[s->class_of[i]] == i &&
		    (!(p->flags[i] & OP_PURE) || s->state == WILD))
			consider(s, i, f, &best);
	if (s->pending_count > 0)
		consider_pending(s, limit, all, f, &best);
	return best;
}

static bool
push(struct search *s)
{
	uint32_t room = s->frame_room == 0 ? 64 : s->frame_room * 2, *trail;
	uint32_t dropped;
	struct frame *f;

	if (s->frame_count == s->frame_room) {
		f = budget_resize(s->budget, s->frames, s->frame_room, room,
				  sizeof *f);
		if (f == NULL)
			return false;
		s->frames = f;
		s->frame_room = room;
	}
	/* Each frame takes one, and what is settled then ends. */
	dropped = s->mark_count > 0 ? s->marks[s->mark_count - 1].frames : 0;
	if (s->trail_room < s->n + dropped + s->frame_count + 2) {
		room = s->trail_room * 2;
		trail = budget_resize(s->budget, s->trail, s->trail_room, room,
				      sizeof *trail);
		if (trail == NULL)
			return false;
		s->trail = trail;
		s->trail_room = room;
	}
	f = &s->frames[s->frame_count++];
	f->trail = s->trail_length;
	f->state = s->state;
	f->at = s->at;
	f->tried_class = f->tried_rank = 0;
	return true;
}

/* ---- the search --------------------------------------------------------------------------- */

/* A value that is read and that nothing can ever have made. */
static bool
impossible(struct search *s, struct answer *out)
{
	const struct part *p = s->p;
	uint32_t i;

	if (!s->plain || p->initial == NONE)
		return false;
	for (i = 0; i < p->n; i++) {
		if (!is_user(p, i) || p->a[i] == p->initial ||
		    s->maker_next[head_of(s, p->a[i])] !=
		    head_of(s, p->a[i]))
			continue;
		out->decision = NO;
		out->violation = "invented";
		out->clash[0] = i;
		out->clash_count = 1;
		return true;
	}
	return false;
}

/* Counts a step: false: there may be no more. */
static bool
may_step(struct search *s, uint64_t steps, struct answer *out)
{
	if ((++s->steps & 255) == 0 && (!budget_time(s->budget) ||
					s->budget->out != OUT_NOTHING))
		return false;
	s->since++;
	if ((steps == 0 || s->steps <= steps) &&
	    (s->patience == 0 || s->since <= s->patience))
		return true;
	out->out = OUT_STEPS;
	return false;
}

/* Takes the next candidate of the last frame that has one: 1; 0: there is no
 * such frame; -1: it ends here. */
static int
go_on(struct search *s, uint64_t steps, struct answer *out)
{
	struct frame *f;
	struct choice c;

	while (s->frame_count > 0) {
		if (!may_step(s, steps, out))
			return -1;
		f = &s->frames[s->frame_count - 1];
		search_go_back(s, f);
		c = choose(s, f);
		if (s->o.failed)
			return -1;
		if (c.op != NONE) {
			f->tried_class = c.class;
			f->tried_rank = c.rank + 1;
			search_take(s, c.op, c.state);
			return 1;
		}
		s->frame_count--;
	}
	return 0;
}

static void
search(struct search *s, uint64_t steps, struct answer *out)
{
	int fresh, more;

	for (;;) {
		settle(s);
		if (s->at > s->reached) {
			s->reached = s->at;
			s->since = 0;
			if (s->at > s->deepest)
				s->deepest = s->at;
		}
		if (s->at == s->ok_count) {
			out->decision = YES;
			return;
		}
		fresh = s->goal < s->cut_count &&
			s->at >= s->cuts[s->goal].at ? cuts_pass(s) : 1;
		if (fresh > 0)
			fresh = search_remember(s);
		if (fresh < 0 || (fresh > 0 && !push(s)) || s->o.failed)
			return;
		more = go_on(s, steps, out);
		if (more == 0)
			more = cuts_back(s);
		if (more == 0)
			out->decision = NO;
		if (more <= 0)
			return;
	}
}

/*
 * Rule 6: gives each use of a loose class the operation that it is.  false:
 * some were used too often, or too early; they are counted now.
 */
static bool
count_loose(struct search *s)
{
	const struct part *p = s->p;
	uint32_t *limit, k, i, c, at, least = NEVER;
	size_t room = s->trail_length;
	bool right = true;

	limit = budget_new(s->budget, room, sizeof *limit);
	if (limit == NULL) {
		s->o.failed = true;
		return false;
	}
	for (k = s->trail_length; k-- > 0;) {
		limit[k] = least;
		if (p->ret[s->trail[k]] < least)
			least = p->ret[s->trail[k]];
	}
	memset(s->pending_used, 0, s->classes * sizeof *s->pending_used);
	for (k = 0; k < s->trail_length; k++) {
		i = s->trail[k];
		c = s->class_of[i];
		if (p->ret[i] != NEVER)
			continue;
		at = s->pending_start[c] + s->pending_used[c]++;
		if (!s->loose[c])
			continue;
		if (at < s->pending_start[c + 1] &&
		    p->call[s->pending[at]] < limit[k]) {
			s->trail[k] = s->pending[at];
		} else {
			/* Until the trail is gone: see begin_again. */
			s->loose[c] = 2;
			right = false;
		}
	}
	budget_free(s->budget, limit, room, sizeof *limit);
	return right;
}

/* From a place on its way with up to `at` completions. */
static void
search_again(struct search *s, uint32_t at)
{
	cuts_again(s, at);
	s->reached = s->at;
	s->since = 0;
}

static void
begin_again(struct search *s)
{
	uint32_t c;

	cuts_begin(s);
	s->reached = 0;
	for (c = 0; c < s->classes; c++)
		if (s->loose[c] == 2)
			s->loose[c] = 0;
	s->deepest = 0;
	/* What was dead stays so, but how far one comes from there, too, is
	 * another question now. */
	if (s->dead != NULL)
		memset(s->dead, 0, (s->dead_mask + 1) * sizeof *s->dead);
	s->dead_count = 0;
}

static void
attempt(struct search *s, uint64_t steps, struct answer *out)
{
	const struct part *p = s->p;

	out->out = OUT_NOTHING;
	search(s, steps, out);
	while (out->decision == YES && s->pending_count > 0 &&
	       !count_loose(s)) {
		out->decision = UNDECIDED;
		if (s->o.failed)
			break;
		begin_again(s);
		search(s, steps, out);
	}
	if (s->deepest < s->ok_count)
		out->frontier = p->ret[s->by_ret[s->deepest]];
	if (out->decision == YES) {
		memcpy(out->order, s->trail,
		       s->trail_length * sizeof *s->trail);
		out->count = s->trail_length;
	}
}

/* false: there is an answer, or no memory; tear down all the same. */
static bool
begin(struct search *s, const struct part *p, const struct fr_history *h,
      struct answer *out, struct budget *b)
{
	out->algorithm = "search";
	out->decision = UNDECIDED;
	out->clash_count = 0;
	out->violation = NULL;
	out->frontier = p->ranks;
	out->out = OUT_NOTHING;
	return search_set_up(s, p, h, b) && !impossible(s, out);
}

static void
end(struct search *s, struct answer *out)
{
	if (out->decision == UNDECIDED && out->out == OUT_NOTHING)
		out->out = (enum ran_out)s->budget->out;
	search_tear_down(s);
}

void
search_once(const struct part *p, const struct fr_history *h, uint64_t steps,
	    struct answer *out, struct budget *b)
{
	struct search s;

	if (begin(&s, p, h, out, b))
		attempt(&s, steps, out);
	end(&s, out);
}

/*
 * A search that does not get further begins again, with other choices drawn by
 * lot: at first a little before where it is stuck, since what is wrong is most
 * often near, then from further and further back.  Where that is not enough it
 * looks whether some window before that place has no linearization, and has
 * more patience from then on; and every fourth time, or where the way is short,
 * it begins with what is settled.  Getting further is a new beginning.
 */
static void
patiently(struct search *s, const struct fr_history *h, uint64_t steps,
	  uint8_t *keep, struct answer *out)
{
	uint64_t patience = PATIENCE;
	uint32_t back = LOOK_BACK, stuck = 0, rounds = 0, way;

	for (;;) {
		s->patience = patience;
		attempt(s, steps, out);
		if (out->out != OUT_STEPS || (steps != 0 && s->steps > steps))
			return;
		if (!budget_time(s->budget)) {
			out->out = OUT_TIME;
			return;
		}
		back = s->deepest > stuck ? LOOK_BACK : back * FURTHER;
		stuck = s->deepest;
		s->seed++;
		way = s->deepest - s->settled;
		if (back < way && back <= LOOK_MOST) {
			search_again(s, s->deepest - back);
			continue;
		}
		if (patience >= STUCK &&
		    window_refute(s->p, h, out->frontier, patience, keep,
				  s->budget)) {
			out->decision = NO;
			out->out = OUT_NOTHING;
			return;
		}
		back = LOOK_BACK;
		patience *= 2;
		if (way > LOOK_MOST * FURTHER && ++rounds % ROUNDS != 0) {
			search_again(s, s->deepest - LOOK_MOST * FURTHER);
			continue;
		}
		search_again(s, s->settled);
		/* Counting is dear where it is not needed after all; and what
		 * is counted was not called before what is settled. */
		memset(s->loose, s->plain, s->classes);
	}
}

void
search_decide(const struct part *p, const struct fr_history *h, uint64_t steps,
	      struct answer *out, struct budget *b)
{
	uint64_t few = DIRECT + 4 * (uint64_t)p->n;
	uint8_t *keep = NULL;
	struct search s;

	if (p->shape == SHAPE_PLAIN && p->initial != NONE &&
	    (steps == 0 || steps > few))
		keep = budget_new(b, p->n, 1);
	if (keep == NULL) {
		search_once(p, h, steps, out, b);
		return;
	}
	if (begin(&s, p, h, out, b))
		patiently(&s, h, steps, keep, out);
	end(&s, out);
	budget_free(b, keep, p->n, 1);
}
