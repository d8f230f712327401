/* SPDX-License-Identifier: MIT */
/*
 * What is done on purpose to a host: it dies at a point, it is slow.
 *
 * Hot paths ask one flag: h->hurt at entering a handler and where a message
 * leaves, h->strike where a call ends.
 */
#ifndef NODE_HURT_H
#define NODE_HURT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/node/clock.h"
#include "core/node/faults.h"

struct host;

/* From now on these are done; to be called in every boot before its first
 * handler, where there are any. */
void host_set_faults(struct host *h, const struct node_faults *f);
/* Before a handler is called. */
void hurt_enter(struct host *h, uint32_t doing, uint32_t index);
/* A call begins, or a message is about to leave.  It may not return. */
void hurt_call(struct host *h, enum host_call call);
void hurt_send(struct host *h, enum host_call call);
/* A sync takes longer. */
void hurt_sync(struct host *h);
/* Where h->strike: it dies here. */
_Noreturn void hurt_strike(struct host *h);

/* Effects are counted by the node alone, and read by others. */
static inline void
hurt_count(_Atomic uint64_t *effects, enum node_effect effect, uint64_t by)
{
	atomic_fetch_add_explicit(&effects[effect], by, memory_order_relaxed);
}

/* It reads a clock that is wrong at t, or sets a timer by it. */
void hurt_clock(const struct clock *c, int64_t t, _Atomic uint64_t *effects);

#endif
