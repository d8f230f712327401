/* SPDX-License-Identifier: MIT */
/* A switch for one node, for tests. */
#include "tests/unit/node_rig.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/units.h"
#include "core/node/remove.h"

/* Not a time that is waited for, but one after which nothing comes. */
#define NEVER_MS 60000

const struct rig_line *rig_line;

const struct rig_start rig_plain = {
	.node = 1, .nodes = 5, .seed = 42, .rate = 1,
};

const char *
rig_path(const char *name)
{
	static char path[4096];
	const char *top = getenv("top_builddir");

	snprintf(path, sizeof path, "%s/%s", top == NULL ? "." : top, name);
	return path;
}

void
rig_init(struct rig *r)
{
	const char *tmp = getenv("TMPDIR");
	struct fr_err err = { 0 };

	memset(r, 0, sizeof *r);
	r->socket = r->out = r->err = r->page_fd = -1;
	snprintf(r->dir, sizeof r->dir, "%s/fracas-test-XXXXXX",
		 tmp == NULL ? "/tmp" : tmp);
	ck_assert_ptr_nonnull(mkdtemp(r->dir));
	snprintf(r->node_dir, sizeof r->node_dir, "%s/node", r->dir);
	ck_assert_int_eq(mkdir(r->node_dir, 0700), 0);
	buf_init(&r->in, 64 * 1024 * 1024);
	if (getenv("FRACAS_NODE") == NULL)
		setenv("FRACAS_NODE", rig_path("fracas-node"), 1);
	r->nursery = nursery_new(r->dir, &err);
	ck_assert_msg(r->nursery != NULL, "%s", err.text);
}

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* What belongs to one boot. */
static void
forget(struct rig *r)
{
	if (rig_line != NULL)
		rig_line->close(r);
	shut(&r->socket);
	shut(&r->out);
	shut(&r->err);
	shut(&r->page_fd);
	if (r->page != NULL)
		munmap(r->page, sizeof *r->page);
	r->page = NULL;
	buf_clear(&r->in);
	r->ended = false;
	r->pid = 0;
}

void
rig_free(struct rig *r)
{
	nursery_free(r->nursery);
	forget(r);
	buf_free(&r->in);
	ck_assert_int_eq(remove_tree(r->dir), 0);
}

void
rig_boot(struct rig *r, const char *plugin)
{
	int pair[2] = { -1, -1 }, out[2], err[2];
	struct fr_err e = { 0 };
	struct nursery_spawn s = {
		.mode = NURSERY_NODE, .carrier = NURSERY_STREAM, .node = 1,
		.boot = r->boot, .plugin = plugin, .dir = r->node_dir,
	};

	forget(r);
	if (rig_line != NULL)
		rig_line->open(r, &s);
	else
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM |
					    SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(err, O_CLOEXEC), 0);
	r->page_fd = memfd_create("page", MFD_CLOEXEC);
	ck_assert_int_ge(r->page_fd, 0);
	ck_assert_int_eq(ftruncate(r->page_fd, sizeof *r->page), 0);
	r->page = mmap(NULL, sizeof *r->page, PROT_READ, MAP_SHARED,
		       r->page_fd, 0);
	ck_assert_ptr_ne(r->page, MAP_FAILED);
	s.socket = pair[1];
	s.out = out[1];
	s.err = err[1];
	s.page = r->page_fd;
	ck_assert_msg(nursery_spawn(r->nursery, &s, &e) == 0, "%s", e.text);
	if (pair[1] >= 0)
		close(pair[1]);
	close(out[1]);
	close(err[1]);
	r->socket = pair[0];
	r->out = out[0];
	r->err = err[0];
}

