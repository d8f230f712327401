/* SPDX-License-Identifier: MIT */
/*
 * landslide - a family of faults of one's own: it begins with one node and
 * takes one more each `pace`, until a majority is gone; then it lets go of all
 * of them at once.
 *
 *	cc -shared -fPIC -I"$(pkg-config --variable=includedir fracas)" \
 *		landslide.c -o landslide.so
 *	fracas run abd --nemesis ./landslide.so
 *	fracas sim abd --nemesis ./landslide.so:cut
 *
 * In a folder `nemeses` of FRACAS_PLUGIN_PATH it is there by its name, and a
 * plan can speak of it:
 *
 *	at 1s for 2s landslide:kill pace=50ms
 */
#include <stdio.h>

#include <fracas/nemesis.h>

enum { CUT, KILL };			/* variants */

struct landslide {
	uint32_t gone;			/* how many nodes are                 */
	uint8_t taken[FR_NODES_MAX];
};

/* One that is left, at random; who leads is spared as long as it can be. */
static uint32_t
next_victim(struct fr_fault *f, const struct landslide *s)
{
	uint32_t i, at = (uint32_t)(f->host->random(f) % f->nodes);
	uint32_t victim = f->nodes;

	for (i = 0; i < f->nodes; i++, at = (at + 1) % f->nodes) {
		if (s->taken[at])
			continue;
		victim = at;
		if (!f->host->notes(f, at, "role", "leader"))
			break;
	}
	return victim;
}

/* Nobody reaches it, and it reaches nobody. */
static void
cut_off(struct fr_fault *f, uint32_t node)
{
	uint32_t i;

	for (i = 0; i < f->nodes; i++) {
		if (i == node)
			continue;
		f->host->cut(f, node, i);
		f->host->cut(f, i, node);
	}
}

static void
landslide_step(struct fr_fault *f)
{
	struct landslide *s = f->state;
	uint32_t node = next_victim(f, s);
	struct fr_value pace;

	if (s->gone > f->nodes / 2 || node == f->nodes)
		return;
	if (f->variant == KILL)
		f->host->kill(f, node);
	else
		cut_off(f, node);
	s->taken[node] = 1;
	s->gone++;
	if (f->host->param(f, "pace", &pace) == 0)
		f->host->after(f, pace.u.number);
}

/* The host undoes what is left when the fault is over: there is no `end`. */
static int
landslide_start(struct fr_fault *f)
{
	struct landslide *s = f->state;
	char words[64];
	uint32_t first;

	landslide_step(f);
	for (first = 0; first < f->nodes && !s->taken[first]; first++)
		;
	snprintf(words, sizeof words, "beginning with node %u", first);
	f->host->say(f, words);
	return 0;
}

FR_NEMESIS = {
	FR_NEMESIS_HEAD,
	.name       = "landslide",
	.summary    = "one node after the other goes, until a majority has",
	.variants   = FR_VARIANTS(
		[CUT]  = { "cut", "they are cut off", FR_BEARS_PARTITION,
			   FR_COST_NONE, 1, 0 },
		[KILL] = { "kill", "they are killed", FR_BEARS_RECOVERY,
			   FR_COST_CRASH, 1, 0 }),
	.params     = FR_PARAMS(
		{ .name = "pace", .kind = FR_PARAM_TIME, .fallback = "100ms",
		  .min = "1ms", .max = "1h",
		  .help = "time from one node to the next" }),
	.state_size = sizeof(struct landslide),
	.start      = landslide_start,
	.step       = landslide_step,
};
