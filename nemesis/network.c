/* SPDX-License-Identifier: MIT */
/*
 * What a network does short of falling apart: delay, loss, duplicate, reorder,
 * corrupt, bandwidth, replay.  Each is a layer over the links that it aims at;
 * without a target, over every link between nodes.  The links of clients are
 * meant only where they are named.
 *
 * Everything but `reorder` and `replay` keeps the order of a link, so that a
 * protocol that trusts in order is broken by what breaks order, and by nothing
 * else.  A message that is late holds up what follows it, as on a connection.
 */
#include "nemesis/families.h"

#include <inttypes.h>

#include "core/base/units.h"
#include "nemesis/laid.h"

#define AIM (AIM_LINKS | AIM_ALL)

static int
check(const struct fault *f, const struct ground *g, struct fr_err *err)
{
	(void)f;
	if (g->nodes < 2 && *f->target == '\0')
		return err_usage(err, "a single node has no link to another: "
				 "take at least 2 nodes, or name a client's");
	return 0;
}

/* Every link, or one node's: a single link may carry nothing at all. */
static int
draw_links(struct fault *f, const struct ground *g, struct rng *rng,
	   struct fr_err *err)
{
	char text[32];

	if (check(f, g, err) < 0)
		return -1;
	if (*f->target != '\0')
		return 0;
	snprintf(text, sizeof text, "%u", (unsigned)rng_below(rng, g->nodes));
	fault_aim(f, rng_below(rng, 3) == 0 ? text : "all");
	return 0;
}

#define NETWORK(family_name, ...)					\
	const struct family family_##family_name = {			\
		.name = #family_name,					\
		.aims = AIM,						\
		.check = check,						\
		.draw = draw_links,					\
		.start = family_name##_start,				\
		.end = laid_end,					\
		.effect = family_name##_effect,				\
		.drop = laid_drop,					\
		.variants = family_name##_variants,			\
		.params = family_name##_params,				\
		__VA_ARGS__						\
	}

#define CHANCE(usual, of)						\
	{ .name = "chance", .kind = FR_PARAM_REAL, .fallback = usual,	\
	  .min = "0", .max = "1", .help = of }

/* ---- delay ---------------------------------------------------------------------- */

static const struct variant delay_variants[] = {
	{ .name = "tail", .needs = FR_BEARS_DELAY, .weight = 3,
	  .help = "mostly a little, now and then for several election "
		  "time-outs (pareto)" },
	{ .name = "jitter", .needs = FR_BEARS_DELAY, .weight = 2,
	  .help = "evenly drawn up to `by`" },
	{ .name = "slow", .needs = FR_BEARS_DELAY, .weight = 1,
	  .help = "always `by`" },
	{ .name = NULL },
};

static const struct fr_param delay_params[] = {
	{ .name = "by", .kind = FR_PARAM_TIME,
	  .fallback = "50ms", .min = "1ns", .max = "8s",
	  .help = "how much: the least of a tail, the most of jitter" },
	{ .name = "most", .kind = FR_PARAM_TIME,
	  .fallback = "2s", .min = "1ns", .max = "8s",
	  .help = "what one message of a tail is delayed by at most" },
	CHANCE("1", "of a message to be delayed"),
	{ .name = NULL },
};

static int
delay_start(struct scene *s, struct fault *f, struct buf *words,
	    struct fr_err *err)
{
	struct layer *y = &laid_new(s, f, sizeof(struct laid))->layer;
	int64_t by = fault_number(f, "by");

	y->late = fault_real(f, "chance");
	y->delay_most = fault_number(f, "most");
	y->delay.a = by;
	if (fault_is(f, "tail")) {
		y->delay.kind = DIST_PARETO;
		y->delay.shape = 1.1;
	} else if (fault_is(f, "jitter")) {
		y->delay = (struct dist){ DIST_UNIFORM, 0, by, 0 };
	}
	return laid_links(s, f, words, err);
}

static bool
delayed(const struct layer *y, struct buf *words)
{
	char mean[32], most[32];

	if (!laid_count(words, y->delayed, "message"))
		return false;
	time_text(y->delay_sum / (int64_t)y->delayed, mean, sizeof mean);
	time_text(y->delay_max, most, sizeof most);
	buf_printf(words, " delayed, by %s on average and %s at most", mean,
		   most);
	return true;
}

static bool
nothing_sent(struct buf *words, const char *why)
{
	buf_text(words, why);
	return false;
}

