/* SPDX-License-Identifier: MIT */
/*
 * Whom a fault aims at.
 *
 * A target is read twice: before the run, when it has to make sense on the
 * ground, and when its fault starts, when nodes can be asked what they note.
 * Both ways go through the same functions; `scene` is NULL before the run, and
 * a set that only the run can know is empty then.
 */
#include "nemesis/target.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/protocol.h>

#include "core/base/units.h"
#include "nemesis/guard.h"

struct reading {
	const struct ground *ground;
	const struct scene *scene;	/* NULL: before the run                */
	bool clients;			/* clients may be named, too           */
};

/* Endpoints: nodes, and clients behind them. */
static uint32_t
ends(const struct ground *g)
{
	return g->nodes + g->clients;
}

/* ---- sets --------------------------------------------------------------------- */

static int
no_list(const struct reading *r, const char *text, size_t size,
	struct fr_err *err)
{
	return err_usage(err, "'%.*s' is not a list of nodes such as 2, 0,1 or "
			 "0-3%s", (int)size, text, r->clients ? ", or of "
			 "clients such as c0" : "");
}

/* A number at *p, before `end`; moves *p past it. */
static int
read_number(const struct reading *r, const char **p, const char *end,
	    bool client, uint32_t *out, struct fr_err *err)
{
	const struct ground *g = r->ground;
	const uint32_t most = client ? g->clients : g->nodes;
	const char *what = client ? "client" : "node", *at = *p;
	uint64_t n = 0;

	if (at == end || !isdigit((unsigned char)*at))
		return no_list(r, at, (size_t)(end - at), err);
	for (; at < end && isdigit((unsigned char)*at); at++) {
		n = n * 10 + (uint64_t)(*at - '0');
		if (n > FR_NODES_MAX)
			n = FR_NODES_MAX;
	}
	if (n >= most && most == 0)
		return err_usage(err, "there is no %s %.*s, but none at all",
				 what, (int)(at - *p), *p);
	if (n >= most)
		return err_usage(err, "there is no %s %.*s: the %ss are "
				 "0 .. %u", what, (int)(at - *p), *p, what,
				 most - 1);
	*out = (uint32_t)n;
	*p = at;
	return 0;
}

/* "2", "0-3", "c0-3" at *p: adds to the set. */
static int
read_range_of(const struct reading *r, const char **p, const char *end,
	      bool *in, struct fr_err *err)
{
	bool client = r->clients && *p < end && **p == 'c';
	uint32_t low, high, i, base;

	base = client ? r->ground->nodes : 0;
	*p += client;
	if (read_number(r, p, end, client, &low, err) < 0)
		return -1;
	high = low;
	if (*p < end && **p == '-') {
		(*p)++;
		if (client && *p < end && **p == 'c')
			(*p)++;
		if (read_number(r, p, end, client, &high, err) < 0)
			return -1;
		if (high < low)
			return err_usage(err, "%u-%u ends before it begins",
					 low, high);
	}
	for (i = low; i <= high; i++) {
		if (in[base + i])
			return err_usage(err, "%s %u is named twice",
					 client ? "client" : "node", i);
		in[base + i] = true;
	}
	return 0;
}

static int
read_list(const struct reading *r, const char *text, size_t size, bool *in,
	  struct fr_err *err)
{
	const char *p = text, *end = text + size;

	for (;;) {
		if (read_range_of(r, &p, end, in, err) < 0)
			return -1;
		if (p == end)
			return 0;
		if (*p++ != ',')
			return no_list(r, text, size, err);
	}
}

/* Those that note it now. */
static int
read_note(const struct reading *r, const char *text, const char *equals,
	  size_t size, bool *in, struct fr_err *err)
{
	const struct scene *s = r->scene;
	char name[FR_NAME_MAX + 1], value[FR_TEXT_MAX];
	uint32_t i, found = 0;

	if (equals == text || equals + 1 == text + size)
		return err_usage(err, "'%.*s': write NAME=TEXT, such as "
				 "role=leader", (int)size, text);
	if ((size_t)(equals - text) > FR_NAME_MAX)
		return err_usage(err, "'%.*s' is longer than any name",
				 (int)(equals - text), text);
	if (s == NULL)
		return 0;
	snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
	snprintf(value, sizeof value, "%.*s",
		 (int)(text + size - equals - 1), equals + 1);
	for (i = 0; i < r->ground->nodes; i++) {
		if (s->notes == NULL || !s->notes(s->arg, i, name, value))
			continue;
		in[i] = true;
		found++;
	}
	if (found == 0)
		return err_set(err, "no node notes %s=%s", name, value);
	return 0;
}

