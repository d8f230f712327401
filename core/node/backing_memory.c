/* SPDX-License-Identifier: MIT */
/*
 * Durable files in memory.  What disk_sync has brought here has been synced:
 * so there is nothing between a write here and its lasting.
 */
#include <stdlib.h>
#include <string.h>

#include <fracas/protocol.h>

#include "core/base/mem.h"
#include "core/node/backing.h"

struct kept {
	struct kept *next;
	char *name;
	unsigned char *data;
	size_t size, room;
};

struct memory {
	struct backing backing;
	struct kept *files;
};

static struct kept **
place_of(struct backing *b, const char *name)
{
	struct kept **at = &((struct memory *)b)->files;

	while (*at != NULL && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

static int
memory_each(struct backing *b, backing_each_fn each, void *arg,
	    struct fr_err *err)
{
	const struct kept *k;

	(void)err;
	for (k = ((struct memory *)b)->files; k != NULL; k = k->next)
		if (!each(arg, k->name, k->size))
			break;
	return 0;
}

static int
memory_open(struct backing *b, const char *name, bool make, backing_file *out,
	    uint64_t *size)
{
	struct kept **at = place_of(b, name);

	if (*at == NULL && !make)
		return FR_EIO;
	if (*at == NULL) {
		*at = mem_new(sizeof **at);
		(*at)->name = mem_string(name);
	}
	*out = *at;
	*size = (*at)->size;
	return 0;
}

static void
memory_close(struct backing *b, backing_file f)
{
	(void)b;
	(void)f;
}

static int
memory_read(struct backing *b, backing_file f, uint64_t offset, void *data,
	    size_t size)
{
	const struct kept *k = f;
	size_t have = offset >= k->size ? 0 : k->size - (size_t)offset;

	(void)b;
	if (have > size)
		have = size;
	if (have > 0)
		memcpy(data, k->data + offset, have);
	memset((char *)data + have, 0, size - have);
	return 0;
}

static int
memory_resize(struct backing *b, backing_file f, uint64_t size)
{
	struct kept *k = f;
	size_t room = k->room == 0 ? 256 : k->room;
	unsigned char *bigger;

	(void)b;
	if (size > k->room) {
		while (room < size)
			room *= 2;
		bigger = realloc(k->data, room);
		if (bigger == NULL)
			return FR_ENOSPC;
		k->data = bigger;
		k->room = room;
	}
	if (size > k->size)
		memset(k->data + k->size, 0, (size_t)size - k->size);
	k->size = (size_t)size;
	return 0;
}

static int
memory_write(struct backing *b, backing_file f, uint64_t offset,
	     const void *data, size_t size)
{
	struct kept *k = f;
	int err;

	if (offset + size > k->size &&
	    (err = memory_resize(b, f, offset + size)) < 0)
		return err;
	if (size > 0)
		memcpy(k->data + offset, data, size);
	return 0;
}

static int
memory_sync(struct backing *b, backing_file f)
{
	(void)b;
	(void)f;
	return 0;
}

static int
memory_sync_names(struct backing *b)
{
	(void)b;
	return 0;
}

static void
forget(struct kept **at)
{
	struct kept *k = *at;

	*at = k->next;
	free(k->name);
	free(k->data);
	free(k);
}

static int
memory_remove(struct backing *b, const char *name)
{
	struct kept **at = place_of(b, name);

	if (*at != NULL)
		forget(at);
	return 0;
}

static void
memory_leave(struct backing *b)
{
	(void)b;
}

struct backing *
backing_memory(void)
{
	static const struct backing_ops ops = {
		.each = memory_each,
		.open = memory_open,
		.close = memory_close,
		.read = memory_read,
		.write = memory_write,
		.resize = memory_resize,
		.sync = memory_sync,
		.sync_names = memory_sync_names,
		.remove = memory_remove,
		.leave = memory_leave,
	};
	struct memory *memory = mem_new(sizeof *memory);

	memory->backing.ops = &ops;
	return &memory->backing;
}

void
backing_memory_free(struct backing *b)
{
	struct memory *memory = (struct memory *)b;

	if (memory == NULL)
		return;
	while (memory->files != NULL)
		forget(&memory->files);
	free(memory);
}
