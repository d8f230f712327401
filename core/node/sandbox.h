/* SPDX-License-Identifier: MIT */
/* Where a node lives: its name, its folder. */
#ifndef NODE_SANDBOX_H
#define NODE_SANDBOX_H

#include <stdint.h>

#include "core/base/err.h"

/* What ps calls this process. */
void sandbox_name(uint32_t node);
/*
 * Makes `dir` the working directory, and the place for temporary files.  A
 * descriptor of it, or -1 and *err.
 */
int sandbox_enter(const char *dir, struct fr_err *err);

#endif
