/* SPDX-License-Identifier: MIT */
#include "history.h"

struct head {				/* of a saved state                   */
	uint64_t generation, base, copied;
};

/* ---- in memory ------------------------------------------------------- */

struct update *
history_at(const struct history *h, uint64_t number)
{
	return number > h->base && number <= h->last ?
	       h->at[number - h->base - 1] : NULL;
}

static int
remember(struct fr_node *me, struct history *h, const void *command,
	 uint32_t size, uint64_t request)
{
	uint64_t count = h->last - h->base, room = 2 * h->room + 64;
	struct update **at, *u;

	if (count == h->room) {
		at = fr_alloc(me, room * sizeof *at);
		if (at == NULL)
			return -1;
		if (count > 0)
			memcpy(at, h->at, count * sizeof *at);
		fr_free(me, h->at);
		h->at = at;
		h->room = room;
	}
	u = fr_alloc(me, sizeof *u + size);
	if (u == NULL)
		return -1;
	u->request = request;
	u->size = size;
	memcpy(u->command, command, size);
	h->at[count] = u;
	h->last++;
	return 0;
}

/* Up to `number`: the saved state has them. */
static void
forget(struct fr_node *me, struct history *h, uint64_t number)
{
	uint64_t gone = number - h->base, left = h->last - number, i;

	for (i = 0; i < gone; i++)
		fr_free(me, h->at[i]);
	if (left > 0)
		memmove(h->at, h->at + gone, left * sizeof *h->at);
	h->base = number;
}

void
history_give_up(struct fr_node *me, struct history *h, const char *why)
{
	uint64_t i;

	for (i = h->clean + 1; i <= h->last; i++) {
		struct update *u = history_at(h, i);

		if (u->request != 0)
			fr_unsure(me, u->request, why);
		u->request = 0;
	}
}

void
history_drop(struct fr_node *me, struct history *h)
{
	forget(me, h, h->last);
	fr_free(me, h->at);
	machine_clear(me, &h->machine);
	memset(h, 0, sizeof *h);
}

int
history_do(struct fr_node *me, struct history *h, uint64_t upto)
{
	struct update *u;

	while (h->clean < upto) {
		u = history_at(h, h->clean + 1);
		if (machine_apply(me, &h->machine, u->command, u->size,
				  u->request) < 0)
			return -1;
		u->request = 0;
		h->clean++;
		fr_claim(me, "update done", (int64_t)h->clean,
			 (int64_t)fr_checksum(0, u->command, u->size));
	}
	return 0;
}

/* ---- on the disk ----------------------------------------------------- */

static int
put(struct fr_node *me, struct fr_wal *file, uint64_t number,
    const void *command, uint32_t size)
{
	unsigned char body[sizeof number + COMMAND_MAX];

	if (size > COMMAND_MAX)
		return -1;
	memcpy(body, &number, sizeof number);
	memcpy(body + sizeof number, command, size);
	return fr_wal_append(me, file, body, (uint32_t)sizeof number + size);
}

int
history_append(struct fr_node *me, struct history *h, const void *command,
	       uint32_t size, uint64_t request)
{
	if (put(me, &h->file, h->last + 1, command, size) < 0)
		return -1;
	return remember(me, h, command, size, request);
}

int
history_sync(struct fr_node *me, struct history *h)
{
#ifdef BUG_early_ack
	h->synced = h->last;
#endif
	int result = h->synced < h->last ? fr_wal_sync(me, &h->file) : 0;

	if (result == 0)
		h->synced = h->last;
	return result;
}

static void
file_name(struct history *h, uint64_t generation)
{
	h->generation = generation;
	snprintf(h->name, sizeof h->name, "updates.%llu",
		 (unsigned long long)generation);
}

/*
 * A new file with those behind `number` first, then the slot that names it:
 * a crash in between finds the old ones whole.
 */
