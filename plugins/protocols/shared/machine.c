/* SPDX-License-Identifier: MIT */
/* Commands, sessions, and the state as a whole. */
#include "machine.h"

#include "verbs.h"

/* Of a session in a snapshot, besides its answer's bytes. */
#define SESSION_SIZE 44u

static size_t
bytes_of(uint32_t kind, uint32_t count)
{
	return kind == FR_LIST ? count * sizeof(int64_t) :
	       kind == FR_BYTES ? count : 0;
}

static struct fr_value
make_value(uint32_t kind, int64_t number, const void *bytes, uint32_t count)
{
	return kind == FR_INT ? fr_int(number) :
	       kind == FR_LIST ? fr_list(bytes, count) :
	       kind == FR_BYTES ? fr_bytes(bytes, count) : fr_nil();
}

/* ---- sessions -------------------------------------------------------------------- */

static struct session *
find_session(const struct machine *m, uint64_t client)
{
	const struct session *at;

	for (at = m->sessions; at < m->sessions + m->session_count; at++)
		if (at->client == client)
			return (struct session *)(uintptr_t)at;
	return NULL;
}

static struct session *
make_session(struct fr_node *me, struct machine *m, uint64_t client)
{
	struct session *oldest = m->sessions, *at;

	if (m->session_count < MACHINE_SESSIONS)
		oldest = &m->sessions[m->session_count++];
	else
		for (at = m->sessions; at < m->sessions + m->session_count;
		     at++)
			if (at->order < oldest->order)
				oldest = at;
	fr_free(me, oldest->bytes);
	memset(oldest, 0, sizeof *oldest);
	oldest->client = client;
	return oldest;
}

/* -1: no memory. */
static int
keep_answer(struct fr_node *me, struct session *s, uint32_t refused,
	    const struct fr_value *v)
{
	size_t size = bytes_of(v->kind, v->count);

	fr_free(me, s->bytes);
	s->bytes = NULL;
	s->refused = refused;
	s->kind = v->kind;
	s->count = v->count;
	s->number = fr_number(*v, 0);
	if (size == 0)
		return 0;
	s->bytes = fr_alloc(me, size);
	if (s->bytes == NULL)
		return -1;
	memcpy(s->bytes, v->u.bytes, size);
	return 0;
}

static void
answer(struct fr_node *me, uint64_t request, uint32_t refused,
       struct fr_value value)
{
	if (request == 0)
		return;
	if (refused != DONE)
		fr_fail(me, request, refusals[refused]);
	else
		fr_ok(me, request, value);
}

/* Whether the command is not to be done again. */
static bool
repeated(struct fr_node *me, const struct session *s, uint64_t seq,
	 uint64_t request)
{
#ifdef BUG_no_sessions
	return false;
#endif
	if (s == NULL || seq > s->seq)
		return false;
	if (seq == s->seq)
		answer(me, request, s->refused,
		       make_value(s->kind, s->number, s->bytes, s->count));
	else if (request != 0)
		/* Long ago: its client has gone on, and does not listen. */
		fr_fail(me, request, "an old command");
	return true;
}

bool
machine_repeated(struct fr_node *me, const struct machine *m,
		 const struct fr_request *rq)
{
	return repeated(me, find_session(m, rq->client), rq->seq, rq->id);
}

/* ---- commands -------------------------------------------------------------------- */

bool
machine_reads(const struct fr_request *rq)
{
	return verb_reads(rq->f, &rq->value);
}

uint32_t
machine_command(struct fr_node *me, const struct fr_request *rq, void *out)
{
	const struct fr_value *v = &rq->value;
	const char *wrong = verb_refuses(rq->f, v);
	const size_t size = bytes_of(v->kind, v->count);
	const struct command c = {
		.client = rq->client, .seq = rq->seq, .key = rq->key,
		.number = fr_number(*v, 0), .at = fr_wall(me), .f = rq->f,
		.kind = v->kind, .count = v->count,
	};

	if (wrong == NULL && size > COMMAND_MAX - sizeof c)
		wrong = "the value is too long";
	if (wrong != NULL) {
		fr_fail(me, rq->id, wrong);
		return 0;
	}
	memcpy(out, &c, sizeof c);
	if (size > 0)
		memcpy((char *)out + sizeof c, v->u.bytes, size);
	return (uint32_t)(sizeof c + size);
}

/*
 * What a deed needs to know.  The argument's numbers lie behind the command's
 * head, which is a multiple of their size.  False: it is none.
 */