static bool
same(const char *text, size_t size, const char *word)
{
	return strlen(word) == size && memcmp(text, word, size) == 0;
}

/* One set, of `size` bytes of text, added to *in. */
static int
read_set(const struct reading *r, const char *text, size_t size, bool *in,
	 struct fr_err *err)
{
	const struct ground *g = r->ground;
	const char *equals = memchr(text, '=', size);
	uint32_t i, from = 0, to = 0;

	if (equals != NULL)
		return read_note(r, text, equals, size, in, err);
	if (same(text, size, "all"))
		to = r->clients ? ends(g) : g->nodes;
	else if (same(text, size, "nodes"))
		to = g->nodes;
	else if (r->clients && same(text, size, "clients"))
		from = g->nodes, to = ends(g);
	else
		return read_list(r, text, size, in, err);
	if (from == to)
		return err_usage(err, "there are no clients");
	for (i = from; i < to; i++) {
		if (in[i])
			return err_usage(err, "'%.*s' names some of them "
					 "twice", (int)size, text);
		in[i] = true;
	}
	return 0;
}

/* ---- descriptions --------------------------------------------------------------- */

static const char *const descriptions[] = { "one", "minority", "majority",
					    "random" };
#define DESCRIPTIONS (sizeof descriptions / sizeof *descriptions)

/* Its place in the list above, or DESCRIPTIONS. */
static size_t
description(const char *text)
{
	size_t i;

	for (i = 0; i < DESCRIPTIONS; i++) {
		if (strcmp(text, descriptions[i]) == 0)
			break;
	}
	return i;
}

static bool
of_clients(const struct fault *f)
{
	return (fault_aims(f) & (AIM_NODES | AIM_GROUPS | AIM_LINKS)) == 0 &&
	       (fault_aims(f) & AIM_CLIENTS) != 0;
}

/* How many a description means, drawn where it leaves that open; without rng
 * the fewest.  -1: so many there are not. */
static int
described(size_t which, uint32_t all, const char *what, struct rng *rng,
	  uint32_t *count, struct fr_err *err)
{
	const uint32_t minority = all == 0 ? 0 : (all - 1) / 2;

	if (all == 0)
		return err_usage(err, "there are no %ss", what);
	switch (which) {
	case 0:
		*count = 1;
		return 0;
	case 1:
		if (minority == 0)
			return err_usage(err, "a minority of %u %s%s is "
					 "nobody", all, what,
					 all == 1 ? "" : "s");
		*count = rng == NULL ? 1 :
			 1 + (uint32_t)rng_below(rng, minority);
		return 0;
	case 2:
		*count = all / 2 + 1;
		return 0;
	default:
		*count = rng == NULL ? 1 : 1 + (uint32_t)rng_below(rng, all);
		return 0;
	}
}

void
target_draw(struct rng *rng, uint32_t nodes, uint32_t count, bool *in)
{
	uint32_t i;

	/* Each node in turn is taken with the chance that keeps it even. */
	for (i = 0; i < nodes && count > 0; i++) {
		if (rng_below(rng, nodes - i) < count) {
			in[i] = true;
			count--;
		}
	}
}

int
target_settle(struct fault *f, const struct ground *g, struct rng *rng,
	      struct fr_err *err)
{
	const size_t which = description(f->target);
	const bool clients = of_clients(f);
	const uint32_t all = clients ? g->clients : g->nodes;
	uint32_t count, most;
	struct buf text;
	bool *in;

	if (which == DESCRIPTIONS)
		return 0;
	if (described(which, all, clients ? "client" : "node", rng, &count,
		      err) < 0)
		return -1;
	/* Somebody has to be left to be cut off from. */
	if ((fault_aims(f) & AIM_GROUPS) && count == all && all > 1)
		count--;
	/* "random" leaves open how many: as many as it may be. */
	most = clients ? all : guard_most(g, f->variant->cost);
	if (which == 3 && count > most)
		count = most;
	in = mem_array(all, sizeof *in);
	target_draw(rng, all, count, in);
	buf_init(&text, 1 << 16);
	if (clients)
		target_clients_text(in, all, &text);
	else
		target_text(in, all, &text);
	fault_aim(f, text.data);
	buf_free(&text);
	free(in);
	return 0;
}

