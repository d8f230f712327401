/* SPDX-License-Identifier: MIT */
/* Families that come as plugins: guest.c is their host, guest_load.c finds out
 * what they are. */
#ifndef NEMESIS_GUEST_H
#define NEMESIS_GUEST_H

#include <fracas/nemesis.h>

#include "nemesis/nemesis.h"

/* What they have in common; `guest` is the plugin's own table. */
extern const struct family guest_family;

#endif
