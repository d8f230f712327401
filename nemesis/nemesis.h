/* SPDX-License-Identifier: MIT */
/*
 * The nemesis: fault families, a schedule that turns them and a seed into a
 * plan, and the plan carried out against a world.
 *
 * A plan is data: lines of text, stored with the run, replayable.
 *
 *	at 1.5s for 2s partition 0,1|2,3,4
 *	at 4s   for 1s kill 2
 *
 * Every fault that starts ends before the final reads, and the run records
 * whether it took effect.
 *
 * An argument names its nodes ("0,1|2,3,4", "2", "0-3") or describes them
 * ("one", "majority").  A description is drawn when the fault starts, from the
 * run's seed and the fault's number alone, so that a plan repeats itself.
 */
#ifndef NEMESIS_NEMESIS_H
#define NEMESIS_NEMESIS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rand.h"
#include "core/world/world.h"

struct fault {
	int64_t at, length;		/* ns since the main phase began       */
	const struct family *family;
	char *argument;			/* "0,1|2,3,4", as it was written      */
	/* Its number: what it draws comes from this.  0: by the order in which
	 * faults start. */
	uint32_t id;
	/* While it is on: */
	bool on;
	void *state;			/* the family's: one block from mem_*  */
};

/* One fault family.  Its functions speak to the world only. */
struct family {
	const char *name, *summary;
	const char *argument;		/* help: what may stand there          */
	/* Is `argument` sense for so many nodes? */
	int (*check)(const char *argument, uint32_t nodes, struct fr_err *err);
	/* An argument for this draw. */
	char *(*draw)(struct rng *rng, uint32_t nodes);
	/* Adds to `words` what exactly it does: "node 2". */
	int (*start)(struct world *w, struct fault *f, struct buf *words,
		     struct fr_err *err);
	/* True: it is over.  False: not yet (a killed process is still being
	 * reaped, say); asked again in a moment. */
	bool (*end)(struct world *w, struct fault *f);
	/* Did it do anything?  The effect in words; called after its end. */
	bool (*effect)(struct world *w, struct fault *f, struct buf *words);
};

extern const struct family *const families[];	/* ended by NULL */
const struct family *family_find(const char *name, struct fr_err *err);

struct plan {
	struct fault *faults;		/* in the order of `at`                */
	uint32_t count;
};

/* From families "partition,kill", an interval (one fault begins about every
 * interval and lasts about half of it) and a length of the main phase. */
int plan_draw(const char *list, int64_t interval, int64_t length,
	      uint32_t nodes, uint64_t seed, struct plan *out,
	      struct fr_err *err);
/* `name` is what errors call it; they carry line and column. */
int plan_read(const char *text, const char *name, uint32_t nodes,
	      struct plan *out, struct fr_err *err);
int plan_file(const char *path, uint32_t nodes, struct plan *out,
	      struct fr_err *err);
void plan_text(const struct plan *p, struct buf *out);
void plan_free(struct plan *p);

/* ---- carrying it out ---------------------------------------------------------- */

struct nemesis;

struct nemesis_events {
	void (*started)(void *arg, const struct fault *f, const char *words);
	void (*ended)(void *arg, const struct fault *f, bool effective,
		      const char *words);
};

/* Begins now; faults come from the world's timers.  The plan stays the
 * caller's and must outlive it. */
struct nemesis *nemesis_new(struct world *w, struct plan *p,
			    const struct nemesis_events *e, void *arg);
/* By hand, through the door: "partition 0,1|2,3,4", "kill 3".  It lasts until
 * nemesis_heal, or `length` where that is not 0. */
int nemesis_do(struct nemesis *n, const char *family, const char *argument,
	       int64_t length, struct fr_err *err);
/* Ends everything that is on now; the plan goes on. */
void nemesis_end_all(struct nemesis *n);
/* Ends everything that is on, restarts what it killed, starts nothing more. */
void nemesis_heal(struct nemesis *n);
/* How many faults are on, or still ending. */
uint32_t nemesis_on(const struct nemesis *n);
/* One after the other: its index from 0, NULL behind the last. */
const struct fault *nemesis_active(const struct nemesis *n, uint32_t i);
void nemesis_counts(const struct nemesis *n, uint32_t *started,
		    uint32_t *effective);
void nemesis_free(struct nemesis *n);

#endif