void
target_draw_some(struct fault *f, const struct ground *g, struct rng *rng,
		 uint32_t most)
{
	const uint64_t drawn = rng_below(rng, 100);
	bool in[FR_NODES_MAX] = { false };
	uint32_t count = 1;
	struct buf text;

	if (drawn >= 90)
		count = g->nodes;
	else if (drawn >= 75)
		count = g->nodes / 2 + 1;
	else if (drawn >= 50 && g->nodes > 2)
		count = 1 + (uint32_t)rng_below(rng, (g->nodes - 1) / 2);
	if ((fault_aims(f) & AIM_GROUPS) && count == g->nodes && count > 1)
		count--;
	if (count > most)
		count = most > 0 ? 1 + (uint32_t)rng_below(rng, most) : 0;
	target_draw(rng, g->nodes, count, in);
	buf_init(&text, 1 << 16);
	target_text(in, g->nodes, &text);
	fault_aim(f, text.size > 0 ? text.data : "");
	buf_free(&text);
}

/* ---- groups and links ------------------------------------------------------------ */

/* "0,1|2,3,4"; nodes that are in no group stay 0. */
static int
read_groups(const struct reading *r, const char *text, uint8_t *group,
	    struct fr_err *err)
{
	bool in[FR_NODES_MAX] = { false }, before[FR_NODES_MAX];
	const char *end;
	uint32_t number, i;

	for (number = 1;; number++) {
		if (number > TARGET_GROUPS_MAX)
			return err_usage(err, "more than %u groups",
					 TARGET_GROUPS_MAX);
		memcpy(before, in, sizeof before);
		end = strchrnul(text, '|');
		if (read_set(r, text, (size_t)(end - text), in, err) < 0)
			return -1;
		for (i = 0; i < r->ground->nodes; i++) {
			if (in[i] && !before[i])
				group[i] = (uint8_t)number;
		}
		if (*end == '\0')
			return 0;
		text = end + 1;
	}
}

/* Which endpoints reach which: ends x ends. */
struct matrix {
	uint32_t side;
	bool *at;
};

static void
add_link(struct matrix *m, const struct reading *r, uint32_t from, uint32_t to)
{
	const uint32_t nodes = r->ground->nodes;
	const struct world *w = r->scene == NULL ? NULL : r->scene->world;

	/* Clients have links to nodes only; a node's to itself is no link. */
	if (from == to || (from >= nodes && to >= nodes))
		return;
	if (w != NULL && from < nodes && to < nodes &&
	    w->config.net->topology->weight[(size_t)from * nodes + to] <= 0)
		return;
	m->at[(size_t)from * m->side + to] = true;
}

/* "0,1>2": from each of the one to each of the other. */
static int
read_arrow(const struct reading *r, const char *text, const char *arrow,
	   const char *end, struct matrix *m, struct fr_err *err)
{
	bool *from = mem_array(m->side, sizeof *from);
	bool *to = mem_array(m->side, sizeof *to);
	uint32_t i, j;
	int status = -1;

	if (memchr(arrow + 1, '>', (size_t)(end - arrow - 1)) != NULL) {
		err_usage(err, "'%.*s': one '>' a link: several are written "
			  "0>1+1>2", (int)(end - text), text);
		goto done;
	}
	if (read_set(r, text, (size_t)(arrow - text), from, err) < 0 ||
	    read_set(r, arrow + 1, (size_t)(end - arrow - 1), to, err) < 0)
		goto done;
	for (i = 0; i < m->side; i++) {
		for (j = 0; j < m->side; j++) {
			if (from[i] && to[j])
				add_link(m, r, i, j);
		}
	}
	status = 0;
done:
	free(from);
	free(to);
	return status;
}

/* "0|1,2|3": both ways between any two. */
static int
read_bars(const struct reading *r, const char *text, const char *end,
	  struct matrix *m, struct fr_err *err)
{
	uint32_t *group = mem_array(m->side, sizeof *group), i, j, number;
	bool *in = mem_array(m->side, sizeof *in);
	const char *stop;
	int status = -1;

