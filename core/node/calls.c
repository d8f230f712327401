/* SPDX-License-Identifier: MIT */
/*
 * What a protocol can call.  Every argument is a stranger's: what makes no
 * sense is put on record in a sentence that names it, answered with FR_E...,
 * and changes nothing.
 *
 * Each call begins with begin() and ends with end(), which mark where plugin
 * code stops and starts again.
 */
#include "core/node/host.h"

#include <stdlib.h>
#include <string.h>

#include "core/node/text.h"

/* ---- in and out of the plugin's code ------------------------------------- */

/* Why not, on record; plugin code goes on then. */
__attribute__((noinline, cold))
static struct host *
refused(struct host *h)
{
	/* Another thread: nothing of the host's may be touched. */
	if (!interpose_plugin)
		atomic_store(&h->foreign, true);
	else
		(void)misuse(h, 0, "called the host for another node than the "
			     "one it is");
	return NULL;
}

/* NULL where the call is refused. */
static inline struct host *
begin(struct fr_node *me, enum host_call call)
{
	struct host *h = the_host;

	if (!interpose_plugin || me != &h->node || !h->started)
		return refused(h);
	interpose_plugin = false;
	if (h->hurt)
		hurt_call(h, call);
	return h;
}

static inline int
end(int answer)
{
	if (the_host->strike)
		hurt_strike(the_host);
	interpose_plugin = true;
	return answer;
}

/* ---- messages ------------------------------------------------------------ */

const char *
message_name(const struct host *h, uint32_t type)
{
	static char text[32];

	if (type < h->protocol.messages.count)
		return h->messages[type].name;
	snprintf(text, sizeof text, "type %u", type);
	return text;
}

static inline bool
message_right(const struct host *h, uint32_t type, const void *body,
	      size_t size)
{
	return type < h->protocol.messages.count && size <= FR_MESSAGE_MAX &&
	       (body != NULL || size == 0);
}

static int
message_wrong(struct host *h, uint32_t type, size_t size)
{
	if (type >= h->protocol.messages.count)
		return misuse(h, FR_EINVAL, "sent a message of type %u: there "
			      "are %u types", type,
			      h->protocol.messages.count);
	if (size > FR_MESSAGE_MAX)
		return misuse(h, FR_ELIMIT, "sent message `%s` of %zu bytes: "
			      "the most is %u", message_name(h, type), size,
			      FR_MESSAGE_MAX);
	return misuse(h, FR_EINVAL, "sent message `%s` of %zu bytes from no "
		      "address (NULL)", message_name(h, type), size);
}

static inline void
put_message(struct host *h, enum host_call call, uint32_t to, uint32_t type,
	    const void *body, size_t size)
{
	if (h->hurt)
		hurt_send(h, call);
	out_message(h, (uint16_t)type, (uint16_t)to, body, size);
	/* A broadcast can be cut short. */
	if (h->strike && h->faults.crash.point == CRASH_SEND)
		hurt_strike(h);
}

static int
call_send(struct fr_node *me, uint32_t to, uint32_t type, const void *body,
	  size_t size)
{
	struct host *h = begin(me, HOST_SEND);

	if (h == NULL)
		return FR_EINVAL;
	if (!message_right(h, type, body, size))
		return end(message_wrong(h, type, size));
	if (to >= h->nodes)
		return end(misuse(h, FR_EINVAL, "sent message `%s` to node "
				  "%u: there are %u nodes",
				  message_name(h, type), to, h->nodes));
	put_message(h, HOST_SEND, to, type, body, size);
	return end(0);
}

static int
call_broadcast(struct fr_node *me, uint32_t type, const void *body,
	       size_t size)
{
	struct host *h = begin(me, HOST_BROADCAST);
	uint32_t i;

	if (h == NULL)
		return FR_EINVAL;
	if (!message_right(h, type, body, size))
		return end(message_wrong(h, type, size));
	for (i = 0; i < h->neighbour_count; i++)
		put_message(h, HOST_BROADCAST, h->neighbours[i].node, type,
			    body, size);
	return end(0);
}

static uint32_t
call_neighbours(struct fr_node *me, struct fr_neighbour *out, uint32_t max)
{
	struct host *h = begin(me, HOST_NEIGHBOURS);
	uint32_t i;

	if (h == NULL)
		return 0;
	if (out == NULL && max > 0) {
		(void)misuse(h, 0, "asked for its neighbours at no address "
			     "(NULL)");
		max = 0;
	}
	for (i = 0; i < max && i < h->neighbour_count; i++)
		out[i] = h->neighbours[i];
	i = h->neighbour_count;
	(void)end(0);
	return i;
}

