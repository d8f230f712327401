/* SPDX-License-Identifier: MIT */
/* What faults lay over links, and what it does to a message. */
#include <string.h>

#include "core/base/mem.h"
#include "core/net/inside.h"

/* The most layers of one link: as many faults at once. */
#define LAYERS_MAX 60000u
/* Of a second copy, a hold, a client's patience, where nothing was said. */
#define GAP_MOST	1000000
#define HOLD_MOST	20000000
#define PATIENCE_MOST	100000000
/* A client is gone so soon after it has asked. */
#define GONE_MOST	5000000

static uint32_t
place(const struct link *l, const struct layer *y)
{
	uint32_t i;

	for (i = 0; i < l->layer_count && l->layers[i] != y; i++)
		;
	return i;
}

void
net_lay(struct net *net, struct layer *y, uint32_t from, uint32_t to)
{
	struct link *l = net_link(net, from, to);
	size_t room = l->layer_room;

	if (from == to || place(l, y) < l->layer_count)
		return;
	FR_ASSERT(l->layer_count < LAYERS_MAX);
	mem_grow(&l->layers, &room, l->layer_count + 1u, sizeof *l->layers);
	l->layer_room = (uint16_t)(room < UINT16_MAX ? room : UINT16_MAX);
	l->layers[l->layer_count++] = y;
	l->cuts += y->cut;
	y->links++;
	link_shape(l);
}

void
net_lift(struct net *net, struct layer *y, uint32_t from, uint32_t to)
{
	struct link *l = net_link(net, from, to);
	uint32_t at = place(l, y);

	if (at == l->layer_count)
		return;
	/* The order of those that stay is what it was. */
	memmove(l->layers + at, l->layers + at + 1,
		(l->layer_count - at - 1u) * sizeof *l->layers);
	l->layer_count--;
	FR_ASSERT(l->cuts >= y->cut);
	l->cuts -= y->cut;
	y->links--;
	if (l->held_by == y)
		l->held_by = NULL;
	link_shape(l);
}

void
net_lift_all(struct net *net, struct layer *y)
{
	uint32_t ends = net->nodes + net->clients, from, to;

	for (from = 0; from < ends && y->links > 0; from++)
		for (to = 0; to < ends && y->links > 0; to++)
			net_lift(net, y, from, to);
}

/* ---- a message ----------------------------------------------------------------- */

static struct rng
of_layer(const struct rng *message, const struct layer *y)
{
	struct rng r = { .key = hash_mix(message->key, y->key), .i = 0 };

	return r;
}

static int64_t
some_time(const struct rng *r, enum draw what, const struct dist *d,
	  int64_t most)
{
	struct rng drawn;

	if (d->kind != DIST_CONST || d->a > 0)
		return draw_time(r, what, d);
	drawn = draw(r, what);
	return rng_between(&drawn, 1, most);
}

static void
blame(struct layer *y, int64_t arrives)
{
	if (arrives > y->last)
		y->last = arrives;
}

void
layers_see(struct sending *s)
{
	struct link *l = s->link;
	uint32_t i;

	for (i = 0; i < l->layer_count; i++) {
		l->layers[i]->seen++;
		l->layers[i]->cut_off += l->layers[i]->cut && l->joined;
	}
}

struct layer *
layers_narrowest(struct link *l, uint64_t *bandwidth)
{
	struct layer *found = NULL;
	uint32_t i;

	for (i = 0; i < l->layer_count; i++) {
		if (l->layers[i]->bandwidth == 0 || (*bandwidth > 0 &&
		    l->layers[i]->bandwidth >= *bandwidth))
			continue;
		found = l->layers[i];
		*bandwidth = found->bandwidth;
	}
	return found;
}

bool
layer_admits(struct layer *y, int64_t waits, double takes)
{
	if ((y->backlog == 0 || waits <= y->backlog) &&
	    takes <= (double)LAYER_DELAY_MOST)
		return true;
	y->choked++;
	return false;
}

void
layer_delayed(struct layer *y, int64_t by, int64_t arrives)
{
	y->delayed++;
	y->delay_sum += by;
	if (by > y->delay_max)
		y->delay_max = by;
	blame(y, arrives);
}

