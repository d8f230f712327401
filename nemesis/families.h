/* SPDX-License-Identifier: MIT */
/* Every fault family there is; nemesis.c lists them. */
#ifndef NEMESIS_FAMILIES_H
#define NEMESIS_FAMILIES_H

#include "nemesis/nemesis.h"

extern const struct family family_partition;
extern const struct family family_kill;
extern const struct family family_pause;

#endif
