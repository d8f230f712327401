/* SPDX-License-Identifier: MIT */
/*
 * The liveness epilogue: when every fault is over (or, with a core, everything
 * but a quorum is stopped), clients have to get somewhere within a stated
 * time.  Where they do not, that is a violation of its own kind, with what can
 * be said about the reason.
 *
 * Progress is: every client was answered, and one operation at least was ok.
 */
#ifndef RUN_EPILOGUE_H
#define RUN_EPILOGUE_H

#include "core/run/experiment.h"

/* Stops everybody outside the core, where there is to be one: called when the
 * faults have ended, and for nodes that come up afterwards. */
void epilogue_freeze(struct experiment *x);
/* Whether anything is to be shown at all. */
bool epilogue_wanted(const struct experiment *x);
/* The clients begin. */
void epilogue_begin(struct experiment *x);
/* True: it is over.  Then `why` says what kept them from it, or is empty. */
bool epilogue_over(struct experiment *x, struct buf *why);
/* What was stopped goes on. */
void epilogue_end(struct experiment *x);

#endif