enum fate_kind
layers_lose(struct sending *s)
{
	struct link *l = s->link;
	struct layer *y;
	struct rng r;
	uint32_t i;

	for (i = 0; i < l->layer_count; i++) {
		y = l->layers[i];
		r = of_layer(&s->message, y);
		if (happens(&r, DRAW_LOSS, y->loss)) {
			y->lost++;
			return FATE_LOST;
		}
		if (happens(&r, DRAW_WITHHOLD, y->withhold)) {
			y->withheld++;
			return FATE_WITHHELD;
		}
	}
	return FATE_DELIVERED;
}

void
layers_delay(struct sending *s)
{
	struct link *l = s->link;
	struct layer *y, *holder = NULL;
	int64_t by, most;
	struct rng r;
	uint32_t i;

	for (i = 0; i < l->layer_count; i++) {
		y = l->layers[i];
		r = of_layer(&s->message, y);
		if (happens(&r, DRAW_LATE, y->late)) {
			by = draw_time(&r, DRAW_DELAY, &y->delay);
			most = y->delay_most > 0 ? y->delay_most :
						   LAYER_DELAY_MOST;
			if (by > most)
				by = most;
			s->arrives += by;
			if (by > 0)
				layer_delayed(y, by, s->arrives);
		}
		if (happens(&r, DRAW_REORDER, y->reorder)) {
			s->held = true;
			holder = y;
			s->arrives += some_time(&r, DRAW_HOLD, &y->hold,
						HOLD_MOST);
			blame(y, s->arrives);
		}
	}
	if (holder != NULL && s->arrives > l->held_until) {
		l->held_until = s->arrives;
		l->held_by = holder;
	} else if (holder == NULL && l->held_by != NULL &&
		   s->arrives < l->held_until) {
		/* This one comes before one that was sent earlier. */
		l->held_by->overtaken++;
		l->held_by = NULL;
		l->held_until = 0;
	}
}

int64_t
layers_copy(struct sending *s, int64_t last)
{
	struct link *l = s->link;
	struct fate *f = s->fate;
	struct layer *y;
	struct rng r;
	uint32_t i;

	for (i = 0; i < l->layer_count && f->copies < FATE_COPIES; i++) {
		y = l->layers[i];
		r = of_layer(&s->message, y);
		if (!happens(&r, DRAW_DUPLICATE, y->duplicate))
			continue;
		last += some_time(&r, DRAW_SECOND, &y->gap, GAP_MOST);
		f->arrives[f->copies++] = last;
		y->duplicated++;
		blame(y, last);
	}
	return last;
}

static bool
change(struct fate *f, enum edit_kind kind, uint32_t bits, uint64_t key)
{
	if (f->edit_count == FATE_EDITS)
		return false;
	f->edits[f->edit_count++] = (struct edit){
		.kind = kind, .bits = bits, .key = key,
	};
	return true;
}

/* Which of two instances takes it.  One that several faults made twins of is
 * still two. */
static void
choose_instance(struct sending *s, struct layer *y, const struct rng *message)
{
	struct rng r = draw(message, DRAW_INSTANCE);
	double drawn = rng_real(&r);

	if (drawn < y->second) {
		s->fate->instances = FATE_SECOND;
		y->to_second++;
	} else if (drawn < y->second + y->both) {
		s->fate->instances = FATE_FIRST | FATE_SECOND;
		y->to_both++;
	}
}

void
layers_change(struct sending *s)
{
	struct link *l = s->link;
	struct fate *f = s->fate;
	struct layer *y;
	struct rng r, key;
	uint32_t i;

	for (i = 0; i < l->layer_count; i++) {
		y = l->layers[i];
		r = of_layer(&s->message, y);
		if (y->second > 0 || y->both > 0)
			choose_instance(s, y, &r);
		if (s->size == 0)
			continue;
		if (happens(&r, DRAW_CORRUPT, y->corrupt)) {
			key = draw(&r, DRAW_BIT);
			f->corrupt = true;
			y->corrupted += change(f, EDIT_FLIP,
					       y->bits > 0 ? y->bits : 1,
					       rng_next(&key));
		}
		if (happens(&r, DRAW_FIELD, y->field)) {
			key = draw(&r, DRAW_BIT);
			y->mutated += change(f, EDIT_FIELD, 0,
					     rng_next(&key));
		}
		/* The same lie to everybody who is told it. */
		if (happens(&r, DRAW_LIE, y->lie))
			y->lied += change(f, EDIT_LIE, 0, y->key);
	}
}

