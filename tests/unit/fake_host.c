/* SPDX-License-Identifier: MIT */
/*
 * The world in memory.  Events happen in the order of (time, number); a
 * handler takes no time.
 */
#include "tests/unit/fake_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rand.h"
#include "core/base/units.h"

#define FILES_MAX	4
#define EPOCH		1700000000000000000ll

enum event_kind { EVENT_MESSAGE, EVENT_TIMER, EVENT_REQUEST, EVENT_CALL };

struct event {
	int64_t t;
	uint64_t number;
	enum event_kind kind;
	uint32_t node, boot;		/* to whom                            */
	uint32_t from, type;		/* from: EVENT_MESSAGE                */
	uint64_t tag;
	void *body;			/* owned                              */
	size_t size;
	void (*fn)(void *arg);
	void *arg;
};

struct timer {
	uint32_t timer;
	uint64_t tag, number;		/* of its event                       */
};

struct file {
	char name[FR_NAME_MAX + 1];
	struct buf now, synced;
};

struct block {				/* before what alloc gave             */
	struct block *next, *before;
};

struct fake_node {
	struct fr_node base;		/* comes first                        */
	struct fake *world;
	bool up;
	struct timer *timers;
	size_t timer_count, timer_room;
	struct file files[FILES_MAX];
	struct block blocks;		/* a ring                             */
	int64_t wall_offset;
};

struct pending {
	uint64_t id;
	uint32_t node, boot;
};

struct claim {
	char *what;
	int64_t key, value;
};

struct fake {
	struct fake_config c;
	struct rng rng;
	int64_t now;
	struct event *heap;
	size_t count, room;
	uint64_t number, messages;
	struct fake_node *nodes;
	bool *cuts;
	struct pending *pending;
	size_t pending_count, pending_room;
	struct claim *claims;		/* open addressing                    */
	size_t claim_count, claim_mask;
	char misdeed[512];
};

static struct fake_node *
node_of(struct fr_node *me)
{
	return (struct fake_node *)(void *)me;
}