/* ---- timers, clocks, randomness ------------------------------------------ */

/* The time at which it looks at its clock. */
static int64_t
clock_read(struct host *h)
{
	int64_t now = host_time(h);

	if (h->clock.wrong)
		hurt_clock(&h->clock, now, h->effects);
	return now;
}

static int
timer_wrong(struct host *h, const char *what, uint32_t timer)
{
	if (timer < h->protocol.timers.count)
		return 0;
	return misuse(h, FR_EINVAL, "%s timer %u: there are %u timers", what,
		      timer, h->protocol.timers.count);
}

static int
call_after(struct fr_node *me, uint32_t timer, int64_t delay, uint64_t tag)
{
	struct host *h = begin(me, HOST_AFTER);
	int64_t deadline, now;
	int wrong;

	if (h == NULL)
		return FR_EINVAL;
	if ((wrong = timer_wrong(h, "set", timer)) < 0)
		return end(wrong);
	if (delay < 0)
		return end(misuse(h, FR_EINVAL, "set timer `%s` to %llu ns "
				  "before now", h->timer_kinds[timer].name,
				  0 - (unsigned long long)delay));
	now = clock_read(h);
	if (__builtin_add_overflow(clock_node_mono(&h->clock, now), delay,
				   &deadline))
		deadline = INT64_MAX;
	if (!timers_set(&h->timers, timer, tag, deadline))
		return end(misuse(h, FR_ELIMIT, "set timer `%s` while %zu "
				  "timers were running, which is the most",
				  h->timer_kinds[timer].name,
				  h->timers.count));
	return end(0);
}

static int
call_cancel(struct fr_node *me, uint32_t timer, uint64_t tag)
{
	struct host *h = begin(me, HOST_CANCEL);
	int wrong;

	if (h == NULL)
		return FR_EINVAL;
	if ((wrong = timer_wrong(h, "cancelled", timer)) < 0)
		return end(wrong);
	(void)timers_cancel(&h->timers, timer, tag);
	return end(0);
}

static int64_t
call_mono(struct fr_node *me)
{
	struct host *h = begin(me, HOST_MONO);
	int64_t now;

	if (h == NULL)
		return 0;
	now = clock_shown_mono(&h->clock, clock_read(h));
	(void)end(0);
	return now;
}

static int64_t
call_wall(struct fr_node *me)
{
	struct host *h = begin(me, HOST_WALL);
	int64_t now;

	if (h == NULL)
		return 0;
	now = clock_node_wall(&h->clock, clock_read(h));
	(void)end(0);
	return now;
}

static struct fr_bounds
call_wall_bounds(struct fr_node *me)
{
	struct host *h = begin(me, HOST_WALL_BOUNDS);
	struct fr_bounds bounds = { 0, 0 };
	int64_t now;

	if (h == NULL)
		return bounds;
	now = clock_node_wall(&h->clock, clock_read(h));
	if (__builtin_sub_overflow(now, h->clock.error, &bounds.earliest))
		bounds.earliest = INT64_MIN;
	if (__builtin_add_overflow(now, h->clock.error, &bounds.latest))
		bounds.latest = INT64_MAX;
	(void)end(0);
	return bounds;
}

static uint64_t
call_random(struct fr_node *me)
{
	struct host *h = begin(me, HOST_RANDOM);
	uint64_t drawn;

	if (h == NULL)
		return 0;
	drawn = rng_next(&h->random);
	if (h->choose != NULL)
		drawn = h->choose(h->choose_arg, h->id, h->boot, h->random.i,
				  drawn);
	(void)end(0);
	return drawn;
}

/* ---- durable files ------------------------------------------------------- */

/* What a crash would lose now: for whoever is left to tell. */
static int
changed(struct host *h, int64_t answer)
{
	uint64_t survives, unsynced = disk_unsynced(h->disk, &survives);

	PAGE_SET(h->page, unsynced, unsynced);
	PAGE_SET(h->page, survives, survives);
	return end((int)answer);
}

