/* SPDX-License-Identifier: MIT */
/*
 * The simulated world: making and ending it, its loop, its clock, and what its
 * users call.
 */
#include "core/world/sim.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

static struct sim *
sim_of(struct world *w)
{
	return (struct sim *)w;
}

static struct sim_node *
node_of(struct world *w, uint32_t node)
{
	FR_ASSERT(node < sim_slots(sim_of(w)));
	return &sim_of(w)->nodes[node];
}

/* ---- steps and choices -------------------------------------------------------------- */

void
sim_step(struct sim *s, enum sim_step_kind kind, uint32_t node, uint32_t peer,
	 uint32_t index, uint64_t id, const void *body, size_t size)
{
	uint64_t h = hash_stir(s->hash, (uint64_t)s->now);
	struct sim_step step;

	h = hash_stir(h, (uint64_t)kind << 56 | (uint64_t)node << 36 |
			 (uint64_t)peer << 16 | (index & 0xffffu));
	h = hash_stir(h, id);
	s->hash = hash_stir_bytes(h, body, size);
	if (++s->steps % SIM_CHECKPOINT == 0) {
		mem_grow(&s->checkpoints, &s->checkpoint_room,
			 s->checkpoint_count + 1, sizeof *s->checkpoints);
		s->checkpoints[s->checkpoint_count++] = s->hash;
	}
	if (s->options.step == NULL)
		return;
	step = (struct sim_step){
		.t = s->now, .kind = kind, .node = node, .peer = peer,
		.index = index, .id = id, .body = body, .size = size,
	};
	s->options.step(s->options.arg, &step, s->hash);
}

void
sim_tell(struct sim *s, enum sim_step_kind kind, uint32_t node, uint32_t peer,
	 uint32_t index, uint64_t id, const void *body, size_t size)
{
	struct sim_step step;

	if (s->options.step == NULL)
		return;
	step = (struct sim_step){
		.t = s->now, .kind = kind, .node = node, .peer = peer,
		.index = index, .id = id, .body = body, .size = size,
	};
	s->options.step(s->options.arg, &step, s->hash);
}

uint64_t
sim_choice(struct sim *s, const char *label, uint32_t node, uint32_t boot,
	   uint64_t below)
{
	struct rng r = rng_make(s->world.config.seed, STREAM_WORLD, node, boot,
				label);

	const struct sim_chooser *c = s->options.chooser;
	uint64_t drawn = rng_below(&r, below);

	return c == NULL ? drawn : c->choice(c->arg, label, node, boot, drawn);
}

uint64_t
sim_hash(struct world *w, uint64_t *steps)
{
	*steps = sim_of(w)->steps;
	return sim_of(w)->hash;
}

const uint64_t *
sim_checkpoints(struct world *w, size_t *count)
{
	*count = sim_of(w)->checkpoint_count;
	return sim_of(w)->checkpoints;
}

/* ---- the loop ------------------------------------------------------------------------ */

static void
dispatch(struct sim *s, uint32_t event)
{
	struct sim_event e = s->queue.events[event];
	struct sim_node *n = &s->nodes[e.node];
	bool alive = e.life == n->life;

	switch (e.kind) {
	case SIM_ARRIVE:
		route_arrived(s, event);	/* it keeps its place */
		return;
	case SIM_CALL:
		queue_drop(&s->queue, event);
		e.call.fn(e.call.arg);
		return;
	case SIM_REPLY:
		queue_drop(&s->queue, event);
		calls_replied(s, (const struct frame *)(void *)e.frames.at);
		sim_room_free(&s->queue, e.frames.at, e.frames.size);
		return;
	case SIM_DEPART:
		queue_drop(&s->queue, event);
		if (alive)
			route_all(n, e.frames.at, e.frames.size);
		sim_room_free(&s->queue, e.frames.at, e.frames.size);
		return;
	case SIM_END:
		queue_drop(&s->queue, event);
		node_ended(n, e.end);
		return;
	case SIM_TIMER:
		/* Dropped first: a node has one such event at a time. */
		queue_drop(&s->queue, event);
		node_tick(n);
		return;
	default:
		queue_drop(&s->queue, event);
		if (alive && e.kind == SIM_BOOT)
			node_start(n);
		else if (alive && e.kind == SIM_WAKE)
			node_wake(n);
	}
}