__attribute__((format(printf, 2, 3)))
static void
misdeed(struct fake *f, const char *format, ...)
{
	va_list args;

	if (f->misdeed[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(f->misdeed, sizeof f->misdeed, format, args);
	va_end(args);
}

/* ---- the queue of events ------------------------------------------------- */

static bool
sooner(const struct event *a, const struct event *b)
{
	return a->t != b->t ? a->t < b->t : a->number < b->number;
}

static uint64_t
push(struct fake *f, struct event e)
{
	size_t at = f->count++;

	mem_grow(&f->heap, &f->room, f->count, sizeof *f->heap);
	e.number = ++f->number;
	for (; at > 0 && sooner(&e, &f->heap[(at - 1) / 2]); at = (at - 1) / 2)
		f->heap[at] = f->heap[(at - 1) / 2];
	f->heap[at] = e;
	return e.number;
}

static struct event
pop(struct fake *f)
{
	struct event top = f->heap[0], last = f->heap[--f->count];
	size_t at = 0, child;

	while ((child = 2 * at + 1) < f->count) {
		if (child + 1 < f->count &&
		    sooner(&f->heap[child + 1], &f->heap[child]))
			child++;
		if (!sooner(&f->heap[child], &last))
			break;
		f->heap[at] = f->heap[child];
		at = child;
	}
	f->heap[at] = last;
	return top;
}

/* ---- messages ------------------------------------------------------------ */

static bool
joined(const struct fake *f, uint32_t a, uint32_t b)
{
	uint32_t w = f->c.grid;

	if (w == 0 || a == b)
		return true;
	return a / w == b / w ? a + 1 == b || b + 1 == a :
				a + w == b || b + w == a;
}

static double
real(struct fake *f)
{
	return rng_real(&f->rng);
}

static void
post(struct fake *f, uint32_t from, uint32_t to, uint32_t type,
     const void *body, size_t size)
{
	struct event e = { .kind = EVENT_MESSAGE, .node = to, .from = from,
			   .type = type, .size = size };

	e.boot = f->nodes[to].base.boot;
	e.t = f->now;
	if (from != to)
		e.t += rng_between(&f->rng, f->c.delay_min, f->c.delay_max);
	e.body = mem_copy(body, size);
	push(f, e);
}

static int
host_send(struct fr_node *me, uint32_t to, uint32_t type, const void *body,
	  size_t size)
{
	struct fake *f = node_of(me)->world;

	if (to >= f->c.nodes || type >= f->c.protocol->messages.count ||
	    size > FR_MESSAGE_MAX) {
		misdeed(f, "node %u sends type %u, %zu bytes, to node %u",
			me->id, type, size, to);
		return FR_EINVAL;
	}
	f->messages += to != me->id;
	if (to != me->id && (!joined(f, me->id, to) ||
	    f->cuts[me->id * f->c.nodes + to] || !f->nodes[to].up ||
	    real(f) < f->c.loss))
		return 0;
	post(f, me->id, to, type, body, size);
	if (real(f) < f->c.duplicate)
		post(f, me->id, to, type, body, size);
	return 0;
}

static uint32_t
host_neighbours(struct fr_node *me, struct fr_neighbour *out, uint32_t max)
{
	struct fake *f = node_of(me)->world;
	uint32_t to, count = 0;

	for (to = 0; to < f->c.nodes; to++) {
		if (to == me->id || !joined(f, me->id, to))
			continue;
		if (count < max)
			out[count] = (struct fr_neighbour){ to, 0, 1 };
		count++;
	}
	return count;
}

static int
host_broadcast(struct fr_node *me, uint32_t type, const void *body, size_t size)
{
	struct fake *f = node_of(me)->world;
	uint32_t to;

	for (to = 0; to < f->c.nodes; to++)
		if (to != me->id && joined(f, me->id, to))
			host_send(me, to, type, body, size);
	return 0;
}

/* ---- timers, clocks, randomness ------------------------------------------ */

static int
host_cancel(struct fr_node *me, uint32_t timer, uint64_t tag)
{
	struct fake_node *n = node_of(me);
	size_t i;

	for (i = 0; i < n->timer_count; i++)
		if (n->timers[i].timer == timer && n->timers[i].tag == tag) {
			n->timers[i] = n->timers[--n->timer_count];
			break;
		}
	return 0;
}

static int
host_after(struct fr_node *me, uint32_t timer, int64_t delay, uint64_t tag)
{
	struct fake_node *n = node_of(me);
	struct fake *f = n->world;
	struct event e = { .kind = EVENT_TIMER, .node = me->id,
			   .boot = me->boot, .type = timer, .tag = tag };

	if (timer >= f->c.protocol->timers.count || delay < 0) {
		misdeed(f, "node %u sets timer %u", me->id, timer);
		return FR_EINVAL;
	}
	host_cancel(me, timer, tag);
	mem_grow(&n->timers, &n->timer_room, n->timer_count + 1,
		 sizeof *n->timers);
	e.t = f->now + delay;
	n->timers[n->timer_count++] =
		(struct timer){ timer, tag, push(f, e) };
	return 0;
}

static int64_t
host_mono(struct fr_node *me)
{
	return node_of(me)->world->now + FR_NODES_MAX;
}

static int64_t
host_wall(struct fr_node *me)
{
	return EPOCH + node_of(me)->world->now + node_of(me)->wall_offset;
}

static struct fr_bounds
host_wall_bounds(struct fr_node *me)
{
	return (struct fr_bounds){ host_wall(me), host_wall(me) };
}

static uint64_t
host_random(struct fr_node *me)
{
	return rng_next(&node_of(me)->world->rng);
}

/* ---- the disk ------------------------------------------------------------ */

static struct file *
file_of(struct fr_node *me, const char *name, bool make)
{
	struct fake_node *n = node_of(me);
	int i;

	for (i = 0; i < FILES_MAX && n->files[i].name[0] != '\0'; i++)
		if (strcmp(n->files[i].name, name) == 0)
			return &n->files[i];
	if (!make || i == FILES_MAX)
		return NULL;
	snprintf(n->files[i].name, sizeof n->files[i].name, "%s", name);
	buf_init(&n->files[i].now, FR_FILE_MAX);
	buf_init(&n->files[i].synced, FR_FILE_MAX);
	return &n->files[i];
}

static bool
disk_fails(struct fr_node *me)
{
	struct fake *f = node_of(me)->world;

	return f->c.disk_errors > 0 && real(f) < f->c.disk_errors;
}

static int
host_write(struct fr_node *me, const char *name, uint64_t offset,
	   const void *data, size_t size)
{
	struct file *file = file_of(me, name, true);
	size_t more;

	if (disk_fails(me))
		return FR_EIO;
	if (offset + size > file->now.size) {
		more = (size_t)offset + size - file->now.size;
		memset(buf_space(&file->now, more), 0, more);
	}
	memcpy(file->now.data + offset, data, size);
	return 0;
}

static int64_t
host_read(struct fr_node *me, const char *name, uint64_t offset, void *data,
	  size_t size)
{
	struct file *file = file_of(me, name, false);

	if (file == NULL)
		return FR_ENOENT;
	if (offset >= file->now.size)
		return 0;
	if (size > file->now.size - offset)
		size = file->now.size - (size_t)offset;
	memcpy(data, file->now.data + offset, size);
	return (int64_t)size;
}

static int
host_sync(struct fr_node *me, const char *name)
{
	struct file *file = file_of(me, name, false);

	if (file == NULL)
		return FR_ENOENT;
	if (disk_fails(me))
		return FR_EIO;
	buf_clear(&file->synced);
	buf_add(&file->synced, file->now.data, file->now.size);
	return 0;
}

static int
host_truncate(struct fr_node *me, const char *name, uint64_t size)
{
	struct file *file = file_of(me, name, false);

	if (file == NULL)
		return FR_ENOENT;
	if (size < file->now.size)
		file->now.size = (size_t)size;
	return 0;
}

static int
host_remove(struct fr_node *me, const char *name)
{
	return host_truncate(me, name, 0);
}

static int64_t
host_file_size(struct fr_node *me, const char *name)
{
	struct file *file = file_of(me, name, false);

	return file == NULL ? FR_ENOENT : (int64_t)file->now.size;
}

static uint32_t
host_list(struct fr_node *me, struct fr_file *out, uint32_t max)
{
	(void)me;
	(void)out;
	(void)max;
	return 0;
}

/* What is left: all that was synced, and of what was added behind it nothing
 * or a beginning. */
static void
crash_file(struct fake *f, struct file *file)
{
	size_t old = file->synced.size, added;

	if (file->now.size > old) {
		added = (size_t)rng_below(&f->rng, file->now.size - old + 1);
		if (rng_below(&f->rng, 2) == 0)
			buf_add(&file->synced, file->now.data + old, added);
	}
	buf_clear(&file->now);
	buf_add(&file->now, file->synced.data, file->synced.size);
}

/* ---- answers, memory, words ---------------------------------------------- */

static int
host_reply(struct fr_node *me, const struct fr_reply *reply)
{
	struct fake *f = node_of(me)->world;
	size_t i;

	for (i = 0; i < f->pending_count; i++) {
		struct pending *p = &f->pending[i];

		if (p->id != reply->request || p->node != me->id ||
		    p->boot != me->boot)
			continue;
		*p = f->pending[--f->pending_count];
		f->c.replied(f->c.arg, reply->request, reply);
		return 0;
	}
	misdeed(f, "node %u answers request %llu, which it was not asked",
		me->id, (unsigned long long)reply->request);
	return FR_EINVAL;
}

static void *
host_alloc(struct fr_node *me, size_t size)
{
	struct fake_node *n = node_of(me);
	struct block *b = mem_new(sizeof *b + size);

	b->next = n->blocks.next;
	b->before = &n->blocks;
	b->next->before = b;
	n->blocks.next = b;
	return b + 1;
}

static void
host_free(struct fr_node *me, void *memory)
{
	struct block *b = memory;

	(void)me;
	if (b == NULL)
		return;
	b--;
	b->next->before = b->before;
	b->before->next = b->next;
	free(b);
}

static void
host_log(struct fr_node *me, uint32_t level, const char *text)
{
	(void)me;
	(void)level;
	(void)text;
}

/* As the real host reads them: by the declared kind. */
static int
host_param(struct fr_node *me, const char *name, struct fr_value *out)
{
	struct fake *f = node_of(me)->world;
	const struct fr_params *params = &f->c.protocol->params;
	const char *const *s, *text;
	int64_t number = 0;
	uint32_t i;
	int err = -1;

	for (i = 0; i < params->count; i++)
		if (strcmp(params->at[i].name, name) == 0)
			break;
	if (i == params->count) {
		misdeed(f, "parameter %s is not declared", name);
		return FR_ENOENT;
	}
	text = params->at[i].fallback;
	for (s = f->c.settings; s != NULL && s[0] != NULL; s += 2)
		if (strcmp(s[0], name) == 0)
			text = s[1];
	if (params->at[i].kind == FR_PARAM_INT)
		err = read_int(text, INT64_MIN, INT64_MAX, &number, NULL);
	else if (params->at[i].kind == FR_PARAM_TIME)
		err = read_time(text, 0, INT64_MAX, &number, NULL);
	if (err < 0)
		misdeed(f, "parameter %s: cannot read %s", name, text);
	*out = (struct fr_value){ .kind = FR_INT, .u.number = number };
	return 0;
}

static struct claim *
claim_slot(struct fake *f, const char *what, int64_t key)
{
	uint64_t at = hash_mix(hash_text(0, what), (uint64_t)key);

	for (at &= f->claim_mask; f->claims[at].what != NULL;
	     at = (at + 1) & f->claim_mask)
		if (f->claims[at].key == key &&
		    strcmp(f->claims[at].what, what) == 0)
			break;
	return &f->claims[at];
}

static void
grow_claims(struct fake *f)
{
	struct claim *old = f->claims;
	size_t size = f->claim_mask + 1, i;

	if (f->claim_count < size / 2)
		return;
	f->claims = mem_array(2 * size, sizeof *f->claims);
	f->claim_mask = 2 * size - 1;
	for (i = 0; i < size; i++)
		if (old[i].what != NULL)
			*claim_slot(f, old[i].what, old[i].key) = old[i];
	free(old);
}

static void
host_claim(struct fr_node *me, const char *what, int64_t key, int64_t value)
{
	struct fake *f = node_of(me)->world;
	struct claim *claim;

	grow_claims(f);
	claim = claim_slot(f, what, key);
	if (claim->what == NULL) {
		*claim = (struct claim){ mem_string(what), key, value };
		f->claim_count++;
	} else if (claim->value != value) {
		misdeed(f, "claim: %s %lld is %lld and %lld", what,
			(long long)key, (long long)claim->value,
			(long long)value);
	}
}

static void
host_note(struct fr_node *me, const char *name, const char *text)
{
	(void)me;
	(void)name;
	(void)text;
}

static const struct fr_host host = {
	.size = sizeof host, .minor = FR_MINOR,
	.send = host_send, .broadcast = host_broadcast,
	.neighbours = host_neighbours, .after = host_after,
	.cancel = host_cancel, .mono = host_mono, .wall = host_wall,
	.wall_bounds = host_wall_bounds, .random = host_random,
	.write = host_write, .read = host_read, .sync = host_sync,
	.truncate = host_truncate, .remove = host_remove,
	.file_size = host_file_size, .list = host_list, .reply = host_reply,
	.alloc = host_alloc, .free = host_free, .log = host_log,
	.param = host_param, .claim = host_claim, .note = host_note,
};

/* ---- the world from outside ---------------------------------------------- */

struct fake *
fake_new(const struct fake_config *c)
{
	struct fake *f = mem_new(sizeof *f);
	uint32_t i;

	f->c = *c;
	f->rng = rng_make(c->seed, STREAM_NETWORK, 0, 0, "fake");
	f->nodes = mem_array(c->nodes, sizeof *f->nodes);
	f->cuts = mem_array((size_t)c->nodes * c->nodes, sizeof *f->cuts);
	f->claims = mem_array(16, sizeof *f->claims);
	f->claim_mask = 15;
	for (i = 0; i < c->nodes; i++) {
		struct fake_node *n = &f->nodes[i];

		n->world = f;
		n->blocks.next = n->blocks.before = &n->blocks;
		n->base = (struct fr_node){
			.size = sizeof n->base, .id = i, .nodes = c->nodes,
			.boot = UINT32_MAX, .host = &host,
			.protocol = c->protocol,
		};
	}
	for (i = 0; i < c->nodes; i++)
		fake_boot(f, i);
	return f;
}

void
fake_boot(struct fake *f, uint32_t node)
{
	struct fake_node *n = &f->nodes[node];

	if (n->up)
		return;
	n->up = true;
	n->base.boot++;
	n->base.state = host_alloc(&n->base, f->c.protocol->state_size);
	if (f->c.protocol->start != NULL)
		f->c.protocol->start(&n->base);
}

static void
forget_memory(struct fake_node *n)
{
	while (n->blocks.next != &n->blocks)
		host_free(&n->base, n->blocks.next + 1);
	n->timer_count = 0;
	n->base.state = NULL;
}

void
fake_kill(struct fake *f, uint32_t node)
{
	struct fake_node *n = &f->nodes[node];
	size_t i;

	if (!n->up)
		return;
	n->up = false;
	forget_memory(n);
	for (i = 0; i < FILES_MAX && n->files[i].name[0] != '\0'; i++)
		crash_file(f, &n->files[i]);
	for (i = 0; i < f->pending_count;) {
		uint64_t id = f->pending[i].id;

		if (f->pending[i].node != node) {
			i++;
			continue;
		}
		f->pending[i] = f->pending[--f->pending_count];
		f->c.replied(f->c.arg, id, NULL);
	}
}

void
fake_free(struct fake *f)
{
	uint32_t i;
	size_t k;

	for (i = 0; i < f->c.nodes; i++) {
		forget_memory(&f->nodes[i]);
		free(f->nodes[i].timers);
		for (k = 0; k < FILES_MAX; k++) {
			buf_free(&f->nodes[i].files[k].now);
			buf_free(&f->nodes[i].files[k].synced);
		}
	}
	for (k = 0; k < f->count; k++)
		free(f->heap[k].body);
	for (k = 0; k <= f->claim_mask; k++)
		free(f->claims[k].what);
	free(f->claims);
	free(f->heap);
	free(f->pending);
	free(f->cuts);
	free(f->nodes);
	free(f);
}

bool
fake_up(const struct fake *f, uint32_t node)
{
	return f->nodes[node].up;
}

void
fake_cut(struct fake *f, uint32_t a, uint32_t b, bool cut)
{
	f->cuts[a * f->c.nodes + b] = cut;
	f->cuts[b * f->c.nodes + a] = cut;
}

void
fake_clock(struct fake *f, uint32_t node, int64_t wall_offset)
{
	f->nodes[node].wall_offset = wall_offset;
}

void
fake_disk_errors(struct fake *f, double probability)
{
	f->c.disk_errors = probability;
}

bool
fake_rot(struct fake *f, uint32_t node, const char *name)
{
	struct file *file = file_of(&f->nodes[node].base, name, false);

	if (f->nodes[node].up || file == NULL || file->now.size == 0)
		return false;
	file->now.data[file->now.size / 2] ^= 4;
	return true;
}

bool
fake_ask(struct fake *f, uint32_t node, const struct fr_request *rq)
{
	struct event e = { .kind = EVENT_REQUEST, .node = node,
			   .tag = rq->id, .t = f->now };
	struct fr_request *copy = mem_copy(rq, sizeof *rq);

	if (!f->nodes[node].up) {
		free(copy);
		return false;
	}
	mem_grow(&f->pending, &f->pending_room, f->pending_count + 1,
		 sizeof *f->pending);
	e.boot = f->nodes[node].base.boot;
	f->pending[f->pending_count++] =
		(struct pending){ rq->id, node, e.boot };
	e.t += rng_between(&f->rng, 0, f->c.delay_max / 4);
	e.body = copy;
	push(f, e);
	return true;
}

void
fake_at(struct fake *f, int64_t t, void (*fn)(void *arg), void *arg)
{
	push(f, (struct event){ .kind = EVENT_CALL, .t = t, .fn = fn,
				.arg = arg });
}

int64_t
fake_now(const struct fake *f)
{
	return f->now;
}

uint64_t
fake_random(struct fake *f, uint64_t below)
{
	return rng_below(&f->rng, below);
}

static void
deliver(struct fake *f, const struct event *e)
{
	const struct fr_protocol *p = f->c.protocol;
	struct fake_node *n = &f->nodes[e->node];
	const struct fr_request *rq = e->body;
	uint64_t *aligned;
	size_t i;

	if (!n->up || n->base.boot != e->boot)
		return;
	switch (e->kind) {
	case EVENT_MESSAGE:
		if (e->size < p->messages.at[e->type].min_size) {
			misdeed(f, "message %s of %zu bytes is too short",
				p->messages.at[e->type].name, e->size);
			break;
		}
		/* Exactly as long as it is, for the sanitizers. */
		aligned = mem_new(e->size > 0 ? e->size : 1);
		if (e->size > 0)
			memcpy(aligned, e->body, e->size);
		p->messages.at[e->type].handler(&n->base, e->from, aligned,
						e->size);
		free(aligned);
		break;
	case EVENT_REQUEST:
		p->requests.at[rq->f].handler(&n->base, rq);
		break;
	default:
		for (i = 0; i < n->timer_count; i++)
			if (n->timers[i].number == e->number) {
				n->timers[i] = n->timers[--n->timer_count];
				p->timers.at[e->type].handler(&n->base, e->tag);
				break;
			}
	}
}

bool
fake_step(struct fake *f)
{
	struct event e;

	if (f->count == 0)
		return false;
	e = pop(f);
	f->now = e.t;
	if (e.kind == EVENT_CALL)
		e.fn(e.arg);
	else
		deliver(f, &e);
	free(e.body);
	return true;
}

uint64_t
fake_messages(const struct fake *f)
{
	return f->messages;
}

uint64_t
fake_digest(const struct fake *f, uint32_t node)
{
	return f->c.protocol->digest(&f->nodes[node].base);
}

const char *
fake_misdeed(const struct fake *f)
{
	return f->misdeed[0] != '\0' ? f->misdeed : NULL;
}
