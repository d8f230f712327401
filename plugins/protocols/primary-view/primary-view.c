/* SPDX-License-Identifier: MIT */
/*
 * primary-view - a primary and its backups, and a view service that says who
 * they are.
 *
 *	Alsberg, Day: A Principle for Resilient Sharing of Distributed
 *	Resources.  ICSE 1976.
 *	Lin, Yang, Zhang, Zhou: PacificA: Replication in Log-Based Distributed
 *	Storage Systems.  Microsoft Research, 2008.
 *	Morris, Kaashoek, et al.: 6.824 Distributed Systems, laboratory 2:
 *	Primary/Backup Key/Value Service.  MIT, 2012.		("the lab")
 *
 * What primary-backup cannot do by itself, being sure that another one is
 * dead, is done by a view service: a view is a primary and as many backups as
 * make more than half of all nodes together.
 *
 *	update	the primary orders it, stores it and forwards it to the
 *		backups; when all have stored it, it is done and answered
 *	read	goes to the backups, too, which say that they are still
 *		backups in this view; then the primary answers
 *
 * The rules of the lab, and where they are kept:
 *
 *  1. The primary of a view was primary or backup of the last view that was
 *     acknowledged (../shared/config.c).
 *  2. A primary acknowledges its view when its backups have its state, and
 *     does nothing for clients before (../shared/stream.c, is_complete).
 *  3. A backup takes what is forwarded in its own view alone, and from the
 *     primary of that view; it refuses clients.  So a primary that was
 *     replaced cannot finish anything, not a read either: it asks all its
 *     backups, and one of them at least is in the new view.
 *
 * Two things are better than in the lab.  Its view service is one server, and
 * cannot be missed; here all nodes decide together on each view.  And where a
 * primary dies before it has acknowledged its view, the lab has to wait for
 * it for ever; here the next view is taken from the one before that.
 */
#include "../shared/stream.h"

/* ---- reads ----------------------------------------------------------- */

/* Asks the backups, once for all reads that have come meanwhile. */
static void
begin_round(struct fr_node *me)
{
	stream(me)->round++;
	stream_send(me, true);
}

static void
primary_moved(struct fr_node *me)
{
	struct stream *s = stream(me);

	if (!stream_is_first(me))
		return;
	stream_answer(me, stream_answered(me), NULL);
	if (s->reads != NULL && stream_answered(me) == s->round) {
		begin_round(me);
		stream_answer(me, stream_answered(me), NULL);
	}
}

static void
primary_on_request(struct fr_node *me, const struct fr_request *rq)
{
	uint64_t next = stream(me)->round + 1;

#ifdef BUG_local_reads
	next = 0;
#endif
#ifdef BUG_backup_answers
	if (machine_reads(rq) && stream_serves(me) && !stream_is_first(me)) {
		stream_wait(me, rq, 0);
		stream_answer(me, 0, NULL);
		return;
	}
#endif
	if (!stream_serves(me) || !stream_is_first(me)) {
		stream_redirect(me, rq, 0);
	} else if (!machine_reads(rq)) {
		stream_update(me, rq);
	} else {
		stream_wait(me, rq, next);
		primary_moved(me);
	}
}

/* ---- the table ------------------------------------------------------- */

static const struct stream_kind primary = {
	.first = "primary", .middle = "backup", .last = "backup",
	.spare = "spare",
	.moved = primary_moved,
};

static void
primary_start(struct fr_node *me)
{
	stream_start(me, &primary);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "primary-view",
	.summary  = "a primary with backups, and a view service above them",
	.paper    = "Alsberg, Day 1976; Lin, Yang, Zhang, Zhou 2008; MIT 6.824",
	STREAM_PROTOCOL,
	.start    = primary_start,
	.messages = FR_MESSAGES(STREAM_TABLE),
	.requests = FR_REQUESTS(MACHINE_REQUESTS(primary_on_request)),
	.describe = stream_describe,
};
