/* SPDX-License-Identifier: MIT */
/* Whom a fault aims at. */
#include "nemesis/target.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <fracas/protocol.h>

#include "core/base/units.h"

/* A node's number at *p, before `end`; moves *p past it. */
static int
read_node(const char **p, const char *end, uint32_t nodes, uint32_t *out,
	  struct fr_err *err)
{
	const char *at = *p;
	uint64_t n = 0;

	if (at == end || !isdigit((unsigned char)*at))
		return err_usage(err, "'%.*s' is not a list of nodes such as "
				 "2, 0,1 or 0-3", (int)(end - at), at);
	for (; at < end && isdigit((unsigned char)*at); at++) {
		n = n * 10 + (uint64_t)(*at - '0');
		if (n > FR_NODES_MAX)
			n = FR_NODES_MAX;
	}
	if (n >= nodes)
		return err_usage(err, "there is no node %.*s: the nodes are "
				 "0 .. %u", (int)(at - *p), *p, nodes - 1);
	*out = (uint32_t)n;
	*p = at;
	return 0;
}

int
target_list(const char *text, size_t size, uint32_t nodes, bool *in,
	    struct fr_err *err)
{
	const char *p = text, *end = text + size;
	uint32_t low, high, i;

	for (;;) {
		if (read_node(&p, end, nodes, &low, err) < 0)
			return -1;
		high = low;
		if (p < end && *p == '-') {
			p++;
			if (read_node(&p, end, nodes, &high, err) < 0)
				return -1;
			if (high < low)
				return err_usage(err, "%u-%u ends before it "
						 "begins", low, high);
		}
		for (i = low; i <= high; i++) {
			if (in[i])
				return err_usage(err, "node %u is named twice",
						 i);
			in[i] = true;
		}
		if (p == end)
			return 0;
		if (*p++ != ',')
			return err_usage(err, "'%.*s' is not a list of nodes "
					 "such as 2, 0,1 or 0-3", (int)size,
					 text);
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

bool
target_is_list(const char *text)
{
	return isdigit((unsigned char)*text);
}

int
target_read(const char *text, uint32_t nodes, struct rng *rng, bool *in,
	    struct fr_err *err)
{
	static const char *const names[] = { "one", "minority", "majority",
					     "all", "random" };
	const uint32_t names_count = sizeof names / sizeof *names;
	const uint32_t minority = (nodes - 1) / 2;
	bool none[FR_NODES_MAX];
	const char *near;
	uint32_t count, i;

	if (target_is_list(text)) {
		memset(none, 0, sizeof none);
		return target_list(text, strlen(text), nodes,
				   rng == NULL ? none : in, err);
	}
	for (i = 0; i < names_count && strcmp(text, names[i]) != 0; i++)
		;
	switch (i) {
	case 0:
		count = 1;
		break;
	case 1:
		if (minority == 0)
			return err_usage(err, "a minority of %u node%s is "
					 "nobody", nodes, nodes == 1 ? "" : "s");
		/* Any size that is still a minority. */
		count = rng == NULL ? 1 : 1 + (uint32_t)rng_below(rng, minority);
		break;
	case 2:
		count = nodes / 2 + 1;
		break;
	case 3:
		count = nodes;
		break;
	case 4:
		count = rng == NULL ? 1 : 1 + (uint32_t)rng_below(rng, nodes);
		break;
	default:
		near = nearest_word(text, names, names_count, sizeof *names);
		if (near != NULL)
			return err_usage(err, "'%s' are no nodes; did you mean "
					 "'%s'?", text, near);
		return err_usage(err, "'%s' are no nodes: write a list (2, or "
				 "0,1, or 0-3), one, minority, majority, all "
				 "or random", text);
	}
	if (rng != NULL)
		target_draw(rng, nodes, count, in);
	return 0;
}

void
target_text(const bool *in, uint32_t nodes, struct buf *out)
{
	uint32_t i, last;
	bool first = true;

	for (i = 0; i < nodes; i = last + 1) {
		last = i;
		if (!in[i])
			continue;
		while (last + 1 < nodes && in[last + 1])
			last++;
		/* "0,1" reads better than "0-1". */
		if (last == i + 1)
			last = i;
		buf_printf(out, "%s%u", first ? "" : ",", i);
		if (last > i)
			buf_printf(out, "-%u", last);
		first = false;
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
