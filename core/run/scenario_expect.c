/* SPDX-License-Identifier: MIT */
/*
 * What a scenario expects, and what happened: from the history in the store.
 *
 *	... gives VALUE | succeeds | fails | is unsure	[by TIME]
 *	expect node I NAME=TEXT by|at TIME
 *	expect node I claims NAME KEY VALUE [by TIME]
 *	expect valid | invalid [WORD] | unknown
 *	expect hash HEX
 *
 * Times are since the phase began in which the operation is asked, and those
 * of nodes since the main phase began.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/units.h"
#include "core/run/scenario.h"

/* ---- reading -------------------------------------------------------------------------- */

static void
add(struct expectations *all, struct expectation e, struct tape_line *l,
    const char *from, struct arena *a)
{
	const char *end = l->end;

	while (end > from && (end[-1] == ' ' || end[-1] == '\t' ||
			      end[-1] == '\r'))
		end--;
	e.line = l->number;
	e.words = arena_format(a, "%.*s", (int)(end - from), from);
	mem_grow(&all->at, &all->room, all->count + 1, sizeof e);
	all->at[all->count++] = e;
}

/* "by TIME", or nothing; `at` is possible of a note. */
static int
read_by(struct expectation *e, struct tape_line *l, bool needed,
	struct fr_err *err)
{
	struct tape_word w;

	e->by = -1;
	if (!line_word(l, &w)) {
		if (!needed)
			return 0;
		err_usage(err, "until when? Write 'by TIME' or 'at TIME'");
		return line_error(l, w.at, err);
	}
	e->then = needed && strcmp(w.text, "at") == 0;
	if (!e->then && strcmp(w.text, "by") != 0) {
		err_usage(err, "'%s' stands where 'by TIME' could", w.text);
		return line_error(l, w.at, err);
	}
	return line_time(l, &e->by, err) < 0 ? -1 : line_end(l, err);
}

int
expect_answer(struct expectations *all, struct tape_line *l, size_t op,
	      struct arena *a, struct fr_err *err)
{
	struct expectation e = { .op = op };
	struct tape_word w, more;

	if (!line_word(l, &w))
		return 0;
	if (strcmp(w.text, "gives") == 0) {
		e.what = EXPECT_GIVES;
		if (line_value(l, a, &e.value, err) < 0)
			return -1;
	} else if (strcmp(w.text, "succeeds") == 0) {
		e.what = EXPECT_SUCCEEDS;
	} else if (strcmp(w.text, "fails") == 0) {
		e.what = EXPECT_FAILS;
	} else if (strcmp(w.text, "is") == 0 && line_word(l, &more) &&
		   strcmp(more.text, "unsure") == 0) {
		e.what = EXPECT_UNSURE;
	} else {
		err_usage(err, "'%s' is nothing that comes of an operation: "
			  "'gives VALUE', 'succeeds', 'fails' or 'is unsure'",
			  w.text);
		return line_error(l, w.at, err);
	}
	if (read_by(&e, l, false, err) < 0)
		return -1;
	add(all, e, l, w.at, a);
	return 0;
}

static int
expect_node(struct expectation *e, struct tape_line *l, uint32_t nodes,
	    struct arena *a, struct fr_err *err)
{
	struct fr_value name;
	struct tape_word w;
	const char *equals;
	int64_t node;

	if (line_number(l, 0, (int64_t)nodes - 1, &node, err) < 0)
		return -1;
	e->node = (uint32_t)node;
	if (line_word(l, &w) && strcmp(w.text, "claims") == 0) {
		e->what = EXPECT_CLAIM;
		while (l->at < l->end && *l->at == ' ')
			l->at++;
		if (l->at < l->end && *l->at == '"') {
			if (line_value(l, a, &name, err) < 0)
				return -1;
			e->name = arena_format(a, "%.*s", (int)name.count,
					       (const char *)name.u.bytes);
		} else {
			(void)line_word(l, &w);
			e->name = arena_string(a, w.text);
		}
		return line_number(l, INT64_MIN, INT64_MAX, &e->key,
				   err) < 0 ||
		       line_number(l, INT64_MIN, INT64_MAX, &e->number,
				   err) < 0 ? -1 : read_by(e, l, false, err);
	}
	equals = strchr(w.text, '=');
	if (equals == NULL || equals == w.text) {
		err_usage(err, "what is expected of node %u? 'NAME=TEXT by "
			  "TIME' is what it notes, 'claims NAME KEY VALUE' what "
			  "it claims", e->node);
		return line_error(l, w.at, err);
	}
	e->what = EXPECT_NOTE;
	e->name = arena_format(a, "%.*s", (int)(equals - w.text), w.text);
	e->text = arena_string(a, equals + 1);
	return read_by(e, l, true, err);
}