static bool
delay_effect(struct scene *s, struct fault *f, struct buf *words)
{
	const struct laid *l = f->state;

	(void)s;
	return delayed(&l->layer, words) ||
	       nothing_sent(words, "no message was delayed");
}

NETWORK(delay, .summary = "messages arrive late, some very late");

/* ---- loss ------------------------------------------------------------------------ */

static const struct variant loss_variants[] = {
	{ .name = "some", .needs = FR_BEARS_LOSS, .weight = 3,
	  .help = "single messages disappear" },
	{ .name = "most", .needs = FR_BEARS_LOSS, .weight = 1,
	  .help = "nine of ten do, unless `chance` says otherwise" },
	{ .name = NULL },
};

static const struct fr_param loss_params[] = {
	CHANCE("0.2", "of a message to be lost"),
	{ .name = NULL },
};

static int
loss_start(struct scene *s, struct fault *f, struct buf *words,
	   struct fr_err *err)
{
	struct layer *y = &laid_new(s, f, sizeof(struct laid))->layer;

	y->loss = fault_real(f, "chance");
	if (fault_is(f, "most") && !fault_given(f, "chance"))
		y->loss = 0.9;
	return laid_links(s, f, words, err);
}

static bool
loss_effect(struct scene *s, struct fault *f, struct buf *words)
{
	const struct laid *l = f->state;

	(void)s;
	if (!laid_count(words, l->layer.lost, "message"))
		return nothing_sent(words, "no message was lost");
	buf_printf(words, " of %" PRIu64 " lost", l->layer.seen);
	return true;
}

NETWORK(loss, .summary = "single messages disappear");

/* ---- duplicate --------------------------------------------------------------------- */

static const struct variant duplicate_variants[] = {
	{ .name = "twice", .needs = FR_BEARS_COPIES, .weight = 1,
	  .help = "a second copy comes right behind the first" },
	{ .name = NULL },
};

static const struct fr_param duplicate_params[] = {
	CHANCE("0.3", "of a message to arrive twice"),
	{ .name = "gap", .kind = FR_PARAM_TIME,
	  .fallback = "1ms", .min = "1ns", .max = "8s",
	  .help = "the second copy comes so long after the first at most" },
	{ .name = NULL },
};

static int
duplicate_start(struct scene *s, struct fault *f, struct buf *words,
		struct fr_err *err)
{
	struct layer *y = &laid_new(s, f, sizeof(struct laid))->layer;

	y->duplicate = fault_real(f, "chance");
	y->gap = (struct dist){ DIST_UNIFORM, 0, fault_number(f, "gap"), 0 };
	return laid_links(s, f, words, err);
}

static bool
duplicate_effect(struct scene *s, struct fault *f, struct buf *words)
{
	const struct laid *l = f->state;

	(void)s;
	if (!laid_count(words, l->layer.duplicated, "message"))
		return nothing_sent(words, "no message was doubled");
	buf_text(words, " delivered twice");
	return true;
}

NETWORK(duplicate, .summary = "messages arrive twice");

/* ---- reorder ----------------------------------------------------------------------- */

static const struct variant reorder_variants[] = {
	{ .name = "some", .needs = FR_BEARS_ORDER, .weight = 1,
	  .help = "single messages are held back and overtaken" },
	{ .name = NULL },
};

static const struct fr_param reorder_params[] = {
	CHANCE("0.3", "of a message to be held back"),
	{ .name = "by", .kind = FR_PARAM_TIME,
	  .fallback = "20ms", .min = "1ns", .max = "8s",
	  .help = "it is held back so long at most" },
	{ .name = NULL },
};

static int
reorder_start(struct scene *s, struct fault *f, struct buf *words,
	      struct fr_err *err)
{
	struct layer *y = &laid_new(s, f, sizeof(struct laid))->layer;

	y->reorder = fault_real(f, "chance");
	y->hold = (struct dist){ DIST_UNIFORM, 0, fault_number(f, "by"), 0 };
	return laid_links(s, f, words, err);
}

static bool
reorder_effect(struct scene *s, struct fault *f, struct buf *words)
{
	const struct laid *l = f->state;

	(void)s;
	if (!laid_count(words, l->layer.overtaken, "message"))
		return nothing_sent(words, "no message was overtaken");
	buf_text(words, " overtaken");
	return true;
}

NETWORK(reorder, .summary = "messages overtake each other");

/* ---- corrupt ----------------------------------------------------------------------- */

