/* SPDX-License-Identifier: MIT */
/*
 * The network as a pure function: (now, link, message, rng) -> when, and in
 * what shape, it arrives.  No clock, no socket, no process: both worlds ask
 * here, and act on the answer.
 *
 * Endpoints 0 .. nodes-1 are nodes, the ones behind them clients.  A link is
 * directed.  Which nodes are joined is the topology's and never changes in a
 * run; every client is joined to every node; nobody is joined to a client but
 * the nodes.  A node's link to itself is always plain and open.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/rand.h"
#include "core/base/units.h"

/* ---- topology ---------------------------------------------------------------- */

struct topology {
	uint32_t nodes;
	double *weight;		/* nodes x nodes; 0: not joined                */
};

/*
 * "complete" "ring" "line" "star" "grid" "tree" "tree:3" "random:0.3" or a
 * file of lines "FROM TO [WEIGHT]" (both directions; "FROM > TO" for one; '#'
 * comments).  The error names the line and column of a bad file, or the nearest
 * name.  random is made connected by joining what is left apart.
 */
int topology_make(const char *text, uint32_t nodes, uint64_t seed,
		  struct topology *out, struct fr_err *err);
void topology_free(struct topology *t);
/* Names for `fracas list topologies`, ended by NULL: name, help, name, ... */
extern const char *const topology_names[];

/* ---- the link table ------------------------------------------------------------ */

struct link {
	uint32_t cuts;		/* how many reasons keep it cut; 0: open       */
	bool shaped;		/* anything below is not plain                 */
	struct dist delay;
	double loss, duplicate, reorder, corrupt;	/* probabilities       */
	uint64_t bandwidth;	/* bytes a second; 0: unlimited                */
	int64_t busy_until;	/* the line is occupied by earlier bytes       */
	int64_t last_arrival;	/* a link keeps order unless it reorders       */
	uint64_t sent, dropped;	/* counters, for evidence of effect            */
};

struct net {
	uint32_t nodes, clients;
	const struct topology *topology;
	struct link *links;	/* (nodes + clients) squared, row = source     */
	struct rng rng;
};

/* The topology must outlive the net. */
struct net *net_new(const struct topology *t, uint32_t clients,
		    const struct dist *delay, uint64_t seed);
void net_free(struct net *net);
struct link *net_link(struct net *net, uint32_t from, uint32_t to);
/* Adds or takes away one reason to be cut; reasons are counted, so that two
 * faults that overlap heal independently. */
void net_cut(struct net *net, uint32_t from, uint32_t to);
void net_join(struct net *net, uint32_t from, uint32_t to);

enum fate_kind {
	FATE_DELIVERED,
	FATE_NO_LINK,		/* the topology does not join them             */
	FATE_CUT,
	FATE_LOST,
	FATE_KINDS
};

extern const char *const fate_names[FATE_KINDS];

struct fate {
	enum fate_kind kind;
	uint32_t copies;	/* 1, or 2 where it was duplicated             */
	int64_t arrives[2];	/* >= now                                      */
	bool corrupt;		/* flip bit `bit` of the body                  */
	uint64_t bit;
};

/* What becomes of `size` bytes sent now.  A plain open link: at once.  The
 * answer depends on the seed, the two ends and how many were sent between them
 * before, and on nothing else: other links' traffic disturbs no choice. */
struct fate net_send(struct net *net, int64_t now, uint32_t from, uint32_t to,
		     uint64_t size);

/* To be called when a link's delay, bandwidth or probabilities were set. */
void link_shape(struct link *l);

/*
 * The short way for the usual link: true where it is plain and open, which
 * counts the message; it then arrives at once.  False, and nothing counted,
 * where net_send has to be asked.
 */
static inline bool
net_at_once(struct net *net, int64_t now, uint32_t from, uint32_t to)
{
	struct link *l = &net->links[(size_t)from *
				     (net->nodes + net->clients) + to];

	if (l->cuts > 0 || l->shaped || l->last_arrival > now)
		return false;
	if (from != to && (from >= net->nodes || to >= net->nodes ||
	    net->topology->weight[(size_t)from * net->nodes + to] <= 0))
		return false;
	l->sent++;
	return true;
}

#endif