/* What disk.c answers as FR_EINVAL and FR_ELIMIT, in words. */
static int64_t
disk_answer(struct host *h, const char *what, const char *file,
	    int64_t answer)
{
	const char *wrong = disk_name_wrong(file);

	if (answer == FR_EINVAL && wrong != NULL)
		return misuse(h, FR_EINVAL, "%s a file by %s", what, wrong);
	if (answer == FR_EINVAL)
		return misuse(h, FR_EINVAL, "%s file `%s` with no address "
			      "(NULL) for the data", what, file);
	if (answer == FR_ELIMIT)
		return misuse(h, FR_ELIMIT, "%s file `%s` beyond the %u bytes "
			      "that a file can have", what, file, FR_FILE_MAX);
	return answer;
}

static int
call_write(struct fr_node *me, const char *file, uint64_t offset,
	   const void *data, size_t size)
{
	struct host *h = begin(me, HOST_WRITE);

	if (h == NULL)
		return FR_EINVAL;
	return changed(h, disk_answer(h, "wrote", file,
				      disk_write(h->disk, file, offset, data,
						 size)));
}

static int64_t
call_read(struct fr_node *me, const char *file, uint64_t offset, void *data,
	  size_t size)
{
	struct host *h = begin(me, HOST_READ);
	int64_t got;

	if (h == NULL)
		return FR_EINVAL;
	got = disk_answer(h, "read", file,
			  disk_read(h->disk, file, offset, data, size));
	(void)end(0);
	return got;
}

/*
 * What was sent before leaves before: a sync may take long, and a node that
 * dies in it had sent it.
 */
static int
call_sync(struct fr_node *me, const char *file)
{
	struct host *h = begin(me, HOST_SYNC);

	if (h == NULL)
		return FR_EINVAL;
	host_flush(h);
	if (h->time != NULL)
		*h->time += h->sync_time;
	if (h->faults.disk.sync_delay > 0)
		hurt_sync(h);
	return changed(h, disk_answer(h, "synced", file,
				      disk_sync(h->disk, file)));
}

static int
call_truncate(struct fr_node *me, const char *file, uint64_t size)
{
	struct host *h = begin(me, HOST_TRUNCATE);

	if (h == NULL)
		return FR_EINVAL;
	return changed(h, disk_answer(h, "truncated", file,
				      disk_truncate(h->disk, file, size)));
}

static int
call_remove(struct fr_node *me, const char *file)
{
	struct host *h = begin(me, HOST_REMOVE);

	if (h == NULL)
		return FR_EINVAL;
	return changed(h, disk_answer(h, "removed", file,
				      disk_remove(h->disk, file)));
}

static int64_t
call_file_size(struct fr_node *me, const char *file)
{
	struct host *h = begin(me, HOST_FILE_SIZE);
	int64_t size;

	if (h == NULL)
		return FR_EINVAL;
	size = disk_answer(h, "asked for the size of", file,
			   disk_size(h->disk, file));
	(void)end(0);
	return size;
}

static uint32_t
call_list(struct fr_node *me, struct fr_file *out, uint32_t max)
{
	struct host *h = begin(me, HOST_LIST);
	uint32_t count;

	if (h == NULL)
		return 0;
	if (out == NULL && max > 0)
		(void)misuse(h, 0, "asked for its files at no address (NULL)");
	count = disk_list(h->disk, out, max);
	(void)end(0);
	return count;
}

/* ---- text ---------------------------------------------------------------- */

/*
 * A stranger's text in `out` (FR_TEXT_MAX + 1 bytes), always UTF-8 and never
 * longer.  -1: there is none.
 */
static int
take_text(struct host *h, const char *what, const char *text, char *out)
{
	size_t size;

	if (text == NULL)
		return misuse(h, -1, "%s without a text (NULL)", what);
	size = strnlen(text, FR_TEXT_MAX + 1);
	if (size > FR_TEXT_MAX) {
		size = text_cut(text, size, FR_TEXT_MAX);
		(void)misuse(h, 0, "%s with a text of more than %u bytes, "
			     "which was cut", what, FR_TEXT_MAX);
	}
	memcpy(out, text, size);
	out[size] = '\0';
	if (!text_utf8(out, size)) {
		(void)misuse(h, 0, "%s with a text that is not UTF-8", what);
		text_mend(out, size);
	}
	return 0;
}

/*
 * What a fact or a note is called.  It is refused rather than cut or mended:
 * two different names must not become one.
 */
