/* SPDX-License-Identifier: MIT */
/*
 * fracas/easy.h - what protocols are written with: short names for the host's
 * calls, and the small things that every protocol would write again.
 *
 * All of it is inline code over fracas/protocol.h and adds nothing to the
 * binary contract: a plugin carries its own copy, and a newer header never
 * changes what an older plugin does.
 */
#ifndef FRACAS_EASY_H
#define FRACAS_EASY_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <fracas/protocol.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FR_UNUSED __attribute__((unused))
#define FR_PRINTF(at, first) __attribute__((format(printf, at, first)))

/* Times, as in fr_after(me, RETRY, FR_MS(20), 0). */
#define FR_US(n) ((int64_t)(n) * 1000)
#define FR_MS(n) ((int64_t)(n) * 1000000)
#define FR_S(n)	 ((int64_t)(n) * 1000000000)

/*
 * A parameter that a search may turn, within these bounds, as an entry of
 * FR_PARAMS: FR_KNOB_PARAM("batch", FR_PARAM_INT, "16", "1", "64", "...").
 * Where people may set more than a search should try, write the fields:
 * .min and .max for them, .low and .high for it.
 */
#define FR_KNOB_PARAM(name_, kind_, fallback_, min_, max_, help_)	\
	{ .name = (name_), .kind = (kind_), .flags = FR_KNOB,		\
	  .fallback = (fallback_), .min = (min_), .max = (max_),	\
	  .help = (help_) }

/* ---- messages ------------------------------------------------------------ */

static inline int
fr_send(struct fr_node *me, uint32_t to, uint32_t type, const void *body,
	size_t size)
{
	return me->host->send(me, to, type, body, size);
}

/* To every neighbour, which in a complete topology is every other node. */
static inline int
fr_broadcast(struct fr_node *me, uint32_t type, const void *body, size_t size)
{
	return me->host->broadcast(me, type, body, size);
}

static inline uint32_t
fr_neighbours(struct fr_node *me, struct fr_neighbour *out, uint32_t max)
{
	return me->host->neighbours(me, out, max);
}

/* How many nodes are more than half of all. */
static inline uint32_t
fr_majority(const struct fr_node *me)
{
	return me->nodes / 2 + 1;
}

/* ---- timers, clocks, randomness ------------------------------------------ */

static inline int
fr_after(struct fr_node *me, uint32_t timer, int64_t delay, uint64_t tag)
{
	return me->host->after(me, timer, delay, tag);
}

static inline int
fr_cancel(struct fr_node *me, uint32_t timer, uint64_t tag)
{
	return me->host->cancel(me, timer, tag);
}

static inline int64_t
fr_mono(struct fr_node *me)
{
	return me->host->mono(me);
}

static inline int64_t
fr_wall(struct fr_node *me)
{
	return me->host->wall(me);
}

static inline struct fr_bounds
fr_wall_bounds(struct fr_node *me)
{
	return me->host->wall_bounds(me);
}

static inline uint64_t
fr_random(struct fr_node *me)
{
	return me->host->random(me);
}

/* Evenly from 0 .. n - 1, without the bias of a remainder; 0 for n = 0. */
static inline uint64_t
fr_random_below(struct fr_node *me, uint64_t n)
{
	uint64_t drawn, least;

	if (n < 2)
		return 0;
	least = (0 - n) % n;
	do
		drawn = fr_random(me);
	while (drawn < least);
	return drawn % n;
}

/* Evenly from low .. high, both included. */
static inline int64_t
fr_random_between(struct fr_node *me, int64_t low, int64_t high)
{
	uint64_t span = (uint64_t)high - (uint64_t)low + 1;

	if (high <= low)
		return low;
	if (span == 0)
		return (int64_t)fr_random(me);
	return (int64_t)((uint64_t)low + fr_random_below(me, span));
}

/* ---- values ---------------------------------------------------------------- */

static inline struct fr_value
fr_nil(void)
{
	struct fr_value v;

	memset(&v, 0, sizeof v);
	return v;
}

static inline struct fr_value
fr_int(int64_t number)
{
	struct fr_value v = fr_nil();

	v.kind = FR_INT;
	v.u.number = number;
	return v;
}

