/* SPDX-License-Identifier: MIT */
#include "map.h"

/* ---- items ---------------------------------------------------------------------- */

static struct map_item **
find(struct map *m, int64_t key)
{
	struct map_item **at = &m->items[(uint64_t)key % MAP_BUCKETS];

	while (*at != NULL && (*at)->key != key)
		at = &(*at)->next;
	return at;
}

static bool
is_number(const struct map_item *it)
{
	return it != NULL && it->kind == FR_INT;
}

struct fr_value
map_get(const struct map *m, int64_t key)
{
	const struct map_item *it = *find((struct map *)(uintptr_t)m, key);

	if (it == NULL)
		return fr_nil();
	return it->kind == FR_INT ? fr_int(it->number) :
				    fr_bytes(it->text, it->size);
}

static void
drop(struct fr_node *me, struct map *m, int64_t key)
{
	struct map_item **at = find(m, key), *it = *at;

	if (it == NULL)
		return;
	*at = it->next;
	m->item_count--;
	fr_free(me, it);
}

/* Its text: `old` of it as it was, and `size` bytes more. */
static bool
store(struct fr_node *me, struct map *m, int64_t key, uint32_t kind,
      int64_t number, uint32_t old, const void *text, uint32_t size)
{
	struct map_item *it = fr_alloc(me, sizeof *it + old + size), **at;

	if (it == NULL)
		return false;
	it->key = key;
	it->kind = kind;
	it->number = number;
	it->size = old + size;
	if (old > 0)
		memcpy(it->text, (*find(m, key))->text, old);
	if (size > 0)
		memcpy(it->text + old, text, size);
	drop(me, m, key);
	at = find(m, key);
	*at = it;
	m->item_count++;
	return true;
}

/* ---- sessions -------------------------------------------------------------------- */

static struct map_session *
session_of(struct map *m, uint64_t client)
{
	struct map_session *oldest = m->sessions, *at;

	for (at = m->sessions; at < m->sessions + m->session_count; at++) {
		if (at->client == client)
			return at;
		if (at->order < oldest->order)
			oldest = at;
	}
	if (m->session_count < MAP_SESSIONS)
		oldest = &m->sessions[m->session_count++];
	memset(oldest, 0, sizeof *oldest);
	oldest->client = client;
	return oldest;
}

/* ---- commands -------------------------------------------------------------------- */

static void
answer(struct fr_node *me, uint64_t request, const char *refused,
       struct fr_value value)
{
	if (request == 0)
		return;
	if (refused != NULL)
		fr_fail(me, request, refused);
	else
		fr_ok(me, request, value);
}

/* 0, with why it is refused if it is; -1: no memory. */
static int
change(struct fr_node *me, struct map *m, const struct command *c,
       const void *text, const char **refused)
{
	const struct map_item *it = *find(m, c->key);
	uint32_t old = it != NULL ? it->size : 0;
	bool stored = true;

	*refused = NULL;
	switch (c->f) {
	case MAP_PUT:
		stored = store(me, m, c->key, c->kind, c->number, 0, text,
			       c->size);
		break;
	case MAP_APPEND:
		if (is_number(it))
			*refused = "a number is there";
		else
			stored = store(me, m, c->key, FR_BYTES, 0, old, text,
				       c->size);
		break;
	case MAP_CAS:
		if (!is_number(it) || it->number != c->expected)
			*refused = "another value is there";
		else
			stored = store(me, m, c->key, FR_INT, c->number, 0,
				       NULL, 0);
		break;
	case MAP_DELETE:
		drop(me, m, c->key);
		break;
	}
	return stored ? 0 : -1;
}

int
map_apply(struct fr_node *me, struct map *m, const void *command,
	  uint64_t request)
{
	struct map_session *session;
	const char *refused;
	struct command c;

	memcpy(&c, command, sizeof c);
	m->applied++;
	if (c.f == MAP_GET) {
		answer(me, request, NULL, map_get(m, c.key));
		return 0;
	}
	session = session_of(m, c.client);
#ifndef BUG_no_sessions
	if (c.seq < session->seq) {
		/* Long ago: its client has gone on, and does not listen. */
		answer(me, request, "an old command", fr_nil());
		return 0;
	}
	if (c.seq == session->seq) {
		answer(me, request, session->refused ?
		       "another value was there" : NULL, fr_nil());
		return 0;
	}
#endif
	if (change(me, m, &c, (const char *)command + sizeof c, &refused) < 0)
		return -1;
	session->seq = c.seq;
	session->order = m->applied;
	session->refused = refused != NULL;
	answer(me, request, refused, fr_nil());
	return 0;
}

