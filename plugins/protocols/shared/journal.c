/* SPDX-License-Identifier: MIT */
#include "journal.h"

static void
name_of(const struct journal *j, uint64_t generation, char *name)
{
	snprintf(name, FR_NAME_MAX + 1, "%.40s.%llu", j->stem,
		 (unsigned long long)generation);
}

int
journal_open(struct fr_node *me, struct journal *j, const char *stem,
	     uint64_t generation)
{
	char next[FR_NAME_MAX + 1];

	j->stem = stem;
	j->generation = generation;
	name_of(j, generation, j->name);
	name_of(j, generation + 1, next);
	(void)fr_remove(me, next);
	return fr_wal_open(me, &j->file, j->name);
}

int
journal_renew(struct fr_node *me, struct journal *j)
{
	name_of(j, ++j->generation, j->name);
	(void)fr_remove(me, j->name);
	return fr_wal_open(me, &j->file, j->name);
}

void
journal_settle(struct fr_node *me, const struct journal *j)
{
	char old[FR_NAME_MAX + 1];

	if (j->generation == 0)
		return;
	name_of(j, j->generation - 1, old);
	(void)fr_remove(me, old);
}

int
journal_sync(struct fr_node *me, struct journal *j)
{
	/* A file is made by its first write. */
	return j->file.end == 0 ? 0 : fr_wal_sync(me, &j->file);
}
