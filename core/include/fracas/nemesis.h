/* SPDX-License-Identifier: MIT */
/*
 * fracas/nemesis.h - a family of faults of one's own: the contract between it
 * and its host, version 1.
 *
 * A nemesis is a shared object that exports `fracas_nemesis_v1`, written with
 * the FR_NEMESIS macro, and lies in a folder `nemeses` of the plugin path (or
 * is named by its path: --nemesis ./mine.so).  Like a workload, and unlike a
 * protocol, it is trusted: it is loaded into the process that runs the
 * experiment.
 *
 * For each fault of a plan `start` is called when it begins, `step` whenever
 * the time has come that `after` was asked for, and `end` when it is over.
 * What it does goes through the host, and the host undoes what is left when it
 * ends: links are joined, nodes started and resumed, clocks set right.  One
 * seed gives one run in virtual time, so everything that is left to chance
 * comes from `random`, and no other state than f->state is kept.
 *
 * `begin` does whatever fracas can do by itself, in the words of a plan
 * ("delay:pareto 0>1 mean=200ms", "disk:torn 2"), as a part of this fault.
 *
 * The same rules as in fracas/protocol.h hold for sizes, growth and ownership.
 */
#ifndef FRACAS_NEMESIS_H
#define FRACAS_NEMESIS_H

#include <fracas/protocol.h>

#ifdef __cplusplus
extern "C" {
#endif

/* At whom a fault can aim. */
#define FR_AIM_NODES	1u	/* f->aimed says at which                      */
#define FR_AIM_GROUPS	2u	/* f->aimed is each node's group, from 1; 0:
				   in none                                     */

/* What the nodes that it aims at are, meanwhile, for a protocol that says how
 * many of them it bears. */
#define FR_COST_NONE	  0u
#define FR_COST_CRASH	  1u	/* dead                                        */
#define FR_COST_STOP	  2u	/* stopped                                     */
#define FR_COST_BYZANTINE 3u	/* anything                                    */

struct fr_variant {
	const char *name;
	const char *help;
	uint32_t needs;			/* FR_BEARS_... of the protocol        */
	uint32_t cost;			/* FR_COST_...                         */
	uint32_t weight;		/* how often the bare name draws it;
					   0: never                            */
	uint32_t reserved;
};

struct fr_variants {
	const struct fr_variant *at;
	uint32_t count;
	uint32_t stride;
};

#define FR_VARIANTS(...) FR_TABLE_(struct fr_variant, __VA_ARGS__)

/* What a node is doing. */
#define FR_NODE_DOWN	0u
#define FR_NODE_BOOTING	1u
#define FR_NODE_UP	2u
#define FR_NODE_PAUSED	3u

struct fr_fault;

/*
 * The host's side.  Functions that return int answer 0, or a negative FR_E...
 * where it could not be done.  Endpoints of links: nodes, and behind them
 * clients (f->nodes + client).
 */
struct fr_nemesis_host {
	uint32_t size;
	uint32_t minor;
	uint64_t (*random)(struct fr_fault *f);
	int64_t (*now)(struct fr_fault *f);	/* since the run began         */
	/* `step` is called so much later; asking anew forgets the last. */
	void (*after)(struct fr_fault *f, int64_t delay);
	int (*param)(struct fr_fault *f, const char *name,
		     struct fr_value *out);	/* as in struct fr_host        */
	/* Does this node note (fr_note) that `name` is `text` now?  1 or 0. */
	int (*notes)(struct fr_fault *f, uint32_t node, const char *name,
		     const char *text);
	/* FR_NODE_...; *boot may be NULL. */
	uint32_t (*state)(struct fr_fault *f, uint32_t node, uint32_t *boot);
	int (*cut)(struct fr_fault *f, uint32_t from, uint32_t to);
	int (*join)(struct fr_fault *f, uint32_t from, uint32_t to);
	int (*kill)(struct fr_fault *f, uint32_t node);
	int (*boot)(struct fr_fault *f, uint32_t node);
	int (*pause)(struct fr_fault *f, uint32_t node);
	int (*resume)(struct fr_fault *f, uint32_t node);
	/* The wall clock so much ahead, everything at this rate (1 is right). */
	int (*clock)(struct fr_fault *f, uint32_t node, int64_t offset,
		     double rate);
	/* A fault of the house: its number, above 0.  It ends with `finish`,
	 * or with this fault. */
	int (*begin)(struct fr_fault *f, const char *line);
	int (*finish)(struct fr_fault *f, int number);
	/* Adds to the words that stand on record: in start, what it does; in
	 * effect, what came of it; where start fails, why. */
	void (*say)(struct fr_fault *f, const char *text);
};

/* One fault, as its family sees it. */
struct fr_fault {
	uint32_t size;
	uint32_t nodes;
	uint32_t clients;
	uint32_t variant;		/* index in the table of variants      */
	const char *target;		/* as it was written, or drawn         */
	const uint8_t *aimed;		/* one a node                          */
	void *state;			/* state_size zeroed bytes             */
	const struct fr_nemesis_host *host;
	const struct fr_nemesis *nemesis;
};

/* 0, or not 0: it could not begin (start; it has done nothing then), it is not over yet (end: asked
 * again in a moment), it had an effect (effect). */
typedef int (*fr_fault_fn)(struct fr_fault *f);
typedef void (*fr_fault_step_fn)(struct fr_fault *f);

struct fr_nemesis {
	uint32_t size;			/* FR_NEMESIS_HEAD fills these two     */
	uint32_t minor;
	const char *name;
	const char *summary;		/* one line                            */
	struct fr_variants variants;	/* none: just the one                  */
	struct fr_params params;
	uint32_t aims;			/* FR_AIM_...; 0: at nobody            */
	uint32_t reserved;
	size_t state_size;
	fr_fault_fn start;
	fr_fault_step_fn step;		/* or NULL                             */
	fr_fault_fn end;		/* or NULL                             */
	fr_fault_fn effect;		/* or NULL: the host says what came of
					   what was done through it            */
};

#define FR_NEMESIS_HEAD .size = sizeof(struct fr_nemesis), .minor = FR_MINOR

/* FR_NEMESIS = { FR_NEMESIS_HEAD, .name = "...", ... }; */
#define FR_NEMESIS							\
	extern __attribute__((visibility("default")))			\
	const struct fr_nemesis fracas_nemesis_v1;			\
	const struct fr_nemesis fracas_nemesis_v1

#ifdef __cplusplus
}
#endif
#endif