/* NULL, or what is wrong with it. */
static const char *
nonsense(const struct fr_request *rq, uint32_t f)
{
	const struct fr_value *v = &rq->value;

	if (f == MAP_PUT && v->kind != FR_INT && v->kind != FR_BYTES)
		return "the map holds numbers and texts";
	if (f == MAP_APPEND && v->kind != FR_BYTES)
		return "only a text can be appended";
	if (f == MAP_CAS && (v->kind != FR_LIST || v->count != 2))
		return "cas takes two numbers: old and new";
	if (v->kind == FR_BYTES &&
	    v->count > COMMAND_MAX - sizeof(struct command))
		return "the value is too long";
	return NULL;
}

uint32_t
map_command(struct fr_node *me, const struct fr_request *rq, uint32_t f,
	    void *out)
{
	const struct fr_value *v = &rq->value;
	const char *wrong = nonsense(rq, f);
	struct command c = {
		.client = rq->client, .seq = rq->seq, .key = rq->key, .f = f,
		.kind = v->kind, .number = fr_number(*v, 0),
	};

	if (wrong != NULL) {
		fr_fail(me, rq->id, wrong);
		return 0;
	}
	if (f == MAP_CAS) {
		c.expected = fr_item(*v, 0, 0);
		c.number = fr_item(*v, 1, 0);
	}
	if (v->kind == FR_BYTES)
		c.size = v->count;
	memcpy(out, &c, sizeof c);
	if (c.size > 0)
		memcpy((char *)out + sizeof c, v->u.bytes, c.size);
	return (uint32_t)sizeof c + c.size;
}

/* ---- as a whole -------------------------------------------------------------------- */

size_t
map_size(const struct map *m)
{
	size_t size = 24 + m->session_count * sizeof(struct map_session);
	const struct map_item *it;
	uint32_t i;

	for (i = 0; i < MAP_BUCKETS; i++)
		for (it = m->items[i]; it != NULL; it = it->next)
			size += 24 + it->size;
	return size;
}

void
map_write(const struct map *m, struct fr_writer *w)
{
	const struct map_item *it;
	uint32_t i;

	fr_put_u64(w, m->applied);
	fr_put_u64(w, m->session_count);
	fr_put_bytes(w, m->sessions,
		     m->session_count * sizeof(struct map_session));
	fr_put_u64(w, m->item_count);
	for (i = 0; i < MAP_BUCKETS; i++)
		for (it = m->items[i]; it != NULL; it = it->next) {
			fr_put_i64(w, it->key);
			fr_put_i64(w, it->number);
			fr_put_u32(w, it->kind);
			fr_put_u32(w, it->size);
			fr_put_bytes(w, it->text, it->size);
		}
}

void
map_clear(struct fr_node *me, struct map *m)
{
	uint32_t i;

	for (i = 0; i < MAP_BUCKETS; i++)
		while (m->items[i] != NULL)
			drop(me, m, m->items[i]->key);
}

int
map_read(struct fr_node *me, struct map *m, struct fr_reader *r)
{
	uint64_t sessions, items, i;
	const void *at;
	int64_t key, number;
	uint32_t kind, size;

	map_clear(me, m);
	m->applied = fr_get_u64(r);
	sessions = fr_get_u64(r);
	if (sessions > MAP_SESSIONS)
		return -1;
	at = fr_get_bytes(r, sessions * sizeof(struct map_session));
	if (at == NULL)
		return -1;
	m->session_count = (uint32_t)sessions;
	memcpy(m->sessions, at, sessions * sizeof(struct map_session));
	items = fr_get_u64(r);
	for (i = 0; i < items && !r->failed; i++) {
		key = fr_get_i64(r);
		number = fr_get_i64(r);
		kind = fr_get_u32(r);
		size = fr_get_u32(r);
		at = fr_get_bytes(r, size);
		if (at == NULL || !store(me, m, key, kind, number, 0, at,
					 size))
			return -1;
	}
	return fr_got_all(r) ? 0 : -1;
}

uint64_t
map_digest(const struct map *m)
{
	const struct map_item *it;
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < MAP_BUCKETS; i++)
		for (it = m->items[i]; it != NULL; it = it->next)
			sum += fr_checksum((uint64_t)it->key ^
					   (uint64_t)it->number, it->text,
					   it->size);
	return sum;
}