void
rig_start(struct rig *r, const struct rig_start *s)
{
	static unsigned char body[65536];
	struct fr_writer w = fr_writer(body, sizeof body);
	double one = 1, rate = s->rate;
	uint64_t bits;
	uint32_t i, params = 0;

	fr_put_u32(&w, s->node);
	fr_put_u32(&w, s->nodes);
	fr_put_u32(&w, r->boot);
	fr_put_u64(&w, s->seed);
	fr_put_i64(&w, s->base == 0 ? clock_mono() : s->base);
	fr_put_i64(&w, s->offset);
	memcpy(&bits, &rate, sizeof bits);
	fr_put_u64(&w, bits);
	fr_put_i64(&w, s->error);
	fr_put_u64(&w, s->memory_max);
	fr_put_u32(&w, s->nodes - 1);
	memcpy(&bits, &one, sizeof bits);
	for (i = 0; i < s->nodes; i++)
		if (i != s->node) {
			fr_put_u32(&w, i);
			fr_put_u64(&w, bits);
		}
	while (s->params != NULL && s->params[params] != NULL)
		params++;
	fr_put_u32(&w, params / 2);
	for (i = 0; i < params; i++)
		wire_put_text(&w, s->params[i]);
	ck_assert(!w.failed);
	rig_send(r, FRAME_START, 0, 0, body, w.size);
}

void
rig_run(struct rig *r, const struct rig_start *s)
{
	rig_boot(r, rig_path("tests/unit/plugins/tool.so"));
	ck_assert_ptr_nonnull(rig_next_must_be(r, FRAME_HELLO));
	rig_start(r, s);
	ck_assert_ptr_nonnull(rig_expect(r, FRAME_READY));
}

void
rig_send_raw(struct rig *r, const void *data, size_t size)
{
	const char *at = data;

	if (rig_line != NULL) {
		rig_line->send(r, data, size);
		return;
	}
	while (size > 0) {
		ssize_t n = send(r->socket, at, size, MSG_NOSIGNAL);

		ck_assert_msg(n > 0, "the node is gone: %s", strerror(errno));
		at += n;
		size -= (size_t)n;
	}
}

void
rig_send(struct rig *r, uint16_t kind, uint16_t type, uint16_t src,
	 const void *body, size_t size)
{
	size_t whole = sizeof(struct frame) + ((size + 7) & ~(size_t)7);
	struct frame *f = mem_new(whole);

	f->size = (uint32_t)whole;
	f->body = (uint32_t)size;
	f->kind = kind;
	f->type = type;
	f->src = src;
	f->dst = 1;
	f->dst_boot = r->boot;
	f->id = kind == FRAME_REQUEST ? ++r->request : 0;
	if (size > 0)
		memcpy(f + 1, body, size);
	rig_send_raw(r, f, whole);
	free(f);
}

/* ---- hearing ------------------------------------------------------------- */

const struct frame *
rig_frame(struct rig *r)
{
	static uint64_t frame_room[(4u << 20) / 8];
	char part[65536];

	for (;;) {
		const struct frame *f = (const struct frame *)(void *)
					r->in.data;
		struct pollfd on = { .fd = r->socket, .events = POLLIN };
		ssize_t n;

		if (r->in.size >= sizeof *f && f->size <= r->in.size) {
			ck_assert_uint_le(f->size, sizeof frame_room);
			ck_assert_uint_ge(f->size, sizeof *f);
			memcpy(frame_room, f, f->size);
			buf_drop(&r->in, f->size);
			return (const struct frame *)(void *)frame_room;
		}
		if (rig_line != NULL) {
			if (!rig_line->receive(r))
				return NULL;
			continue;
		}
		ck_assert_msg(poll(&on, 1, NEVER_MS) > 0, "nothing comes");
		n = recv(r->socket, part, sizeof part, 0);
		if (n <= 0)
			return NULL;
		buf_add(&r->in, part, (size_t)n);
		ck_assert(!r->in.full);
	}
}

const struct frame *
rig_expect(struct rig *r, uint16_t kind)
{
	const struct frame *f;

	while ((f = rig_frame(r)) != NULL && f->kind != kind)
		ck_assert_msg(f->kind != FRAME_FATAL, "fatal: %s",
			      rig_text(f));
	return f;
}

const struct frame *
rig_next_must_be(struct rig *r, uint16_t kind)
{
	const struct frame *f = rig_frame(r);

	ck_assert_msg(f != NULL, "it ended");
	ck_assert_msg(f->kind == kind, "a frame of kind %u, not %u: %s",
		      f->kind, kind, f->kind >= FRAME_LOG ? rig_text(f) : "");
	return f;
}

