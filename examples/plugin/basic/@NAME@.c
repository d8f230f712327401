/*
 * @NAME@ - say here in a sentence what it does.
 *
 * It begins as this: a node answers every request with its own value, and
 * greets its neighbours once a second.  Replace it piece by piece; `make run`
 * after each.  Everything that a node can do is in <fracas/easy.h>.
 */
#include <fracas/easy.h>

enum { GREETING };			/* messages */
enum { GREET };				/* timers   */

struct greeting {
	uint32_t boot;
};

/* What a node knows.  A crash is forgetting it. */
struct @IDENT@ {
	uint64_t greetings;
	int64_t pause;
};

/* Every boot; me->boot says which. */
static void
@IDENT@_start(struct fr_node *me)
{
	struct @IDENT@ *s = me->state;

	s->pause = fr_param(me, "pause");
	fr_after(me, GREET, s->pause, 0);
}

/* Upon a timer. */
static void
@IDENT@_on_greet(struct fr_node *me, uint64_t tag)
{
	struct @IDENT@ *s = me->state;
	struct greeting greeting = { .boot = me->boot };

	(void)tag;
	fr_broadcast(me, GREETING, &greeting, sizeof greeting);
	fr_after(me, GREET, s->pause, 0);
}

/* Upon receiving a message. */
static void
@IDENT@_on_greeting(struct fr_node *me, uint32_t from, const void *body,
		size_t size)
{
	struct @IDENT@ *s = me->state;
	const struct greeting *greeting = body;

	(void)size;
	if (s->greetings++ == 0)
		fr_log(me, "node %u, in boot %u, greets first", from,
		       greeting->boot);
}

/* Upon a client's request. */
static void
@IDENT@_on_echo(struct fr_node *me, const struct fr_request *rq)
{
	fr_ok(me, rq->id, rq->value);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name       = "@NAME@",
	.summary    = "answers with what it is asked",
	.paper      = "own design",
	.promise    = "Every answer equals its question.",
	.tolerates  = FR_TOLERATES(.crashes = FR_ALL,
		.missing = FR_ALL_BUT_ONE,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY),
	.workload   = "echo",
	.params     = FR_PARAMS(
		{ .name = "pause", .kind = FR_PARAM_TIME, .fallback = "1s",
		  .min = "1ms", .max = "1h",
		  .help = "time between two greetings" }),
	.state_size = sizeof(struct @IDENT@),
	.start      = @IDENT@_start,
	.messages   = FR_MESSAGES(
		[GREETING] = { "greeting", @IDENT@_on_greeting,
			       sizeof(struct greeting) }),
	.requests   = FR_REQUESTS({ "echo", @IDENT@_on_echo }),
	.timers     = FR_TIMERS([GREET] = { "greet", @IDENT@_on_greet }),
};
