/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a disk at rest.
 *
 * Files are taken in the order of their names: that of a folder is nobody's
 * choice, and would make two worlds differ.
 */
#include "core/node/harm.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rand.h"
#include "core/node/disk.h"

#define PART 4096u

struct entry {
	char name[FR_NAME_MAX + 1];
	uint64_t size;
};

struct list {
	struct entry *at;
	size_t count, room;
	uint64_t total;		/* bytes of all files                          */
};

static bool
found(void *arg, const char *name, uint64_t size)
{
	struct list *l = arg;

	if (disk_name_wrong(name) != NULL)
		return true;
	mem_grow(&l->at, &l->room, l->count + 1, sizeof *l->at);
	memcpy(l->at[l->count].name, name, strlen(name) + 1);
	l->at[l->count++].size = size;
	l->total += size;
	return true;
}

static int
by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
list_files(struct backing *b, struct list *l, struct fr_err *err)
{
	memset(l, 0, sizeof *l);
	if (b->ops->each(b, found, l, err) < 0) {
		free(l->at);
		return -1;
	}
	if (l->count > 0)
		qsort(l->at, l->count, sizeof *l->at, by_name);
	return 0;
}

static int
failed(const char *what, const char *name, int answer, struct fr_err *err)
{
	return err_set(err, "%s file `%s`: %s", what, name,
		       answer == FR_ENOSPC ? "no space" : "input or output "
		       "error");
}

/* ---- parts of a file ----------------------------------------------------- */

/* What fn makes of `size` bytes of a file, at most PART of them. */
static int
change(struct backing *b, const struct entry *e, uint64_t offset, size_t size,
       void (*fn)(unsigned char *data, size_t size, void *arg), void *arg,
       struct fr_err *err)
{
	unsigned char data[PART];
	backing_file file;
	uint64_t real;
	int got;

	got = b->ops->open(b, e->name, false, &file, &real);
	if (got < 0)
		return failed("open", e->name, got, err);
	got = b->ops->read(b, file, offset, data, size);
	if (got == 0) {
		fn(data, size, arg);
		got = b->ops->write(b, file, offset, data, size);
	}
	if (got == 0)
		got = b->ops->sync(b, file);
	b->ops->close(b, file);
	return got < 0 ? failed("change", e->name, got, err) : 0;
}

/* The file that holds the at-th of so many, with `of` giving how many one
 * holds; *at becomes the place in it. */
static const struct entry *
place(const struct list *l, uint64_t *at, uint64_t unit)
{
	const struct entry *e;

	for (e = l->at;; e++) {
		uint64_t holds = (e->size + unit - 1) / unit;

		if (*at < holds)
			return e;
		*at -= holds;
	}
}

/* ---- rot ----------------------------------------------------------------- */

static void
flip(unsigned char *data, size_t size, void *arg)
{
	const unsigned *bit = arg;

	(void)size;
	data[0] ^= (unsigned char)(1u << *bit);
}

static int
rot(struct backing *b, const struct list *l, uint32_t count, struct rng *rng,
    uint64_t *effects, struct fr_err *err)
{
	const struct entry *e;
	unsigned bit;
	uint64_t at;

	for (; count > 0 && l->total > 0; count--) {
		at = rng_below(rng, l->total);
		bit = (unsigned)rng_below(rng, 8);
		e = place(l, &at, 1);
		if (change(b, e, at, 1, flip, &bit, err) < 0)
			return -1;
		effects[EFFECT_ROTTED]++;
	}
	return 0;
}

static void
scribble(unsigned char *data, size_t size, void *arg)
{
	struct rng *rng = arg;

	while (size-- > 0)
		*data++ ^= (unsigned char)(1 + rng_below(rng, 255));
}

static int
rot_sectors(struct backing *b, const struct list *l, uint32_t count,
	    struct rng *rng, uint64_t *effects, struct fr_err *err)
{
	const struct entry *e;
	uint64_t sectors = 0, at;
	size_t i, size;

	for (i = 0; i < l->count; i++)
		sectors += (l->at[i].size + DISK_SECTOR - 1) / DISK_SECTOR;
	for (; count > 0 && sectors > 0; count--) {
		at = rng_below(rng, sectors);
		e = place(l, &at, DISK_SECTOR);
		at *= DISK_SECTOR;
		size = e->size - at < DISK_SECTOR ? (size_t)(e->size - at) :
		       DISK_SECTOR;
		if (change(b, e, at, size, scribble, rng, err) < 0)
			return -1;
		effects[EFFECT_SECTORS]++;
	}
	return 0;
}

/* ---- all of it ----------------------------------------------------------- */

static int
wipe(struct backing *b, const struct list *l, struct fr_err *err)
{
	size_t i;
	int got;

	for (i = 0; i < l->count; i++) {
		got = b->ops->remove(b, l->at[i].name);
		if (got < 0)
			return failed("remove", l->at[i].name, got, err);
	}
	return 0;
}

