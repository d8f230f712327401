/* SPDX-License-Identifier: MIT */
/* Loading a plugin into this process, which may not survive it. */
#ifndef NODE_LOAD_H
#define NODE_LOAD_H

#include <fracas/protocol.h>

#include "core/base/err.h"

/*
 * Opens the shared object at `path` and gives its checked table.  It is never
 * closed again.  The error does not name the path, which may be a copy's.
 */
int load_protocol(const char *path, const struct fr_protocol **out,
		  struct fr_err *err);

#endif