static const struct variant corrupt_variants[] = {
	{ .name = "bit", .needs = FR_BEARS_DAMAGE, .weight = 2,
	  .help = "one bit of a body is flipped" },
	{ .name = "burst", .needs = FR_BEARS_DAMAGE, .weight = 1,
	  .help = "several are" },
	{ .name = NULL },
};

static const struct fr_param corrupt_params[] = {
	CHANCE("0.05", "of a message to be damaged"),
	{ .name = "bits", .kind = FR_PARAM_INT,
	  .fallback = "16", .min = "1", .max = "4096",
	  .help = "flipped in one message by a burst" },
	{ .name = NULL },
};

static int
corrupt_start(struct scene *s, struct fault *f, struct buf *words,
	      struct fr_err *err)
{
	struct layer *y = &laid_new(s, f, sizeof(struct laid))->layer;

	y->corrupt = fault_real(f, "chance");
	y->bits = fault_is(f, "burst") ? (uint32_t)fault_number(f, "bits") : 1;
	return laid_links(s, f, words, err);
}

static bool
corrupt_effect(struct scene *s, struct fault *f, struct buf *words)
{
	const struct laid *l = f->state;

	(void)s;
	if (!laid_count(words, l->layer.corrupted, "message"))
		return nothing_sent(words, "no message was damaged");
	buf_text(words, " damaged");
	return true;
}

NETWORK(corrupt, .summary = "bits of messages are flipped on their way");

/* ---- bandwidth --------------------------------------------------------------------- */

static const struct variant bandwidth_variants[] = {
	{ .name = "narrow", .needs = FR_BEARS_DELAY | FR_BEARS_LOSS,
	  .weight = 1,
	  .help = "bytes wait for the line; what finds too many there is "
		  "dropped" },
	{ .name = NULL },
};

static const struct fr_param bandwidth_params[] = {
	{ .name = "rate", .kind = FR_PARAM_SIZE,
	  .fallback = "4K", .min = "1",
	  .help = "bytes a second and link" },
	{ .name = "backlog", .kind = FR_PARAM_TIME,
	  .fallback = "500ms", .min = "1ns", .max = "8s",
	  .help = "what may wait, as the time it takes" },
	{ .name = NULL },
};

static int
bandwidth_start(struct scene *s, struct fault *f, struct buf *words,
		struct fr_err *err)
{
	struct layer *y = &laid_new(s, f, sizeof(struct laid))->layer;

	y->bandwidth = (uint64_t)fault_number(f, "rate");
	y->backlog = fault_number(f, "backlog");
	return laid_links(s, f, words, err);
}

static bool
bandwidth_effect(struct scene *s, struct fault *f, struct buf *words)
{
	const struct laid *l = f->state;
	bool any = delayed(&l->layer, words);

	(void)s;
	if (laid_count(words, l->layer.choked, "message")) {
		buf_text(words, " dropped");
		any = true;
	}
	return any || nothing_sent(words, "no message used the line");
}

NETWORK(bandwidth, .summary = "lines are narrow, and what does not fit is "
	"dropped");

/* ---- replay ------------------------------------------------------------------------ */

static const struct variant replay_variants[] = {
	{ .name = "late", .needs = FR_BEARS_COPIES | FR_BEARS_ORDER,
	  .weight = 1,
	  .help = "packets of long ago arrive once more among the new ones" },
	{ .name = NULL },
};

static const struct fr_param replay_params[] = {
	CHANCE("0.2", "of a message to bring an old one with it"),
	{ .name = "age", .kind = FR_PARAM_TIME,
	  .fallback = "200ms", .min = "1ns",
	  .help = "how old it is at least" },
	{ .name = NULL },
};

static void
keep(struct scene *s, const struct fault *f)
{
	(void)f;
	net_keep_on(s->world->config.net);
}

static int
replay_start(struct scene *s, struct fault *f, struct buf *words,
	     struct fr_err *err)
{
	struct layer *y = &laid_new(s, f, sizeof(struct laid))->layer;

	keep(s, f);
	y->replay = fault_real(f, "chance");
	y->age = fault_number(f, "age");
	return laid_links(s, f, words, err);
}

static bool
replay_effect(struct scene *s, struct fault *f, struct buf *words)
{
	const struct laid *l = f->state;

	(void)s;
	if (!laid_count(words, l->layer.replayed, "old message"))
		return nothing_sent(words, "no old message came again");
	buf_text(words, " delivered again");
	return true;
}

NETWORK(replay, .summary = "old packets arrive again, long after", .prepare =
	keep);
