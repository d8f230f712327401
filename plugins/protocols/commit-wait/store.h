/* SPDX-License-Identifier: MIT */
/*
 * What the owner of keys keeps of them: every version, with its time stamp, in
 * memory and in a log on the disk.
 */
#ifndef COMMIT_WAIT_STORE_H
#define COMMIT_WAIT_STORE_H

#include <fracas/easy.h>

#define BUCKETS	256u
#define STEPS	64u			/* of a transaction                   */

struct version {
	int64_t stamp, value;
};

struct item {				/* a register, or a list              */
	struct item *next;
	int64_t key;
	struct version *versions;	/* by stamp                           */
	uint32_t count, room;
};

struct record {				/* a transaction, in the log          */
	int64_t stamp;
	uint64_t count;
	struct {
		int64_t key, value;
	} writes[STEPS];
};

struct store {
	struct item *items[BUCKETS];
	struct fr_wal log;
	bool ready;			/* items are what the log says        */
	bool failed;			/* and that may not last              */
	int64_t last;			/* the latest stamp                   */
};

/* NULL: it has no version. */
struct item *store_item(const struct store *s, int64_t key);
/* How many versions were there at `stamp`; of NULL none. */
uint32_t store_versions(const struct item *i, int64_t stamp);
/*
 * What the log says; at boot, and again where the disk has failed: then all of
 * it is written anew, since nobody knows what of it lasts.  False: not now.
 */
bool store_recover(struct fr_node *me, struct store *s);
/* On the disk, and then in memory.  False: nobody knows whether it happened,
 * and what is there has to be recovered. */
bool store_commit(struct fr_node *me, struct store *s, const struct record *r);
uint64_t store_digest(const struct store *s);

#endif