	for (number = 1;; number++, text = stop + 1) {
		stop = memchr(text, '|', (size_t)(end - text));
		if (stop == NULL)
			stop = end;
		if (read_set(r, text, (size_t)(stop - text), in, err) < 0)
			goto done;
		for (i = 0; i < m->side; i++) {
			if (in[i] && group[i] == 0)
				group[i] = number;
		}
		if (stop == end)
			break;
	}
	for (i = 0; i < m->side; i++) {
		for (j = 0; j < m->side; j++) {
			if (group[i] != 0 && group[j] != 0 &&
			    group[i] != group[j])
				add_link(m, r, i, j);
		}
	}
	status = 0;
done:
	free(group);
	free(in);
	return status;
}

/* Every link from and to the members of a set; among them, too. */
static int
read_around(const struct reading *r, const char *text, struct matrix *m,
	    struct fr_err *err)
{
	const bool every = *text == '\0' || strcmp(text, "all") == 0;
	bool *in = mem_array(m->side, sizeof *in);
	uint32_t i, j;

	/* Everything is every link between nodes: clients are named. */
	if (every)
		memset(in, true, r->ground->nodes);
	else if (read_set(r, text, strlen(text), in, err) < 0) {
		free(in);
		return -1;
	}
	for (i = 0; i < m->side; i++) {
		for (j = 0; j < m->side; j++) {
			/* A node's links to clients only where it is meant. */
			if ((in[i] && j < r->ground->nodes) ||
			    (in[j] && i < r->ground->nodes))
				add_link(m, r, i, j);
		}
	}
	free(in);
	return 0;
}

static int
read_links(const struct reading *r, const char *text, struct matrix *m,
	   struct fr_err *err)
{
	const char *end, *arrow;

	if (strpbrk(text, ">|+") == NULL)
		return read_around(r, text, m, err);
	for (;; text = end + 1) {
		end = strchrnul(text, '+');
		arrow = memchr(text, '>', (size_t)(end - text));
		if (arrow == NULL &&
		    memchr(text, '|', (size_t)(end - text)) == NULL)
			return err_usage(err, "'%.*s' is no link: write 0>1, "
					 "or 0|1 for both ways",
					 (int)(end - text), text);
		if ((arrow != NULL ? read_arrow(r, text, arrow, end, m, err) :
		     read_bars(r, text, end, m, err)) < 0)
			return -1;
		if (*end == '\0')
			return 0;
	}
}

/* ---- before the run ---------------------------------------------------------------- */

/* What may stand there, for a message. */
static const char *
may_be(uint32_t aims)
{
	if (aims & AIM_GROUPS)
		return "groups (0,1|2,3,4), nodes (2, or 0-3), one, minority, "
		       "majority, random or NAME=TEXT";
	if (aims & AIM_LINKS)
		return "links (0>1, or 0|1,2), nodes (2, or 0-3), one, "
		       "minority, majority, random, all or NAME=TEXT";
	if (aims & AIM_NODES)
		return "nodes (2, or 1,2, or 0-3), one, minority, majority, "
		       "all, random or NAME=TEXT";
	if (aims & AIM_CLIENTS)
		return "clients (c0, or c0-3), one, random or clients";
	return "no target";
}

void
target_help(uint32_t aims, struct buf *out)
{
	buf_text(out, may_be(aims));
	if ((aims & AIM_ALL) && aims != AIM_ALL)
		buf_text(out, "; without one, all");
}

/* A word that is no target: the nearest that would be one. */
static int
unknown_word(const struct fault *f, struct fr_err *err)
{
	const char *names[DESCRIPTIONS + 64], *near;
	const struct variant *v;
	size_t count = 0;

	for (; count < DESCRIPTIONS; count++)
		names[count] = descriptions[count];
	names[count++] = "all";
	for (v = f->family->variants; v->name != NULL && count < 64; v++)
		names[count++] = v->name;
	near = nearest_word(f->target, names, count, sizeof *names);
	if (near != NULL)
		return err_usage(err, "'%s' is no target; did you mean '%s'?",
				 f->target, near);
	return err_usage(err, "'%s' is no target: write %s", f->target,
			 may_be(fault_aims(f)));
}

static bool
is_word(const char *text)
{
	return *text != '\0' &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyz-")] == '\0';
}

