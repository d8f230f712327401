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

struct layer;
struct kept;

struct link {
	bool plain;		/* joined, open, and nothing below is set      */
	bool late;		/* the same, but for its delay                 */
	bool joined;		/* by the topology, for ever                   */
	bool kept;		/* worlds hand over what it carries: net_keep  */
	uint16_t layer_count, layer_room;
	uint32_t cuts;		/* how many reasons keep it cut; 0: open       */
	/* Its own shape, which stays when every fault is over. */
	struct dist delay;
	double loss, duplicate, reorder, corrupt;	/* probabilities       */
	uint64_t bandwidth;	/* bytes a second; 0: unlimited                */
	/* What faults lay over it: see core/net/layer.h. */
	struct layer **layers;
	int64_t busy_until;	/* the line is occupied by earlier bytes       */
	int64_t last_arrival;	/* a link keeps order unless it reorders       */
	int64_t held_until;	/* one that was held back arrives then         */
	struct layer *held_by;	/* and this layer did it, or NULL              */
	uint64_t sent, dropped;	/* counters, for evidence of effect            */
	uint64_t key;		/* of all that is drawn for it                 */
};

struct net {
	uint32_t nodes, clients;
	const struct topology *topology;
	struct link *links;	/* (nodes + clients) squared, row = source     */
	struct rng rng;
	uint64_t *asked;	/* by client: operations, as net_whim counts   */
	struct kept *kept;	/* by link of nodes; NULL: nothing is kept     */
	uint64_t kept_bytes;
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
	FATE_CHOKED,		/* too much waits for a narrow line            */
	FATE_WITHHELD,		/* its sender, who is a liar, kept it back     */
	FATE_KINDS
};

extern const char *const fate_names[FATE_KINDS];

/* How bytes are changed on their way: see net_edit. */
struct edit {
	enum edit_kind {
		EDIT_FLIP,	/* some bits                                   */
		EDIT_FIELD,	/* one field becomes another number            */
		EDIT_LIE	/* the same, and equal bodies become equal     */
	} kind;
	uint32_t bits;		/* EDIT_FLIP                                   */
	uint64_t key;		/* of where and how                            */
};

/* A message that was sent before: see net_keep. */
struct old {
	int64_t sent;
	uint32_t src_boot;
	uint32_t size;
	uint16_t type;
	unsigned char body[];
};

#define FATE_COPIES	4u
#define FATE_EDITS	4u
#define FATE_EXTRAS	2u

/* Which instance of its destination takes it: see layer.h, twins. */
#define FATE_FIRST	1u
#define FATE_SECOND	2u

struct fate {
	enum fate_kind kind;
	uint32_t copies;	/* 1, or more where it was duplicated          */
	int64_t arrives[FATE_COPIES];	/* >= now                              */
	uint32_t instances;	/* FATE_FIRST, FATE_SECOND, or both            */
	bool corrupt;		/* damaged, as a checksum would notice         */
	bool held;		/* it was held back, and others pass it        */
	uint32_t edit_count;
	struct edit edits[FATE_EDITS];
	/* What arrives besides it.  Good until the next net_keep. */
	uint32_t extra_count;
	struct extra {
		const struct old *old;
		int64_t arrives;
		bool forged;	/* by its sender, now; else an old packet      */
		bool edited;
		struct edit edit;
	} extras[FATE_EXTRAS];
};

/* What becomes of `size` bytes sent now.  A plain open link: at once.  The
 * answer depends on the seed, the two ends and how many were sent between them
 * before, and on nothing else: other links' traffic disturbs no choice. */
struct fate net_send(struct net *net, int64_t now, uint32_t from, uint32_t to,
		     uint64_t size);
/* The same in short where the link is open and late, and nothing else: when it
 * arrives.  False, and nothing counted: net_send has to be asked. */
bool net_late(struct net *net, int64_t now, uint32_t from, uint32_t to,
	      int64_t *arrives);
/* Does to a body what its fate says; never beyond `size`. */
void net_edit(const struct edit *edits, uint32_t count, void *body,
	      size_t size);

/* From now on worlds hand over what nodes send to each other (net_keep), so
 * that it can be had again later; nothing of it is changed by this. */
void net_keep_on(struct net *net);
/* To be called behind net_send, where net->kept is not NULL. */
void net_keep(struct net *net, int64_t now, uint32_t from, uint32_t to,
	      uint16_t type, uint32_t src_boot, const void *body,
	      uint32_t size);

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

	if (!l->plain || l->last_arrival > now)
		return false;
	l->sent++;
	return true;
}

#endif