static inline struct fr_value
fr_list(const int64_t *list, uint32_t count)
{
	struct fr_value v = fr_nil();

	v.kind = FR_LIST;
	v.count = count;
	v.u.list = list;
	return v;
}

static inline struct fr_value
fr_bytes(const void *bytes, uint32_t count)
{
	struct fr_value v = fr_nil();

	v.kind = FR_BYTES;
	v.count = count;
	v.u.bytes = bytes;
	return v;
}

static inline bool
fr_is_nil(struct fr_value v)
{
	return v.kind == FR_NIL;
}

/* The number in v, or fallback where it holds none. */
static inline int64_t
fr_number(struct fr_value v, int64_t fallback)
{
	return v.kind == FR_INT ? v.u.number : fallback;
}

/* The i-th number of a list, or fallback where there is none. */
static inline int64_t
fr_item(struct fr_value v, uint32_t i, int64_t fallback)
{
	return v.kind == FR_LIST && i < v.count ? v.u.list[i] : fallback;
}

/* ---- answers --------------------------------------------------------------- */

static inline int
fr_reply_(struct fr_node *me, uint64_t request, uint32_t kind,
	  struct fr_value value, const char *text, uint32_t node)
{
	struct fr_reply reply;

	memset(&reply, 0, sizeof reply);
	reply.size = sizeof reply;
	reply.kind = kind;
	reply.request = request;
	reply.value = value;
	reply.text = text;
	reply.node = node;
	return me->host->reply(me, &reply);
}

/* It happened, and this is the result. */
static inline int
fr_ok(struct fr_node *me, uint64_t request, struct fr_value value)
{
	return fr_reply_(me, request, FR_REPLY_OK, value, NULL, 0);
}

/* It did not happen, and never will. */
static inline int
fr_fail(struct fr_node *me, uint64_t request, const char *why)
{
	return fr_reply_(me, request, FR_REPLY_FAIL, fr_nil(), why, 0);
}

/* It may have happened, or may yet. */
static inline int
fr_unsure(struct fr_node *me, uint64_t request, const char *why)
{
	return fr_reply_(me, request, FR_REPLY_UNSURE, fr_nil(), why, 0);
}

/* Nothing was done here: ask that node. */
static inline int
fr_redirect(struct fr_node *me, uint64_t request, uint32_t node)
{
	return fr_reply_(me, request, FR_REPLY_REDIRECT, fr_nil(), NULL, node);
}

/* ---- memory, words, parameters --------------------------------------------- */

static inline void *
fr_alloc(struct fr_node *me, size_t size)
{
	return me->host->alloc(me, size);
}

static inline void
fr_free(struct fr_node *me, void *memory)
{
	me->host->free(me, memory);
}

FR_PRINTF(2, 3) FR_UNUSED static void
fr_log(struct fr_node *me, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	me->host->log(me, FR_LOG_INFO, text);
}

static inline void
fr_claim(struct fr_node *me, const char *what, int64_t key, int64_t value)
{
	me->host->claim(me, what, key, value);
}

static inline void
fr_note(struct fr_node *me, const char *name, const char *text)
{
	me->host->note(me, name, text);
}

/* An integer, boolean, time (nanoseconds) or size (bytes). */
static inline int64_t
fr_param(struct fr_node *me, const char *name)
{
	struct fr_value v;

	if (me->host->param(me, name, &v) < 0)
		return 0;
	return fr_number(v, 0);
}

static inline double
fr_param_real(struct fr_node *me, const char *name)
{
	struct fr_value v;
	double real = 0;

	if (me->host->param(me, name, &v) < 0 || v.kind != FR_BYTES ||
	    v.count != sizeof real)
		return 0;
	memcpy(&real, v.u.bytes, sizeof real);
	return real;
}

static inline const char *
fr_param_text(struct fr_node *me, const char *name)
{
	struct fr_value v;

	if (me->host->param(me, name, &v) < 0 || v.kind != FR_BYTES)
		return "";
	return (const char *)v.u.bytes;
}

/* ---- durable files ---------------------------------------------------------- */

static inline int
fr_write(struct fr_node *me, const char *file, uint64_t offset,
	 const void *data, size_t size)
{
	return me->host->write(me, file, offset, data, size);
}

static inline int64_t
fr_read(struct fr_node *me, const char *file, uint64_t offset, void *data,
	size_t size)
{
	return me->host->read(me, file, offset, data, size);
}

