/* SPDX-License-Identifier: MIT */
/* Children that came to this process because their own parent died. */
#ifndef NODE_ORPHANS_H
#define NODE_ORPHANS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Sends SIGKILL to every child of this process that `known` does not know.
 * Their own children come here in turn: call it again when one was reaped.
 */
void orphans_kill(bool (*known)(void *arg, pid_t pid), void *arg);

#endif
