/* SPDX-License-Identifier: MIT */
/* A small example of each failure: the first seed's, made as small as it gets. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/campaign/state.h"

/* Failures of a cell whose example is missing, or not of their first seed. */
struct missing {
	struct todo {
		char *fingerprint;
		uint64_t seed;
		int64_t run;
	} *at;
	size_t count, room;
};

static int
on_failure(void *arg, const struct failure_row *f)
{
	struct missing *m = arg;
	struct todo *t;

	if (f->run <= 0 || (f->shrunk && f->example_seed == f->first_seed))
		return 0;
	mem_grow(&m->at, &m->room, m->count + 1, sizeof *m->at);
	t = &m->at[m->count++];
	t->fingerprint = mem_string(f->fingerprint);
	t->seed = f->first_seed;
	t->run = f->run;
	return 0;
}

static int
shrink_one(struct campaign *k, struct cell_at *s, const struct todo *t,
	   struct fr_err *err)
{
	struct failure_row f = {
		.cell = s->c->id, .fingerprint = t->fingerprint,
		.example_seed = t->seed,
	};
	struct shrink_result r;
	struct fr_err why = { 0 };
	char text[1100];
	int status;

	if (k->config->shrink(k->config->arg, t->run,
			      k->config->file->shrink_budget, &r, &why) < 0) {
		/* It fails, all the same; and would not shrink the next time
		 * either. */
		snprintf(text, sizeof text, "not made smaller: %s\n",
			 why.text);
		f.words = text;
		return results_put_example(k->results, &f, err);
	}
	f.minimal = r.minimal;
	f.operations = (uint32_t)r.after.ops;
	f.faults = (uint32_t)r.after.faults;
	f.deviations = r.drawn ? 0 : (uint32_t)r.after.choices;
	f.nodes = r.after.nodes;
	f.words = r.words;
	f.scenario = r.scenario;
	k->out->interrupted |= r.interrupted;
	status = r.interrupted ? 0 : results_put_example(k->results, &f, err);
	shrink_result_free(&r);
	return status;
}

int
campaign_shrink(struct campaign *k, struct cell_at *s, struct fr_err *err)
{
	struct missing m = { 0 };
	int status = 0;
	size_t i;

	if (k->config->shrink == NULL || s->invalid == 0 ||
	    k->config->file->shrink_budget == 0 ||
	    strcmp(s->c->config.world, "sim") != 0)
		return 0;
	k->at = s;
	status = results_failures(k->results, s->c->id, on_failure, &m, err);
	for (i = 0; i < m.count; i++) {
		if (status == 0 && !k->out->interrupted) {
			campaign_tell(k, "makes a failure small", true);
			status = shrink_one(k, s, &m.at[i], err);
		}
		free(m.at[i].fingerprint);
	}
	free(m.at);
	return status;
}
