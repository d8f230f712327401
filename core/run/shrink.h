/* SPDX-License-Identifier: MIT */
/*
 * A failing simulated run, made as small as it gets with the same violation.
 *
 *	shrink.c	what is taken away, and in which order
 *	shrink_record.c	the run as it was, as a tape
 *	shrink_nodes.c	fewer nodes
 *	shrink_pool.c	candidates, tried side by side
 *	shrink_tidy.c	times and numbers that people can read
 *	shrink_words.c	what is left, in words
 */
#ifndef RUN_SHRINK_H
#define RUN_SHRINK_H

#include "core/run/run.h"
#include "core/run/shrink_pool.h"
#include "core/run/simulate.h"

struct shrink_size {
	size_t ops, faults, choices;
	uint32_t nodes, clients;
};

struct shrink_progress {
	const char *stage;
	struct shrink_size size;
	bool dull;		/* size.choices means something                */
	uint64_t tried;
	double seconds;
};

struct shrink_config {
	const struct run_config *run;	/* how it was made; no `plan`          */
	const char *plan;		/* its faults, in the plan language    */
	int64_t id;			/* in the store                        */
	uint64_t hash;			/* of the stored run; 0: not known     */
	uint32_t jobs;			/* 0: one a processor                  */
	int64_t budget;			/* ns; 0: none                         */
	void (*progress)(void *arg, const struct shrink_progress *p);
	void *arg;
};

struct shrink_result {
	struct arena arena;		/* of all texts                        */
	int64_t run;			/* where it is stored                  */
	struct run_result result;
	const char *fingerprint;
	const char *words;		/* what happens, a sentence a line     */
	const char *scenario;		/* as a scenario file                  */
	struct shrink_size before, after;
	bool drawn;			/* choices could not be made dull      */
	bool minimal;			/* nothing can be left out             */
	bool late, interrupted;		/* the best so far                     */
	uint64_t tried;
	double seconds;
};

int shrink_run(const struct shrink_config *c, struct shrink_result *out,
	       struct fr_err *err);
void shrink_result_free(struct shrink_result *r);

/* ---- inside ------------------------------------------------------------------------ */

struct shrink {
	const struct shrink_config *config;
	struct shrink_result *out;
	struct simulation simulation;
	struct pool pool;
	struct tape best;
	struct arena arena;		/* of the values in it                 */
	const char *stage;
	int64_t began, progress_at;
	struct fr_err *err;
	bool failed;			/* err says why: nothing more is tried */
};

/* Whether one of these keeps the violation: the first that does becomes the
 * best.  *which may be NULL. */
bool shrink_try(struct shrink *s, size_t count, pool_make_fn make, void *arg,
		size_t *which);
/* Choices get the numbers and times that they have in the best run; those that
 * were for nothing are gone. */
void shrink_settle(struct shrink *s);
static inline bool
shrink_over(const struct shrink *s)
{
	return s->failed || pool_over(&s->pool);
}

/* ---- shrink_record.c: the run's tape becomes the best. */
int shrink_record(struct shrink *s, struct fr_err *err);
/* ---- shrink_nodes.c: whether there are fewer now. */
bool shrink_nodes(struct shrink *s, bool redrawn);
/* ---- shrink_tidy.c: whether something became tidier. */
bool shrink_tidy(struct shrink *s);
/* ---- shrink_words.c */
int shrink_words(struct shrink *s, struct buf *words, struct buf *scenario);

#endif