static int
expect_hash(struct expectation *e, struct tape_line *l, struct fr_err *err)
{
	struct tape_word w;
	char *end;

	e->what = EXPECT_HASH;
	(void)line_word(l, &w);
	e->hash = strtoull(w.text, &end, 16);
	if (strlen(w.text) == 16 && *end == '\0')
		return line_end(l, err);
	err_usage(err, "a hash has 16 digits 0-9 and a-f, as it is printed "
		  "with a run");
	return line_error(l, w.at, err);
}

int
expect_line(struct expectations *all, struct tape_line *l, uint32_t nodes,
	    struct arena *a, struct fr_err *err)
{
	struct expectation e = { .what = EXPECT_VERDICT, .by = -1 };
	struct tape_word w, word;
	int kind, status;

	(void)line_word(l, &w);
	for (kind = 0; kind <= VERDICT_UNKNOWN; kind++)
		if (strcmp(w.text, verdict_names[kind]) == 0)
			break;
	if (strcmp(w.text, "node") == 0) {
		status = expect_node(&e, l, nodes, a, err);
	} else if (strcmp(w.text, "hash") == 0) {
		status = expect_hash(&e, l, err);
	} else if (kind <= VERDICT_UNKNOWN) {
		e.verdict = (enum verdict_kind)kind;
		if (kind == VERDICT_INVALID && line_word(l, &word))
			e.text = arena_string(a, word.text);
		status = line_end(l, err);
	} else {
		err_usage(err, "'expect' what? valid, invalid, unknown, 'node I "
			  "NAME=TEXT by TIME', 'node I claims NAME KEY VALUE' "
			  "or 'hash HEX'");
		return line_error(l, w.at, err);
	}
	if (status == 0)
		add(all, e, l, w.at, a);
	return status;
}

/* ---- what happened -------------------------------------------------------------------- */

struct answer {
	bool asked, ended;
	enum event_kind kind;
	int64_t t;			/* since the phase began               */
	char *value, *why;
};

struct seen {
	const struct tape *tape;
	const struct expectations *all;
	struct answer *answers;		/* by operation                        */
	size_t *open;			/* by client: +1; 0: none              */
	uint32_t phase;
	int64_t began, main;		/* the phase, the main phase; -1: not  */
	bool *met;			/* notes and claims, by expectation    */
	char **last;			/* what was noted last, likewise       */
};

static void
see_invoke(struct seen *s, const struct event *e)
{
	size_t i;

	for (i = 0; i < s->tape->op_count; i++)
		if (!s->answers[i].asked &&
		    s->tape->ops[i].client == (uint32_t)e->client &&
		    s->tape->ops[i].phase == s->phase)
			break;
	if (i == s->tape->op_count)
		return;
	s->answers[i].asked = true;
	s->open[e->client] = i + 1;
}

static void
see_end(struct seen *s, const struct event *e)
{
	struct answer *answer;
	struct buf b;

	if (e->client < 0 || s->open[e->client] == 0)
		return;
	answer = &s->answers[s->open[e->client] - 1];
	s->open[e->client] = 0;
	answer->ended = true;
	answer->kind = e->kind;
	answer->t = e->t - s->began;
	buf_init(&b, 16u << 20);
	value_text(&b, &e->value);
	answer->value = mem_string(b.data);
	answer->why = mem_string(e->text == NULL ? "" : e->text);
	buf_free(&b);
}

static void
see_word(struct seen *s, const struct event *e)
{
	const struct expectation *x;
	int64_t t = s->main < 0 ? 0 : e->t - s->main;
	size_t i;
	bool same;

	for (i = 0; i < s->all->count; i++) {
		x = &s->all->at[i];
		if (x->what != (e->kind == EVENT_NOTE ? EXPECT_NOTE :
				EXPECT_CLAIM) ||
		    e->node != (int32_t)x->node ||
		    strcmp(e->name, x->name) != 0 ||
		    (x->by >= 0 && t > x->by))
			continue;
		if (e->kind == EVENT_CLAIM) {
			if (e->key != x->key)
				continue;
			same = e->number == x->number;
			free(s->last[i]);
			s->last[i] = mem_format("%" PRId64, e->number);
		} else {
			same = strcmp(e->text, x->text) == 0;
			free(s->last[i]);
			s->last[i] = mem_string(e->text);
		}
		s->met[i] = same || (s->met[i] && !x->then);
	}
}

/* What a node believed, it does not believe after its end. */
static void
see_node_end(struct seen *s, const struct event *e)
{
	const struct expectation *x;
	size_t i;

	for (i = 0; i < s->all->count; i++) {
		x = &s->all->at[i];
		if (x->what == EXPECT_NOTE && x->then && s->main >= 0 &&
		    e->node == (int32_t)x->node && e->t - s->main <= x->by)
			s->met[i] = false;
	}
}