static inline int
fr_sync(struct fr_node *me, const char *file)
{
	return me->host->sync(me, file);
}

static inline int
fr_truncate(struct fr_node *me, const char *file, uint64_t size)
{
	return me->host->truncate(me, file, size);
}

static inline int
fr_remove(struct fr_node *me, const char *file)
{
	return me->host->remove(me, file);
}

static inline int64_t
fr_file_size(struct fr_node *me, const char *file)
{
	return me->host->file_size(me, file);
}

/* FNV-1a, 64 bits: tells a torn or rotten record from a whole one. */
static inline uint64_t
fr_checksum(uint64_t seed, const void *data, size_t size)
{
	const unsigned char *p = (const unsigned char *)data;
	uint64_t h = 14695981039346656037ull ^ seed;

	while (size-- > 0)
		h = (h ^ *p++) * 1099511628211ull;
	return h;
}

/*
 * One slot that is replaced whole: after a crash fr_load gives either what the
 * last fr_save that answered 0 stored, or what a later one was storing, never
 * a mixture.  Two files take turns; a head with a number and a checksum says
 * which is the newest whole one.
 */
struct fr_slot_head {
	uint64_t number;
	uint64_t size;
	uint64_t checksum;
};

/* 0: a whole one; FR_ENOENT: none; FR_EIO: the disk would not tell. */
FR_UNUSED static int
fr_slot_look(struct fr_node *me, const char *name, char which, char *file,
	     struct fr_slot_head *head)
{
	unsigned char part[512];
	uint64_t sum, at;
	int64_t got;

	snprintf(file, FR_NAME_MAX + 1, "%.60s.%c", name, which);
	got = fr_read(me, file, 0, head, sizeof *head);
	if (got != (int64_t)sizeof *head)
		return got == FR_EIO ? FR_EIO : FR_ENOENT;
	sum = head->number;
	for (at = 0; at < head->size; at += (uint64_t)got) {
		uint64_t want = head->size - at;

		if (want > sizeof part)
			want = sizeof part;
		got = fr_read(me, file, sizeof *head + at, part, (size_t)want);
		if (got <= 0)
			return got == FR_EIO ? FR_EIO : FR_ENOENT;
		sum = fr_checksum(sum, part, (size_t)got);
	}
	/* A hole where the head should be reads as zeros: numbers begin at 1. */
	return head->number > 0 && sum == head->checksum ? 0 : FR_ENOENT;
}

FR_UNUSED static int
fr_save(struct fr_node *me, const char *name, const void *data, size_t size)
{
	char file_a[FR_NAME_MAX + 1], file_b[FR_NAME_MAX + 1];
	struct fr_slot_head a, b, head;
	const char *file, *other;
	uint64_t newest = 0, at;
	int look_a, look_b, err;

	look_a = fr_slot_look(me, name, 'a', file_a, &a);
	look_b = fr_slot_look(me, name, 'b', file_b, &b);
	if (look_a == FR_EIO || look_b == FR_EIO)
		return FR_EIO;
	file = file_a;
	other = file_b;
	if (look_a == 0) {
		newest = a.number;
		file = file_b;
		other = file_a;
	}
	if (look_b == 0 && b.number > newest) {
		newest = b.number;
		file = file_a;
		other = file_b;
	}
	/* The newest has to be safe before the older one is given up: a sync
	 * that failed may have left it in memory only. */
	if (newest > 0 && (err = fr_sync(me, other)) < 0)
		return err;
	head.number = newest + 1;
	head.size = size;
	head.checksum = head.number;
	for (at = 0; at < size; at += 512) {
		size_t part = size - (size_t)at < 512 ? size - (size_t)at : 512;

		head.checksum = fr_checksum(head.checksum,
					    (const char *)data + at, part);
	}
	if (size > 0 &&
	    (err = fr_write(me, file, sizeof head, data, size)) < 0)
		return err;
	if ((err = fr_write(me, file, 0, &head, sizeof head)) < 0)
		return err;
	return fr_sync(me, file);
}

/* The number of bytes stored, of which at most max are given; FR_ENOENT when
 * nothing ever was, FR_EIO when the disk would not tell. */
