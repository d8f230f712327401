/* SPDX-License-Identifier: MIT */
/*
 * A protocol that answers echo as it should, but for one thing, which is
 * chosen by a name when it is compiled (-DHOW_segfault).  In what happens
 * upon a request only node 1 misbehaves, at its third request, so that the
 * others show that the run goes on.
 */
#include <fracas/easy.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PING };

struct hostile {
	uint64_t requests;
};

extern int a_function_that_nobody_has(int);

#if defined HOW_constructor_crash
__attribute__((constructor)) static void
on_load(void)
{
	abort();
}
#elif defined HOW_constructor_exit
__attribute__((constructor)) static void
on_load(void)
{
	_exit(0);
}
#elif defined HOW_constructor_hang
__attribute__((constructor)) static void
on_load(void)
{
	for (;;)
		pause();
}
#endif

static void
misbehave(struct fr_node *me, const struct fr_request *rq)
{
	(void)rq;
#if defined HOW_segfault
	*(volatile int *)(uintptr_t)8 = 1;
#elif defined HOW_abort
	abort();
#elif defined HOW_loop
	for (volatile uint64_t i = 0;; i++)
		;
#elif defined HOW_sleep
	for (;;)
		pause();
#elif defined HOW_exit
	exit(3);
#elif defined HOW_exit_well
	_exit(0);
#elif defined HOW_flood
	static char body[1000];

	for (int i = 0; i < 200000; i++)
		fr_send(me, (uint32_t)i % me->nodes, PING, body, sizeof body);
#elif defined HOW_node_77
	fr_send(me, 77, PING, "", 0);
#elif defined HOW_unknown_type
	fr_send(me, 0, 4711, "", 0);
#elif defined HOW_too_short
	fr_send(me, 0, PING, "x", 1);
#elif defined HOW_gigabyte
	char *body = malloc((size_t)1 << 30);

	if (body != NULL)
		fr_send(me, 0, PING, body, (size_t)1 << 30);
	free(body);
#elif defined HOW_null_body
	fr_send(me, 0, PING, NULL, 64);
#elif defined HOW_reply_twice
	fr_ok(me, rq->id, rq->value);
#elif defined HOW_reply_to_nobody
	fr_ok(me, 0xdeadbeef, fr_nil());
#elif defined HOW_bad_value
	struct fr_value v = fr_nil();

	v.kind = 99;
	fr_ok(me, rq->id, v);
#elif defined HOW_bad_timer
	fr_after(me, 12, FR_MS(1), 0);
#elif defined HOW_bad_file
	fr_write(me, "../../../tmp/escaped", 0, "x", 1);
#elif defined HOW_output_flood
	for (int i = 0; i < 100000; i++)
		printf("a line of output that says nothing, number %d\n", i);
#elif defined HOW_log_flood
	for (int i = 0; i < 100000; i++)
		fr_log(me, "a line of the log, number %d", i);
#elif defined HOW_close_all
	for (int fd = 0; fd < 1024; fd++)
		close(fd);
#elif defined HOW_junk
	static char junk[70000];

	memset(junk, 0xa5, sizeof junk);
	for (int fd = 3; fd < 64; fd++)
		if (write(fd, junk, sizeof junk) < 0)
			continue;
#elif defined HOW_kill_parent
	kill(getppid(), SIGKILL);
#elif defined HOW_daemon
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			for (;;)
				pause();
		}
		_exit(0);
	}
#elif defined HOW_stop_self
	raise(SIGSTOP);
#elif defined HOW_memory
	while (fr_alloc(me, 1 << 20) != NULL)
		;
#elif defined HOW_claims
	fr_claim(me, "colour", 7, (int64_t)me->id);
#endif
}

static void
on_ping(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	(void)me, (void)from, (void)body, (void)size;
}

static void
on_echo(struct fr_node *me, const struct fr_request *rq)
{
	struct hostile *h = me->state;

#if defined HOW_never_reply
	(void)h;
	return;
#elif defined HOW_undefined_symbol
	h->requests += (uint64_t)a_function_that_nobody_has(1);
#endif
	h->requests++;
#if defined HOW_claims
	if (h->requests == 1)
		misbehave(me, rq);
#else
	if (me->id == 1 && h->requests == 3)
		misbehave(me, rq);
#endif
#if defined HOW_bad_value
	if (me->id == 1 && h->requests == 3)
		return;
#endif
	fr_ok(me, rq->id, rq->value);
}

static void
start(struct fr_node *me)
{
	(void)me;
#if defined HOW_start_crash
	raise(SIGFPE);
#endif
}

#if defined HOW_version_2
extern __attribute__((visibility("default"))) const struct fr_protocol
	fracas_protocol_v2;
const struct fr_protocol fracas_protocol_v2
#elif defined HOW_no_symbol
extern __attribute__((visibility("default"))) const struct fr_protocol
	something_else;
const struct fr_protocol something_else
#else
FR_PROTOCOL
#endif
= {
	FR_HEAD,
	.name = "hostile",
	.summary = "answers, but for one thing",
	.paper = "none",
	.promise = "nothing",
	.workload = "echo",
#if defined HOW_huge_state
	.state_size = (size_t)1 << 60,
#else
	.state_size = sizeof(struct hostile),
#endif
	.start = start,
	.messages = FR_MESSAGES([PING] = { "ping", on_ping, 16 }),
#if defined HOW_no_handler
	.requests = FR_REQUESTS({ "echo", NULL }),
#elif defined HOW_no_echo
	.requests = FR_REQUESTS({ "ehco", on_echo }),
#else
	.requests = FR_REQUESTS({ "echo", on_echo }),
#endif
};
