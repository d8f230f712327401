/* SPDX-License-Identifier: MIT */
/* A simulated run under gdb. */
#ifndef CLI_DEBUGGER_H
#define CLI_DEBUGGER_H

#include "core/run/cell.h"

/* Until gdb ends.  It stops in the handler of `node` that is called in that
 * step; what it needs is put into the folder. */
int debug_run(const struct setup *s, const char *folder, uint64_t step,
	      uint32_t node, struct fr_err *err);

#endif
