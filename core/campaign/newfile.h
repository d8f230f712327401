/* SPDX-License-Identifier: MIT */
/* A database that appears under its name when it is complete, or never. */
#ifndef CAMPAIGN_NEWFILE_H
#define CAMPAIGN_NEWFILE_H

#include "core/base/err.h"

/* What it is called meanwhile, beside `out`; to be freed. */
char *newfile_name(const char *out);
/*
 * Removes what others left who were killed since this machine was started; of
 * other machines, and of earlier times, nothing can be known.
 */
void newfile_clear(const char *out, const char *name);
/* On the disk, and then under its name, unless somebody else took that; then
 * or on failure, newfile_remove has to follow. */
int newfile_publish(const char *name, const char *out, struct fr_err *err);
/* With what SQLite may have beside it. */
void newfile_remove(const char *name);

#endif