static int
save(struct fr_node *me, struct history *h, unsigned char *image, size_t size,
     uint64_t number)
{
	char old[FR_NAME_MAX + 1];
	struct head head;
	uint64_t i;

	snprintf(old, sizeof old, "%s", h->name);
	file_name(h, h->generation + 1);
	(void)fr_remove(me, h->name);
	if (fr_wal_open(me, &h->file, h->name) < 0)
		return -1;
	for (i = number + 1; i <= h->last; i++) {
		const struct update *u = history_at(h, i);

		if (put(me, &h->file, i, u->command, u->size) < 0)
			return -1;
	}
	memcpy(&head, image, sizeof head);
	head.generation = h->generation;
	head.copied = h->copied;
	memcpy(image, &head, sizeof head);
	if ((h->last > number && fr_wal_sync(me, &h->file) < 0) ||
	    fr_save(me, "state", image, size) < 0)
		return -1;
	(void)fr_remove(me, old);
	h->synced = h->last;
	return 0;
}

unsigned char *
history_image(struct fr_node *me, const struct history *h, size_t *size)
{
	const struct head head = { .base = h->clean };
	unsigned char *image;
	struct fr_writer w;

	*size = sizeof head + machine_size(&h->machine);
	image = fr_alloc(me, *size);
	if (image == NULL)
		return NULL;
	w = fr_writer(image, *size);
	fr_put_bytes(&w, &head, sizeof head);
	machine_write(&h->machine, &w);
	return image;
}

int
history_compact(struct fr_node *me, struct history *h)
{
	size_t size;
	unsigned char *image = history_image(me, h, &size);
	int result;

	if (image == NULL)
		return -1;
	result = save(me, h, image, size, h->clean);
	fr_free(me, image);
	if (result == 0)
		forget(me, h, h->clean);
	return result;
}

int
history_cut(struct fr_node *me, struct history *h, uint64_t upto)
{
	while (h->last > upto)
		fr_free(me, h->at[--h->last - h->base]);
	h->synced = h->last;
	return history_compact(me, h);
}

/* The state becomes what the image says. */
static int
use(struct fr_node *me, struct history *h, const unsigned char *image,
    size_t size)
{
	struct fr_reader r = fr_reader(image, size);
	struct head head;

	if (size < sizeof head)
		return -1;
	memcpy(&head, fr_get_bytes(&r, sizeof head), sizeof head);
	h->base = h->clean = h->synced = h->last = head.base;
	h->copied = head.copied;
	file_name(h, head.generation);
	return machine_read(me, &h->machine, &r);
}

int
history_install(struct fr_node *me, struct history *h,
		const unsigned char *image, size_t size, uint64_t view)
{
	unsigned char *own = fr_alloc(me, size);
	int result;

	if (own == NULL || size < sizeof(struct head)) {
		fr_free(me, own);
		return -1;
	}
	memcpy(own, image, size);
	history_give_up(me, h, "another history took the place of this one");
	forget(me, h, h->last);
	h->clean = h->last;
	h->copied = view;
	result = save(me, h, own, size, h->last);
	if (result == 0)
		result = use(me, h, own, size);
	fr_free(me, own);
	return result;
}

/* ---- at boot --------------------------------------------------------- */

static int
load(struct fr_node *me, struct history *h)
{
	int64_t size = fr_load(me, "state", NULL, 0);
	unsigned char *image;
	int result = -1;

	file_name(h, 0);
	if (size == FR_ENOENT)
		return 0;
	if (size < 0 || (image = fr_alloc(me, (size_t)size)) == NULL)
		return -1;
	if (fr_load(me, "state", image, (size_t)size) == size)
		result = use(me, h, image, (size_t)size);
	fr_free(me, image);
	return result;
}

int
history_open(struct fr_node *me, struct history *h)
{
	unsigned char body[sizeof(uint64_t) + COMMAND_MAX];
	uint64_t at = 0, number;
	int64_t got;

	if (load(me, h) < 0 || fr_wal_open(me, &h->file, h->name) < 0)
		return -1;
	while ((got = fr_wal_next(me, &h->file, &at, body, sizeof body)) > 0) {
		memcpy(&number, body, sizeof number);
		if (got <= (int64_t)sizeof number || number != h->last + 1 ||
		    remember(me, h, body + sizeof number,
			     (uint32_t)got - (uint32_t)sizeof number, 0) < 0)
			return -1;
	}
	/* What of it is not synced nobody may hear of. */
	if (got < 0 || (h->file.again && fr_wal_sync(me, &h->file) < 0))
		return -1;
	h->synced = h->last;
	return 0;
}

uint64_t
history_digest(const struct history *h)
{
	const uint64_t what[] = { h->base, h->clean, h->last, h->copied };

	return fr_checksum(machine_digest(&h->machine), what, sizeof what);
}