static int
name_wrong(struct host *h, const char *what, const char *name)
{
	size_t size;

	if (name == NULL)
		return misuse(h, -1, "%s without a name (NULL)", what);
	size = strnlen(name, FR_NAME_MAX + 1);
	if (size == 0)
		return misuse(h, -1, "%s with an empty name", what);
	if (size > FR_NAME_MAX)
		return misuse(h, -1, "%s with a name of more than %u bytes",
			      what, FR_NAME_MAX);
	if (!text_utf8(name, size))
		return misuse(h, -1, "%s with a name that is not UTF-8", what);
	return 0;
}

static void
call_log(struct fr_node *me, uint32_t level, const char *text)
{
	struct host *h = begin(me, HOST_LOG);
	char clean[FR_TEXT_MAX + 1];
	struct fr_writer w;

	if (h == NULL)
		return;
	if (level > FR_LOG_ERROR) {
		(void)misuse(h, 0, "logged at level %u: the highest is %u",
			     level, FR_LOG_ERROR);
		level = FR_LOG_ERROR;
	}
	if (take_text(h, "logged", text, clean) == 0) {
		w = fr_writer(out_begin(h, FR_TEXT_MAX + 8), FR_TEXT_MAX + 8);
		fr_put_u32(&w, level);
		wire_put_text(&w, clean);
		out_end(h, FRAME_LOG, 0, 0, 0, w.size);
	}
	(void)end(0);
}

static void
call_claim(struct fr_node *me, const char *what, int64_t key, int64_t value)
{
	struct host *h = begin(me, HOST_CLAIM);
	struct fr_writer w;

	if (h == NULL)
		return;
	if (name_wrong(h, "made a claim", what) == 0) {
		w = fr_writer(out_begin(h, FR_NAME_MAX + 32),
			      FR_NAME_MAX + 32);
		wire_put_text(&w, what);
		fr_put_i64(&w, key);
		fr_put_i64(&w, value);
		out_end(h, FRAME_CLAIM, 0, 0, 0, w.size);
	}
	(void)end(0);
}

static void
call_note(struct fr_node *me, const char *name, const char *text)
{
	const size_t max = FR_NAME_MAX + FR_TEXT_MAX + 16;
	struct host *h = begin(me, HOST_NOTE);
	char clean[FR_TEXT_MAX + 1];
	struct fr_writer w;

	if (h == NULL)
		return;
	if (name_wrong(h, "made a note", name) == 0 &&
	    take_text(h, "made a note", text, clean) == 0) {
		w = fr_writer(out_begin(h, max), max);
		wire_put_text(&w, name);
		wire_put_text(&w, clean);
		out_end(h, FRAME_NOTE, 0, 0, 0, w.size);
	}
	(void)end(0);
}

/* ---- answers ------------------------------------------------------------- */

static int
value_wrong(struct host *h, const struct fr_value *v)
{
	size_t size = v->kind == FR_LIST ? (size_t)v->count * sizeof(int64_t) :
		      v->kind == FR_BYTES ? v->count : 0;

	if (v->kind > FR_BYTES)
		return misuse(h, FR_EINVAL, "replied with a value of kind %u, "
			      "which there is not", v->kind);
	if (size > FR_MESSAGE_MAX)
		return misuse(h, FR_ELIMIT, "replied with a value of %zu "
			      "bytes: the most is %u", size, FR_MESSAGE_MAX);
	if (size > 0 && v->u.bytes == NULL)
		return misuse(h, FR_EINVAL, "replied with a value of %zu "
			      "bytes from no address (NULL)", size);
	return 0;
}

static int
reply_wrong(struct host *h, const struct fr_reply *r)
{
	if (map_get(&h->open, r->request) == MAP_NONE)
		return misuse(h, FR_EINVAL, "replied to request %llu, which "
			      "was never asked of this boot or has been "
			      "answered", (unsigned long long)r->request);
	if (r->kind < FR_REPLY_OK || r->kind > FR_REPLY_REDIRECT)
		return misuse(h, FR_EINVAL, "replied with kind %u, which "
			      "there is not", r->kind);
	if (r->kind == FR_REPLY_REDIRECT && r->node >= h->nodes)
		return misuse(h, FR_EINVAL, "redirected a client to node %u: "
			      "there are %u nodes", r->node, h->nodes);
	return value_wrong(h, &r->value);
}

