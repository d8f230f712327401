/* SPDX-License-Identifier: MIT */
/*
 * An append log in generations.  To forget its beginning it is written anew
 * under the next number, which its owner's slot then names: a crash in between
 * finds the old file whole.
 */
#ifndef SHARED_JOURNAL_H
#define SHARED_JOURNAL_H

#include <fracas/easy.h>

struct journal {
	struct fr_wal file;
	const char *stem;
	char name[FR_NAME_MAX + 1];
	uint64_t generation;
};

/* The file of that generation; what a crash left of a next one is removed. */
int journal_open(struct fr_node *me, struct journal *j, const char *stem,
		 uint64_t generation);
/* The next generation's, empty: to be filled, synced, and named. */
int journal_renew(struct fr_node *me, struct journal *j);
int journal_sync(struct fr_node *me, struct journal *j);
/* That is done, and the one before is of no use. */
void journal_settle(struct fr_node *me, const struct journal *j);

#endif
