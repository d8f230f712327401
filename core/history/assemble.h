/* SPDX-License-Identifier: MIT */
/* What history_load needs of the assembler beyond core/history/history.h. */
#ifndef HISTORY_ASSEMBLE_H
#define HISTORY_ASSEMBLE_H

#include "core/history/history.h"

/* One that puts the values, which outlive it, into an arena of the caller's. */
struct assembler *assembler_in(struct arena *values);

#endif