FR_UNUSED static int64_t
fr_load(struct fr_node *me, const char *name, void *data, size_t max)
{
	char file_a[FR_NAME_MAX + 1], file_b[FR_NAME_MAX + 1];
	struct fr_slot_head a, b;
	const char *file = NULL;
	uint64_t size = 0, newest = 0;
	int64_t got;
	int look_a, look_b;

	look_a = fr_slot_look(me, name, 'a', file_a, &a);
	look_b = fr_slot_look(me, name, 'b', file_b, &b);
	if (look_a == FR_EIO || look_b == FR_EIO)
		return FR_EIO;
	if (look_a == 0) {
		newest = a.number;
		size = a.size;
		file = file_a;
	}
	if (look_b == 0 && b.number > newest) {
		size = b.size;
		file = file_b;
	}
	if (file == NULL)
		return FR_ENOENT;
	if (max > size)
		max = (size_t)size;
	if (max > 0) {
		got = fr_read(me, file, sizeof a, data, max);
		if (got != (int64_t)max)
			return got < 0 ? got : FR_EIO;
	}
	return (int64_t)size;
}

/*
 * An append log.  Records are read back with fr_wal_next from an offset that
 * starts at 0.  What it promises, of a disk that loses any part of what was
 * not synced, in any order, a sector of 512 bytes at a time:
 *
 *  1. What fr_wal_sync answered 0 for is there after a crash, in whole and in
 *     order; of what was appended since, the first records are, or none.
 *  2. A disk that spoils what was synced is found out (FR_EIO) by the next
 *     fr_wal_open, and nothing is cut off: where a later record says that this
 *     one was synced, and where no loss explains what stands there.  What it
 *     cannot tell from a loss, since nobody could: the last records synced
 *     that read as zeros now.
 *  3. The same holds of a disk whose sync fails, drops what it should have
 *     written, and says the next time that all is well: after a sync that
 *     failed, fr_wal_sync writes everything anew.
 *  4. What fr_wal_cut cut off is gone for good when that answers 0.
 *
 * Logs of version 1 (FR_WAL_MARK), whose records do not say what was synced,
 * are read and go on in the new form.
 */
struct fr_wal {
	const char *file;
	uint64_t end;
	uint64_t synced;	/* up to here it is                            */
	bool again;		/* a sync has failed: see 3                    */
	bool ragged;		/* something may stand behind the end          */
	bool broken;		/* it was not opened, or cannot be read        */
};

/* Of version 1. */
struct fr_wal_head {
	uint32_t size;
	uint32_t mark;
	uint64_t checksum;	/* of where it stands, size and data           */
};

struct fr_wal_head2 {
	uint32_t size;
	uint32_t mark;
	uint64_t checksum;
	uint64_t synced;	/* of the log, when it was appended            */
	uint64_t own;		/* of where it stands and the above            */
};

#define FR_WAL_MARK  0x6c617721u
#define FR_WAL_MARK2 0x6c617722u

/* What is written at once with the head, and by itself behind it. */
#define FR_WAL_FIRST (512u - (uint32_t)sizeof(struct fr_wal_head2))

/* One record's head, of either version: how many bytes it has; 0 where there
 * is none at `at`, FR_EIO where the disk would not tell. */
FR_UNUSED static int64_t
fr_wal_head_at(struct fr_node *me, const struct fr_wal *wal, uint64_t at,
	       struct fr_wal_head2 *head)
{
	const size_t old = sizeof(struct fr_wal_head);
	int64_t got;

	memset(head, 0, sizeof *head);
	got = fr_read(me, wal->file, at, head, sizeof *head);
	if (got == FR_EIO)
		return FR_EIO;
	if (got >= (int64_t)old && head->mark == FR_WAL_MARK) {
		head->synced = 0;
		return (int64_t)old;
	}
	if (got != (int64_t)sizeof *head || head->mark != FR_WAL_MARK2 ||
	    head->own != fr_checksum(at, head, offsetof(struct fr_wal_head2,
							own)))
		return 0;
	return (int64_t)sizeof *head;
}

/* As fr_wal_next below, but FR_ENOENT where no whole record stands; and what
 * it says was synced. */
