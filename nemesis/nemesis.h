/* SPDX-License-Identifier: MIT */
/*
 * The nemesis: fault families, schedules that turn them and a seed into a
 * plan, and the plan carried out against a world.
 *
 * A plan is data: lines of text, stored with the run, replayable.
 *
 *	at 1.5s for 2s partition 0,1|2,3,4
 *	at 2s   for 1s delay:pareto 0>1 mean=200ms	# one slow link
 *	at 4s   for 1s kill role=leader
 *
 * A line names a family, perhaps one of its variants, at whom it aims, and
 * parameters.  What it leaves to chance ("one", "majority", no target at all)
 * is drawn from the seed when the plan is made, so that the plan that is
 * stored says everything, and repeats itself whatever else is taken out of
 * it; only what nodes note of themselves is found out when the fault starts.
 *
 * Every fault that starts ends before the final reads, and the run records
 * whether it took effect.
 */
#ifndef NEMESIS_NEMESIS_H
#define NEMESIS_NEMESIS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rand.h"
#include "core/world/world.h"

/* ---- what a family is --------------------------------------------------------- */

/* Where a fault is to happen, as far as it is known before anything starts. */
struct ground {
	uint32_t nodes, clients;
	uint64_t seed;
	const char *world;		/* "live", "sim"                       */
	/* What the protocol says that it keeps its promise under; NULL: it
	 * does not say, and nobody is on guard. */
	const struct fr_tolerance *bears;
	bool beyond;			/* the guard looks away: --beyond      */
	/* What `upgrade` makes of nodes where the plan does not say; or NULL. */
	const char *upgrade;
	uint32_t liars;			/* byzantine faults aim at so many
					   nodes, the same all the time; 0: at
					   others each time                    */
	bool stored;			/* its plan is a record: it is read as
					   it is                               */
};

/* What a family works with while the run lasts. */
struct scene {
	struct world *world;
	struct ground ground;
	/* Does this node note (fr_note) that `name` is `text` now?  May be
	 * NULL: then nobody notes anything. */
	bool (*notes)(void *arg, uint32_t node, const char *name,
		      const char *text);
	/* This node is down and is not to come back in this run; nobody
	 * waits for it any more.  May be NULL. */
	void (*lost)(void *arg, uint32_t node);
	void *arg;
	struct nemesis *nemesis;	/* filled in by nemesis_new            */
};

/* What a fault can aim at: a family's or a variant's `aims`. */
#define AIM_NODES	1u	/* 2   0-3,7   one   majority   role=leader    */
#define AIM_GROUPS	2u	/* 0,1|2,3,4   or nodes: these and all others  */
#define AIM_LINKS	4u	/* 0>1   0,1>2+2>0   0|1,2   c0>1   clients|2
				   or nodes: every link from and to them       */
#define AIM_CLIENTS	8u	/* c0   c0-3   clients   one   random          */
#define AIM_ALL		16u	/* with no target it means all, and none is
				   drawn                                       */

/* What the nodes that it aims at count as, where a protocol says how many of
 * them it can bear at once. */
enum cost {
	COST_NONE,
	COST_CRASH,		/* they are dead for a while                   */
	COST_STOP,		/* they do nothing for a while, and forget
				   nothing; like a crash it holds the process:
				   no two of them on one node at one time      */
	COST_BYZANTINE,		/* they do anything                            */
};

struct variant {
	const char *name, *help;
	/* FR_BEARS_...: what a protocol has to bear to be tried with it. */
	uint32_t needs;
	enum cost cost;
	uint32_t aims;		/* AIM_...; 0: the family's                    */
	uint32_t weight;	/* how often the bare name in a schedule draws
				   it; 0: only when it is asked for by name    */
	/* Why it is impossible in that world, as a sentence; NULL: possible. */
	const char *not_live, *not_sim;
};

struct fault;

/*
 * One fault family.  Its functions speak to the world only.  Tables end with
 * an entry without a name; the first variant is what a plan's line with the
 * bare name means.
 */