static int
see(void *arg, uint64_t rank, const struct event *e)
{
	struct seen *s = arg;

	(void)rank;
	switch (e->kind) {
	case EVENT_PHASE:
		if (strcmp(e->name, "main") == 0)
			s->main = s->began = e->t;
		if (strcmp(e->name, "final") == 0) {
			s->phase = FR_PHASE_FINAL;
			s->began = e->t;
		}
		break;
	case EVENT_INVOKE:
		see_invoke(s, e);
		break;
	case EVENT_OK:
	case EVENT_FAIL:
	case EVENT_INFO:
		see_end(s, e);
		break;
	case EVENT_NOTE:
	case EVENT_CLAIM:
		see_word(s, e);
		break;
	case EVENT_END:
		see_node_end(s, e);
		break;
	default:
		break;
	}
	return 0;
}

/* ---- comparing ------------------------------------------------------------------------ */

/* NULL: as expected; else what happened. */
static char *
compare_answer(const struct expectation *x, const struct answer *a)
{
	static const enum event_kind kinds[] = {
		[EXPECT_GIVES] = EVENT_OK, [EXPECT_SUCCEEDS] = EVENT_OK,
		[EXPECT_FAILS] = EVENT_FAIL, [EXPECT_UNSURE] = EVENT_INFO,
	};
	char at[32];
	struct buf b;
	bool good;

	if (!a->asked)
		return mem_string("it was never asked: the one before it had "
				  "not ended");
	if (!a->ended)
		return mem_string("it never ended");
	buf_init(&b, 16u << 20);
	value_text(&b, &x->value);
	good = a->kind == kinds[x->what] &&
	       (x->what != EXPECT_GIVES || strcmp(b.data, a->value) == 0) &&
	       (x->by < 0 || a->t <= x->by);
	buf_free(&b);
	if (good)
		return NULL;
	time_text(a->t, at, sizeof at);
	if (a->kind == EVENT_OK)
		return mem_format("it gave %s, at %s", a->value, at);
	return mem_format("it %s at %s%s%s", a->kind == EVENT_FAIL ?
			  "failed" : "was unsure", at,
			  *a->why == '\0' ? "" : ": ", a->why);
}

static char *
compare_one(const struct seen *s, size_t i, const struct run_result *r)
{
	const struct expectation *x = &s->all->at[i];

	switch (x->what) {
	case EXPECT_VERDICT:
		if (r->verdict == x->verdict &&
		    (x->text == NULL || (r->violation != NULL &&
					 strcmp(r->violation, x->text) == 0)))
			return NULL;
		return mem_format("the run is %s%s%s: %s",
				  verdict_names[r->verdict],
				  r->violation == NULL ? "" : " ",
				  r->violation == NULL ? "" : r->violation,
				  r->reason);
	case EXPECT_HASH:
		return r->hash == x->hash ? NULL :
		       mem_format("its hash is %016" PRIx64, r->hash);
	case EXPECT_NOTE:
	case EXPECT_CLAIM:
		if (s->met[i])
			return NULL;
		if (s->last[i] == NULL)
			return mem_format("node %u said nothing of %s",
					  x->node, x->name);
		return mem_format("node %u said %s is %s", x->node, x->name,
				  s->last[i]);
	default:
		return compare_answer(x, &s->answers[x->op]);
	}
}

static void
compare_all(const struct seen *s, const char *name,
	    const struct run_result *r, struct scenario_result *out)
{
	bool verdict = false;
	struct buf b;
	char *happened;
	size_t i;

	buf_init(&b, 16u << 20);
	for (i = 0; i < s->all->count; i++) {
		verdict |= s->all->at[i].what == EXPECT_VERDICT;
		happened = compare_one(s, i, r);
		if (happened == NULL)
			continue;
		buf_printf(&b, "%s:%u: expected: %s; but %s\n", name,
			   s->all->at[i].line, s->all->at[i].words, happened);
		out->failed++;
		free(happened);
	}
	out->expected = (uint32_t)s->all->count;
	/* Where nothing is said of it, nothing may be wrong. */
	if (!verdict && r->verdict == VERDICT_INVALID) {
		buf_printf(&b, "%s: no violation was expected; but %s: %s\n",
			   name, r->violation, r->reason);
		out->failed++;
	}
	out->complaints = arena_string(&out->arena, b.size > 0 ? b.data : "");
	buf_free(&b);
}

int
expect_compare(const struct expectations *all, const struct tape *t,
	       const char *name, struct history *h, int64_t run,
	       const struct run_result *r, struct scenario_result *out,
	       struct fr_err *err)
{
	struct seen s = { .tape = t, .all = all, .main = -1 };
	size_t i;
	int status;

	s.answers = mem_array(t->op_count, sizeof *s.answers);
	s.open = mem_array(t->clients, sizeof *s.open);
	s.met = mem_array(all->count, sizeof *s.met);
	s.last = mem_array(all->count, sizeof *s.last);
	status = history_events(h, run, see, &s, err);
	if (status == 0)
		compare_all(&s, name, r, out);
	for (i = 0; i < t->op_count; i++) {
		free(s.answers[i].value);
		free(s.answers[i].why);
	}
	for (i = 0; i < all->count; i++)
		free(s.last[i]);
	free(s.answers);
	free(s.open);
	free(s.met);
	free(s.last);
	return status;
}