static int
call_reply(struct fr_node *me, const struct fr_reply *reply)
{
	struct host *h = begin(me, HOST_REPLY);
	char clean[FR_TEXT_MAX + 1];
	struct fr_reply r = { 0 };
	struct fr_writer w;
	size_t max;
	int wrong;

	if (h == NULL)
		return FR_EINVAL;
	if (reply == NULL)
		return end(misuse(h, FR_EINVAL, "replied without a reply "
				  "(NULL)"));
	if (reply->size < offsetof(struct fr_reply, value))
		return end(misuse(h, FR_EINVAL, "replied with a structure "
				  "that says it has %u bytes", reply->size));
	memcpy(&r, reply, reply->size < sizeof r ? reply->size : sizeof r);
	if ((wrong = reply_wrong(h, &r)) < 0)
		return end(wrong);
	clean[0] = '\0';
	if (r.text != NULL)
		(void)take_text(h, "replied", r.text, clean);
	(void)map_drop(&h->open, r.request);
	max = FR_TEXT_MAX + 64 + (r.value.kind == FR_LIST ?
	      (size_t)r.value.count * sizeof(int64_t) :
	      r.value.kind == FR_BYTES ? r.value.count : 0);
	w = fr_writer(out_begin(h, max), max);
	fr_put_u32(&w, r.kind);
	fr_put_u32(&w, r.node);
	wire_put_value(&w, &r.value);
	wire_put_text(&w, clean);
	out_end(h, FRAME_REPLY, 0, 0, r.request, w.size);
	return end(0);
}

/* ---- memory and parameters ----------------------------------------------- */

static void *
call_alloc(struct fr_node *me, size_t size)
{
	struct host *h = begin(me, HOST_ALLOC);
	void *memory = NULL;

	if (h == NULL)
		return NULL;
	/* 0 is no limit but the machine's. */
	if (h->memory_max == 0 || size <= h->memory_max - h->memory_used)
		memory = calloc(1, size == 0 ? 1 : size);
	if (memory != NULL &&
	    !map_set(&h->memory, (uint64_t)(uintptr_t)memory, size)) {
		free(memory);
		memory = NULL;
	}
	if (memory != NULL)
		h->memory_used += size;
	(void)end(0);
	return memory;
}

static void
call_free(struct fr_node *me, void *memory)
{
	struct host *h = begin(me, HOST_FREE);
	uint64_t size;

	if (h == NULL)
		return;
	if (memory != NULL) {
		size = map_drop(&h->memory, (uint64_t)(uintptr_t)memory);
		if (size == MAP_NONE) {
			(void)misuse(h, 0, "freed memory that fr_alloc did "
				     "not give, or freed it twice");
		} else {
			h->memory_used -= size;
			free(memory);
		}
	}
	(void)end(0);
}

static int
call_param(struct fr_node *me, const char *name, struct fr_value *out)
{
	struct host *h = begin(me, HOST_PARAM);
	uint32_t i;

	if (h == NULL)
		return FR_EINVAL;
	if (name == NULL || out == NULL)
		return end(misuse(h, FR_EINVAL, "asked for a parameter with "
				  "no name, or at no address (NULL)"));
	for (i = 0; i < h->protocol.params.count; i++) {
		struct host_param *p = &h->params[i];

		if (strcmp(p->name, name) != 0)
			continue;
		*out = fr_nil();
		out->kind = p->value.kind;
		out->count = p->value.count;
		if (p->value.kind == FR_INT)
			out->u.number = p->value.number;
		else if (p->value.text != NULL)
			out->u.bytes = p->value.text;
		else
			out->u.bytes = &p->value.real;
		return end(0);
	}
	return end(misuse(h, FR_ENOENT, "asked for parameter `%.*s`, which "
			  "its table does not have", (int)FR_NAME_MAX, name));
}

const struct fr_host host_calls = {
	.size = sizeof(struct fr_host),
	.minor = FR_MINOR,
	.send = call_send,
	.broadcast = call_broadcast,
	.neighbours = call_neighbours,
	.after = call_after,
	.cancel = call_cancel,
	.mono = call_mono,
	.wall = call_wall,
	.wall_bounds = call_wall_bounds,
	.random = call_random,
	.write = call_write,
	.read = call_read,
	.sync = call_sync,
	.truncate = call_truncate,
	.remove = call_remove,
	.file_size = call_file_size,
	.list = call_list,
	.reply = call_reply,
	.alloc = call_alloc,
	.free = call_free,
	.log = call_log,
	.param = call_param,
	.claim = call_claim,
	.note = call_note,
};