FR_UNUSED static int64_t
fr_wal_look(struct fr_node *me, const struct fr_wal *wal, uint64_t *at,
	    void *data, size_t max, uint64_t *synced)
{
	struct fr_wal_head2 head;
	unsigned char part[512];
	int64_t begins, got;
	uint64_t sum, done;

	if (*at >= wal->end)
		return 0;
	begins = fr_wal_head_at(me, wal, *at, &head);
	if (begins < 0)
		return FR_EIO;
	if (begins == 0 || head.size == 0 ||
	    (uint64_t)begins + head.size > wal->end - *at)
		return FR_ENOENT;
	sum = *at ^ head.size;
	for (done = 0; done < head.size; done += (uint64_t)got) {
		uint64_t want = head.size - done;

		if (want > sizeof part)
			want = sizeof part;
		got = fr_read(me, wal->file, *at + (uint64_t)begins + done,
			      part, (size_t)want);
		if (got <= 0)
			return got == FR_EIO ? FR_EIO : FR_ENOENT;
		sum = fr_checksum(sum, part, (size_t)got);
		if (done < max)
			memcpy((char *)data + done, part,
			       max - done < (uint64_t)got ?
			       (size_t)(max - done) : (size_t)got);
	}
	if (sum != head.checksum)
		return FR_ENOENT;
	*synced = head.synced;
	*at += (uint64_t)begins + head.size;
	return head.size;
}

/* The record's size with its data (at most max) and *at moved past it; 0 at
 * the end; FR_EIO where no whole record stands. */
FR_UNUSED static int64_t
fr_wal_next(struct fr_node *me, const struct fr_wal *wal, uint64_t *at,
	    void *data, size_t max)
{
	uint64_t synced;
	int64_t got = fr_wal_look(me, wal, at, data, max, &synced);

	return got == FR_ENOENT ? FR_EIO : got;
}

/*
 * Whether a write of `size` bytes at `at` can have been lost, in a sector at
 * least: there is nothing but zeros of it, or not even those.  1, 0, FR_EIO.
 */
FR_UNUSED static int
fr_wal_lacks(struct fr_node *me, const struct fr_wal *wal, uint64_t at,
	     uint64_t size)
{
	unsigned char part[512];
	uint64_t end = at + size, piece;
	int64_t got, i;

	for (; at < end; at += piece) {
		piece = 512 - at % 512 < end - at ? 512 - at % 512 : end - at;
		got = fr_read(me, wal->file, at, part, (size_t)piece);
		if (got == FR_EIO)
			return FR_EIO;
		for (i = 0; i < got && part[i] == 0; i++)
			;
		if (got < (int64_t)piece || i == got)
			return 1;
	}
	return 0;
}

/* Whether what stands at `at`, which is no record, can be what a crash left
 * of one: 1, 0, FR_EIO. */
FR_UNUSED static int
fr_wal_torn(struct fr_node *me, const struct fr_wal *wal, uint64_t at)
{
	struct fr_wal_head2 head;
	uint64_t first;
	int64_t begins = fr_wal_head_at(me, wal, at, &head);
	int lacks;

	if (begins < 0)
		return FR_EIO;
	if (begins == (int64_t)sizeof(struct fr_wal_head))
		return 1;
	if (begins == 0)
		return fr_wal_lacks(me, wal, at, sizeof head);
	first = head.size < FR_WAL_FIRST ? head.size : FR_WAL_FIRST;
	lacks = fr_wal_lacks(me, wal, at, sizeof head + first);
	if (lacks != 0 || head.size == first)
		return lacks;
	return fr_wal_lacks(me, wal, at + 512, head.size - first);
}

/* Whether a whole record behind `at` says that what is there was synced: 1, 0,
 * FR_EIO. */
FR_UNUSED static int
fr_wal_witness(struct fr_node *me, const struct fr_wal *wal, uint64_t at)
{
	const size_t mark = offsetof(struct fr_wal_head, mark);
	unsigned char part[512];
	uint64_t probe = at + 1, ahead, synced;
	uint32_t seen;
	int64_t got, i;

	for (; probe < wal->end; probe += sizeof part - mark - sizeof seen) {
		got = fr_read(me, wal->file, probe, part, sizeof part);
		if (got < 0)
			return FR_EIO;
		for (i = 0; i + (int64_t)(mark + sizeof seen) <= got; i++) {
			memcpy(&seen, part + i + mark, sizeof seen);
			if (seen != FR_WAL_MARK && seen != FR_WAL_MARK2)
				continue;
			ahead = probe + (uint64_t)i;
			if (fr_wal_look(me, wal, &ahead, NULL, 0,
					&synced) > 0 &&
			    (seen == FR_WAL_MARK || synced > at))
				return 1;
		}
	}
	return 0;
}

