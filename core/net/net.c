/* SPDX-License-Identifier: MIT */
/*
 * The link table.
 *
 *  1. A choice is drawn from H(seed, network, from, to, n, what), where n
 *     counts the messages of that link: which messages are lost on one link
 *     does not depend on what other links carry, nor on which of its other
 *     probabilities are set.  A layer draws the same with its key mixed in.
 *  2. A link keeps order: arrivals never decrease, whatever delays were drawn,
 *     but for the messages that it reorders.  One that is reordered is held
 *     back further and holds back nobody.
 *  3. Bytes occupy the line one after the other, lost ones too.
 */
#include "core/net/net.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/net/inside.h"

/* One that is reordered is held back by up to twice its delay, or this. */
#define HOLD_LEAST 2000000

const char *const fate_names[FATE_KINDS] = {
	[FATE_DELIVERED] = "delivered",
	[FATE_NO_LINK] = "no link",
	[FATE_CUT] = "cut",
	[FATE_LOST] = "lost",
	[FATE_CHOKED] = "line full",
	[FATE_WITHHELD] = "withheld",
};

static bool
joined(const struct net *net, uint32_t from, uint32_t to)
{
	if (from == to)
		return true;
	if (from >= net->nodes || to >= net->nodes)
		return from < net->nodes || to < net->nodes;
	return net->topology->weight[(size_t)from * net->nodes + to] > 0;
}

struct net *
net_new(const struct topology *t, uint32_t clients, const struct dist *delay,
	uint64_t seed)
{
	struct net *net = mem_new(sizeof *net);
	uint32_t ends = t->nodes + clients, from, to;
	struct link *l;

	net->nodes = t->nodes;
	net->clients = clients;
	net->topology = t;
	net->rng = rng_make(seed, STREAM_NETWORK, 0, 0, "link");
	net->links = mem_array((size_t)ends * ends, sizeof *net->links);
	net->asked = mem_array(clients, sizeof *net->asked);
	for (from = 0; from < ends; from++) {
		for (to = 0; to < ends; to++) {
			l = net_link(net, from, to);
			l->joined = joined(net, from, to);
			l->key = hash_mix(net->rng.key,
					  (uint64_t)from << 32 | to);
			if (delay != NULL && from != to)
				l->delay = *delay;
			link_shape(l);
		}
	}
	return net;
}

void
net_free(struct net *net)
{
	size_t ends, i;

	if (net == NULL)
		return;
	ends = (size_t)net->nodes + net->clients;
	for (i = 0; i < ends * ends; i++)
		free(net->links[i].layers);
	kept_free(net);
	free(net->asked);
	free(net->links);
	free(net);
}

struct link *
net_link(struct net *net, uint32_t from, uint32_t to)
{
	uint32_t ends = net->nodes + net->clients;

	FR_ASSERT(from < ends && to < ends);
	return &net->links[(size_t)from * ends + to];
}

void
link_shape(struct link *l)
{
	bool good = l->joined && l->cuts == 0 && l->layer_count == 0 &&
		    !(l->loss > 0) && !(l->duplicate > 0) &&
		    !(l->reorder > 0) && !(l->corrupt > 0) &&
		    l->bandwidth == 0 && !l->kept;
	bool swift = l->delay.kind == DIST_CONST && l->delay.a == 0;

	l->plain = good && swift;
	l->late = good && !swift;
}

void
net_cut(struct net *net, uint32_t from, uint32_t to)
{
	if (from == to)
		return;
	net_link(net, from, to)->cuts++;
	link_shape(net_link(net, from, to));
}

void
net_join(struct net *net, uint32_t from, uint32_t to)
{
	struct link *l = net_link(net, from, to);

	if (from == to)
		return;
	FR_ASSERT(l->cuts > 0);
	l->cuts--;
	link_shape(l);
}

/* ---- choices ------------------------------------------------------------------- */

struct rng
draw(const struct rng *message, enum draw what)
{
	struct rng r = *message;

	r.i = (uint64_t)what * DRAWS_EACH;
	return r;
}

bool
happens(const struct rng *message, enum draw what, double probability)
{
	struct rng r;

	if (!(probability > 0))
		return false;
	r = draw(message, what);
	return rng_real(&r) < probability;
}

int64_t
draw_time(const struct rng *message, enum draw what, const struct dist *d)
{
	struct rng r = draw(message, what);

	return dist_draw(d, &r);
}

uint64_t
draw_below(const struct rng *message, enum draw what, uint64_t n)
{
	struct rng r = draw(message, what);

	return rng_below(&r, n);
}

/* ---- one message ----------------------------------------------------------------- */

static int64_t
hold(int64_t delayed, const struct rng *message)
{
	struct rng r = draw(message, DRAW_HOLD);

	return rng_between(&r, 1, delayed > HOLD_LEAST / 2 ? 2 * delayed :
			   HOLD_LEAST);
}

static void
gone(struct sending *s, enum fate_kind kind)
{
	s->fate->kind = kind;
	s->fate->copies = 0;
	s->link->dropped++;
}