static int
sim_loop(struct world *w, struct fr_err *err)
{
	struct sim *s = sim_of(w);
	uint32_t event;
	int64_t t;

	FR_ASSERT(!s->looping);
	s->looping = true;
	death_watch(s);
	if (sigsetjmp(s->jump, 0) != 0)
		death_after(s);
	while (!s->left && !s->broken) {
		if (!queue_take(&s->queue, &t, &event)) {
			s->broken = true;
			s->broke = mem_string("nothing is left that could "
					      "happen");
			break;
		}
		s->now = t;
		dispatch(s, event);
		if (s->graves != NULL)
			sim_bury(s);
	}
	s->looping = s->left = false;
	return s->broken ? err_set(err, "%s", s->broke) : 0;
}

static void
sim_leave(struct world *w)
{
	sim_of(w)->left = true;
}

static void
sim_stop(struct world *w)
{
	struct sim *s = sim_of(w);
	uint32_t i, event;
	int64_t t;

	FR_ASSERT(!s->looping);
	s->looping = true;
	for (i = 0; i < sim_slots(s); i++)
		node_stop(&s->nodes[i]);
	/* What was under way stays so: only ends are told. */
	while (queue_take(&s->queue, &t, &event)) {
		struct sim_event e = s->queue.events[event];

		queue_drop(&s->queue, event);
		if (e.kind == SIM_ARRIVE || e.kind == SIM_DEPART ||
		    e.kind == SIM_REPLY)
			sim_room_free(&s->queue, e.frames.at, e.frames.size);
		if (e.kind != SIM_END)
			continue;
		s->now = t > s->now ? t : s->now;
		node_ended(&s->nodes[e.node], e.end);
	}
	s->looping = false;
}

/* ---- what users call ----------------------------------------------------------------- */

static int
sim_boot(struct world *w, uint32_t node, struct fr_err *err)
{
	return node_boot(node_of(w, node), err);
}

static int
sim_kill(struct world *w, uint32_t node, struct fr_err *err)
{
	return node_kill(node_of(w, node), err);
}

static int
sim_pause(struct world *w, uint32_t node, struct fr_err *err)
{
	return node_pause(node_of(w, node), err);
}

static int
sim_resume(struct world *w, uint32_t node, struct fr_err *err)
{
	return node_resume(node_of(w, node), err);
}

static enum node_state
sim_state(struct world *w, uint32_t node, uint32_t *boot)
{
	const struct sim_node *n = node_of(w, node);

	if (boot != NULL)
		*boot = n->boot;
	return n->state;
}

static int
sim_set_clock(struct world *w, uint32_t node, const struct node_clock *c,
	      struct fr_err *err)
{
	return node_set_clock(node_of(w, node), c, err);
}

static int
sim_set_crash(struct world *w, uint32_t node, const struct node_crash *c,
	      struct fr_err *err)
{
	return hurt_set_crash(node_of(w, node), c, err);
}

static int
sim_set_disk(struct world *w, uint32_t node, const struct node_disk *d,
	     struct fr_err *err)
{
	return hurt_set_disk(node_of(w, node), d, err);
}

static int
sim_set_slow(struct world *w, uint32_t node, int64_t ns, struct fr_err *err)
{
	return hurt_set_slow(node_of(w, node), ns, err);
}

static int
sim_harm(struct world *w, uint32_t node, const struct node_harm *h,
	 struct fr_err *err)
{
	return hurt_harm(node_of(w, node), h, err);
}

static int
sim_replace(struct world *w, uint32_t node, uint32_t other,
	    struct fr_err *err)
{
	return hurt_replace(node_of(w, node), other, err);
}

static uint32_t
sim_running_now(struct world *w, uint32_t node)
{
	return node_of(w, node)->of;
}

static void
sim_effects(struct world *w, uint32_t node, uint64_t *out)
{
	hurt_effects(node_of(w, node), out);
}

static int
sim_request(struct world *w, uint32_t node, const struct world_request *r)
{
	FR_ASSERT(node < w->config.nodes && r->client < w->config.clients);
	return calls_request(sim_of(w), node, r);
}

static void
sim_forget(struct world *w, uint32_t client, uint64_t token)
{
	FR_ASSERT(client < w->config.clients);
	call_forget(&sim_of(w)->calls, client, token);
}

static int64_t
sim_now(struct world *w)
{
	return sim_of(w)->now;
}

static uint64_t
sim_at(struct world *w, int64_t t, world_timer_fn fn, void *arg)
{
	struct sim *s = sim_of(w);
	uint32_t at = queue_add(&s->queue, t > s->now ? t : s->now, SIM_CALL,
				0);
	struct sim_event *e = &s->queue.events[at];

	e->call.fn = fn;
	e->call.arg = arg;
	return (uint64_t)e->generation << 32 | at;
}

