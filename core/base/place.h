/* SPDX-License-Identifier: MIT */
/*
 * Where this program and what belongs to it lie: in the build tree, where
 * everything is below the program's own folder; or installed, where it is
 * found from the program's own place first (PREFIX/bin, so that a moved
 * prefix works), and then where configure was told to put it.
 */
#ifndef BASE_PLACE_H
#define BASE_PLACE_H

#include <stdbool.h>

/* The folder that this program lies in; NULL: cannot be told. */
char *place_own(void);
/* The same when `fracas-node` lies beside it, which only a build tree has;
 * else NULL. */
char *place_built(void);
/*
 * A folder of the installation: PREFIX/RELATIVE when there is such a one above
 * this program's, else `configured`.  Never NULL.
 */
char *place_installed(const char *relative, const char *configured);

#endif
