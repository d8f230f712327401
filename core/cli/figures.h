/* SPDX-License-Identifier: MIT */
/* Figures of campaigns as cells of a table; what is not known is "-". */
#ifndef CLI_FIGURES_H
#define CLI_FIGURES_H

#include "core/base/mem.h"

/* A name, without anything that a terminal would obey. */
void figure_name(struct buf *out, const char *name);
/* 0.0123 as "1.23%". */
void figure_share(struct buf *out, double share);
/* A number a second, to three figures. */
void figure_rate(struct buf *out, double rate);
/* Nanoseconds; "never" where they are infinite. */
void figure_time(struct buf *out, double ns);

#endif
