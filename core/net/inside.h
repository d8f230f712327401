/* SPDX-License-Identifier: MIT */
/*
 * core/net, inside: one message on its way through a link and what lies over
 * it.
 *
 *	net.c		the link table, a link's own shape
 *	layer.c		what faults lay over links
 *	edit.c		bytes that are changed
 *	kept.c		what was sent before
 */
#ifndef NET_INSIDE_H
#define NET_INSIDE_H

#include "core/net/layer.h"
#include "core/net/net.h"

/* What a number is drawn for.  Each has room for some draws of its own.
 * Never renumbered: stored seeds mean what they meant. */
enum draw {
	DRAW_LOSS,
	DRAW_DUPLICATE,
	DRAW_CORRUPT,
	DRAW_BIT,
	DRAW_REORDER,
	DRAW_HOLD,
	DRAW_DELAY,
	DRAW_SECOND,
	DRAW_LATE,
	DRAW_WITHHOLD,
	DRAW_FIELD,
	DRAW_LIE,
	DRAW_REPLAY,
	DRAW_WHICH,
	DRAW_FORGE,
	DRAW_WHOSE,
	DRAW_INSTANCE,
	DRAW_AGAIN,
	DRAW_RETRY,
	DRAW_VANISH,
	DRAW_PATIENCE,
	DRAW_GONE,
	DRAW_ELSEWHERE
};

#define DRAWS_EACH 1024u

struct sending {
	struct net *net;
	struct link *link;
	uint32_t from, to;
	int64_t now;
	uint64_t size;
	struct rng message;	/* of the link's own choices                   */
	int64_t leaves;		/* its last byte is on the line                */
	int64_t arrives;
	bool held;		/* it is to be overtaken                       */
	struct fate *fate;
};

/* ---- net.c */
struct rng draw(const struct rng *message, enum draw what);
bool happens(const struct rng *message, enum draw what, double probability);
int64_t draw_time(const struct rng *message, enum draw what,
		  const struct dist *d);
uint64_t draw_below(const struct rng *message, enum draw what, uint64_t n);

/* ---- layer.c; all of them in the order of a message's way */
/* Counts it, also where it ends here. */
void layers_see(struct sending *s);
/* The layer that narrows the line below *bandwidth, which it puts there. */
struct layer *layers_narrowest(struct link *l, uint64_t *bandwidth);
/* False, and counted: so much waits already that there is no room, or it alone
 * would take for ever. */
bool layer_admits(struct layer *y, int64_t waits, double takes);
void layer_delayed(struct layer *y, int64_t by, int64_t arrives);
enum fate_kind layers_lose(struct sending *s);
void layers_delay(struct sending *s);
/* Returns the last copy's arrival. */
int64_t layers_copy(struct sending *s, int64_t last);
void layers_change(struct sending *s);
/* What comes besides it. */
void layers_add(struct sending *s);

/* ---- kept.c */
void kept_free(struct net *net);
/* One that was sent on the link before `until`, or NULL. */
const struct old *kept_find(const struct net *net, uint32_t from, uint32_t to,
			    int64_t until, const struct rng *r);

#endif
