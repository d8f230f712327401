/* SPDX-License-Identifier: MIT */
/*
 * The writer: a bounded queue, and a thread that empties it into the file.
 *
 * 1. Events of a run reach the file in the order in which they were given, and
 *    a transaction holds a whole stretch of them: what a killed supervisor
 *    leaves is a prefix.
 * 2. The caller fills the current chunk under the lock, which costs it about
 *    a tenth of a microsecond; the writer takes the lock once a chunk.  The
 *    caller waits only where QUEUE_MAX bytes are under way; the trace may use
 *    a part of them only, and beyond that is dropped and counted.
 * 3. A chunk is written when it is full, or BATCH_NS after its first record.
 * 4. After a failure the writer takes what comes and throws it away, so that
 *    nobody waits for ever; what was written stays.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/rand.h"
#include "core/base/units.h"
#include "core/history/queue.h"

#define QUEUE_MAX	(24u * 1024u * 1024u)
#define QUEUE_TRACE_MAX	(18u * 1024u * 1024u)
#define BATCH_NS	50000000
/* Pages of the log before it is carried over into the file: 16 MiB. */
#define LOG_PAGES	"4096"
/* Names that are kept as numbers; a node that invents more gets texts. */
#define NAMES_MAX	4096u
#define NAMES_SLOTS	(2 * NAMES_MAX)

enum statement { BEGIN, COMMIT, ROLLBACK, EVENTS, MESSAGES, NAME, STATEMENTS };

static const char *const statement_text[STATEMENTS] = {
	[BEGIN] = "begin immediate",
	[COMMIT] = "commit",
	[ROLLBACK] = "rollback",
	[EVENTS] = feed_insert_events,
	[MESSAGES] = feed_insert_messages,
	[NAME] = "insert into name (run, id, text) values (?, ?, ?)",
};

/* The texts that have a number in this run. */
struct names {
	struct arena arena;
	const char *at[NAMES_SLOTS];
	int64_t id[NAMES_SLOTS];
	uint32_t count;
};

struct writer {
	struct history *h;
	pthread_t thread;

	/* The writer thread's own. */
	sqlite3 *db;
	sqlite3_stmt *statement[STATEMENTS];
	struct chunk *chunk;		/* being written                       */
	struct names names;

	pthread_mutex_t lock;		/* over everything below               */
	pthread_cond_t work, done;
	struct chunk *current;		/* being filled, or NULL               */
	struct chunk *first, **last;	/* full ones, oldest first             */
	struct chunk *spare;
	size_t queued;			/* bytes of all but the spare ones     */
	uint64_t sealed, written;	/* chunks                              */
	bool stop, failed;
	struct fr_err failure;

	int64_t run;
	uint64_t events, traces, dropped;	/* of this run: given          */
	uint64_t invoked, ok, fail;
	int64_t waited;
	uint64_t events_written, traces_written;
};

/* ---- chunks (with the lock) ---------------------------------------------- */

static void
seal(struct writer *w)
{
	*w->last = w->current;
	w->last = &w->current->next;
	w->current = NULL;
	w->sealed++;
	pthread_cond_signal(&w->work);
}

static void
chunk_new(struct writer *w, size_t least)
{
	struct chunk *c = w->spare;
	size_t room = least > CHUNK_SIZE ? least : CHUNK_SIZE;

	if (c != NULL && room == CHUNK_SIZE) {
		w->spare = c->next;
	} else {
		c = mem_resize(NULL, sizeof *c + room, 1);
		c->room = room;
	}
	c->next = NULL;
	c->used = 0;
	c->events = c->traces = 0;
	w->current = c;
	w->queued += room;
	/* The writer may sleep without a limit while there is nothing. */
	pthread_cond_signal(&w->work);
}

static void
recycle(struct writer *w, struct chunk *c)
{
	w->queued -= c->room;
	w->written++;
	if (c->room == CHUNK_SIZE) {
		c->next = w->spare;
		w->spare = c;
	} else {
		free(c);
	}
	pthread_cond_broadcast(&w->done);
}