static int
check_groups(const struct reading *r, const struct fault *f,
	     struct fr_err *err)
{
	uint8_t group[FR_NODES_MAX] = { 0 };

	return read_groups(r, f->target, group, err);
}

static int
check_links(const struct reading *r, const struct fault *f,
	    struct fr_err *err)
{
	struct matrix m = { .side = ends(r->ground) };
	uint32_t i;
	int status;

	m.at = mem_array((size_t)m.side * m.side, sizeof *m.at);
	status = read_links(r, f->target, &m, err);
	for (i = 0; i < m.side * m.side && !m.at[i]; i++)
		;
	if (status == 0 && i == m.side * m.side &&
	    strchr(f->target, '=') == NULL)
		status = err_usage(err, "'%s' names no link", f->target);
	free(m.at);
	return status;
}

int
target_check(const struct fault *f, const struct ground *g,
	     struct fr_err *err)
{
	const uint32_t aims = fault_aims(f);
	const char *text = f->target;
	struct reading r = { .ground = g };
	bool *in;
	uint32_t count;
	int status;

	if (*text == '\0')
		return 0;	/* to be drawn, or everything */
	if ((aims & ~AIM_ALL) == 0)
		return err_usage(err, "it aims at nobody in particular: leave "
				 "out '%s'", text);
	if (description(text) < DESCRIPTIONS)
		return described(description(text), of_clients(f) ?
				 g->clients : g->nodes, of_clients(f) ?
				 "client" : "node", NULL, &count, err);
	if (is_word(text) && strcmp(text, "all") != 0 &&
	    strcmp(text, "nodes") != 0 && strcmp(text, "clients") != 0)
		return unknown_word(f, err);
	r.clients = (aims & (AIM_LINKS | AIM_CLIENTS)) != 0;
	if (aims & AIM_LINKS)
		return check_links(&r, f, err);
	if ((aims & AIM_GROUPS) && strchr(text, '|') != NULL)
		return check_groups(&r, f, err);
	if (strpbrk(text, "|>+") != NULL)
		return err_usage(err, "'%s' is no target here: write %s", text,
				 may_be(aims));
	in = mem_array(ends(g), sizeof *in);
	status = read_set(&r, text, strlen(text), in, err);
	if (status == 0 && (aims & AIM_NODES) == 0 && of_clients(f) &&
	    memchr(in, true, g->nodes) != NULL)
		status = err_usage(err, "'%s' names nodes: write %s", text,
				   may_be(aims));
	if (status == 0 && (aims & AIM_GROUPS) && g->nodes > 1 &&
	    memchr(in, false, g->nodes) == NULL)
		status = err_usage(err, "every node together is cut off from "
				   "nobody: write at least two groups, as in "
				   "0,1|2,3,4");
	free(in);
	return status;
}

bool
target_static(const struct fault *f, const struct ground *g, bool *in)
{
	const struct reading r = { .ground = g };
	const char *text = f->target;

	if (*text == '\0' && (fault_aims(f) & AIM_ALL) != 0)
		text = "all";
	if (*text == '\0' || strpbrk(text, "=|>+") != NULL ||
	    (fault_aims(f) & AIM_NODES) == 0)
		return false;
	return read_set(&r, text, strlen(text), in, NULL) == 0;
}

/* ---- when it starts ----------------------------------------------------------------- */

int
target_nodes(const struct scene *s, struct fault *f, bool *in,
	     struct fr_err *err)
{
	const struct reading r = { .ground = &s->ground, .scene = s };

	if (read_set(&r, *f->target == '\0' ? "all" : f->target,
		     *f->target == '\0' ? 3 : strlen(f->target), in, err) < 0)
		return -1;
	return guard_admit(s, f, in, err);
}

int
target_groups(const struct scene *s, const struct fault *f, uint8_t *group,
	      struct fr_err *err)
{
	const struct reading r = { .ground = &s->ground, .scene = s };
	const uint32_t nodes = s->ground.nodes;
	bool in[FR_NODES_MAX] = { false };
	uint32_t first, i, count = 0;

