/* SPDX-License-Identifier: MIT */
/* The run as it was: made once more, and its tape written from what is seen. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/run/fingerprint.h"
#include "core/run/shrink.h"

struct recording {
	struct shrink *shrink;
	size_t op_room;
	uint32_t phase;
	int64_t began;
	bool main;
	bool progress;		/* what is asked then is on no tape            */
};

static void
keep_operation(struct recording *r, const struct event *e)
{
	struct tape *t = &r->shrink->best;
	struct arena *a = &r->shrink->arena;
	struct tape_op op = {
		.at = e->t - r->began, .phase = r->phase,
		.client = (uint32_t)e->client, .node = (uint32_t)e->node,
		.f = (uint32_t)e->f, .key = e->key, .value = e->value,
	};

	if (op.value.kind == FR_LIST)
		op.value.u.list = arena_copy(a, op.value.u.list, op.value.count *
					     sizeof *op.value.u.list);
	else if (op.value.kind == FR_BYTES)
		op.value.u.bytes = arena_copy(a, op.value.u.bytes,
					      op.value.count);
	mem_grow(&t->ops, &r->op_room, t->op_count + 1, sizeof op);
	t->ops[t->op_count++] = op;
}

static void
keep_event(void *arg, const struct event *e)
{
	struct recording *r = arg;
	struct tape *t = &r->shrink->best;

	if (e->kind == EVENT_INVOKE) {
		if (!r->progress)
			keep_operation(r, e);
		return;
	}
	if (e->kind != EVENT_PHASE)
		return;
	r->progress = strcmp(e->name, "progress") == 0;
	if (strcmp(e->name, "main") == 0) {
		r->began = e->t;
		r->main = true;
	} else if (r->main) {
		/* Of any phase but by its time: it is over when all is done. */
		r->main = false;
		if (e->text != NULL && strncmp(e->text, "after ", 6) == 0)
			t->length = r->shrink->config->run->time;
	}
	if (strcmp(e->name, "final") == 0) {
		r->phase = FR_PHASE_FINAL;
		r->began = e->t;
		t->final = true;
	}
}

static int
take_plan(struct shrink *s, struct fr_err *err)
{
	struct ground ground = s->simulation.setup.ground;
	struct plan plan;
	struct buf words;
	uint32_t i;

	if (s->config->plan == NULL)
		return 0;
	ground.stored = true;
	if (plan_read(s->config->plan, "the stored plan", &ground, &plan,
		      err) < 0)
		return -1;
	s->best.faults = mem_array(plan.count, sizeof *s->best.faults);
	buf_init(&words, 1 << 20);
	for (i = 0; i < plan.count; i++) {
		fault_line(&plan.faults[i], &words);
		s->best.faults[i] = (struct tape_fault){
			.at = plan.faults[i].at,
			.length = plan.faults[i].length,
			.id = i + 1, .family = plan.faults[i].family,
			.words = arena_string(&s->arena, words.data),
		};
		buf_clear(&words);
	}
	s->best.fault_count = plan.count;
	buf_free(&words);
	plan_free(&plan);
	return 0;
}

/* The run once more, by its seed or its tape, and its tape from what is seen. */
int
shrink_record(struct shrink *s, struct fr_err *err)
{
	const struct setup *setup = &s->simulation.setup;
	struct recording r = { .shrink = s };
	const struct cell_sink sink = { .event = keep_event, .arg = &r };
	struct cell_done done;
	const char *print;

	s->best = (struct tape){ .seed = s->config->run->seed,
				 .nodes = s->config->run->nodes,
				 .clients = setup->clients, .drawn = true };
	if (pool_run(&s->pool, NULL, JOB_EVENTS, &sink, &done, err) < 0)
		return -1;
	print = fingerprint(&s->out->arena, &done.result);
	if (s->config->hash != 0 && done.result.hash != s->config->hash)
		print = "";
	run_result_free(&done.result);
	if (print == NULL)
		return err_usage(err, "run %" PRId64 " is not invalid: there "
				 "is no violation to shrink", s->config->id);
	if (*print == '\0')
		return err_set(err, "run %" PRId64 " could not be had again: "
			       "the plugin does not do the same twice, or "
			       "fracas has changed", s->config->id);
	s->out->fingerprint = s->pool.fingerprint = print;
	if (setup->tape != NULL) {
		tape_drop(&s->best);
		tape_copy(setup->tape, &s->best);
		return 0;
	}
	return take_plan(s, err);
}
