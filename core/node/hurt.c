/* SPDX-License-Identifier: MIT */
/* What is done on purpose to a host. */
#include "core/node/hurt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/node/host.h"

static void
update(struct host *h)
{
	h->hurt = h->faults.crash.point != CRASH_NEVER || h->faults.slow > 0;
}

void
host_set_faults(struct host *h, const struct node_faults *f)
{
	if (f->crash.serial != h->faults.crash.serial) {
		h->counted = 0;
		/* In this handler, if it says so, from its next call on. */
		h->counts = f->crash.in[0] == '\0';
	}
	h->faults = *f;
	h->faults.crash.in[FR_NAME_MAX] = '\0';
	if (h->faults.crash.point >= CRASH_POINTS ||
	    h->faults.crash.count == 0)
		h->faults.crash.point = CRASH_NEVER;
	if (h->faults.slow > SLOW_MAX)
		h->faults.slow = SLOW_MAX;
	if (h->disk != NULL)
		disk_set_faults(h->disk, &h->faults.disk, h->seed, h->id,
				h->boot);
	update(h);
}

/* ---- slow -------------------------------------------------------------------- */

/* The node does nothing meanwhile, and hears nothing. */
static void
wait_for(struct host *h, int64_t ns)
{
	struct timespec wait;

	if (ns > SLOW_MAX)
		ns = SLOW_MAX;
	if (h->time != NULL) {
		*h->time += ns;
		return;
	}
	wait.tv_sec = ns / 1000000000;
	wait.tv_nsec = ns % 1000000000;
	while (nanosleep(&wait, &wait) < 0 && errno == EINTR)
		;
}

/* In the live world through the page, which is not in line behind what the
 * node has still to do. */
static void
dawdle(struct host *h)
{
	int64_t delay = h->time != NULL ? h->faults.slow :
			atomic_load_explicit(&h->page->slow,
					     memory_order_relaxed);

	if (delay <= 0)
		return;
	wait_for(h, delay);
	hurt_count(h->effects, EFFECT_SLOWED, 1);
}

void
hurt_sync(struct host *h)
{
	wait_for(h, h->faults.disk.sync_delay);
	hurt_count(h->effects, EFFECT_SYNC_SLOW, 1);
}

/* ---- dying at a point -------------------------------------------------------- */

static const char *
handler_name(const struct host *h, uint32_t doing, uint32_t index)
{
	switch (doing) {
	case DOING_START:
		return "start";
	case DOING_MESSAGE:
		return h->messages[index].name;
	case DOING_REQUEST:
		return h->requests[index].name;
	case DOING_TIMER:
		return h->timer_kinds[index].name;
	default:
		return "";
	}
}

void
hurt_enter(struct host *h, uint32_t doing, uint32_t index)
{
	const struct node_crash *c = &h->faults.crash;

	if (h->faults.slow > 0)
		dawdle(h);
	h->counts = c->in[0] == '\0' ||
		    strcmp(c->in, handler_name(h, doing, index)) == 0;
}

_Noreturn void
hurt_strike(struct host *h)
{
	hurt_count(h->effects, EFFECT_STRUCK, 1);
	PAGE_SET(h->page, struck, h->struck + 1);
	h->die(h);
	abort();
}

static void
pass(struct host *h, enum host_call call)
{
	if (!h->counts || ++h->counted != h->faults.crash.count)
		return;
	h->struck = (uint32_t)call;
	h->strike = h->faults.crash.after;
	if (!h->strike)
		hurt_strike(h);
}

void
hurt_call(struct host *h, enum host_call call)
{
	static const enum crash_point points[HOST_CALLS] = {
		[HOST_WRITE] = CRASH_WRITE, [HOST_TRUNCATE] = CRASH_WRITE,
		[HOST_REMOVE] = CRASH_WRITE, [HOST_SYNC] = CRASH_SYNC,
		[HOST_REPLY] = CRASH_REPLY,
	};
	uint32_t point = h->faults.crash.point;

	if (point == CRASH_CALL || (point != CRASH_NEVER &&
				    point == (uint32_t)points[call]))
		pass(h, call);
}

void
hurt_send(struct host *h, enum host_call call)
{
	if (h->faults.crash.point == CRASH_SEND)
		pass(h, call);
}

/* ---- clocks ------------------------------------------------------------------ */

void
hurt_clock(const struct clock *c, int64_t t, _Atomic uint64_t *effects)
{
	int64_t off = clock_off(c, t);
	uint64_t far = off < 0 ? 0 - (uint64_t)off : (uint64_t)off;

	hurt_count(effects, EFFECT_CLOCK_READ, 1);
	if (far > atomic_load_explicit(&effects[EFFECT_CLOCK_OFF],
				       memory_order_relaxed))
		atomic_store_explicit(&effects[EFFECT_CLOCK_OFF], far,
				      memory_order_relaxed);
}
