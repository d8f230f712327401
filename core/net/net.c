/* SPDX-License-Identifier: MIT */
/*
 * The link table.
 *
 *  1. A choice is drawn from H(seed, network, from, to, n, what), where n
 *     counts the messages of that link: which messages are lost on one link
 *     does not depend on what other links carry, nor on which of its other
 *     probabilities are set.
 *  2. A link keeps order: arrivals never decrease, whatever delays were drawn,
 *     but for the messages that it reorders.  One that is reordered is held
 *     back further and holds back nobody.
 *  3. Bytes occupy the line one after the other, lost ones too.
 */
#include "core/net/net.h"

#include <stdlib.h>

#include "core/base/mem.h"

/* What a number is drawn for.  Each has room for some draws of its own. */
enum label {
	DRAW_LOSS,
	DRAW_DUPLICATE,
	DRAW_CORRUPT,
	DRAW_BIT,
	DRAW_REORDER,
	DRAW_HOLD,
	DRAW_DELAY,
	DRAW_SECOND
};

#define DRAWS_EACH 1024u

/* One that is reordered is held back by up to twice its delay, or this. */
#define HOLD_LEAST 2000000

const char *const fate_names[FATE_KINDS] = {
	[FATE_DELIVERED] = "delivered",
	[FATE_NO_LINK] = "no link",
	[FATE_CUT] = "cut",
	[FATE_LOST] = "lost",
};

struct net *
net_new(const struct topology *t, uint32_t clients, const struct dist *delay,
	uint64_t seed)
{
	struct net *net = mem_new(sizeof *net);
	size_t ends = (size_t)t->nodes + clients, from, to;

	net->nodes = t->nodes;
	net->clients = clients;
	net->topology = t;
	net->rng = rng_make(seed, STREAM_NETWORK, 0, 0, "link");
	net->links = mem_array(ends * ends, sizeof *net->links);
	if (delay == NULL || (delay->kind == DIST_CONST && delay->a == 0))
		return net;
	for (from = 0; from < ends; from++) {
		for (to = 0; to < ends; to++) {
			if (from == to)
				continue;
			net->links[from * ends + to].delay = *delay;
			link_shape(&net->links[from * ends + to]);
		}
	}
	return net;
}

void
net_free(struct net *net)
{
	if (net == NULL)
		return;
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
	l->shaped = l->delay.kind != DIST_CONST || l->delay.a != 0 ||
		    l->loss > 0 || l->duplicate > 0 || l->reorder > 0 ||
		    l->corrupt > 0 || l->bandwidth > 0;
}

void
net_cut(struct net *net, uint32_t from, uint32_t to)
{
	if (from != to)
		net_link(net, from, to)->cuts++;
}

void
net_join(struct net *net, uint32_t from, uint32_t to)
{
	struct link *l = net_link(net, from, to);

	if (from == to)
		return;
	FR_ASSERT(l->cuts > 0);
	l->cuts--;
}

static bool
joined(const struct net *net, uint32_t from, uint32_t to)
{
	if (from == to)
		return true;
	if (from >= net->nodes || to >= net->nodes)
		return from < net->nodes || to < net->nodes;
	return net->topology->weight[(size_t)from * net->nodes + to] > 0;
}

static struct rng
draw(const struct rng *message, enum label label)
{
	struct rng r = *message;

	r.i = (uint64_t)label * DRAWS_EACH;
	return r;
}

static bool
happens(const struct rng *message, enum label label, double probability)
{
	struct rng r = draw(message, label);

	return probability > 0 && rng_real(&r) < probability;
}

/* When the last byte is on the line that earlier bytes occupy. */
static int64_t
transmit(struct link *l, int64_t now, uint64_t size)
{
	int64_t start = l->busy_until > now ? l->busy_until : now;

	if (l->bandwidth == 0)
		return now;
	l->busy_until = start + (int64_t)((double)size * 1e9 /
					  (double)l->bandwidth);
	return l->busy_until;
}

static int64_t
delay(const struct link *l, const struct rng *message, enum label label)
{
	struct rng r = draw(message, label);

	return dist_draw(&l->delay, &r);
}

static int64_t
hold(int64_t delayed, const struct rng *message)
{
	struct rng r = draw(message, DRAW_HOLD);

	return rng_between(&r, 1, delayed > HOLD_LEAST / 2 ? 2 * delayed :
			   HOLD_LEAST);
}

/* The shape of a message that is not lost. */
static void
shape(struct link *l, const struct rng *message, int64_t sent, uint64_t size,
      struct fate *f)
{
	int64_t delayed = delay(l, message, DRAW_DELAY);
	bool held = happens(message, DRAW_REORDER, l->reorder);
	struct rng r;

	f->arrives[0] = sent + delayed;
	if (held)
		f->arrives[0] += hold(delayed, message);
	else if (f->arrives[0] < l->last_arrival)
		f->arrives[0] = l->last_arrival;
	f->arrives[1] = f->arrives[0];
	if (happens(message, DRAW_DUPLICATE, l->duplicate)) {
		f->copies = 2;
		delayed = delay(l, message, DRAW_SECOND);
		if (sent + delayed > f->arrives[1])
			f->arrives[1] = sent + delayed;
	}
	if (!held)
		l->last_arrival = f->arrives[1];
	if (size > 0 && happens(message, DRAW_CORRUPT, l->corrupt)) {
		r = draw(message, DRAW_BIT);
		f->corrupt = true;
		f->bit = rng_below(&r, size * 8);
	}
}

struct fate
net_send(struct net *net, int64_t now, uint32_t from, uint32_t to,
	 uint64_t size)
{
	struct fate f = { .kind = FATE_DELIVERED, .copies = 1,
			  .arrives = { now, now } };
	struct link *l = net_link(net, from, to);
	struct rng message;
	int64_t sent;

	l->sent++;
	if (from == to)
		return f;
	if (!joined(net, from, to))
		f.kind = FATE_NO_LINK;
	else if (l->cuts > 0)
		f.kind = FATE_CUT;
	if (f.kind != FATE_DELIVERED) {
		f.copies = 0;
		l->dropped++;
		return f;
	}
	if (!l->shaped) {
		/* What is on its way since the link was slow stays ahead. */
		if (l->last_arrival > now)
			f.arrives[0] = f.arrives[1] = l->last_arrival;
		return f;
	}
	message.key = hash_mix(hash_mix(net->rng.key,
					(uint64_t)from << 32 | to), l->sent);
	message.i = 0;
	sent = transmit(l, now, size);
	if (happens(&message, DRAW_LOSS, l->loss)) {
		f.kind = FATE_LOST;
		f.copies = 0;
		l->dropped++;
		return f;
	}
	shape(l, &message, sent, size, &f);
	return f;
}
