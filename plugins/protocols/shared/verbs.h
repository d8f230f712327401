/* SPDX-License-Identifier: MIT */
/* What can be done with a state machine's objects; machine.c's business. */
#ifndef SHARED_VERBS_H
#define SHARED_VERBS_H

#include "machine.h"

/* Why something is not done.  It happens everywhere alike, and is remembered:
 * the numbers travel in snapshots. */
enum refusal {
	DONE, NOT_SO, OTHER_KIND, REFUSALS
};

extern const char *const refusals[REFUSALS];

/* One command that is being done. */
struct deed {
	struct fr_node *me;
	struct machine *m;
	const struct command *c;
	struct fr_value argument;
	struct fr_value answer;		/* good until the next one            */
};

/* One of the above, or -1: no memory. */
int verb_do(struct deed *d);
/* NULL, or what is wrong with such an argument. */
const char *verb_refuses(uint32_t f, const struct fr_value *argument);
bool verb_reads(uint32_t f, const struct fr_value *argument);

#endif