static void
sim_cancel(struct world *w, uint64_t id)
{
	struct sim *s = sim_of(w);
	uint32_t at = (uint32_t)id;

	if (at < s->queue.event_count &&
	    s->queue.events[at].generation == id >> 32 &&
	    s->queue.events[at].kind == SIM_CALL)
		queue_cancel(&s->queue, at);
}

static int
sim_twin(struct world *w, uint32_t node, struct fr_err *err)
{
	return twin_begin(node_of(w, node), err);
}

static void
sim_untwin(struct world *w, uint32_t node)
{
	twin_end(node_of(w, node));
}

static enum node_state
sim_twin_state(struct world *w, uint32_t node)
{
	return node_of(w, node + w->config.nodes)->state;
}

static const struct world_counts *
sim_counts(struct world *w)
{
	return &sim_of(w)->counts;
}

/* ---- making and ending it -------------------------------------------------------------- */

/* What is still under way. */
static void
free_queue(struct sim *s)
{
	uint32_t event;
	int64_t t;

	while (queue_take(&s->queue, &t, &event)) {
		struct sim_event e = s->queue.events[event];

		queue_drop(&s->queue, event);
		if (e.kind == SIM_ARRIVE || e.kind == SIM_DEPART ||
		    e.kind == SIM_REPLY)
			sim_room_free(&s->queue, e.frames.at, e.frames.size);
		if (e.kind == SIM_END) {
			free(e.end->text);
			free(e.end);
		}
	}
	queue_free(&s->queue);
}

static void
sim_free(struct world *w)
{
	struct sim *s = sim_of(w);
	uint32_t i;

	FR_ASSERT(!s->looping);
	sim_bury(s);
	for (i = 0; i < sim_slots(s); i++) {
		twin_forget(&s->nodes[i % w->config.nodes]);
		node_down(&s->nodes[i], false);
		sim_bury(s);
		backing_memory_free(s->nodes[i].disk);
		backing_memory_free(s->nodes[i].kept);
		buf_free(&s->nodes[i].line[0]);
		buf_free(&s->nodes[i].line[1]);
	}
	free_queue(s);
	call_table_free(&s->calls);
	free(s->list);
	free(s->checkpoints);
	free(s->nodes);
	free(s->broke);
	free(s);
}

struct world *
sim_new(const struct world_config *c, const struct sim_options *o)
{
	static const struct world_ops ops = {
		.name = "sim",
		.free = sim_free,
		.boot = sim_boot,
		.kill = sim_kill,
		.pause = sim_pause,
		.resume = sim_resume,
		.state = sim_state,
		.set_clock = sim_set_clock,
		.set_crash = sim_set_crash,
		.set_disk = sim_set_disk,
		.set_slow = sim_set_slow,
		.harm = sim_harm,
		.replace = sim_replace,
		.running = sim_running_now,
		.effects = sim_effects,
		.request = sim_request,
		.forget = sim_forget,
		.now = sim_now,
		.at = sim_at,
		.cancel = sim_cancel,
		.loop = sim_loop,
		.leave = sim_leave,
		.stop = sim_stop,
		.counts = sim_counts,
		.twin = sim_twin,
		.untwin = sim_untwin,
		.twin_state = sim_twin_state,
	};
	struct sim *s = mem_new(sizeof *s);
	uint32_t i;

	FR_ASSERT(c->nodes > 0 && c->nodes <= FR_NODES_MAX);
	s->world.ops = &ops;
	s->world.config = *c;
	s->options = *o;
	s->nodes = mem_array(sim_slots(s), sizeof *s->nodes);
	call_table_init(&s->calls, c->clients);
	for (i = 0; i < sim_slots(s); i++) {
		s->nodes[i].sim = s;
		s->nodes[i].slot = i;
		s->nodes[i].id = i % c->nodes;
		s->nodes[i].plugin = o->plugins[i % c->nodes];
		s->nodes[i].other = s->nodes[i].of = WORLD_OWN;
		s->nodes[i].clock.rate = 1;
		s->nodes[i].armed = INT64_MAX;
		s->nodes[i].carrier.ops = &sim_carrier_ops;
		s->nodes[i].carrier.fd = -1;
		s->nodes[i].disk = backing_memory();
		buf_init(&s->nodes[i].line[0], FR_TEXT_MAX);
		buf_init(&s->nodes[i].line[1], FR_TEXT_MAX);
	}
	return &s->world;
}
