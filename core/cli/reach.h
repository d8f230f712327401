/* SPDX-License-Identifier: MIT */
/*
 * Which door a person means: a run of the store that is running now, or the
 * URL of one.
 */
#ifndef CLI_REACH_H
#define CLI_REACH_H

#include <stdint.h>

#include "core/base/err.h"

/*
 * `which` is "7", "last" or a URL ("ipc://...").  Fills *url (to be freed)
 * and *run (0 for a URL).  A run that is not running is an error (EXIT_USAGE)
 * that says how it stands.
 */
int reach_door(const char *db, const char *which, char **url, int64_t *run,
	       struct fr_err *err);

#endif
