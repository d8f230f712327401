/* SPDX-License-Identifier: MIT */
/*
 * A log that is opened anew within a boot, by a node whose disk failed and that
 * forgot what it had in memory.
 */
#ifndef SHARED_LEDGER_H
#define SHARED_LEDGER_H

#include <fracas/easy.h>

struct ledger {
	struct fr_wal log;
	bool opened;			/* in this boot, once at least        */
};

/*
 * At boot, or after the disk failed.  In the second case what was written since
 * the last sync reads well and may not be there at all: it is written once more
 * before it is believed.
 */
FR_UNUSED static int
ledger_open(struct fr_node *me, struct ledger *j, const char *file)
{
	uint64_t synced = j->log.synced;

	if (fr_wal_open(me, &j->log, file) < 0)
		return -1;
	if (j->opened && synced < j->log.end) {
		j->log.synced = synced;
		j->log.again = true;
		if (fr_wal_sync(me, &j->log) < 0)
			return -1;
	}
	j->opened = true;
	return 0;
}

/* It lasts when this answers 0. */
FR_UNUSED static int
ledger_add(struct fr_node *me, struct ledger *j, const void *data,
	    uint32_t size)
{
	if (fr_wal_append(me, &j->log, data, size) < 0)
		return -1;
#ifdef BUG_no_sync
	return 0;
#endif
	return fr_wal_sync(me, &j->log) < 0 ? -1 : 0;
}

#endif
