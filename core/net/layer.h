/* SPDX-License-Identifier: MIT */
/*
 * What a fault lays over links.
 *
 * Any number of layers lie over one link, each with choices of its own: they
 * add up (delays), each gets its chance (loss, duplication, ...), or the
 * narrowest counts (bandwidth).  When one is lifted, the others and the link's
 * own shape are what they were.  A layer counts what it did, on all its links
 * together: that is a fault's evidence.
 *
 *  1. A choice is drawn from H(seed, network, from, to, n, layer's key, what),
 *     so that a layer disturbs neither the link's choices nor another layer's.
 *  2. Nothing lies over a node's link to itself.
 *  3. A link with layers keeps order but for what `reorder` holds back.
 */
#ifndef NET_LAYER_H
#define NET_LAYER_H

#include "core/net/net.h"

/* One message is held up for no longer than this, whatever was drawn, so that
 * a fault is over soon after its end; one that would take a line for longer
 * does not get onto it. */
#define LAYER_DELAY_MOST INT64_C(8000000000)

struct layer {
	uint64_t key;

	/* What it does; 0 and false: not that. */
	bool cut;
	double late;			/* probability of `delay`              */
	struct dist delay;
	int64_t delay_most;		/* of one; 0: LAYER_DELAY_MOST         */
	double loss, duplicate, reorder, corrupt;
	struct dist gap;		/* of a second copy behind the first   */
	struct dist hold;		/* of one that is to be overtaken      */
	uint32_t bits;			/* flipped in one that is corrupted    */
	uint64_t bandwidth;		/* bytes a second                      */
	int64_t backlog;		/* what may wait for the line, as time */
	double replay;			/* an old packet of the link, too      */
	int64_t age;			/* sent so long before, at least       */
	/* Of a liar, on the links that leave it: */
	double field, lie, withhold, forge;
	/* To a node of which there are two, on the links that lead to it: the
	 * chances of the second alone, and of both. */
	double second, both;
	/* Of clients, on the links that leave them: see net_whim. */
	double again, retry, vanish;
	struct dist patience;		/* before a retry                      */

	/* What it did. */
	uint64_t seen;			/* messages on its links               */
	uint64_t cut_off, lost, choked, withheld;
	uint64_t delayed;
	int64_t delay_sum, delay_max;
	uint64_t duplicated, overtaken, corrupted, replayed;
	uint64_t mutated, lied, forged;
	uint64_t to_second, to_both;
	uint64_t asked_again, retried, vanished;
	int64_t last;			/* the last arrival it is to blame for */
	uint32_t links;			/* that it lies over                   */
};

/* Lays it over a link, where it lies already or which is a node's own: does
 * nothing.  The layer must stay where it is until it is lifted. */
void net_lay(struct net *net, struct layer *y, uint32_t from, uint32_t to);
void net_lift(struct net *net, struct layer *y, uint32_t from, uint32_t to);
/* From every link. */
void net_lift_all(struct net *net, struct layer *y);

/*
 * What a client does besides asking: it sends its request again at once,
 * or once more where no answer has come for a while, or is gone before the
 * answer comes.  Drawn from H(seed, network, client, n-th operation, ...).
 */
struct whim {
	bool again, retry, vanish;
	int64_t patience;		/* before the retry                    */
	int64_t gone;			/* before it vanishes                  */
	bool elsewhere;			/* the retry goes to another node      */
	struct layer *layer;		/* whose it is; NULL: none             */
	uint64_t key;			/* and its key                         */
};

struct whim net_whim(struct net *net, uint32_t client, uint32_t node);
/* Whether its fault is still on: a whim of one that is over comes to nothing,
 * and its layer is gone. */
bool net_whim_holds(struct net *net, const struct whim *w, uint32_t client,
		    uint32_t node);

#endif
