/* SPDX-License-Identifier: MIT */
/* Every fault family there is; nemesis.c lists them. */
#ifndef NEMESIS_FAMILIES_H
#define NEMESIS_FAMILIES_H

#include "nemesis/nemesis.h"

extern const struct family family_partition;
extern const struct family family_delay;
extern const struct family family_loss;
extern const struct family family_duplicate;
extern const struct family family_reorder;
extern const struct family family_corrupt;
extern const struct family family_bandwidth;
extern const struct family family_replay;
extern const struct family family_kill;
extern const struct family family_pause;
extern const struct family family_slow;
extern const struct family family_crash_at;
extern const struct family family_amnesia;
extern const struct family family_upgrade;
extern const struct family family_clock;
extern const struct family family_disk;
extern const struct family family_byzantine;
extern const struct family family_twins;
extern const struct family family_client;

#endif