FR_UNUSED static int
fr_wal_open(struct fr_node *me, struct fr_wal *wal, const char *file)
{
	int64_t size = fr_file_size(me, file), got;
	uint64_t at = 0, synced;

	wal->file = file;
	wal->end = size < 0 ? 0 : (uint64_t)size;
	wal->synced = 0;
	wal->again = wal->ragged = false;
	wal->broken = true;
	if (size < 0 && size != FR_ENOENT)
		return (int)size;
	while ((got = fr_wal_look(me, wal, &at, NULL, 0, &synced)) > 0)
		;
	if (got != 0 && got != FR_ENOENT)
		return FR_EIO;
	if (got == FR_ENOENT) {
		/* A torn end, or rot? */
		if (fr_wal_witness(me, wal, at) != 0 ||
		    fr_wal_torn(me, wal, at) != 1)
			return FR_EIO;
		wal->end = at;
		if (fr_truncate(me, file, at) < 0)
			return FR_EIO;
	}
	/* Within a boot some of it may not be synced yet. */
	wal->again = size >= 0 && fr_sync(me, file) < 0;
	wal->synced = wal->again ? 0 : wal->end;
	wal->broken = false;
	return 0;
}

/* Nothing of a record that could not be written may stay behind the end. */
FR_UNUSED static int
fr_wal_trim(struct fr_node *me, struct fr_wal *wal)
{
	int err = wal->ragged ? fr_truncate(me, wal->file, wal->end) : 0;

	if (err == 0)
		wal->ragged = false;
	return err;
}

/* What is not synced is written once more, as it reads now; where that is not
 * what was appended, the log is lost for this boot. */
FR_UNUSED static int
fr_wal_rewrite(struct fr_node *me, struct fr_wal *wal)
{
	uint64_t at = wal->synced, end = wal->synced, synced;
	unsigned char part[512];
	int64_t got, size;
	int err;

	while ((got = fr_wal_look(me, wal, &end, NULL, 0, &synced)) > 0)
		;
	if (got == FR_ENOENT)
		wal->broken = true;
	if (got != 0)
		return FR_EIO;
	for (; at < wal->end; at += (uint64_t)size) {
		size = wal->end - at < sizeof part ?
		       (int64_t)(wal->end - at) : (int64_t)sizeof part;
		got = fr_read(me, wal->file, at, part, (size_t)size);
		if (got != size)
			return FR_EIO;
		err = fr_write(me, wal->file, at, part, (size_t)size);
		if (err < 0)
			return err;
	}
	return 0;
}

FR_UNUSED static int
fr_wal_sync(struct fr_node *me, struct fr_wal *wal)
{
	int err = wal->broken ? FR_EIO : fr_wal_trim(me, wal);

	if (err == 0 && wal->again)
		err = fr_wal_rewrite(me, wal);
	if (err == 0)
		err = fr_sync(me, wal->file);
	wal->again = err < 0;
	if (err == 0)
		wal->synced = wal->end;
	return err;
}

FR_UNUSED static int
fr_wal_append(struct fr_node *me, struct fr_wal *wal, const void *data,
	      uint32_t size)
{
	struct fr_wal_head2 head;
	unsigned char first[512];
	size_t part = size < FR_WAL_FIRST ? size : FR_WAL_FIRST;
	uint64_t at;
	int err;

	if (size == 0)
		return FR_EINVAL;
	if (wal->broken)
		return FR_EIO;
	if ((err = fr_wal_trim(me, wal)) < 0)
		return err;
	head.size = size;
	head.mark = FR_WAL_MARK2;
	head.checksum = wal->end ^ size;
	for (at = 0; at < size; at += 512) {
		size_t piece = size - at < 512 ? (size_t)(size - at) : 512;

		head.checksum = fr_checksum(head.checksum,
					    (const char *)data + at, piece);
	}
	head.synced = wal->synced;
	head.own = fr_checksum(wal->end, &head,
			       offsetof(struct fr_wal_head2, own));
	memcpy(first, &head, sizeof head);
	memcpy(first + sizeof head, data, part);
	err = fr_write(me, wal->file, wal->end, first, sizeof head + part);
	if (err == 0 && size > part)
		err = fr_write(me, wal->file, wal->end + sizeof head + part,
			       (const char *)data + part, size - part);
	if (err < 0) {
		/* Before anything else is written there, and synced. */
		wal->ragged = wal->again = true;
		if (fr_wal_trim(me, wal) == 0)
			(void)fr_wal_sync(me, wal);
		return err;
	}
	wal->end += sizeof head + size;
	return 0;
}

