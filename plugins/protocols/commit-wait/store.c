/* SPDX-License-Identifier: MIT */
/* Versions in memory, and the log that they are made of again after a crash. */
#include "store.h"

static uint32_t
bucket_of(int64_t key)
{
	uint64_t mixed = (uint64_t)key * 0x9e3779b97f4a7c15u;

	return (uint32_t)(mixed >> 32) % BUCKETS;
}

struct item *
store_item(const struct store *s, int64_t key)
{
	struct item *i = s->items[bucket_of(key)];

	while (i != NULL && i->key != key)
		i = i->next;
	return i;
}

static struct item *
item_make(struct fr_node *me, struct store *s, int64_t key)
{
	struct item **at = &s->items[bucket_of(key)];
	struct item *i = store_item(s, key);

	if (i != NULL || (i = fr_alloc(me, sizeof *i)) == NULL)
		return i;
	i->key = key;
	i->next = *at;
	*at = i;
	return i;
}

/* Room for one more version. */
static bool
make_room(struct fr_node *me, struct item *i)
{
	struct version *more;
	uint32_t room = i->room == 0 ? 8 : 2 * i->room;

	if (i->count < i->room)
		return true;
	more = fr_alloc(me, room * sizeof *more);
	if (more == NULL)
		return false;
	if (i->count > 0)
		memcpy(more, i->versions, i->count * sizeof *more);
	fr_free(me, i->versions);
	i->versions = more;
	i->room = room;
	return true;
}

static bool
apply(struct fr_node *me, struct store *s, const struct record *r)
{
	struct item *i;
	char what[32];
	uint64_t k;

	for (k = 0; k < r->count; k++) {
		i = item_make(me, s, r->writes[k].key);
		if (i == NULL || !make_room(me, i))
			return false;
		snprintf(what, sizeof what, "version %u", i->count);
		fr_claim(me, what, i->key, r->writes[k].value);
		i->versions[i->count++] = (struct version){
			r->stamp, r->writes[k].value };
	}
#ifdef BUG_forgets_last
	if (!s->ready)
		return true;
#endif
	s->last = r->stamp;
	return true;
}

static void
forget(struct fr_node *me, struct store *s)
{
	struct item *i;
	uint32_t b;

	s->ready = false;
	for (b = 0; b < BUCKETS; b++)
		while ((i = s->items[b]) != NULL) {
			s->items[b] = i->next;
			fr_free(me, i->versions);
			fr_free(me, i);
		}
}

bool
store_recover(struct fr_node *me, struct store *s)
{
	struct record r;
	uint64_t at = 0;
	int64_t got;

	if (s->ready)
		return true;
	if (fr_wal_open(me, &s->log, "transactions") < 0)
		return false;
	if (s->failed) {
		s->log.again = true;
		s->log.synced = 0;
	}
	if (s->log.again && fr_wal_sync(me, &s->log) < 0)
		return false;
	s->failed = false;
	while ((got = fr_wal_next(me, &s->log, &at, &r, sizeof r)) > 0)
		if (r.count > STEPS || !apply(me, s, &r))
			break;
	if (got != 0)
		forget(me, s);
	s->ready = got == 0;
	return s->ready;
}

uint32_t
store_versions(const struct item *i, int64_t stamp)
{
	uint32_t low = 0, high = i == NULL ? 0 : i->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (i->versions[middle].stamp <= stamp)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
store_commit(struct fr_node *me, struct store *s, const struct record *r)
{
	uint32_t size = (uint32_t)(offsetof(struct record, writes) +
				   r->count * sizeof *r->writes);

	if (fr_wal_append(me, &s->log, r, size) == 0 &&
	    fr_wal_sync(me, &s->log) == 0 && apply(me, s, r))
		return true;
	s->failed = true;
	forget(me, s);
	return false;
}

uint64_t
store_digest(const struct store *s)
{
	const struct item *i;
	uint64_t sum = (uint64_t)s->last;
	uint32_t b;

	for (b = 0; b < BUCKETS; b++)
		for (i = s->items[b]; i != NULL; i = i->next)
			sum += fr_checksum((uint64_t)i->key, i->versions,
					   i->count * sizeof *i->versions);
	return sum;
}
