/* SPDX-License-Identifier: MIT */
/*
 * client: those who ask misbehave, as those who ask do.  A request is sent
 * twice at once, or again where no answer came for a while, with the same
 * client and sequence number, to the same node or to another; or a client is
 * gone before its answer comes, and nobody knows what became of its operation.
 *
 * What they do is drawn by the network (net_whim) and done by core/run's
 * clients; the layer lies over their links to all nodes.
 */
#include "nemesis/families.h"

#include <stdlib.h>

#include "nemesis/laid.h"

static const struct variant variants[] = {
	{ .name = "duplicate", .needs = FR_BEARS_RETRIES, .weight = 2,
	  .help = "a request is sent twice" },
	{ .name = "retry", .needs = FR_BEARS_RETRIES, .weight = 2,
	  .help = "it is sent again when no answer has come for a while, "
		  "half of the time to another node" },
	{ .name = "vanish", .weight = 2,
	  .help = "the client is gone before its answer comes" },
	{ .name = NULL },
};

static const struct fr_param params[] = {
	{ .name = "chance", .kind = FR_PARAM_REAL,
	  .fallback = "0.3", .min = "0", .max = "1",
	  .help = "of each operation" },
	{ .name = "patience", .kind = FR_PARAM_TIME,
	  .fallback = "20ms", .min = "1ns", .max = "1h",
	  .help = "a retry is sent after so long at most" },
	{ .name = NULL },
};

static int
client_check(const struct fault *f, const struct ground *g,
	     struct fr_err *err)
{
	(void)f;
	if (g->clients == 0)
		return err_usage(err, "there are no clients to misbehave");
	return 0;
}

/* All of them, mostly. */
static int
client_draw(struct fault *f, const struct ground *g, struct rng *rng,
	    struct fr_err *err)
{
	char text[32];

	if (client_check(f, g, err) < 0)
		return -1;
	if (*f->target != '\0')
		return 0;
	if (rng_below(rng, 4) > 0)
		snprintf(text, sizeof text, "clients");
	else
		snprintf(text, sizeof text, "c%u",
			 (unsigned)rng_below(rng, g->clients));
	fault_aim(f, text);
	return 0;
}

static int
client_start(struct scene *s, struct fault *f, struct buf *words,
	     struct fr_err *err)
{
	bool *in = mem_array(s->ground.clients, sizeof *in);
	double chance = fault_real(f, "chance");
	struct laid *l;
	uint32_t i, node, count = 0;

	if (target_clients(s, f, in, err) < 0) {
		free(in);
		return -1;
	}
	l = laid_new(s, f, sizeof *l);
	if (fault_is(f, "duplicate"))
		l->layer.again = chance;
	else if (fault_is(f, "retry"))
		l->layer.retry = chance;
	else
		l->layer.vanish = chance;
	l->layer.patience = (struct dist){ DIST_UNIFORM, 1,
					   fault_number(f, "patience"), 0 };
	for (i = 0; i < s->ground.clients; i++) {
		count += in[i];
		for (node = 0; in[i] && node < s->ground.nodes; node++)
			net_lay(l->net, &l->layer, s->ground.nodes + i, node);
	}
	buf_text(words, count == s->ground.clients ? "every client" :
		 count == 1 ? "client " : "clients ");
	if (count < s->ground.clients)
		target_text(in, s->ground.clients, words);
	free(in);
	return 0;
}

static bool
client_effect(struct scene *s, struct fault *f, struct buf *words)
{
	const struct layer *y = &((struct laid *)f->state)->layer;

	(void)s;
	if (laid_count(words, y->asked_again, "request"))
		buf_text(words, " sent twice");
	if (laid_count(words, y->retried, "request"))
		buf_text(words, " sent again without an answer to the first");
	if (laid_count(words, y->vanished, "client"))
		buf_text(words, " gone before the answer");
	if (y->asked_again + y->retried + y->vanished > 0)
		return true;
	buf_text(words, "no client did anything out of order");
	return false;
}

const struct family family_client = {
	.name = "client",
	.summary = "clients ask twice, again, or are gone before the answer",
	.aims = AIM_CLIENTS | AIM_ALL,
	.variants = variants,
	.params = params,
	.check = client_check,
	.draw = client_draw,
	.start = client_start,
	.end = laid_end,
	.effect = client_effect,
	.drop = laid_drop,
};
