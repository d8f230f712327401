/* SPDX-License-Identifier: MIT */
/*
 * The lines of JSON Lines that almost all lines are, read fast and by several
 * threads.
 *
 * The text is cut into chunks.  Whoever is free scans the next one for *usual*
 * lines: one object with the common members, no blank, no escape.  Of each it
 * notes what the line says, a record.  One thread, the reader's own, takes the
 * chunks in order and makes the events.
 *
 * 1. A scan takes no memory, knows no other line and reports no error: a line
 *    that is not usual leaves no record.
 * 2. A record counts only where the reader stands just before its line.  What
 *    lies between is read by the general reader, whatever it is; so the events
 *    and errors are those that it alone would have found.
 * 3. No more than CHUNKS chunks are under way, so memory is bounded.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checker/import/reader.h"

#define CHUNK		(64u << 10)	/* bytes of the text                  */
#define CHUNKS		8u
#define HELPERS_MOST	3u
#define MARGIN		64		/* bytes that a member may need       */
#define NAME_MOST	40u
#define SHORT		24u		/* a line, seldom less                */

struct record {
	const char *start;
	int64_t process, key, time, client, node;
	int64_t number, second;		/* of the value                       */
	uint32_t value_at, value_size;	/* from start; a text's bytes         */
	uint32_t size;			/* of the line without its end        */
	uint16_t seen;
	uint8_t type, kind;
	uint8_t f_at, f_size;
};

/* What a record's value is. */
enum { Q_NIL, Q_INT, Q_TEXT, Q_PAIR };

struct chunk {
	struct record *at;
	uint32_t count, room;
	bool ready;
};

struct crew {
	struct reader *r;
	const char *begin;		/* of chunk 0                         */
	uint64_t chunks, next, done;	/* next to scan; taken by the reader  */
	bool stop;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct chunk ring[CHUNKS];
};

/* ---- one line ------------------------------------------------------------ */

#define ONES	UINT64_C(0x0101010101010101)
#define TOPS	(ONES * 0x80)

/* Eight bytes as a number whose lowest eight bits are the first. */
static inline uint64_t
eight(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	return w;
}

/* How many bytes stand before the first whose top bit is set: up to eight. */
static inline unsigned int
bytes_before(uint64_t tops)
{
	return tops == 0 ? 8 : (unsigned int)__builtin_ctzll(tops) / 8;
}

/* The top bit of each byte that is '"', '\\' or below ' '; what comes behind
 * the first of them is not told. */
static inline uint64_t
specials(uint64_t w)
{
	uint64_t quote = w ^ ONES * '"', slash = w ^ ONES * '\\';

	return (((w - ONES * ' ') & ~w) | ((quote - ONES) & ~quote) |
		((slash - ONES) & ~slash)) & TOPS;
}

/*
 * A number is taken at once: how many digits it has is hard to foresee, so
 * that a loop over them costs more than all else.  w: the bytes less '0' each,
 * of which the first `count` are digits.
 */