const char *
rig_text(const struct frame *f)
{
	static char text[8192];
	struct fr_reader r = fr_reader(f + 1, f->body);

	if (f->kind == FRAME_LOG)
		(void)fr_get_u32(&r);
	wire_get_text(&r, text, sizeof text);
	return text;
}

void
rig_expect_misuse(struct rig *r, const char *part)
{
	const struct frame *f = rig_expect(r, FRAME_MISUSE);

	ck_assert_msg(f != NULL, "it ended");
	ck_assert_msg(strstr(rig_text(f), part) != NULL,
		      "\"%s\" does not hold \"%s\"", rig_text(f), part);
}

/* ---- jobs ---------------------------------------------------------------- */

uint64_t
rig_ask(struct rig *r, int64_t job, int64_t a, int64_t b, int64_t c)
{
	int64_t list[4] = { job, a, b, c };
	struct fr_value v = fr_list(list, 4);
	unsigned char body[128];
	struct fr_writer w = fr_writer(body, sizeof body);

	fr_put_u32(&w, 0);
	fr_put_i64(&w, FR_NO_KEY);
	fr_put_u64(&w, 9);
	fr_put_u64(&w, 1);
	wire_put_value(&w, &v);
	rig_send(r, FRAME_REQUEST, 0, 0, body, w.size);
	return r->request;
}

static struct fr_value
reply_value(struct rig *r)
{
	const struct frame *f = rig_expect(r, FRAME_REPLY);
	struct fr_reader in;
	struct fr_value v;
	char text[FR_TEXT_MAX + 1];

	ck_assert_msg(f != NULL, "it ended");
	ck_assert_uint_eq(f->id, r->request);
	in = fr_reader(f + 1, f->body);
	ck_assert_uint_eq(fr_get_u32(&in), FR_REPLY_OK);
	(void)fr_get_u32(&in);
	wire_get_value(&in, &v);
	wire_get_text(&in, text, sizeof text);
	ck_assert(fr_got_all(&in));
	return v;
}

void
rig_reply(struct rig *r, int64_t *list, uint32_t count)
{
	struct fr_value v = reply_value(r);

	ck_assert_uint_eq(v.kind, FR_LIST);
	ck_assert_uint_ge(v.count, count);
	memcpy(list, v.u.list, count * sizeof *list);
}

int64_t
rig_do(struct rig *r, int64_t job, int64_t a, int64_t b, int64_t c)
{
	int64_t n;

	(void)rig_ask(r, job, a, b, c);
	rig_reply(r, &n, 1);
	return n;
}

const char *
rig_do_bytes(struct rig *r, int64_t job, int64_t a, int64_t b, size_t *size)
{
	static char bytes[2 << 20];
	struct fr_value v;

	(void)rig_ask(r, job, a, b, 0);
	v = reply_value(r);
	ck_assert_uint_eq(v.kind, FR_BYTES);
	ck_assert_uint_lt(v.count, sizeof bytes);
	memcpy(bytes, v.u.bytes, v.count);
	bytes[v.count] = '\0';
	if (size != NULL)
		*size = v.count;
	return bytes;
}

/* ---- the end ------------------------------------------------------------- */

void
rig_signal(struct rig *r, int sig)
{
	struct fr_err err = { 0 };

	ck_assert_msg(nursery_signal(r->nursery, 1, r->boot, sig, &err) == 0,
		      "%s", err.text);
}

const struct nursery_said *
rig_end(struct rig *r)
{
	struct pollfd on = { .fd = nursery_fd(r->nursery), .events = POLLIN };
	struct nursery_said said;

	while (!r->ended) {
		while (nursery_next(r->nursery, &said) > 0) {
			ck_assert_msg(said.kind == NURSERY_SPAWNED ||
				      said.kind == NURSERY_ENDED,
				      "the nursery: %s", said.text);
			if (said.kind == NURSERY_SPAWNED)
				r->pid = said.pid;
			if (said.kind != NURSERY_ENDED ||
			    said.boot != r->boot)
				continue;
			ck_assert_int_eq(said.pid, r->pid);
			r->end = said;
			r->ended = true;
		}
		if (!r->ended)
			ck_assert_int_gt(poll(&on, 1, NEVER_MS), 0);
	}
	return &r->end;
}
