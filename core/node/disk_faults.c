/* SPDX-License-Identifier: MIT */
/*
 * What is done to a disk on purpose, while its node runs.
 *
 *  1. What the node sees stays right, until it is read from below again: a
 *     fault harms what lasts, as a bad disk under a good page cache does.
 *  2. Which unsynced writes outlast a crash is decided as they come: those
 *     that do are written below at once, those that do not stay in memory
 *     until they are synced.  A sync makes up for everything.
 *  3. A sector is written whole or not at all.
 */
#include <string.h>

#include "core/node/disk_inside.h"

/* SUFFIX: after one write in so many, everything before has come down. */
#define SPILL_EVERY 4u

_Static_assert(PAGE / DISK_SECTOR == 8, "a page's sectors are 8 bits");

/* ---- setting, and counting ----------------------------------------------- */

void
disk_set_faults(struct disk *d, const struct node_disk *f, uint64_t seed,
		uint32_t node, uint32_t boot)
{
	if (!d->faulty || f->draw != d->faults.draw) {
		d->rng = rng_make(hash_mix(seed, f->draw), STREAM_DISK, node,
				  boot, "faults");
		d->fails_left = f->sync_fails;
	}
	d->faults = *f;
	d->faulty = !node_disk_sound(f);
}

void
disk_set_count(struct disk *d, disk_count_fn fn, void *arg)
{
	d->count_fn = fn;
	d->count_arg = arg;
}

uint64_t
disk_unsynced(const struct disk *d, uint64_t *survive)
{
	*survive = d->survives;
	return d->unsynced;
}

static void
count(struct disk *d, enum node_effect effect, uint64_t by)
{
	if (d->count_fn != NULL && by > 0)
		d->count_fn(d->count_arg, effect, by);
}

static bool
one_in(struct disk *d, uint32_t n)
{
	return n > 0 && rng_below(&d->rng, n) == 0;
}

/* ---- errors -------------------------------------------------------------- */

int
spoil_read(struct disk *d)
{
	if (!one_in(d, d->faults.read_fails))
		return 0;
	count(d, EFFECT_READ_FAILED, 1);
	return FR_EIO;
}

int
spoil_write(struct disk *d, const struct file *f, uint64_t end)
{
	if (one_in(d, d->faults.write_fails)) {
		count(d, EFFECT_WRITE_FAILED, 1);
		return FR_EIO;
	}
	if (d->faults.full && end > (f != NULL && f->there ? f->size : 0)) {
		count(d, EFFECT_FULL, 1);
		return FR_ENOSPC;
	}
	return 0;
}

/*
 * What operating systems do (Rebello and others, "Can Applications Recover
 * from fsync Failures?", 2020): the failure is told once, the pages are taken
 * for clean, and the next sync has nothing to complain of.
 */
bool
spoil_sync(struct disk *d, struct file *f)
{
	uint64_t before = d->unsynced;
	size_t i;

	if (d->fails_left == 0 || f->dirty == 0)
		return false;
	d->fails_left--;
	for (i = 0; i < f->pages.room; i++)
		if (f->pages.slots[i].value != MAP_NONE)
			disk_page_range(d, f, (struct page *)(uintptr_t)
					f->pages.slots[i].value, 0, 0);
	count(d, EFFECT_SYNC_FAILED, 1);
	count(d, EFFECT_DROPPED, before - d->unsynced);
	return true;
}

/* ---- what comes down early ----------------------------------------------- */

static int
drop_below(struct disk *d, struct file *f)
{
	int err;

	if (!f->on_disk)
		return 0;
	if ((err = d->under->ops->remove(d->under, f->name)) < 0)
		return err;
	f->on_disk = false;
	f->keep = f->real = 0;
	disk_shut(d, f);
	f->nameless = true;
	f->uncut = false;
	return 0;
}

static int
spill_file(struct disk *d, struct file *f)
{
	struct page *p;
	size_t i;
	int err;

	if (f->spilled)
		return 0;
	err = f->there ? disk_store(d, f) : drop_below(d, f);
	if (err < 0)
		return err;
	for (i = 0; i < f->pages.room; i++) {
		if (f->pages.slots[i].value == MAP_NONE)
			continue;
		p = (struct page *)(uintptr_t)f->pages.slots[i].value;
		disk_page_below(d, p, UINT8_MAX);
	}
	/* Below is what the node sees: all of it counts. */
	f->keep = f->size;
	f->spilled = true;
	return 0;
}

static int
spill(struct disk *d)
{
	size_t i;
	int err;

	for (i = 0; i < d->count; i++)
		if ((err = spill_file(d, d->files[i])) < 0)
			return err;
	return 0;
}