struct family {
	const char *name, *summary;
	const struct variant *variants;
	const struct fr_param *params;	/* NULL: none                          */
	uint32_t aims;			/* AIM_...                             */
	const char *not_live, *not_sim;	/* as above, for all its variants      */

	/* Is it sense here?  Name, variant, target and parameters have been
	 * looked at already.  May be NULL. */
	int (*check)(const struct fault *f, const struct ground *g,
		     struct fr_err *err);
	/* Gives f a target, where it has none; may set parameters (fault_set)
	 * that the plan left open.  NULL: nodes are drawn, mostly few.  -1: it
	 * makes no sense on this ground. */
	int (*draw)(struct fault *f, const struct ground *g, struct rng *rng,
		    struct fr_err *err);
	/* Of a plan that has it, when the main phase begins: what a fault will
	 * need has to be watched from then on.  May be NULL. */
	void (*prepare)(struct scene *s, const struct fault *f);
	/* Adds to `words` what exactly it does: "node 2".  On failure nothing
	 * has happened. */
	int (*start)(struct scene *s, struct fault *f, struct buf *words,
		     struct fr_err *err);
	/* While it is on: start left a time in f->next (ns from then; 0: never)
	 * and so does each step.  NULL: it has none. */
	void (*step)(struct scene *s, struct fault *f);
	/* True: it is over.  False: not yet (a killed process is still being
	 * reaped, say); asked again in a moment. */
	bool (*end)(struct scene *s, struct fault *f);
	/* Did it do anything?  The effect in words; called after its end. */
	bool (*effect)(struct scene *s, struct fault *f, struct buf *words);
	/* Frees what f->state points to, where it is not one block of mem_*
	 * (or NULL); may be called without end, when a run is given up. */
	void (*drop)(struct fault *f);
	const void *guest;		/* of a plugin: guest.c                */
};

/* A parameter's value; which member counts follows from its kind. */
struct fault_value {
	bool given;			/* by the plan, and not by default     */
	int64_t number;			/* int, bool, time, size               */
	double real;
	char *text;			/* as it is written; never NULL        */
};

struct fault {
	int64_t at, length;		/* ns since the main phase began       */
	const struct family *family;
	const struct variant *variant;
	char *target;			/* "0,1|2,3,4"; "" while it has none   */
	struct fault_value *values;	/* one for each of family->params      */
	uint32_t line;			/* of the plan it was read from        */
	bool by_hand;			/* through the door: in no plan        */
	uint32_t id;			/* its number; 0: by the order in which
					   faults start                        */
	/* While it is on: */
	bool on;
	int64_t began;			/* the world's time                    */
	int64_t next;			/* ns until `step`; 0: none            */
	bool *held;			/* by node: the guard's                */
	void *state;			/* the family's                        */
};

/* Every family there is: those of the house, then those of plugins. */
const struct family *family_at(size_t i);	/* NULL behind the last */
const struct family *family_find(const char *name, struct fr_err *err);
const struct variant *variant_find(const struct family *f, const char *name,
				   struct fr_err *err);
/* One more, of a plugin; it has to last.  -1: there is one of that name. */
int family_add(const struct family *f, struct fr_err *err);
/* Loads a plugin's (fracas/nemesis.h) into this process, for good; one that is
 * there already is found again.  `path` is absolute. */
int guest_load(const char *path, const struct family **out,
	       struct fr_err *err);
/* NULL, or why it cannot be in this world. */
const char *family_impossible(const struct family *f, const struct variant *v,
			      const char *world);

/* ---- for families --------------------------------------------------------------- */

/* Its parameters.  Asking for one that it does not declare is our bug. */
int64_t fault_number(const struct fault *f, const char *name);
double fault_real(const struct fault *f, const char *name);
const char *fault_text(const struct fault *f, const char *name);
bool fault_given(const struct fault *f, const char *name);
/* For `draw`: sets one that the plan left open. */
void fault_set(struct fault *f, const char *name, const char *value);
void fault_aim(struct fault *f, const char *target);
bool fault_is(const struct fault *f, const char *variant);
uint32_t fault_aims(const struct fault *f);	/* AIM_... */
/* Of this fault alone: it follows from the seed, the fault's line and its
 * time, so that taking another fault out of the plan changes nothing. */