static void
free_chunks(struct chunk *c)
{
	struct chunk *next;

	for (; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
}

/*
 * Room for a record of `size` bytes, or NULL: the writer failed, or `limit`
 * bytes are under way and the caller would not wait.  A queue that is empty
 * takes a record of any size.
 */
static void *
reserve(struct writer *w, size_t size, size_t limit, bool wait)
{
	struct chunk *c;
	int64_t since;

	for (;;) {
		c = w->current;
		if (w->failed)
			return NULL;
		if (c != NULL && c->room - c->used >= size)
			break;
		if (c != NULL)
			seal(w);
		if (w->queued == 0 ||
		    w->queued + (size > CHUNK_SIZE ? size : CHUNK_SIZE) <=
		    limit) {
			chunk_new(w, size);
			continue;
		}
		if (!wait)
			return NULL;
		since = clock_mono();
		pthread_cond_wait(&w->done, &w->lock);
		w->waited += clock_mono() - since;
	}
	c->used += size;
	return c->data + c->used - size;
}

/* ---- giving (the run's thread) ------------------------------------------- */

static size_t
value_size(const struct fr_value *v)
{
	switch (v->kind) {
	case FR_LIST:
		return v->count * sizeof(int64_t);
	case FR_BYTES:
		return v->count;
	default:
		return 0;
	}
}

/* Copies to *at, which is moved past it. */
static const void *
put_behind(char **at, const void *data, size_t size)
{
	char *to = *at;

	if (size > 0)
		memcpy(to, data, size);
	*at += size;
	return to;
}

static void
count_event(struct writer *w, const struct event *e)
{
	w->events++;
	w->invoked += e->kind == EVENT_INVOKE;
	w->ok += e->kind == EVENT_OK;
	w->fail += e->kind == EVENT_FAIL;
}

void
history_event(struct history *h, const struct event *e)
{
	struct writer *w = h->writer;
	size_t value = value_size(&e->value);
	size_t name = e->name == NULL ? 0 : strlen(e->name) + 1;
	size_t text = e->text == NULL ? 0 : strlen(e->text) + 1;
	struct queued_event *q;
	size_t size;
	char *at;

	FR_ASSERT(w != NULL && h->run != 0);
	size = queued_round(sizeof *q + value + name + text);
	FR_ASSERT(size <= INT32_MAX);
	pthread_mutex_lock(&w->lock);
	q = reserve(w, size, QUEUE_MAX, true);
	if (q != NULL) {
		at = (char *)(q + 1);
		q->head.size = (uint32_t)size;
		q->head.what = QUEUED_EVENT;
		q->key = store_key(w->run, w->events);
		q->name = 0;
		q->event = *e;
		if (e->value.kind > FR_BYTES)
			q->event.value.kind = FR_NIL;
		if (e->value.kind == FR_LIST)
			q->event.value.u.list = put_behind(&at,
				e->value.u.list, value);
		else if (e->value.kind == FR_BYTES)
			q->event.value.u.bytes = put_behind(&at,
				e->value.u.bytes, value);
		if (name > 0)
			q->event.name = put_behind(&at, e->name, name);
		if (text > 0)
			q->event.text = put_behind(&at, e->text, text);
		w->current->events++;
	}
	count_event(w, e);
	pthread_mutex_unlock(&w->lock);
}

void
history_trace(struct history *h, const struct trace *t, uint32_t max_body)
{
	struct writer *w = h->writer;
	uint32_t body = t->body == NULL ? 0 : t->size;
	struct queued_trace *q;
	size_t size;
	char *at;

	FR_ASSERT(w != NULL && h->run != 0);
	if (body > max_body)
		body = max_body;
	size = queued_round(sizeof *q + body);
	pthread_mutex_lock(&w->lock);
	q = reserve(w, size, QUEUE_TRACE_MAX, false);
	if (q != NULL) {
		at = (char *)(q + 1);
		q->head.size = (uint32_t)size;
		q->head.what = QUEUED_TRACE;
		q->key = store_key(w->run, w->traces++);
		q->trace = *t;
		q->body = body;
		q->trace.body = t->body == NULL || max_body == 0 ? NULL :
				put_behind(&at, t->body, body);
		w->current->traces++;
	} else {
		w->dropped++;
	}
	pthread_mutex_unlock(&w->lock);
}

/* ---- writing (the writer's thread) --------------------------------------- */

static int
step(struct writer *w, enum statement which)
{
	sqlite3_stmt *s = w->statement[which];
	int code = sqlite3_step(s);

	/* After an error, reset says it once more. */
	sqlite3_reset(s);
	return code == SQLITE_DONE ? 0 : -1;
}

/* The number of a name, given now where it is a new one.  0: too many. */
static int
name_id(struct writer *w, int64_t run, const char *text, int64_t *id)
{
	struct names *n = &w->names;
	sqlite3_stmt *s = w->statement[NAME];
	size_t i = hash_text(0, text) % NAMES_SLOTS;

	for (; n->at[i] != NULL; i = (i + 1) % NAMES_SLOTS) {
		if (strcmp(n->at[i], text) == 0) {
			*id = n->id[i];
			return 0;
		}
	}
	*id = 0;
	if (n->count == NAMES_MAX)
		return 0;
	sqlite3_bind_int64(s, 1, run);
	sqlite3_bind_int64(s, 2, n->count + 1);
	sqlite3_bind_text(s, 3, text, -1, SQLITE_STATIC);
	if (step(w, NAME) < 0)
		return -1;
	n->at[i] = arena_string(&n->arena, text);
	*id = n->id[i] = ++n->count;
	return 0;
}

static int
number_names(struct writer *w, struct chunk *c)
{
	struct queued_event *e;
	struct queued *q;
	size_t at = 0;

	while ((q = chunk_next(c, &at)) != NULL) {
		e = (struct queued_event *)q;
		if (q->what == QUEUED_EVENT && e->event.name != NULL &&
		    name_id(w, e->key >> STORE_RANK_BITS, e->event.name,
			    &e->name) < 0)
			return -1;
	}
	return 0;
}

static int
write_chunk(struct writer *w, struct chunk *c, struct fr_err *err)
{
	w->chunk = c;
	if (step(w, BEGIN) < 0)
		return store_error(w->db, w->h->path, "write", err);
	if (number_names(w, c) < 0 ||
	    (c->events > 0 && step(w, EVENTS) < 0) ||
	    (c->traces > 0 && step(w, MESSAGES) < 0) ||
	    step(w, COMMIT) < 0) {
		store_error(w->db, w->h->path, "write", err);
		/* Some errors have done this already. */
		if (!sqlite3_get_autocommit(w->db))
			step(w, ROLLBACK);
		return -1;
	}
	return 0;
}

/* The next chunk to write, waited for; NULL: all is written and none comes. */
static struct chunk *
take(struct writer *w)
{
	struct timespec until;
	struct chunk *c;

	while (w->first == NULL && w->current == NULL && !w->stop)
		pthread_cond_wait(&w->work, &w->lock);
	if (w->first == NULL && w->current != NULL) {
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += BATCH_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		while (w->first == NULL && !w->stop &&
		       pthread_cond_timedwait(&w->work, &w->lock, &until) == 0)
			;
		if (w->first == NULL)
			seal(w);
	}
	c = w->first;
	if (c == NULL)
		return NULL;
	w->first = c->next;
	if (w->first == NULL)
		w->last = &w->first;
	return c;
}

static void *
writer_main(void *arg)
{
	struct writer *w = arg;
	struct fr_err err = { 0 };
	struct chunk *c;
	bool first;
	int done;

	pthread_mutex_lock(&w->lock);
	while ((c = take(w)) != NULL) {
		done = -1;
		first = false;
		if (!w->failed) {
			pthread_mutex_unlock(&w->lock);
			done = write_chunk(w, c, &err);
			pthread_mutex_lock(&w->lock);
			first = done < 0;
		}
		if (done == 0) {
			w->events_written += c->events;
			w->traces_written += c->traces;
		} else if (first) {
			w->failed = true;
			w->failure = err;
		}
		recycle(w, c);
		if (first && w->h->on_failure != NULL) {
			pthread_mutex_unlock(&w->lock);
			w->h->on_failure(w->h->on_failure_arg);
			pthread_mutex_lock(&w->lock);
		}
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* ---- its life (the run's thread) ----------------------------------------- */

int
writer_new(struct history *h, struct writer **out, struct fr_err *err)
{
	struct writer *w = mem_new(sizeof *w);
	pthread_condattr_t attr;
	int i, number;

	w->h = h;
	w->last = &w->first;
	if (store_connect(h->path, &w->db, err) < 0)
		goto free_writer;
	if (feed_register(w->db, &w->chunk) != SQLITE_OK) {
		store_error(w->db, h->path, "open", err);
		goto close_db;
	}
	if (store_exec(w->db, h->path, "pragma wal_autocheckpoint = " LOG_PAGES
		       "; pragma journal_size_limit = 67108864", err) < 0)
		goto close_db;
	for (i = 0; i < STATEMENTS; i++)
		if (store_prepare(w->db, h->path, statement_text[i],
				  &w->statement[i], err) < 0)
			goto finalize;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->work, &attr);
	pthread_cond_init(&w->done, &attr);
	pthread_condattr_destroy(&attr);
	number = pthread_create(&w->thread, NULL, writer_main, w);
	if (number != 0) {
		err_set(err, "%s: start the writer: %s", h->path,
			strerror(number));
		goto finalize;
	}
	*out = w;
	return 0;
finalize:
	for (i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(w->statement[i]);
close_db:
	sqlite3_close(w->db);
free_writer:
	free(w);
	return -1;
}

/* The queue is empty and the thread asleep: the last run was flushed. */
void
writer_begin(struct writer *w, int64_t run)
{
	pthread_mutex_lock(&w->lock);
	FR_ASSERT(w->current == NULL && w->written == w->sealed);
	arena_free(&w->names.arena);
	memset(&w->names, 0, sizeof w->names);
	w->run = run;
	w->events = w->traces = w->dropped = 0;
	w->invoked = w->ok = w->fail = 0;
	w->events_written = w->traces_written = 0;
	w->waited = 0;
	pthread_mutex_unlock(&w->lock);
}

int
writer_flush(struct writer *w, struct fr_err *err)
{
	uint64_t until;
	int done = 0;

	pthread_mutex_lock(&w->lock);
	if (w->current != NULL)
		seal(w);
	for (until = w->sealed; w->written < until; )
		pthread_cond_wait(&w->done, &w->lock);
	if (w->failed) {
		if (err != NULL)
			*err = w->failure;
		done = -1;
	}
	pthread_mutex_unlock(&w->lock);
	return done;
}

void
writer_totals(struct writer *w, struct run_row *row)
{
	pthread_mutex_lock(&w->lock);
	row->ok = w->ok;
	row->fail = w->fail;
	row->info = w->invoked < w->ok + w->fail ? 0 :
		    w->invoked - w->ok - w->fail;
	row->waited = w->waited;
	if (row->trace_dropped < w->dropped)
		row->trace_dropped = w->dropped;
	pthread_mutex_unlock(&w->lock);
}

int
writer_free(struct writer *w, struct fr_err *err)
{
	int i, done = 0;

	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	if (w->failed) {
		if (err != NULL)
			*err = w->failure;
		done = -1;
	}
	for (i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(w->statement[i]);
	sqlite3_close(w->db);
	free_chunks(w->spare);
	arena_free(&w->names.arena);
	pthread_cond_destroy(&w->work);
	pthread_cond_destroy(&w->done);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return done;
}

void
history_on_failure(struct history *h, void (*fn)(void *arg), void *arg)
{
	h->on_failure = fn;
	h->on_failure_arg = arg;
}

int
history_failed(struct history *h, struct fr_err *err)
{
	struct writer *w = h->writer;
	int done = 0;

	if (w == NULL)
		return 0;
	pthread_mutex_lock(&w->lock);
	if (w->failed) {
		if (err != NULL)
			*err = w->failure;
		done = -1;
	}
	pthread_mutex_unlock(&w->lock);
	return done;
}

void
history_counts(struct history *h, uint64_t *events, uint64_t *traces,
	       uint64_t *dropped)
{
	struct writer *w = h->writer;

	*events = *traces = *dropped = 0;
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	*events = w->events_written;
	*traces = w->traces_written;
	*dropped = w->dropped;
	pthread_mutex_unlock(&w->lock);
}
