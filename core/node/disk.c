/* SPDX-License-Identifier: MIT */
/*
 * A node's durable files.
 *
 *  1. A file is what lasts below, under its pages in memory.  `keep` is
 *     how many bytes of the real file still count: everything beyond, up to
 *     `size`, is zero unless a page says otherwise.
 *  2. A page holds PAGE bytes of the file as the node sees it, completed from
 *     below when it was made; from `low` to `high` they are not on disk.
 *  3. disk_sync brings the real file to what the node sees, and only then
 *     answers 0.  Where it fails, everything stays in memory, unsynced.
 *  4. An append and a sync cost the same however long the file is: the last
 *     page stays in memory, clean, and only its new bytes are written.
 */
#include "core/node/disk.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/node/disk_inside.h"

#define OPEN_MAX 16u		/* real files kept open                        */

/* ---- names --------------------------------------------------------------- */

static bool
is_allowed(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

const char *
disk_name_wrong(const char *file)
{
	size_t size, i;

	if (file == NULL)
		return "no name";
	size = strnlen(file, FR_NAME_MAX + 1);
	if (size == 0)
		return "an empty name";
	if (size > FR_NAME_MAX)
		return "a name of more than 63 bytes";
	if (file[0] == '.')
		return "a name that begins with a dot";
	for (i = 0; i < size && is_allowed(file[i]); i++)
		;
	if (i < size)
		return "a name with something else in it than letters, "
		       "digits, '.', '_' and '-'";
	return NULL;
}

/* Where the name is, or would be. */
static size_t
place_of(const struct disk *d, const char *name)
{
	size_t low = 0, high = d->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(d->files[mid]->name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct file *
find(struct disk *d, const char *name)
{
	size_t at;

	if (d->last != NULL && strcmp(d->last->name, name) == 0)
		return d->last;
	at = place_of(d, name);
	if (at == d->count || strcmp(d->files[at]->name, name) != 0)
		return NULL;
	d->last = d->files[at];
	return d->last;
}

static struct file *
add(struct disk *d, const char *name)
{
	struct file *f;
	size_t at = place_of(d, name);

	if (d->count == DISK_FILES_MAX)
		return NULL;
	f = calloc(1, sizeof *f);
	if (f == NULL)
		return NULL;
	memcpy(f->name, name, strlen(name) + 1);
	mem_grow(&d->files, &d->room, d->count + 1, sizeof *d->files);
	memmove(d->files + at + 1, d->files + at,
		(d->count - at) * sizeof *d->files);
	d->files[at] = f;
	d->count++;
	d->last = f;
	return f;
}

/* ---- the real files ------------------------------------------------------ */

void
disk_shut(struct disk *d, struct file *f)
{
	if (f->real_file == NULL)
		return;
	d->under->ops->close(d->under, f->real_file);
	f->real_file = NULL;
	d->open_count--;
}

static void
shut_oldest(struct disk *d)
{
	struct file *oldest = NULL;
	size_t i;

	for (i = 0; i < d->count; i++)
		if (d->files[i]->real_file != NULL &&
		    (oldest == NULL || d->files[i]->opened < oldest->opened))
			oldest = d->files[i];
	if (oldest != NULL)
		disk_shut(d, oldest);
}

int
disk_reach(struct disk *d, struct file *f)
{
	uint64_t size;
	int err;

	if (f->real_file != NULL)
		return 0;
	if (d->open_count >= OPEN_MAX)
		shut_oldest(d);
	err = d->under->ops->open(d->under, f->name, !f->on_disk,
				  &f->real_file, &size);
	if (err < 0)
		return err;
	if (!f->on_disk) {
		f->on_disk = f->nameless = true;
		f->real = size;
	}
	f->opened = ++d->opens;
	d->open_count++;
	return 0;
}

/* Fills from the real file; what it does not have is zero. */
static int
fetch(struct disk *d, struct file *f, uint64_t offset, void *data,
      size_t size)
{
	size_t have = 0;
	int err;

	if (f->on_disk && offset < f->keep)
		have = size < f->keep - offset ? size :
		       (size_t)(f->keep - offset);
	if (have > 0 && ((err = disk_reach(d, f)) < 0 ||
			 (err = d->under->ops->read(d->under, f->real_file,
						    offset, data, have)) < 0))
		return err;
	memset((char *)data + have, 0, size - have);
	return 0;
}

/* ---- pages --------------------------------------------------------------- */

struct page *
disk_page(const struct file *f, uint64_t index)
{
	uint64_t at = map_get(&f->pages, index);

	return at == MAP_NONE ? NULL : (struct page *)(uintptr_t)at;
}

void
disk_page_below(struct disk *d, struct page *p, uint8_t below)
{
	uint32_t at, from, to, survives = 0;

	p->below = below;
	for (at = 0; below != 0; at += DISK_SECTOR, below >>= 1) {
		from = at > p->low ? at : p->low;
		to = at + DISK_SECTOR < p->high ? at + DISK_SECTOR : p->high;
		if ((below & 1) != 0 && from < to)
			survives += to - from;
	}
	d->survives += (uint64_t)survives - p->survives;
	p->survives = survives;
}

void
disk_page_range(struct disk *d, struct file *f, struct page *p, uint32_t low,
		uint32_t high)
{
	bool was = p->low < p->high, is = low < high;

	f->dirty += (uint64_t)is - was;
	d->dirty += (uint64_t)is - was;
	d->unsynced += (uint64_t)(high - low) - (p->high - p->low);
	p->low = low;
	p->high = high;
	disk_page_below(d, p, is ? p->below : 0);
}

static void
page_drop(struct disk *d, struct file *f, struct page *p)
{
	(void)map_drop(&f->pages, p->index);
	disk_page_range(d, f, p, 0, 0);
	free(p);
}

/*
 * Drops the pages from `first` on.  Dropping one closes up behind it, so its
 * slot is looked at again; what comes around from the front of the table has
 * been looked at and stays.
 */
static void
pages_drop(struct disk *d, struct file *f, uint64_t first)
{
	const struct map_slot *slot;
	size_t i = 0;

	while (i < f->pages.room && f->pages.count > 0) {
		slot = &f->pages.slots[i];
		if (slot->value == MAP_NONE || slot->key < first)
			i++;
		else
			page_drop(d, f, (struct page *)(uintptr_t)slot->value);
	}
	/* A table that was large once would be slow to walk for ever. */
	if (f->pages.count == 0)
		map_free(&f->pages);
}

/* The page, made where it is not there; NULL and *err. */
static struct page *
page_make(struct disk *d, struct file *f, uint64_t index, bool whole,
	  int *err)
{
	struct page *p = disk_page(f, index);

	if (p != NULL)
		return p;
	p = malloc(sizeof *p);
	if (p == NULL) {
		*err = FR_ENOSPC;
		return NULL;
	}
	p->index = index;
	p->low = p->high = p->survives = 0;
	p->below = 0;
	if (!whole) {
		*err = fetch(d, f, index * PAGE, p->data, PAGE);
		if (*err < 0) {
			free(p);
			return NULL;
		}
	}
	if (!map_set(&f->pages, index, (uint64_t)(uintptr_t)p)) {
		free(p);
		*err = FR_ENOSPC;
		return NULL;
	}
	return p;
}

static void
page_soil(struct disk *d, struct file *f, struct page *p, uint32_t low,
	  uint32_t high)
{
	uint32_t sector;

	for (sector = low / DISK_SECTOR; sector * DISK_SECTOR < high; sector++)
		p->below &= (uint8_t)~(1u << sector);
	if (p->low < p->high && p->low < low)
		low = p->low;
	if (p->low < p->high && p->high > high)
		high = p->high;
	disk_page_range(d, f, p, low, high);
}

/* ---- what the node calls ------------------------------------------------- */

int
disk_write(struct disk *d, const char *file, uint64_t offset,
	   const void *data, size_t size)
{
	const char *from = data;
	const size_t whole = size;
	struct file *f;
	int err = 0;

	if (disk_name_wrong(file) != NULL || (data == NULL && size > 0))
		return FR_EINVAL;
	if (offset > FR_FILE_MAX || size > FR_FILE_MAX - offset)
		return FR_ELIMIT;
	if ((d->dirty + size / PAGE + 2) * PAGE > DISK_DIRTY_MAX)
		return FR_ENOSPC;
	f = find(d, file);
	if (d->faulty && ((err = spoil_write(d, f, offset + size)) < 0 ||
			  (err = spoil_change(d)) < 0))
		return err;
	if (f == NULL && (f = add(d, file)) == NULL)
		return FR_ENOSPC;
	f->there = true;
	f->spilled = false;
	while (size > 0) {
		uint32_t at = (uint32_t)(offset % PAGE);
		uint32_t part = PAGE - at < size ? PAGE - at : (uint32_t)size;
		struct page *p = page_make(d, f, offset / PAGE, part == PAGE,
					   &err);

		if (p == NULL)
			return err;
		memcpy(p->data + at, from, part);
		page_soil(d, f, p, at, at + part);
		from += part;
		offset += part;
		size -= part;
		if (offset > f->size)
			f->size = offset;
	}
	return d->faulty ? spoil_written(d, f, offset - whole, whole) : 0;
}

int64_t
disk_read(struct disk *d, const char *file, uint64_t offset, void *data,
	  size_t size)
{
	char *to = data;
	struct file *f;
	size_t done = 0;
	int err;

	if (disk_name_wrong(file) != NULL || (data == NULL && size > 0))
		return FR_EINVAL;
	f = find(d, file);
	if (f == NULL || !f->there)
		return FR_ENOENT;
	if (d->faulty && (err = spoil_read(d)) < 0)
		return err;
	if (offset >= f->size)
		return 0;
	if (size > f->size - offset)
		size = (size_t)(f->size - offset);
	while (done < size) {
		uint64_t index = (offset + done) / PAGE;
		uint32_t at = (uint32_t)((offset + done) % PAGE);
		size_t part = PAGE - at;
		const struct page *p = disk_page(f, index);

		/* As many pages as there are none of ours for, at once. */
		while (p == NULL && part < size - done &&
		       disk_page(f, ++index) == NULL)
			part += PAGE;
		if (part > size - done)
			part = size - done;
		if (p != NULL)
			memcpy(to + done, p->data + at, part);
		else if ((err = fetch(d, f, offset + done, to + done,
				      part)) < 0)
			return err;
		done += part;
	}
	return (int64_t)size;
}

int64_t
disk_size(struct disk *d, const char *file)
{
	struct file *f;

	if (disk_name_wrong(file) != NULL)
		return FR_EINVAL;
	f = find(d, file);
	return f == NULL || !f->there ? FR_ENOENT : (int64_t)f->size;
}

/* What lies beyond is gone, and comes back as zeros if the file grows. */
static void
cut(struct disk *d, struct file *f, uint64_t size)
{
	uint32_t rest = (uint32_t)(size % PAGE);
	struct page *p;

	if (f->real > size && (!f->uncut || f->cut_to > size)) {
		f->uncut = true;
		f->cut_to = size;
	}
	if (size < f->size) {
		pages_drop(d, f, (size + PAGE - 1) / PAGE);
		p = disk_page(f, size / PAGE);
		if (p != NULL) {
			memset(p->data + rest, 0, PAGE - rest);
			if (p->low < p->high && p->low >= rest)
				page_drop(d, f, p);	/* all of it was */
			else if (p->high > rest)
				disk_page_range(d, f, p, p->low, rest);
		}
		if (f->keep > size)
			f->keep = size;
	}
	f->size = size;
	f->spilled = false;
}

int
disk_truncate(struct disk *d, const char *file, uint64_t size)
{
	struct file *f;
	int err;

	if (disk_name_wrong(file) != NULL)
		return FR_EINVAL;
	if (size > FR_FILE_MAX)
		return FR_ELIMIT;
	f = find(d, file);
	if (d->faulty && ((err = spoil_write(d, f, size)) < 0 ||
			  (err = spoil_change(d)) < 0))
		return err;
	if (f == NULL && (f = add(d, file)) == NULL)
		return FR_ENOSPC;
	f->there = true;
	cut(d, f, size);
	return d->faulty ? spoil_cut(d, f) : 0;
}

int
disk_remove(struct disk *d, const char *file)
{
	struct file *f;
	int err;

	if (disk_name_wrong(file) != NULL)
		return FR_EINVAL;
	f = find(d, file);
	if (f == NULL || !f->there)
		return FR_ENOENT;
	if (d->faulty && (err = spoil_change(d)) < 0)
		return err;
	cut(d, f, 0);
	f->there = false;
	return d->faulty ? spoil_removed(d, f) : 0;
}

/* ---- sync ---------------------------------------------------------------- */

/* A removal is made to last, and the file is no longer known. */
static int
sync_removal(struct disk *d, struct file *f)
{
	size_t at = place_of(d, f->name);
	int err;

	if (f->on_disk) {
		if ((err = d->under->ops->remove(d->under, f->name)) < 0)
			return err;
		f->on_disk = f->uncut = false;
		f->keep = f->real = 0;
		disk_shut(d, f);
		f->nameless = true;
	}
	if (f->nameless &&
	    (err = d->under->ops->sync_names(d->under)) < 0)
		return err;
	map_free(&f->pages);
	memmove(d->files + at, d->files + at + 1,
		(d->count - at - 1) * sizeof *d->files);
	d->count--;
	d->last = NULL;
	free(f);
	return 0;
}

static int
store_pages(struct disk *d, struct file *f)
{
	const struct page *p;
	uint64_t end;
	size_t i;
	int err;

	for (i = 0; i < f->pages.room; i++) {
		if (f->pages.slots[i].value == MAP_NONE)
			continue;
		p = (const struct page *)(uintptr_t)f->pages.slots[i].value;
		if (p->low == p->high)
			continue;
		err = d->faulty ?
		      spoil_store(d, f, p->index * PAGE + p->low,
				  p->data + p->low, p->high - p->low) :
		      d->under->ops->write(d->under, f->real_file,
					   p->index * PAGE + p->low,
					   p->data + p->low, p->high - p->low);
		if (err < 0)
			return err;
		end = p->index * PAGE + p->high;
		if (end > f->real)
			f->real = end;
	}
	return 0;
}

static int
resize(struct disk *d, struct file *f, uint64_t size)
{
	int err;

	if (f->real == size)
		return 0;
	err = d->under->ops->resize(d->under, f->real_file, size);
	if (err < 0)
		return err;
	f->real = size;
	return 0;
}

/* Everything is on disk; of the pages only the last one stays, if it has room
 * for more. */
static void
settle(struct disk *d, struct file *f)
{
	struct page *tail = f->size % PAGE == 0 ? NULL :
			    disk_page(f, f->size / PAGE);

	f->keep = f->size;
	if (tail != NULL) {
		disk_page_range(d, f, tail, 0, 0);
		if (f->pages.count == 1)
			return;
		(void)map_drop(&f->pages, tail->index);
	}
	pages_drop(d, f, 0);
	if (tail != NULL &&
	    !map_set(&f->pages, tail->index, (uint64_t)(uintptr_t)tail))
		free(tail);
}

int
disk_store(struct disk *d, struct file *f)
{
	int err;

	if ((err = disk_reach(d, f)) < 0)
		return err;
	/* What no longer counts must not show up again as the file grows. */
	if (f->real > f->keep && (err = resize(d, f, f->keep)) < 0)
		return err;
	f->uncut = false;
	if ((err = store_pages(d, f)) < 0)
		return err;
	return resize(d, f, f->size);
}

int
disk_sync(struct disk *d, const char *file)
{
	struct file *f;
	int err;

	if (disk_name_wrong(file) != NULL)
		return FR_EINVAL;
	f = find(d, file);
	if (f == NULL)
		return FR_ENOENT;
	if (!f->there)
		return sync_removal(d, f);
	if (f->on_disk && !f->nameless && f->dirty == 0 &&
	    f->real == f->size && f->keep == f->size)
		return 0;
	if (d->faulty && spoil_sync(d, f))
		return FR_EIO;
	if ((err = disk_store(d, f)) < 0)
		return err;
	if ((err = d->under->ops->sync(d->under, f->real_file)) < 0)
		return err;
	if (f->nameless) {
		err = d->under->ops->sync_names(d->under);
		if (err < 0)
			return err;
		f->nameless = false;
	}
	settle(d, f);
	return 0;
}

/* ---- the disk ------------------------------------------------------------ */

/* What an earlier boot left. */
static bool
found(void *arg, const char *name, uint64_t size)
{
	struct disk *d = arg;
	struct file *f;

	if (disk_name_wrong(name) != NULL)
		return true;
	f = add(d, name);
	if (f == NULL) {
		d->crowded = true;
		return false;
	}
	f->there = f->on_disk = true;
	f->size = f->keep = f->real = size;
	return true;
}

struct disk *
disk_new(struct backing *under, struct fr_err *err)
{
	struct disk *d = mem_new(sizeof *d);
	int got;

	d->under = under;
	got = under->ops->each(under, found, d, err);
	if (got == 0 && d->crowded)
		got = err_set(err, "the node's folder holds more than %u "
			      "files", DISK_FILES_MAX);
	if (got < 0) {
		disk_free(d);
		return NULL;
	}
	return d;
}

void
disk_free(struct disk *d)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < d->count; i++) {
		pages_drop(d, d->files[i], 0);
		disk_shut(d, d->files[i]);
		free(d->files[i]);
	}
	free(d->files);
	d->under->ops->leave(d->under);
	free(d);
}

uint32_t
disk_list(struct disk *d, struct fr_file *out, uint32_t max)
{
	uint32_t count = 0;
	size_t i;

	for (i = 0; i < d->count; i++) {
		const struct file *f = d->files[i];

		if (!f->there)
			continue;
		if (count < max && out != NULL) {
			memcpy(out[count].name, f->name, sizeof f->name);
			out[count].size = f->size;
		}
		count++;
	}
	return count;
}