static int
copy_file(struct backing *from, struct backing *to, const struct entry *e)
{
	backing_file source, target;
	unsigned char data[PART];
	uint64_t size, at, had;
	size_t part;
	int got;

	if ((got = from->ops->open(from, e->name, false, &source, &size)) < 0)
		return got;
	got = to->ops->open(to, e->name, true, &target, &had);
	if (got < 0) {
		from->ops->close(from, source);
		return got;
	}
	for (at = 0; at < e->size && got == 0; at += part) {
		part = e->size - at < PART ? (size_t)(e->size - at) : PART;
		got = from->ops->read(from, source, at, data, part);
		if (got == 0)
			got = to->ops->write(to, target, at, data, part);
	}
	if (got == 0)
		got = to->ops->resize(to, target, e->size);
	if (got == 0)
		got = to->ops->sync(to, target);
	from->ops->close(from, source);
	to->ops->close(to, target);
	return got;
}

static int
copy_all(struct backing *from, struct backing *to, const struct list *l,
	 struct fr_err *err)
{
	size_t i;
	int got;

	for (i = 0; i < l->count; i++) {
		got = copy_file(from, to, &l->at[i]);
		if (got < 0)
			return failed("copy", l->at[i].name, got, err);
	}
	got = to->ops->sync_names(to);
	return got < 0 ? failed("copy the names of", "*", got, err) : 0;
}

/* How many bytes of one file are others in the other place. */
static uint64_t
differ_in(struct backing *a, const struct entry *x, struct backing *b,
	  uint64_t other)
{
	uint64_t least = x->size < other ? x->size : other, at, size;
	uint64_t count = x->size - least + (other - least);
	unsigned char one[PART], two[PART];
	backing_file f, g;
	size_t part, i;

	if (a->ops->open(a, x->name, false, &f, &size) < 0)
		return count;
	if (b->ops->open(b, x->name, false, &g, &size) < 0) {
		a->ops->close(a, f);
		return count;
	}
	for (at = 0; at < least; at += part) {
		part = least - at < PART ? (size_t)(least - at) : PART;
		if (a->ops->read(a, f, at, one, part) < 0 ||
		    b->ops->read(b, g, at, two, part) < 0)
			break;
		for (i = 0; i < part; i++)
			count += one[i] != two[i];
	}
	a->ops->close(a, f);
	b->ops->close(b, g);
	return count;
}

static uint64_t
differ(struct backing *a, const struct list *x, struct backing *b,
       const struct list *y)
{
	uint64_t count = 0;
	size_t i = 0, k = 0;
	int order;

	while (i < x->count || k < y->count) {
		order = i == x->count ? 1 : k == y->count ? -1 :
			strcmp(x->at[i].name, y->at[k].name);
		if (order == 0)
			count += differ_in(a, &x->at[i++], b,
					   y->at[k++].size);
		else if (order < 0)
			count += x->at[i++].size;
		else
			count += y->at[k++].size;
	}
	return count;
}

static int
keep(struct backing *b, const struct list *l, struct backing **kept,
     struct fr_err *err)
{
	struct backing *copy;

	if (l->total > HARM_KEEP_MAX)
		return err_set(err, "its files hold %llu bytes: at most %u can "
			       "be kept", (unsigned long long)l->total,
			       HARM_KEEP_MAX);
	copy = backing_memory();
	if (copy_all(b, copy, l, err) < 0) {
		backing_memory_free(copy);
		return -1;
	}
	backing_memory_free(*kept);
	*kept = copy;
	return 0;
}

static int
roll_back(struct backing *b, const struct list *now, struct backing *kept,
	  uint64_t *effects, struct fr_err *err)
{
	struct list then;
	uint64_t count;
	int status = -1;

	if (kept == NULL)
		return err_set(err, "nothing of its disk was kept");
	if (list_files(kept, &then, err) < 0)
		return -1;
	count = differ(b, now, kept, &then);
	if (wipe(b, now, err) == 0 && copy_all(kept, b, &then, err) == 0) {
		effects[EFFECT_ROLLED] += count;
		status = 0;
	}
	free(then.at);
	return status;
}

int
harm_do(struct backing *b, const struct node_harm *h, uint64_t seed,
	uint32_t node, struct backing **kept, uint64_t *effects,
	struct fr_err *err)
{
	struct rng rng = rng_make(hash_mix(seed, h->draw), STREAM_DISK, node,
				  0, "harm");
	struct list l;
	int status = 0;

	if (list_files(b, &l, err) < 0)
		return -1;
	switch (h->what) {
	case HARM_WIPE:
		status = wipe(b, &l, err);
		if (status == 0)
			effects[EFFECT_WIPED] += l.count;
		break;
	case HARM_ROT:
		status = rot(b, &l, h->count, &rng, effects, err);
		break;
	case HARM_SECTORS:
		status = rot_sectors(b, &l, h->count, &rng, effects, err);
		break;
	case HARM_KEEP:
		status = keep(b, &l, kept, err);
		break;
	case HARM_BACK:
		status = roll_back(b, &l, *kept, effects, err);
		break;
	case HARM_FORGET:
		backing_memory_free(*kept);
		*kept = NULL;
		break;
	default:
		status = err_set(err, "there is no harm %u to a disk",
				 h->what);
	}
	free(l.at);
	return status;
}