static inline uint64_t
digits(uint64_t w, unsigned int count)
{
	/* Zeros in front; two shifts, as one by 64 is none. */
	w = w << (4 * (8 - count)) << (4 * (8 - count));
	w = (w * 10 + (w >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
	w = (w * 100 + (w >> 16)) & UINT64_C(0x0000ffff0000ffff);
	return (w * 10000 + (w >> 32)) & UINT32_MAX;
}

/* Each gives the place behind, or NULL: this is nothing usual. */
static inline const char *
whole(const char *p, int64_t *out)
{
	bool minus = *p == '-';
	unsigned int count;
	uint64_t w;
	int64_t n;

	p += minus;
	w = eight(p) ^ ONES * '0';
	/* What carries carries from no digit, and only the first matters. */
	count = bytes_before(((w + ONES * 0x76) | w) & TOPS);
	n = (int64_t)digits(w, count);
	if (count == 8) {
		/* A long one, such as a time. */
		for (p += 8; *p >= '0' && *p <= '9'; p++) {
			if (++count > 18)
				return NULL;
			n = n * 10 + (*p - '0');
		}
	} else {
		p += count;
	}
	*out = minus ? -n : n;
	return count > 0 ? p : NULL;
}

/* The number of a client or a node. */
static inline const char *
index_at(const char *p, int64_t *out)
{
	p = whole(p, out);
	return p != NULL && *out >= 0 && *out < INT32_MAX ? p : NULL;
}

/* A word in quotes that are behind it, too. */
static inline const char *
name(const char *p, struct record *q)
{
	const char *first = p;
	unsigned int count;

	if (p - q->start > UINT8_MAX)
		return NULL;
	for (;;) {
		count = bytes_before(specials(eight(p)));
		p += count;
		if (count < 8)
			break;
		if (p - first >= (ptrdiff_t)NAME_MOST)
			return NULL;
	}
	q->f_at = (uint8_t)(first - q->start);
	q->f_size = (uint8_t)(p - first);
	return *p == '"' ? p + 1 : NULL;
}

static inline const char *
type(const char *p, struct record *q)
{
	if (memcmp(p, "ok\"", 3) == 0) {
		q->type = TYPE_OK;
		return p + 3;
	}
	if (memcmp(p, "invoke\"", 7) == 0) {
		q->type = TYPE_INVOKE;
		return p + 7;
	}
	if (memcmp(p, "fail\"", 5) == 0) {
		q->type = TYPE_FAIL;
		return p + 5;
	}
	if (memcmp(p, "info\"", 5) == 0) {
		q->type = TYPE_INFO;
		return p + 5;
	}
	return NULL;
}

static inline const char *
text(const char *p, const char *end, struct record *q)
{
	const char *first = p;
	unsigned int count = 8;

	while (count == 8 && end - p >= 8) {
		count = bytes_before(specials(eight(p)));
		p += count;
	}
	if (count == 8 || p - first > (ptrdiff_t)TEXT_MAX)
		return NULL;
	q->kind = Q_TEXT;
	q->value_size = (uint32_t)(p - first);
	return *p == '"' ? p + 1 : NULL;
}

static inline const char *
value(const char *p, const char *end, struct record *q)
{
	q->value_at = (uint32_t)(p - q->start);
	switch (*p) {
	case '"':
		return text(p + 1, end, q);
	case 'n':
		q->kind = Q_NIL;
		return memcmp(p, "null", 4) == 0 ? p + 4 : NULL;
	case '[':
		q->kind = Q_PAIR;
		p = whole(p + 1, &q->number);
		if (p == NULL || *p != ',')
			return NULL;
		p = whole(p + 1, &q->second);
		return p != NULL && *p == ']' ? p + 1 : NULL;
	default:
		q->kind = Q_INT;
		return whole(p, &q->number);
	}
}

/* Behind the member at p; *field is its bit. */
static inline const char *
member(const char *p, const char *end, struct record *q, unsigned int *field)
{
	switch (p[1]) {
	case 'p':
		*field = 1u << FIELD_PROCESS;
		return memcmp(p, "\"process\":", 10) == 0 ?
			whole(p + 10, &q->process) : NULL;
	case 't':
		*field = 1u << FIELD_TYPE;
		if (memcmp(p, "\"type\":\"", 8) == 0)
			return type(p + 8, q);
		*field = 1u << FIELD_TIME;
		return memcmp(p, "\"time\":", 7) == 0 ?
			whole(p + 7, &q->time) : NULL;
	case 'f':
		*field = 1u << FIELD_F;
		if (memcmp(p, "\"f\":\"", 5) == 0)
			return name(p + 5, q);
		*field = 1u << FIELD_FINAL;
		return memcmp(p, "\"final\":true", 12) == 0 ? p + 12 : NULL;
	case 'v':
		*field = 1u << FIELD_VALUE;
		return memcmp(p, "\"value\":", 8) == 0 ?
			value(p + 8, end, q) : NULL;
	case 'k':
		*field = 1u << FIELD_KEY;
		return memcmp(p, "\"key\":", 6) == 0 ?
			whole(p + 6, &q->key) : NULL;
	case 'c':
		*field = 1u << FIELD_CLIENT;
		return memcmp(p, "\"client\":", 9) == 0 ?
			index_at(p + 9, &q->client) : NULL;
	case 'n':
		*field = 1u << FIELD_NODE;
		return memcmp(p, "\"node\":", 7) == 0 ?
			index_at(p + 7, &q->node) : NULL;
	default:
		return NULL;
	}
}

/* Behind the line that begins at p with a brace. */
static const char *
line(const char *p, const char *end, struct record *q)
{
	unsigned int field = 0;

	q->start = p;
	q->seen = 0;
	do {
		p++;
		if (end - p < MARGIN)
			return NULL;
		p = member(p, end, q, &field);
		if (p == NULL || p >= end || q->seen & field)
			return NULL;
		q->seen |= (uint16_t)field;
	} while (*p == ',');
	if (*p++ != '}' || p >= end || *p != '\n' ||
	    p - q->start > (ptrdiff_t)TEXT_MAX)
		return NULL;
	q->size = (uint32_t)(p - q->start);
	return p + 1;
}

/* ---- one chunk ----------------------------------------------------------- */

/* Where the first line begins that begins at `at` or later. */
static const char *
line_from(const struct crew *c, const char *at)
{
	const char *end = c->r->end;

	if (at <= c->begin)
		return c->begin;
	if (at >= end)
		return end;
	at = memchr(at - 1, '\n', (size_t)(end - at) + 1);
	return at == NULL ? end : at + 1;
}

static const char *
chunk_end(const struct crew *c, uint64_t which)
{
	size_t left = (size_t)(c->r->end - c->begin);
	uint64_t end = (which + 1) * CHUNK;

	return c->begin + (end < left ? end : left);
}

static void
scan(const struct crew *c, uint64_t which, struct chunk *out)
{
	const char *p, *next, *to = chunk_end(c, which), *end = c->r->end;

	out->count = 0;
	for (p = line_from(c, c->begin + which * CHUNK); p < to; p = next) {
		next = *p == '{' && out->count < out->room ?
			line(p, end, &out->at[out->count]) : NULL;
		if (next != NULL) {
			out->count++;
			continue;
		}
		next = memchr(p, '\n', (size_t)(end - p));
		next = next == NULL ? end : next + 1;
	}
}

/* ---- the crew ------------------------------------------------------------ */

static void *
help(void *arg)
{
	struct crew *c = arg;
	struct chunk *mine;
	uint64_t which;

	pthread_mutex_lock(&c->lock);
	while (!c->stop && c->next < c->chunks) {
		if (c->next == c->done + CHUNKS) {
			pthread_cond_wait(&c->changed, &c->lock);
			continue;
		}
		which = c->next++;
		pthread_mutex_unlock(&c->lock);
		mine = &c->ring[which % CHUNKS];
		scan(c, which, mine);
		pthread_mutex_lock(&c->lock);
		mine->ready = true;
		pthread_cond_broadcast(&c->changed);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* The chunk that comes next, by ourselves where nobody has begun it. */
static struct chunk *
chunk_of(struct crew *c, uint64_t which)
{
	struct chunk *chunk = &c->ring[which % CHUNKS];

	pthread_mutex_lock(&c->lock);
	if (c->next == which) {
		c->next++;
		pthread_mutex_unlock(&c->lock);
		scan(c, which, chunk);
		return chunk;
	}
	while (!chunk->ready)
		pthread_cond_wait(&c->changed, &c->lock);
	pthread_mutex_unlock(&c->lock);
	return chunk;
}

static void
give_chunk(struct crew *c, uint64_t which)
{
	pthread_mutex_lock(&c->lock);
	c->ring[which % CHUNKS].ready = false;
	c->done = which + 1;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

/* ---- records into events ------------------------------------------------- */

static int
make_event(struct reader *r, const struct record *q)
{
	struct line l;

	memset(&l, 0, sizeof l);
	l.start = q->start;
	l.seen = q->seen;
	l.type = (enum event_type)q->type;
	if (!(q->seen & 1u << FIELD_TYPE))
		l.type = TYPE_NONE;
	if (q->seen & 1u << FIELD_PROCESS)
		l.process = q->process;
	if (q->seen & 1u << FIELD_TIME)
		l.time = q->time;
	if (q->seen & 1u << FIELD_CLIENT)
		l.client = q->client;
	if (q->seen & 1u << FIELD_NODE)
		l.node = q->node;
	l.final = (q->seen & 1u << FIELD_FINAL) != 0;
	if (q->seen & 1u << FIELD_F) {
		l.f.at = q->start + q->f_at;
		l.f.size = q->f_size;
	}
	r->at = q->start + q->size;
	if (q->seen & 1u << FIELD_KEY) {
		l.has_key = true;
		l.key = q->key;
		if (reader_number_key(r, q->start, q->key) != 0)
			return -1;
	}
	if (q->seen & 1u << FIELD_VALUE && reader_says(&l)) {
		switch (q->kind) {
		case Q_INT:
			l.raw.value.kind = FR_INT;
			l.raw.value.u.number = q->number;
			break;
		case Q_TEXT:
			l.raw.value.kind = FR_BYTES;
			l.raw.value.count = q->value_size;
			l.raw.value.u.bytes = q->start + q->value_at + 1;
			break;
		case Q_PAIR:
			r->number_count = 0;
			if (reader_push(r, q->start, q->number) != 0 ||
			    reader_push(r, q->start, q->second) != 0)
				return -1;
			l.raw.value = reader_take_list(r, 0);
			l.raw.maybe = true;
			break;
		default:
			break;
		}
		if (reader_settle(r, q->start + q->value_at, &l.raw) != 0)
			return -1;
	}
	return reader_event(r, &l);
}

/* Chunk by chunk; what is between the records is the general reader's. */
static int
take_all(struct crew *c, int (*event)(struct reader *r, const char *to))
{
	struct reader *r = c->r;
	const struct chunk *chunk;
	const char *to;
	uint64_t which;
	uint32_t i;

	for (which = 0; which < c->chunks; which++) {
		chunk = chunk_of(c, which);
		for (i = 0; i < chunk->count; i++) {
			to = chunk->at[i].start;
			/* Just behind the line before: its end. */
			if (to - r->at == 1 && *r->at == '\n')
				r->at = to;
			if (r->at < to && event(r, to) != 0)
				return -1;
			if (r->at == to && make_event(r, &chunk->at[i]) != 0)
				return -1;
		}
		give_chunk(c, which);
	}
	return event(r, r->end);
}

int
reader_quick(struct reader *r, int (*event)(struct reader *r, const char *to))
{
	struct crew c = { .r = r, .begin = r->at };
	size_t size = (size_t)(r->end - r->at);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t helpers[HELPERS_MOST];
	uint32_t want = cores > 1 ? (uint32_t)cores - 1 : 0, got = 0, i;
	int status;

	c.chunks = (size + CHUNK - 1) / CHUNK;
	if (want > HELPERS_MOST)
		want = HELPERS_MOST;
	if (c.chunks < 4)
		want = 0;
	for (i = 0; i < CHUNKS && i < c.chunks; i++) {
		c.ring[i].room = (uint32_t)(size < CHUNK ? size : CHUNK) /
			SHORT + 1;
		c.ring[i].at = mem_array(c.ring[i].room,
					 sizeof *c.ring[i].at);
	}
	pthread_mutex_init(&c.lock, NULL);
	pthread_cond_init(&c.changed, NULL);
	for (i = 0; i < want; i++)
		if (pthread_create(&helpers[got], NULL, help, &c) == 0)
			got++;
	status = take_all(&c, event);
	pthread_mutex_lock(&c.lock);
	c.stop = true;
	pthread_cond_broadcast(&c.changed);
	pthread_mutex_unlock(&c.lock);
	for (i = 0; i < got; i++)
		pthread_join(helpers[i], NULL);
	pthread_cond_destroy(&c.changed);
	pthread_mutex_destroy(&c.lock);
	for (i = 0; i < CHUNKS; i++)
		free(c.ring[i].at);
	return status;
}