static int
cut_below(struct disk *d, struct file *f)
{
	int err;

	if (!f->uncut)
		return 0;
	if ((err = disk_reach(d, f)) < 0)
		return err;
	err = d->under->ops->resize(d->under, f->real_file, f->cut_to);
	if (err < 0)
		return err;
	f->real = f->cut_to;
	f->uncut = false;
	return 0;
}

/* The bytes from `offset` to `end`: one sector, or the file's last part. */
static int
bring_down(struct disk *d, struct file *f, uint64_t offset, uint64_t end)
{
	struct page *p = disk_page(f, offset / PAGE);
	int err;

	if (p == NULL || offset >= end)
		return 0;
	/* A write after a cut does not bring back what was cut off. */
	if ((err = disk_reach(d, f)) < 0 || (err = cut_below(d, f)) < 0)
		return err;
	err = d->under->ops->write(d->under, f->real_file, offset,
				   p->data + offset % PAGE,
				   (size_t)(end - offset));
	if (err < 0)
		return err;
	if (end > f->real)
		f->real = end;
	disk_page_below(d, p, (uint8_t)(p->below |
			1u << offset % PAGE / DISK_SECTOR));
	return 0;
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Sectors of what was just written: each by itself, or the first ones. */
static int
sectors_down(struct disk *d, struct file *f, uint64_t offset, uint64_t size)
{
	uint64_t first = offset / DISK_SECTOR, i, end = offset + size;
	uint64_t count_of = (end + DISK_SECTOR - 1) / DISK_SECTOR - first;
	uint64_t whole = d->faults.lose == LOSE_TORN ?
			 rng_below(&d->rng, count_of) : 0;
	int err;

	for (i = 0; i < count_of; i++) {
		uint64_t from = (first + i) * DISK_SECTOR;
		uint64_t to = from + DISK_SECTOR;

		if (d->faults.lose == LOSE_TORN ? i >= whole :
		    !one_in(d, 2))
			continue;
		/* The sector as the node sees it, with what was there. */
		err = bring_down(d, f, from, least(to, f->size));
		if (err < 0)
			return err;
	}
	return 0;
}

int
spoil_change(struct disk *d)
{
	return d->faults.lose == LOSE_TORN ? spill(d) : 0;
}

int
spoil_written(struct disk *d, struct file *f, uint64_t offset, uint64_t size)
{
	switch (d->faults.lose) {
	case LOSE_SUFFIX:
		return one_in(d, SPILL_EVERY) ? spill(d) : 0;
	case LOSE_REORDER:
	case LOSE_TORN:
		return size > 0 ? sectors_down(d, f, offset, size) : 0;
	default:
		return 0;
	}
}

int
spoil_cut(struct disk *d, struct file *f)
{
	if (d->faults.lose == LOSE_SUFFIX)
		return one_in(d, SPILL_EVERY) ? spill(d) : 0;
	if (d->faults.lose == LOSE_REORDER && one_in(d, 2))
		return cut_below(d, f);
	return 0;
}

int
spoil_removed(struct disk *d, struct file *f)
{
	if (d->faults.lose == LOSE_SUFFIX)
		return one_in(d, SPILL_EVERY) ? spill(d) : 0;
	if (d->faults.lose == LOSE_REORDER && one_in(d, 2))
		return drop_below(d, f);
	return 0;
}

/* ---- what comes down in the wrong place ---------------------------------- */

/* Another sector of the file, or nowhere where it has no other. */
static int
misdirect(struct disk *d, struct file *f, uint64_t offset,
	  const unsigned char *data, uint32_t size)
{
	uint64_t sectors = (f->size + DISK_SECTOR - 1) / DISK_SECTOR;
	uint64_t here = offset / DISK_SECTOR, there;

	count(d, EFFECT_MISDIRECTED, size);
	if (sectors < 2)
		return 0;
	there = rng_below(&d->rng, sectors - 1);
	if (there >= here)
		there++;
	return d->under->ops->write(d->under, f->real_file,
				    there * DISK_SECTOR + offset % DISK_SECTOR,
				    data, size);
}

int
spoil_store(struct disk *d, struct file *f, uint64_t offset,
	    const unsigned char *data, uint32_t size)
{
	uint32_t part;
	int err = 0;

	if (d->faults.misdirects == 0)
		return d->under->ops->write(d->under, f->real_file, offset,
					    data, size);
	for (; size > 0 && err == 0; offset += part, data += part,
	     size -= part) {
		part = DISK_SECTOR - (uint32_t)(offset % DISK_SECTOR);
		if (part > size)
			part = size;
		err = one_in(d, d->faults.misdirects) ?
		      misdirect(d, f, offset, data, part) :
		      d->under->ops->write(d->under, f->real_file, offset,
					   data, part);
	}
	return err;
}
