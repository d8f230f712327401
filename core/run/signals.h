/* SPDX-License-Identifier: MIT */
/*
 * Being interrupted: SIGINT, SIGTERM and SIGHUP once end a run in order, twice
 * at once.  SIGPIPE is ignored meanwhile.  What was there before comes back.
 */
#ifndef RUN_SIGNALS_H
#define RUN_SIGNALS_H

#include "core/base/err.h"

/* 128 + SIGINT, as a shell says it. */
#define EXIT_INTERRUPTED 130

/* The descriptor that becomes readable with each signal, or -1. */
int signals_take(struct fr_err *err);
/* How many have come.  Empties the descriptor. */
int signals_count(void);
/* Makes the descriptor readable without one; from any thread. */
void signals_wake(void);
/* From here on there is no loop that could see to it: a second signal (or
 * the first, if one has come already) ends the process with these words. */
void signals_end_at_once(const char *words);
void signals_give_back(void);

#endif
