/* SPDX-License-Identifier: MIT */
/*
 * Reads that write nothing (Ongaro's thesis, 6.4): they wait until a quorum has
 * answered a question that was asked after they came - so that their leader
 * still led then - and until the state is as new as it was to be.
 */
#ifndef SHARED_READS_H
#define SHARED_READS_H

#include "machine.h"

struct read {
	struct read *next;
	uint64_t request, index, round;
	uint32_t size;
	unsigned char command[];
};

struct reads {
	struct read *first, **end;
	uint64_t round;			/* the newest that was begun          */
};

void reads_init(struct reads *r);
/* It waits for the next round, and for `index`; or its client is refused. */
void reads_add(struct fr_node *me, struct reads *r, uint64_t request,
	       const void *command, uint32_t size, uint64_t index);
/* Some wait for a round that has not begun. */
bool reads_ask(const struct reads *r);
/* Answers the first, which may be. */
void reads_answer(struct fr_node *me, struct reads *r, struct machine *m);
void reads_refuse(struct fr_node *me, struct reads *r, const char *why);

#endif