/* When the last byte is on the line that earlier bytes occupy; false: too
 * much waits there already. */
static bool
transmit(struct sending *s)
{
	struct link *l = s->link;
	struct layer *by = NULL;
	uint64_t bandwidth = l->bandwidth;
	int64_t start;
	double takes;

	if (l->layer_count > 0)
		by = layers_narrowest(l, &bandwidth);
	s->leaves = s->now;
	if (bandwidth == 0)
		return true;
	start = l->busy_until > s->now ? l->busy_until : s->now;
	takes = (double)s->size * 1e9 / (double)bandwidth;
	if (by != NULL && !layer_admits(by, start - s->now, takes))
		return false;
	l->busy_until = start + (int64_t)takes;
	s->leaves = l->busy_until;
	if (by != NULL)
		layer_delayed(by, s->leaves - s->now, s->leaves);
	return true;
}

/* The shape of a message that is not lost. */
static void
shape(struct sending *s)
{
	struct link *l = s->link;
	struct fate *f = s->fate;
	int64_t delayed = draw_time(&s->message, DRAW_DELAY, &l->delay), more;
	int64_t last;

	s->arrives = s->leaves + delayed;
	s->held = happens(&s->message, DRAW_REORDER, l->reorder);
	if (s->held)
		s->arrives += hold(delayed, &s->message);
	if (l->layer_count > 0)
		layers_delay(s);
	if (!s->held && s->arrives < l->last_arrival)
		s->arrives = l->last_arrival;
	f->arrives[0] = last = s->arrives;
	f->held = s->held;
	if (happens(&s->message, DRAW_DUPLICATE, l->duplicate)) {
		more = s->leaves + draw_time(&s->message, DRAW_SECOND,
					     &l->delay);
		if (more > last)
			last = more;
		f->arrives[f->copies++] = last;
	}
	if (l->layer_count > 0)
		last = layers_copy(s, last);
	if (!s->held)
		l->last_arrival = last;
	if (s->size > 0 && happens(&s->message, DRAW_CORRUPT, l->corrupt)) {
		struct rng r = draw(&s->message, DRAW_BIT);

		f->corrupt = true;
		f->edits[f->edit_count++] = (struct edit){
			.kind = EDIT_FLIP, .bits = 1, .key = rng_next(&r),
		};
	}
	if (l->layer_count > 0)
		layers_change(s);
}

/* What everything is drawn from that becomes of the link's last message. */
static struct rng
choices(const struct link *l)
{
	return (struct rng){ .key = hash_mix(l->key, l->sent) };
}

/* Of a link that is open and late, and nothing else. */
static int64_t
come_late(struct link *l, int64_t now)
{
	const struct rng message = choices(l);
	int64_t arrives = now + draw_time(&message, DRAW_DELAY, &l->delay);

	if (l->last_arrival < arrives)
		l->last_arrival = arrives;
	return l->last_arrival;
}

bool
net_late(struct net *net, int64_t now, uint32_t from, uint32_t to,
	 int64_t *arrives)
{
	struct link *l = net_link(net, from, to);

	if (!l->late)
		return false;
	l->sent++;
	*arrives = come_late(l, now);
	return true;
}

struct fate
net_send(struct net *net, int64_t now, uint32_t from, uint32_t to,
	 uint64_t size)
{
	struct link *l = net_link(net, from, to);
	struct sending s;
	struct fate f;

	/* Most of it is only read where its count says so. */
	f.kind = FATE_DELIVERED;
	f.copies = 1;
	f.arrives[0] = now;
	f.instances = FATE_FIRST;
	f.corrupt = f.held = false;
	f.edit_count = f.extra_count = 0;

	l->sent++;
	if (from == to)
		return f;
	if (l->plain) {
		/* What is on its way since the link was slow stays ahead. */
		if (l->last_arrival > now)
			f.arrives[0] = l->last_arrival;
		return f;
	}
	if (l->late) {
		f.arrives[0] = come_late(l, now);
		return f;
	}
	s = (struct sending){
		.net = net, .link = l, .fate = &f, .from = from, .to = to,
		.now = now, .size = size,
	};
	if (l->layer_count > 0)
		layers_see(&s);
	if (!l->joined)
		gone(&s, FATE_NO_LINK);
	else if (l->cuts > 0)
		gone(&s, FATE_CUT);
	if (f.kind != FATE_DELIVERED)
		return f;
	s.message = choices(l);
	if (!transmit(&s))
		gone(&s, FATE_CHOKED);
	else if (happens(&s.message, DRAW_LOSS, l->loss))
		gone(&s, FATE_LOST);
	else if (l->layer_count > 0 &&
		 (f.kind = layers_lose(&s)) != FATE_DELIVERED)
		gone(&s, f.kind);
	if (f.kind == FATE_DELIVERED)
		shape(&s);
	if (l->layer_count > 0)
		layers_add(&s);
	return f;
}