/* Forgets all records from offset `end` on; it lasts when it answers 0. */
FR_UNUSED static int
fr_wal_cut(struct fr_node *me, struct fr_wal *wal, uint64_t end)
{
	int err;

	if (end > wal->end)
		return FR_EINVAL;
	if (wal->broken)
		return FR_EIO;
	if (end == wal->end)
		return 0;
	if ((err = fr_truncate(me, wal->file, end)) < 0)
		return err;
	wal->end = end;
	if (wal->synced > end)
		wal->synced = end;
	return fr_wal_sync(me, wal);
}

/* ---- bodies of variable length ---------------------------------------------- */

/*
 * A writer and a reader with a sticky error: check once, at the end.  Numbers
 * travel in little-endian order, so that a body reads the same everywhere.
 */
struct fr_writer {
	unsigned char *data;
	size_t max, size;
	bool failed;
};

struct fr_reader {
	const unsigned char *data;
	size_t size, at;
	bool failed;
};

static inline struct fr_writer
fr_writer(void *data, size_t max)
{
	struct fr_writer w;

	w.data = (unsigned char *)data;
	w.max = max;
	w.size = 0;
	w.failed = false;
	return w;
}

static inline struct fr_reader
fr_reader(const void *data, size_t size)
{
	struct fr_reader r;

	r.data = (const unsigned char *)data;
	r.size = size;
	r.at = 0;
	r.failed = false;
	return r;
}

static inline void
fr_put_bytes(struct fr_writer *w, const void *data, size_t size)
{
	if (w->failed || size > w->max - w->size) {
		w->failed = true;
		return;
	}
	if (size > 0)
		memcpy(w->data + w->size, data, size);
	w->size += size;
}

/* There and back: as it travels. */
static inline uint64_t
fr_little_u64(uint64_t n)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? n :
							   __builtin_bswap64(n);
}

static inline uint32_t
fr_little_u32(uint32_t n)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? n :
							   __builtin_bswap32(n);
}

static inline void
fr_put_u64(struct fr_writer *w, uint64_t n)
{
	n = fr_little_u64(n);
	fr_put_bytes(w, &n, sizeof n);
}

static inline void
fr_put_u32(struct fr_writer *w, uint32_t n)
{
	n = fr_little_u32(n);
	fr_put_bytes(w, &n, sizeof n);
}

static inline void
fr_put_i64(struct fr_writer *w, int64_t n)
{
	fr_put_u64(w, (uint64_t)n);
}

/* A pointer into the body, or NULL where so much is not left. */
static inline const void *
fr_get_bytes(struct fr_reader *r, size_t size)
{
	const void *at;

	if (r->failed || size > r->size - r->at) {
		r->failed = true;
		return NULL;
	}
	at = r->data + r->at;
	r->at += size;
	return at;
}

static inline uint64_t
fr_get_u64(struct fr_reader *r)
{
	const void *at = fr_get_bytes(r, 8);
	uint64_t n = 0;

	if (at != NULL)
		memcpy(&n, at, sizeof n);
	return fr_little_u64(n);
}

static inline uint32_t
fr_get_u32(struct fr_reader *r)
{
	const void *at = fr_get_bytes(r, 4);
	uint32_t n = 0;

	if (at != NULL)
		memcpy(&n, at, sizeof n);
	return fr_little_u32(n);
}

static inline int64_t
fr_get_i64(struct fr_reader *r)
{
	return (int64_t)fr_get_u64(r);
}

/* Everything was there, and nothing is left. */
static inline bool
fr_got_all(const struct fr_reader *r)
{
	return !r->failed && r->at == r->size;
}

#ifdef __cplusplus
}
#endif
#endif
