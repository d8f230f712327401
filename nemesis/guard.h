/* SPDX-License-Identifier: MIT */
/*
 * The guard: faults stay inside what a protocol says that it bears, so that an
 * excusable failure is not called a bug.  Where a protocol says nothing, or
 * --beyond was given, everything is let through.
 */
#ifndef NEMESIS_GUARD_H
#define NEMESIS_GUARD_H

#include "nemesis/nemesis.h"

/* How many nodes may be in that state at once; UINT32_MAX: any number. */
uint32_t guard_most(const struct ground *g, enum cost cost);
/* May this variant be tried at all?  -1: no, and what it would take. */
int guard_variant(const struct ground *g, const struct family *f,
		  const struct variant *v, struct fr_err *err);
/* And this fault, as far as its target is known?  -1: no, and why. */
int guard_fault(const struct ground *g, const struct fault *f,
		struct fr_err *err);
/*
 * A drawn plan, made to fit: where the faults that are on at one time would
 * hold too many nodes, the later one lets go of some, and is taken out when
 * none are left.
 */
void guard_plan(const struct ground *g, struct plan *p);
/* Do both hold one node's process at one time?  Then which. */
bool guard_overlap(const struct ground *g, const struct fault *a,
		   const struct fault *b, uint32_t *node);
/* A drawn plan, so that no two do: whatever it says. */
void guard_apart(const struct ground *g, struct plan *p);
/* While it runs: takes out of the set whom f may not touch now, and notes the
 * others as held.  -1: nobody is left. */
int guard_admit(const struct scene *s, struct fault *f, bool *in,
		struct fr_err *err);
/* Do nodes of the other cost count where there are to be few of this one? */
bool guard_together(enum cost cost, enum cost other);
/* A word or two for each FR_BEARS_..., for people: name, help, name, ... */
extern const char *const bears_names[];
/* "a minority", "1 node". */
void bears_number(int32_t number, struct buf *out);

#endif