	if (strchr(f->target, '|') != NULL)
		return read_groups(&r, f->target, group, err);
	if (read_set(&r, f->target, strlen(f->target), in, err) < 0)
		return -1;
	for (i = 0; i < nodes; i++)
		count += in[i];
	if (count == nodes)
		return err_usage(err, "there is nobody whom %s could be cut "
				 "off from", nodes == 1 ? "a single node" :
				 "every node");
	/* Which of them is the first must not tell who was meant. */
	first = 0;
	for (i = 0; i < nodes; i++)
		group[i] = in[i] == in[first] ? 1 : 2;
	return 0;
}

int
target_links(const struct scene *s, const struct fault *f, struct links *out,
	     struct fr_err *err)
{
	const struct reading r = { .ground = &s->ground, .scene = s,
				   .clients = true };
	struct matrix m = { .side = ends(&s->ground) };
	struct links made = { 0 };
	size_t i, count = 0;

	m.at = mem_array((size_t)m.side * m.side, sizeof *m.at);
	if (read_links(&r, f->target, &m, err) < 0) {
		free(m.at);
		return -1;
	}
	for (i = 0; i < (size_t)m.side * m.side; i++)
		count += m.at[i];
	if (count == 0) {
		free(m.at);
		return err_set(err, "there is no such link in this topology");
	}
	made.at = mem_array(count, sizeof *made.at);
	for (i = 0; i < (size_t)m.side * m.side; i++) {
		if (m.at[i])
			made.at[made.count++] = (struct pair){
				(uint32_t)(i / m.side), (uint32_t)(i % m.side)
			};
	}
	free(m.at);
	*out = made;
	return 0;
}

int
target_clients(const struct scene *s, const struct fault *f, bool *in,
	       struct fr_err *err)
{
	const struct reading r = { .ground = &s->ground, .scene = s,
				   .clients = true };
	const char *text = *f->target == '\0' ? "clients" : f->target;
	bool *all = mem_array(ends(&s->ground), sizeof *all);
	int status = read_set(&r, text, strlen(text), all, err);

	if (status == 0)
		memcpy(in, all + s->ground.nodes, s->ground.clients);
	free(all);
	return status;
}

/* ---- in words --------------------------------------------------------------------------- */

/* "0-3,7", each range with `before`. */
static void
ranges_text(const char *before, const bool *in, uint32_t count,
	    struct buf *out)
{
	uint32_t i, last;
	bool first = true;

	for (i = 0; i < count; i = last + 1) {
		last = i;
		if (!in[i])
			continue;
		while (last + 1 < count && in[last + 1])
			last++;
		/* "0,1" reads better than "0-1". */
		if (last == i + 1)
			last = i;
		buf_printf(out, "%s%s%u", first ? "" : ",", before, i);
		if (last > i)
			buf_printf(out, "-%u", last);
		first = false;
	}
}

void
target_text(const bool *in, uint32_t nodes, struct buf *out)
{
	ranges_text("", in, nodes, out);
}

void
target_clients_text(const bool *in, uint32_t clients, struct buf *out)
{
	ranges_text("c", in, clients, out);
}

void
target_groups_text(const uint8_t *group, uint32_t nodes, struct buf *out)
{
	bool in[FR_NODES_MAX] = { false };
	uint32_t number, i;
	bool any = true;

	for (number = 1; any; number++) {
		any = false;
		for (i = 0; i < nodes; i++) {
			in[i] = group[i] == number;
			any |= in[i];
		}
		if (any && number > 1)
			buf_char(out, '|');
		target_text(in, nodes, out);
	}
}

void
target_words(const bool *in, uint32_t nodes, struct buf *out)
{
	uint32_t i, count = 0;

	for (i = 0; i < nodes; i++)
		count += in[i];
	if (count == nodes && nodes > 1) {
		buf_text(out, "every node");
		return;
	}
	buf_text(out, count == 1 ? "node " : "nodes ");
	target_text(in, nodes, out);
}

static void
end_text(uint32_t end, uint32_t nodes, struct buf *out)
{
	if (end >= nodes)
		buf_printf(out, "c%u", end - nodes);
	else
		buf_printf(out, "%u", end);
}

void
target_links_words(const struct links *l, uint32_t nodes, struct buf *out)
{
	buf_text(out, "link ");
	end_text(l->at[0].from, nodes, out);
	buf_char(out, '>');
	end_text(l->at[0].to, nodes, out);
	if (l->count > 1)
		buf_printf(out, " and %u more", l->count - 1);
}