struct rng fault_rng(const struct fault *f, const struct ground *g,
		     const char *label);

/* ---- plans ------------------------------------------------------------------------ */

struct plan {
	struct fault *faults;		/* in the order of `at`                */
	uint32_t count;
};

/*
 * From a list "partition,kill:for-good,disk", an interval (of each entry one
 * fault begins about every interval and lasts about half of it) and a length
 * of the main phase.  "all": everything that the guard lets through.  Each
 * entry's faults follow from the seed and its own name: taking one out of the
 * list leaves the others as they were.
 */
int plan_draw(const char *list, int64_t interval, int64_t length,
	      const struct ground *g, struct plan *out, struct fr_err *err);
/* The same list with "all" spelt out; the caller's to free.  NULL: nothing of
 * it is possible here. */
char *plan_families(const char *list, const struct ground *g,
		    struct fr_err *err);
/* `name` is what errors call it; they carry line and column. */
int plan_read(const char *text, const char *name, const struct ground *g,
	      struct plan *out, struct fr_err *err);
/* The file's text, to be read with plan_read; the caller's to free. */
char *plan_load(const char *path, struct fr_err *err);
/* As plan_read reads it, targets drawn. */
void plan_text(const struct plan *p, struct buf *out);
/* "partition:ring", or the bare name for the first variant. */
void fault_name(const struct fault *f, struct buf *out);
/* The line of one fault, without times: "kill 2", "delay 0>1 mean=2ms". */
void fault_line(const struct fault *f, struct buf *out);
/* How many nodes may be missing, and the others still make progress; fewer
 * than half where a protocol does not say. */
uint32_t ground_missing(const struct ground *g);
/* Whether it goes beyond what the protocol bears; the faults that do so are
 * added to `out`: "pause, kill of 3 nodes". */
bool plan_beyond(const struct plan *p, const struct ground *g,
		 struct buf *out);
void fault_free(struct fault *f);
void plan_free(struct plan *p);

/* ---- carrying it out ---------------------------------------------------------- */

struct nemesis;

struct nemesis_events {
	void (*started)(void *arg, const struct fault *f, const char *words);
	void (*ended)(void *arg, const struct fault *f, bool effective,
		      const char *words);
};

/* Begins now; faults come from the world's timers.  The plan stays the
 * caller's and must outlive it; of the scene a copy is made. */
struct nemesis *nemesis_new(const struct scene *s, struct plan *p,
			    const struct nemesis_events *e, void *arg);
/* By hand, through the door: "partition 0,1|2,3,4", "kill 3", "delay 0>1
 * mean=20ms".  It lasts until nemesis_heal, or `length` where that is not 0. */
int nemesis_do(struct nemesis *n, const char *line, int64_t length,
	       struct fr_err *err);
/* Ends everything that is on now; the plan goes on. */
void nemesis_end_all(struct nemesis *n);
/* Ends everything that is on, restarts what it killed, starts nothing more. */
void nemesis_heal(struct nemesis *n);
/* How many faults are on, or still ending. */
uint32_t nemesis_on(const struct nemesis *n);
/* For the guard.  Adds to the set whom other faults hold that count together
 * with f; and notes whom f holds. */
void nemesis_held(const struct nemesis *n, const struct fault *f, bool *held);
void nemesis_hold(struct nemesis *n, struct fault *f, const bool *in);
/* One after the other: its index from 0, NULL behind the last. */
const struct fault *nemesis_active(const struct nemesis *n, uint32_t i);
void nemesis_counts(const struct nemesis *n, uint32_t *started,
		    uint32_t *effective);
void nemesis_free(struct nemesis *n);

#endif
