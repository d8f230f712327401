/* SPDX-License-Identifier: MIT */
/*
 * What a node delivered, in its order, for clients who ask for it; and whether
 * the log that it is in is safe.
 */
#ifndef SHARED_DELIVERIES_H
#define SHARED_DELIVERIES_H

#include "room.h"

/* So many in one answer; who wants more asks again. */
#define DELIVERIES_MOST 4096u

struct deliveries {
	int64_t *values;
	uint32_t count, room;
};

/* Room for one more delivery, so that deliveries_add cannot fail. */
FR_UNUSED static bool
deliveries_room(struct fr_node *me, struct deliveries *d)
{
	int64_t *values = with_room(me, d->values, d->count, &d->room,
				    sizeof *values);

	if (values == NULL)
		return false;
	d->values = values;
	return true;
}

FR_UNUSED static void
deliveries_add(struct deliveries *d, int64_t value)
{
	d->values[d->count++] = value;
}

static const char disk_failed[] = "this node's disk failed";

/* Upon "broadcast": false where it cannot be, and the client was told. */
FR_UNUSED static bool
can_broadcast(struct fr_node *me, const struct fr_request *rq, bool silent)
{
	if (rq->value.kind != FR_INT)
		fr_fail(me, rq->id, "only numbers are broadcast");
	else if (silent)
		fr_fail(me, rq->id, disk_failed);
	return rq->value.kind == FR_INT && !silent;
}

/* Upon "deliveries": those from the offset that is asked for, of the first
 * `end`. */
FR_UNUSED static void
deliveries_answer(struct fr_node *me, const struct fr_request *rq,
		  const struct deliveries *d, uint32_t end, bool silent)
{
	int64_t from = fr_number(rq->value, -1);

	if (silent)
		fr_fail(me, rq->id, disk_failed);
	else if (from < 0)
		fr_fail(me, rq->id, "deliveries are asked for from an offset");
	else if (from >= end)
		fr_ok(me, rq->id, fr_list(NULL, 0));
	else
		fr_ok(me, rq->id, fr_list(d->values + from,
			end - (uint32_t)from < DELIVERIES_MOST ?
			end - (uint32_t)from : DELIVERIES_MOST));
}

/* Whether all that was appended is on the disk, where it is brought if need
 * be. */
FR_UNUSED static bool
log_is_safe(struct fr_node *me, struct fr_wal *log)
{
	return (log->synced == log->end && !log->again) ||
	       fr_wal_sync(me, log) == 0;
}

#endif