static bool
open_command(struct deed *d, struct command *c, int64_t *words,
	     const void *command, uint32_t size)
{
	if (size < sizeof *c || size > COMMAND_MAX)
		return false;
	memcpy(c, command, sizeof *c);
	memcpy(words, (const char *)command + sizeof *c, size - sizeof *c);
	d->c = c;
	d->argument = make_value(c->kind, c->number, words, c->count);
	return c->f < MACHINE_VERBS &&
	       bytes_of(c->kind, c->count) == size - sizeof *c &&
	       verb_refuses(c->f, &d->argument) == NULL;
}

int
machine_apply(struct fr_node *me, struct machine *m, const void *command,
	      uint32_t size, uint64_t request)
{
	int64_t words[COMMAND_MAX / sizeof(int64_t)];
	struct deed d = { .me = me, .m = m };
	struct session *session;
	struct command c;
	int refused;

	if (!open_command(&d, &c, words, command, size))
		return -1;
	m->applied++;
	session = find_session(m, c.client);
	if (!verb_reads(c.f, &d.argument) &&
	    repeated(me, session, c.seq, request))
		return 0;
	refused = verb_do(&d);
	if (refused >= 0)
		answer(me, request, (uint32_t)refused, d.answer);
	if (refused >= 0 && !verb_reads(c.f, &d.argument)) {
		if (session == NULL)
			session = make_session(me, m, c.client);
		session->seq = c.seq;
		session->order = m->applied;
		if (keep_answer(me, session, (uint32_t)refused, &d.answer) < 0)
			refused = -1;
	}
	fr_free(me, d.made);
	return refused < 0 ? -1 : 0;
}

void
machine_answer(struct fr_node *me, struct machine *m, const void *command,
	       uint32_t size, uint64_t request)
{
	int64_t words[COMMAND_MAX / sizeof(int64_t)];
	struct deed d = { .me = me, .m = m };
	struct command c;
	int refused;

	if (!open_command(&d, &c, words, command, size)) {
		fr_fail(me, request, "it makes no sense");
		return;
	}
	refused = verb_do(&d);
	if (refused < 0)
		fr_fail(me, request, "no memory");
	else
		answer(me, request, (uint32_t)refused, d.answer);
	fr_free(me, d.made);
}

/* ---- as a whole -------------------------------------------------------------------- */

size_t
machine_size(const struct machine *m)
{
	size_t size = 16 + objects_size(&m->objects);
	const struct session *s;

	for (s = m->sessions; s < m->sessions + m->session_count; s++)
		size += SESSION_SIZE + bytes_of(s->kind, s->count);
	return size;
}

void
machine_write(const struct machine *m, struct fr_writer *w)
{
	const struct session *s;

	fr_put_u64(w, m->applied);
	fr_put_u64(w, m->session_count);
	for (s = m->sessions; s < m->sessions + m->session_count; s++) {
		fr_put_u64(w, s->client);
		fr_put_u64(w, s->seq);
		fr_put_u64(w, s->order);
		fr_put_i64(w, s->number);
		fr_put_u32(w, s->refused);
		fr_put_u32(w, s->kind);
		fr_put_u32(w, s->count);
		fr_put_bytes(w, s->bytes, bytes_of(s->kind, s->count));
	}
	objects_write(&m->objects, w);
}

static int
read_session(struct fr_node *me, struct session *s, struct fr_reader *r)
{
	uint32_t refused, kind, count;
	struct fr_value value;
	const void *bytes;
	int64_t number;

	s->client = fr_get_u64(r);
	s->seq = fr_get_u64(r);
	s->order = fr_get_u64(r);
	number = fr_get_i64(r);
	refused = fr_get_u32(r);
	kind = fr_get_u32(r);
	count = fr_get_u32(r);
	bytes = fr_get_bytes(r, bytes_of(kind, count));
	if (bytes == NULL || refused >= REFUSALS)
		return -1;
	value = make_value(kind, number, bytes, count);
	return keep_answer(me, s, refused, &value);
}

int
machine_read(struct fr_node *me, struct machine *m, struct fr_reader *r)
{
	uint64_t sessions;

	machine_clear(me, m);
	m->applied = fr_get_u64(r);
	sessions = fr_get_u64(r);
	if (r->failed || sessions > MACHINE_SESSIONS)
		return -1;
	while (m->session_count < sessions)
		if (read_session(me, &m->sessions[m->session_count++], r) < 0)
			return -1;
	if (objects_read(me, &m->objects, r) < 0)
		return -1;
	return fr_got_all(r) ? 0 : -1;
}

void
machine_clear(struct fr_node *me, struct machine *m)
{
	struct session *s;

	for (s = m->sessions; s < m->sessions + m->session_count; s++)
		fr_free(me, s->bytes);
	objects_clear(me, &m->objects);
	memset(m, 0, sizeof *m);
}

uint64_t
machine_digest(const struct machine *m)
{
	return objects_digest(&m->objects);
}