/* What another node said to the same one, or it to another. */
static const struct old *
another(const struct sending *s, const struct rng *message)
{
	uint32_t nodes = s->net->nodes, first, i, x;
	const struct old *old;

	first = (uint32_t)draw_below(message, DRAW_WHOSE, nodes);
	for (i = 0; i < 2 * nodes; i++) {
		x = (first + i) % nodes;
		if (x == s->from || x == s->to)
			continue;
		old = i < nodes ?
		      kept_find(s->net, x, s->to, s->now, message) :
		      kept_find(s->net, s->from, x, s->now, message);
		if (old != NULL)
			return old;
	}
	return NULL;
}

static void
add_extra(struct sending *s, struct layer *y, const struct old *old,
	  bool forged, const struct rng *message)
{
	struct rng r = draw(message, DRAW_SECOND), key = draw(message,
							      DRAW_BIT);
	int64_t arrives = s->now + rng_between(&r, 0, GAP_MOST);
	struct fate *f = s->fate;
	struct extra *e = &f->extras[f->extra_count++];

	memset(e, 0, sizeof *e);
	e->old = old;
	e->forged = forged;
	e->arrives = arrives;
	/* Half of what is forged is what somebody said, and half is not. */
	if (forged && happens(message, DRAW_FIELD, 0.5)) {
		e->edited = true;
		e->edit.kind = EDIT_FIELD;
		e->edit.key = rng_next(&key);
	}
	blame(y, arrives);
}

void
layers_add(struct sending *s)
{
	struct link *l = s->link;
	const struct old *old;
	struct layer *y;
	struct rng r;
	uint32_t i;

	if (s->net->kept == NULL || s->from >= s->net->nodes ||
	    s->to >= s->net->nodes)
		return;
	for (i = 0; i < l->layer_count &&
	     s->fate->extra_count < FATE_EXTRAS; i++) {
		y = l->layers[i];
		r = of_layer(&s->message, y);
		if (happens(&r, DRAW_REPLAY, y->replay)) {
			old = kept_find(s->net, s->from, s->to,
					s->now - y->age, &r);
			if (old != NULL) {
				add_extra(s, y, old, false, &r);
				y->replayed++;
			}
		} else if (happens(&r, DRAW_FORGE, y->forge)) {
			old = another(s, &r);
			if (old != NULL) {
				add_extra(s, y, old, true, &r);
				y->forged++;
			}
		}
	}
}

/* ---- clients ------------------------------------------------------------------- */

struct whim
net_whim(struct net *net, uint32_t client, uint32_t node)
{
	struct link *l = net_link(net, net->nodes + client, node);
	struct whim w = { 0 };
	struct rng operation, r;
	struct layer *y;
	uint32_t i;

	net->asked[client]++;
	for (i = 0; i < l->layer_count && w.layer == NULL; i++) {
		y = l->layers[i];
		operation.key = hash_mix(hash_mix(net->rng.key, net->nodes +
						  client), net->asked[client]);
		r = of_layer(&operation, y);
		w.vanish = happens(&r, DRAW_VANISH, y->vanish);
		w.again = happens(&r, DRAW_AGAIN, y->again);
		w.retry = happens(&r, DRAW_RETRY, y->retry);
		if (!w.vanish && !w.again && !w.retry)
			continue;
		w.patience = some_time(&r, DRAW_PATIENCE, &y->patience,
				       PATIENCE_MOST);
		w.gone = 1 + (int64_t)draw_below(&r, DRAW_GONE, GONE_MOST);
		w.elsewhere = happens(&r, DRAW_ELSEWHERE, 0.5);
		w.layer = y;
		w.key = y->key;
	}
	return w;
}

bool
net_whim_holds(struct net *net, const struct whim *w, uint32_t client,
	       uint32_t node)
{
	const struct link *l = net_link(net, net->nodes + client, node);
	uint32_t at = place(l, w->layer);

	/* Another layer may have come to lie at the same address. */
	return at < l->layer_count && l->layers[at]->key == w->key;
}
