/* SPDX-License-Identifier: MIT */
/*
 * Plugins that are wrong, one a value of BAD: what they do wrong is seen when
 * they are loaded.
 */
#include <stdint.h>
#include <stdlib.h>

#include <fracas/easy.h>

#define VERSION	   1		/* of a later contract                         */
#define NOTHING	   2		/* not a protocol                              */
#define UNRESOLVED 3
#define CRASH	   4		/* in a constructor                            */
#define LEAVE	   5
#define HANG	   6
#define STATE	   7		/* an absurd state_size                        */
#define HANDLER	   8		/* a message without one                       */
#define OLDER	   9		/* not wrong: of a time with shorter tables    */

FR_UNUSED static void
nothing(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	(void)me;
	(void)from;
	(void)body;
	(void)size;
}

#if BAD == VERSION
extern const int fracas_protocol_v2;
__attribute__((visibility("default"))) const int fracas_protocol_v2 = 2;
#elif BAD == NOTHING
extern const int some_other_symbol;
__attribute__((visibility("default"))) const int some_other_symbol = 1;
#else

#if BAD == CRASH || BAD == LEAVE || BAD == HANG
__attribute__((constructor)) static void
loaded(void)
{
	volatile uintptr_t go = 8;
#if BAD == CRASH
	*(volatile int *)go = 1;
#elif BAD == LEAVE
	exit((int)go - 1);
#else
	while (go)
		;
#endif
}
#endif

#if BAD == UNRESOLVED
extern void raft_step_of_another_library(struct fr_node *me);
#define START raft_step_of_another_library
#else
#define START NULL
#endif

#if BAD == OLDER
/* A message had a name and a handler, and the table ended with `messages`. */
struct short_message {
	const char *name;
	fr_message_fn handler;
};

static const struct short_message messages[] = {
	{ "first", nothing }, { "second", nothing }
};
#else
static const struct fr_message messages[] = {
	{ "first", nothing, 0, 0 },
#if BAD == HANDLER
	{ "second", NULL, 0, 0 },
#endif
};
#endif

extern __attribute__((visibility("default")))
const struct fr_protocol fracas_protocol_v1;
const struct fr_protocol fracas_protocol_v1 = {
#if BAD == OLDER
	.size = offsetof(struct fr_protocol, requests),
	.minor = 0,
	.requests = {(const void *)8, 7, 8},	/* never to be looked at */
#else
	FR_HEAD,
#endif
	.name = "bad",
	.summary = "wrong in one way",
#if BAD == STATE
	.state_size = (size_t)1 << 60,
#else
	.state_size = 8,
#endif
	.start = START,
	.messages = {(const struct fr_message *)(const void *)messages,
		     sizeof messages / sizeof *messages, sizeof *messages},
};
#endif
